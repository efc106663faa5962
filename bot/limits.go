package bot

import "time"

// Tick is the precision of every time the bot remembers: the store keeps milliseconds, so nothing
// finer may come in, or a moment that is written and read again would lie before itself.
const Tick = time.Millisecond

// Times that are decided, not configured.
const (
	TakeoverLasts = 12 * time.Hour // after the last message of a person of the shop
	// HumanChat: a chat with a human message this recent is not greeted and gets no fallback
	HumanChat          = 30 * 24 * time.Hour
	GoodbyeWithin      = 5 * time.Minute     // a stop older than that gets no goodbye
	StaleAfter         = 6 * time.Hour       // messages older than that get one reply per contact
	UnsureAgain        = 30 * 24 * time.Hour // they are asked at most once in this time whether they want to stop
	HistoryWait        = 30 * time.Minute    // after a new link, for the phone's history
	PhoneNotice        = 12 * 24 * time.Hour // without a sign of the phone. After 14 days WhatsApp logs the bot out
	QuestionHolds      = 30 * time.Minute    // after their last message an open question no longer holds broadcasts
	ReminderWithin     = 24 * time.Hour      // of their last message
	NotDeliveringAfter = 72 * time.Hour      // two promotions at one tick for so long: the phone seems to be gone
	FatiguedAfter      = 12                  // promotions in a row neither read nor answered
	AskResendAfter     = 30 * time.Second    // after a message that could not be read: most come again by themselves
	PollLasts          = 7 * 24 * time.Hour  // a vote in a poll counts for so long
	PollWait           = 10 * time.Second    // without a vote: then a poll with several answers has been answered
	maxUndelivered     = 2
	outdatedFrom       = 20             // people in a day who sent what this build does not know
	confirmLasts       = 24 * time.Hour // after the confirm question. A yes after that answers something else
	loopWindow         = 10 * time.Minute
	loopReplies        = 40 // turns with replies within loopWindow: then it is a loop
	loopMutes          = time.Hour
	warmUpRest         = 7  // days of replies only, after a number was linked
	maxChain           = 32 // states that follow each other without waiting
	maxText            = 4096
	maxRememberedName  = 60
)

// UnlimitedPerDay is far more promotions a day than any number may send.
const UnlimitedPerDay = 1_000_000

// Limits are the configured limits of marketing. Package app checks them against their ceilings.
type Limits struct {
	Every        time.Duration  // pace: one promotion per number in this time
	NumberPerDay int            // promotions of a number in one day of Zone
	PerDay       int            // promotions to one person in one day of theirs
	PerWeek      int            // in seven days
	Gap          time.Duration  // between two promotions to one person
	From, To     time.Duration  // hours, after local midnight
	Days         []time.Weekday // on which promotions may go out
	Zone         *time.Location // of the shop, and of contacts whose zone is not known
	// Load finds a time zone by its IANA name (time.LoadLocation, which reads files, so the caller
	// brings it). Nil: every contact lives in Zone.
	Load        func(name string) (*time.Location, error)
	Guard       Guard
	Expires     time.Duration // a delivery, after its occurrence
	Grace       time.Duration // an occurrence, after it was due
	Established bool          // the number was in use for months before it was linked
	NoWarmUp    bool          // the wire itself says how many a number may send
	Brake       Brake         // on answers to people who are not subscribed
	Wire        Abilities     // of the number's wire
	Budget      Budget        // of an occurrence, on a wire where promotions cost something
	Unlimited   bool          // whatsapp.test_limits: off. Lifts everything above, never a reason of consent
}

// Retention is for how long what is not needed any more is kept. 0: for ever.
type Retention struct {
	Messages  time.Duration // the words of messages
	Strangers time.Duration // people who never asked for promotions, after their last message
	Events    time.Duration // what programs outside are told
	Acts      time.Duration // who did what at the desk
	Sessions  time.Duration // of operators, after their last use
	Answers   time.Duration // to requests that may be sent again
}

// DefaultLimits are the defaults of config.yaml.
func DefaultLimits() Limits {
	return Limits{
		Every: 36 * time.Second, NumberPerDay: 1000, PerDay: 1, PerWeek: 2, Gap: 20 * time.Hour,
		From: 9 * time.Hour, To: 20 * time.Hour,
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday},
		Zone: time.UTC, Expires: 24 * time.Hour, Grace: 2 * time.Hour, Guard: DefaultGuard(),
		Brake: Brake{PerMinute: 60, PerHour: 1000},
	}
}

// WarmUpCap returns how many promotions a number may send today, on its day-th day since it was
// first linked (the day of linking is day 1): none for seven days, then 20, 30, 50, 80 and 30 %
// more each day. An established number starts at 200.
func WarmUpCap(day int, established bool) int {
	if established {
		return grow(200, day-1)
	}
	first := []int{20, 30, 50, 80}
	switch d := day - warmUpRest - 1; {
	case d < 0:
		return 0
	case d < len(first):
		return first[d]
	default:
		return grow(80, d-len(first)+1)
	}
}

// grow adds 30 % a day, up to far more than any number may send.
func grow(n, days int) int {
	for ; days > 0 && n < UnlimitedPerDay; days-- {
		n += n * 3 / 10
	}
	return n
}
