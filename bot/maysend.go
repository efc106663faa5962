package bot

import (
	"slices"
	"time"
)

// Decision is what MaySend says.
type Decision struct {
	Action Action
	Reason Reason    // of Hold and Skip
	Until  time.Time // of Hold: when to ask again, zero where something has to happen first
}

// Action is one of the three things that can become of a delivery.
type Action string

// The actions.
const (
	ActionSend Action = "send"
	ActionHold Action = "hold"
	ActionSkip Action = "skip"
	farAway           = 400 * 24 * time.Hour
)

// MaySend is the one rule of eligibility. It is asked by preview and by simulation, in the
// transaction that claims a delivery, and by `broadcast why`. Skips come first, then the holds of
// the person, then their hours and caps. expires is when the delivery does.
func MaySend(c *Contact, limits Limits, now, expires time.Time) Decision {
	if reason, skip := skipOf(c, now, expires); skip {
		return Decision{Action: ActionSkip, Reason: reason}
	}
	if limits.Wire.barsMarketing(c) {
		return Decision{Action: ActionSkip, Reason: NoMarketingThere}
	}
	if v, holds := heldBack(c, now); holds {
		return v
	}
	if limits.Unlimited {
		return Decision{Action: ActionSend}
	}
	v := hoursAndCaps(c, limits, now)
	if v.Action == ActionHold && v.Reason == QuietHours && !v.Until.Before(expires) {
		return Decision{Action: ActionSkip, Reason: NoLegalHour}
	}
	return v
}

func skipOf(c *Contact, now, expires time.Time) (Reason, bool) {
	switch {
	case c.Consent == Unsubscribed && c.Suppressed:
		return Suppressed, true
	case c.Consent == Unsubscribed:
		return SkippedUnsubscribed, true
	case c.Consent != Subscribed || !c.Proven:
		return NotSubscribed, true // consent that cannot be proven is no consent
	case !now.Before(expires):
		return Expired, true
	case c.Fatigued():
		return Fatigued, true
	}
	return "", false
}

// heldBack looks at what waits for an event or for a time of the conversation.
func heldBack(c *Contact, now time.Time) (Decision, bool) {
	for _, reason := range []Reason{
		SafeMode, NumberReassigned, NumberChanged, UnsureStop, UndecryptableMessage, AwaitingDisclosure, NeedsInbound,
	} {
		if c.Has(reason) {
			return Decision{Action: ActionHold, Reason: reason}, true
		}
	}
	if c.NotDelivering(now) {
		return Decision{Action: ActionHold, Reason: NotDelivering}, true
	}
	if until := c.limitedUntil(); now.Before(until) {
		return Decision{Action: ActionHold, Reason: MarketingLimit, Until: until}, true
	}
	if until := c.TakeoverUntil(); now.Before(until) {
		return Decision{Action: ActionHold, Reason: HumanTakeover, Until: until}, true
	}
	if until := c.questionHoldsUntil(); now.Before(until) {
		return Decision{Action: ActionHold, Reason: QuestionOpen, Until: until}, true
	}
	return Decision{}, false
}

// hoursAndCaps looks at the person's hours, the gap and the caps over all broadcasts.
func hoursAndCaps(c *Contact, l Limits, now time.Time) Decision {
	zones, _ := ZonesOf(c, l, now)
	if n := len(c.Sends); n > 0 {
		if until := slices.MaxFunc(c.Sends, time.Time.Compare).Add(l.Gap); now.Before(until) {
			return Decision{Action: ActionHold, Reason: MinGap, Until: until}
		}
	}
	if until, full := daysFull(c.Sends, l.PerDay, now, zones); full {
		return Decision{Action: ActionHold, Reason: DailyCap, Until: until}
	}
	if until, full := weekFull(c.Sends, l.PerWeek, now); full {
		return Decision{Action: ActionHold, Reason: WeeklyCap, Until: until}
	}
	if next := nextLegal(now, l, zones); next.After(now) {
		return Decision{Action: ActionHold, Reason: QuietHours, Until: next}
	}
	return Decision{Action: ActionSend}
}

// daysFull reports whether the day is full in any of the zones, and when it is over in the last of
// those.
func daysFull(sends []time.Time, perDay int, now time.Time, zones []*time.Location) (until time.Time, full bool) {
	for _, zone := range zones {
		if end, is := dayFull(sends, perDay, now, zone); is {
			until, full = later(until, end), true
		}
	}
	return until, full
}

// dayFull reports whether perDay promotions went out on the local day of now, and when the next day
// begins.
func dayFull(sends []time.Time, perDay int, now time.Time, zone *time.Location) (until time.Time, full bool) {
	local := now.In(zone)
	start := dayBegins(local, 0)
	today := 0
	for _, at := range sends {
		if !at.Before(start) {
			today++
		}
	}
	return dayBegins(local, 1).UTC(), today >= perDay
}

// weekFull reports whether perWeek promotions went out in the seven days before now, and when that
// ends.
func weekFull(sends []time.Time, perWeek int, now time.Time) (until time.Time, full bool) {
	var week []time.Time
	for _, at := range sends {
		if at.After(now.Add(-7 * 24 * time.Hour)) {
			week = append(week, at)
		}
	}
	if len(week) < perWeek {
		return time.Time{}, false
	}
	slices.SortFunc(week, time.Time.Compare)
	return week[len(week)-perWeek].Add(7 * 24 * time.Hour), true
}

// ZonesOf returns the zones in all of which a moment has to be allowed for a contact. It is the one
// that the operator named, else those their phone may be in, unless no hour of the coming days is
// allowed in all of them. Then it is the shop's. The result by is "operator", "phone" or "shop".
func ZonesOf(c *Contact, l Limits, now time.Time) (zones []*time.Location, by string) {
	by = "phone"
	if c.Zone != "" {
		by = "operator"
	}
	for _, name := range c.ZoneNames() {
		if l.Load == nil {
			break
		}
		if zone, err := l.Load(name); err == nil {
			zones = append(zones, zone)
		}
	}
	if len(zones) == 0 || len(zones) > 1 && nextInAll(now, l, zones).IsZero() {
		return []*time.Location{l.Zone}, "shop"
	}
	return zones, by
}

// nextLegal returns the first moment from now on that lies within the allowed hours and days in
// every zone.
func nextLegal(now time.Time, l Limits, zones []*time.Location) time.Time {
	if t := nextInAll(now, l, zones); !t.IsZero() {
		return t
	}
	return now.Add(farAway)
}

// nextInAll moves a moment forward from zone to zone until none objects, zero when there is no such
// moment within nine days.
func nextInAll(now time.Time, l Limits, zones []*time.Location) time.Time {
	t := now
	for range 64 {
		moved := t
		for _, zone := range zones {
			moved = nextIn(moved, l, zone)
		}
		if moved.Equal(t) {
			return t
		}
		if t = moved; t.Sub(now) > 9*24*time.Hour {
			break
		}
	}
	return time.Time{}
}

// nextIn returns the first moment from t on that lies within the hours and days of one zone. Local
// times are made anew for each day, so that days of 23 and 25 hours come out right.
func nextIn(t time.Time, l Limits, zone *time.Location) time.Time {
	local := t.In(zone)
	for day := range 8 {
		at := func(d time.Duration) time.Time {
			return time.Date(local.Year(), local.Month(), local.Day()+day, int(d/time.Hour),
				int(d%time.Hour/time.Minute), 0, 0, zone)
		}
		from, to := at(l.From), at(l.To)
		if !slices.Contains(l.Days, from.Weekday()) || !t.Before(to) {
			continue
		}
		if t.Before(from) {
			return from.UTC()
		}
		return t
	}
	return t.Add(farAway)
}

// NumberState is what the store knows of a number, as far as marketing by it is concerned.
type NumberState struct {
	Name string
	// LinkedAt is the first time that this number was linked, or the end of a ban or time-lock
	// since. Zero: never
	LinkedAt        time.Time
	Status          NumberEventKind // the last event of its connection
	Detail          string          // of that event, for the operator
	RestrictedUntil time.Time       // of a ban or time-lock by WhatsApp. Zero: none
	SafeMode        bool
	NextMarketingAt time.Time // pace
	Day             string    // the local date SentToday counts for
	SentToday       int
	Refusals        Refusals
	// AccountUntil is until when the number does not try again to send, because WhatsApp has refused
	// the number itself (CauseAccount). Zero: it sends
	AccountUntil time.Time
	// AccountSince is since when WhatsApp refuses the number, on a wire that tells only later whether a
	// message was sent. Then one message at a time tries, and AccountUntil counts from its claim. Zero:
	// the number sends, or the wire tells at once
	AccountSince time.Time
	Quality      GuardLevel // how the number's broadcasts go out, by WhatsApp's rating of it

	Standing Standing // on WhatsApp's business platform
	// WrittenFirst is to how many people the numbers of its portfolio wrote first in the last 24 hours,
	// and FirstFrees when the first of them count no more
	WrittenFirst int
	FirstFrees   time.Time

	// After a new link, what was said while the number was not linked may be a stop, and only the
	// phone's history tells (B7).
	AwaitsHistory bool
	// HistoryUntil ends AwaitsHistory, history or not. Zero: the offline sync has not ended since
	// the link
	HistoryUntil time.Time
}

// NumberMaySend says whether a number may send a promotion at all now. The pace comes last, so that
// it never hides a reason.
func NumberMaySend(n NumberState, l Limits, now time.Time) Decision {
	hold := func(r Reason, until time.Time) Decision { return Decision{Action: ActionHold, Reason: r, Until: until} }
	switch {
	case n.SafeMode:
		return hold(SafeMode, time.Time{})
	case now.Before(n.RestrictedUntil):
		return hold(RestrictedUntil, n.RestrictedUntil)
	case n.Status == NumberConnected:
		return hold(OfflineSync, time.Time{})
	case n.Status != NumberSynced:
		return hold(Disconnected, time.Time{})
	case n.AwaitsHistory:
		return hold(OfflineSync, n.HistoryUntil)
	case n.AccountWaits(now):
		return hold(Disconnected, n.AccountUntil)
	}
	if until, slow := n.Refusals.slow(now); slow {
		return hold(SlowDown, until)
	}
	if l.Unlimited {
		return Decision{Action: ActionSend}
	}
	tomorrow := NextDay(now, l.Zone)
	_, sent := n.Today(l, now)
	if sent >= WarmUpToday(n.LinkedAt, l, now) {
		return hold(WarmUp, warmUpEnds(n.LinkedAt, l, tomorrow))
	}
	if sent >= l.NumberPerDay {
		return hold(NumberCap, tomorrow)
	}
	if most := n.Standing.MostFirst(); most > 0 && n.WrittenFirst >= most {
		return hold(NumberCap, n.FirstFrees)
	}
	// A NextMarketingAt that is further away was written by a clock that was wrong.
	if now.Before(n.NextMarketingAt) && n.NextMarketingAt.Sub(now) <= l.Every {
		return hold(Pace, n.NextMarketingAt)
	}
	return Decision{Action: ActionSend}
}

// paceCredit is for how long the pace may be made up that was lost while claims waited for their
// commit, where many messages are under way at a time.
const paceCredit = 100 * time.Millisecond

// NextPromotion is when a number's next promotion may be claimed after one that is claimed now.
func NextPromotion(n NumberState, l Limits, now time.Time) time.Time {
	from := now
	if early := now.Add(-paceCredit); l.Wire.InFlight > 1 && !n.NextMarketingAt.After(now) {
		from = later(n.NextMarketingAt, early)
	}
	return from.Add(l.Every)
}

// Today is the day that a promotion counts for, and how many have gone out on it. Where the clock
// was set back over midnight that is still the day that had begun: its promotions are not
// forgotten, neither now nor when it begins again.
func (n NumberState) Today(l Limits, now time.Time) (day string, sent int) {
	today := Day(now, l.Zone)
	if n.Day == today || n.Day == Day(NextDay(now, l.Zone), l.Zone) {
		return n.Day, n.SentToday
	}
	return today, 0
}

// WarmUpToday is how many promotions the warm-up allows a number today. Days are those of the
// calendar where the shop is. The day of linking is the first.
func WarmUpToday(linked time.Time, l Limits, now time.Time) int {
	switch {
	case linked.IsZero():
		return 0
	case l.NoWarmUp:
		return UnlimitedPerDay
	}
	return WarmUpCap(DayLinked(linked, l.Zone, now), l.Established)
}

// DayLinked is the number of days that a number is linked, in the calendar of a zone: the day of
// linking is the first. 0 while it is not linked.
func DayLinked(linked time.Time, zone *time.Location, now time.Time) int {
	if linked.IsZero() {
		return 0
	}
	return int(dateOf(now, zone).Sub(dateOf(linked, zone))/(24*time.Hour)) + 1
}

// warmUpEnds is the first day, from the given one on, on which the warm-up allows any promotion.
func warmUpEnds(linked time.Time, l Limits, from time.Time) time.Time {
	for day := 0; !linked.IsZero() && day < warmUpRest && WarmUpToday(linked, l, from) == 0; day++ {
		from = NextDay(from, l.Zone)
	}
	return from
}

// dateOf is a local date as a number that can be subtracted: midnight UTC of it.
func dateOf(at time.Time, zone *time.Location) time.Time {
	year, month, day := at.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Day is the local date of a moment, as 2006-01-02.
func Day(at time.Time, zone *time.Location) string { return at.In(zone).Format(time.DateOnly) }

// NextDay is the moment at which the next local day begins.
func NextDay(at time.Time, zone *time.Location) time.Time { return dayBegins(at.In(zone), 1).UTC() }

// dayBegins is the first moment of the local day that comes so many days after that of a local
// time. Where the clock jumps over midnight, as in the Azores, in Chile or in Egypt, that is the
// moment of the jump: midnight itself would still be the day before, and whatever waits for the day
// would wait for a moment that has come.
func dayBegins(local time.Time, after int) time.Time {
	year, month, day := local.Date()
	begins := time.Date(year, month, day+after, 0, 0, 0, 0, local.Location())
	if begins.Day() != time.Date(year, month, day+after, 0, 0, 0, 0, time.UTC).Day() {
		_, begins = begins.ZoneBounds()
	}
	return begins
}
