package bot

import "time"

// An Effect is something Step decided and the store carries out in the same transaction. The set is
// closed.
type Effect interface{ effect() }

// SayKind is what a message of the bot is, for the operator and for `chat --json`.
type SayKind string

// The kinds of message the bot sends.
const (
	SayReply     SayKind = "reply"
	SayQuestion  SayKind = "question"
	SayCard      SayKind = "card"
	SayReminder  SayKind = "reminder"
	SayGoodbye   SayKind = "goodbye"
	SayBroadcast SayKind = "broadcast"
	SayHuman     SayKind = "human" // words of a person of the shop, by `reply`
)

// Say puts a message to the contact into the outbox.
type Say struct {
	ID   string // WhatsApp's message ID, chosen now
	Kind SayKind
	Text string // "" for SayCard
	Poll *Poll  // sent instead of Text, which says the same with a menu
	// Buttons are the answers to be tapped. Text says the same with a menu.
	Buttons *Buttons
	// Media is a file of which Text is the caption, and Content what is in it: it is kept under its
	// hash with the message.
	Media   *Media
	Content string
	// Disclosure marks the message that tells what they signed up for: it is never voided by a
	// later message.
	Disclosure bool
	// Stale marks the answer to a message older than StaleAfter: it waits for the end of the
	// offline sync, and a later answer to the same contact takes its place.
	Stale bool
	// Braked marks what goes out at the brake's pace: they were not subscribed when the turn began.
	Braked bool
}

// Flood notes that somebody has to wait for an answer, or gets none: the brake is full. The first
// of a flood is a notice.
type Flood struct{}

// Record appends an entry to the ledger of the contact's number.
type Record struct{ Entry Entry }

// CancelUnsent takes back whatever has not been sent to the contact: deliveries, and messages in
// the outbox.
type CancelUnsent struct{}

// OptOutElsewhere opts the person out on every other number of the store whose flow has the same
// brand.
type OptOutElsewhere struct {
	Entry Entry
	// Goodbye: none is owed there. One has gone out from the number they wrote to, or waits to, or
	// none is due.
	Goodbye bool
}

// RecheckHeld makes the contact's held deliveries due again: a hold has ended.
type RecheckHeld struct{}

// RecheckPlanned makes the contact's planned deliveries due to be looked at: their own time may be
// another.
type RecheckPlanned struct{}

// Notify is a notice to the operator.
type Notify struct {
	Kind NoticeKind
	Text string // without phone numbers or bodies. The row names the contact
}

// NoticeKind names what a notice is about.
type NoticeKind string

// The kinds of notice.
const (
	NoticeNeedsPerson  NoticeKind = "needs_person"  // the bot could not help them
	NoticeUnsureStop   NoticeKind = "unsure_stop"   // they may want to stop. They were asked within the last 30 days
	NoticeWroteAgain   NoticeKind = "wrote_again"   // somebody who left wrote something else than an opt-in
	NoticeLoop         NoticeKind = "loop"          // a loop between two bots was cut
	NoticeUnreadable   NoticeKind = "unreadable"    // a message could not be decrypted
	NoticeReassigned   NoticeKind = "reassigned"    // a phone number belongs to somebody else now
	NoticeNumber       NoticeKind = "number"        // something happened to the number
	NoticeBroadcast    NoticeKind = "broadcast"     // something happened to a broadcast
	NoticeHistory      NoticeKind = "history"       // after a new link: what could not be checked
	NoticePhone        NoticeKind = "phone_unseen"  // the number's phone has given no sign for PhoneNotice
	NoticeNotDelivered NoticeKind = "not_delivered" // a reply was refused by WhatsApp
	NoticeNeedsInbound NoticeKind = "needs_inbound" // WhatsApp does not let the number write to them first
	// NoticePromotionRefused: a promotion was refused for a reason that only the shop can end. Once a
	// day for each number and reason.
	NoticePromotionRefused NoticeKind = "promotion_refused"
	NoticeFlow             NoticeKind = "flow"        // something about the flow
	NoticeLedgerHead       NoticeKind = "ledger_head" // the head of the ledger, to be kept where nobody can change it
	NoticeTooMuch          NoticeKind = "too_much"    // one person writes so much that no more of it is answered
	NoticeFlood            NoticeKind = "flood"       // more strangers write than the brake lets the bot answer
	NoticeOrder            NoticeKind = "order"       // somebody ordered goods in the catalog
	NoticeLogIns           NoticeKind = "log_ins"     // somebody may be guessing a password
	NoticeAppAnswers       NoticeKind = "app_answers" // the phone's app answers people by itself
	NoticeOutdated         NoticeKind = "outdated"    // many people send what this build does not know
	NoticeBackup           NoticeKind = "backup"      // the daily backup could not be written
	NoticeWebhook          NoticeKind = "webhook"     // a webhook was switched off
	NoticeTest             NoticeKind = "test"        // a broadcast's text, to be looked at. It is not logged
)

// TimerKind names a timer of a contact.
type TimerKind string

// The timers. An open question has one of the first two, the next thing that happens if they stay
// silent.
const (
	TimerTimeout  TimerKind = "timeout"
	TimerReminder TimerKind = "reminder"
	TimerResend   TimerKind = "resend" // what could not be read has had its time to come again
	TimerPoll     TimerKind = "poll"   // no further vote has come
	TimerLimit    TimerKind = "limit"  // MarketingLimit is over
)

// OfQuestion reports whether the timer is TimerTimeout or TimerReminder, of which a contact has one
// at a time. The empty kind is, too: it clears whichever there is.
func (k TimerKind) OfQuestion() bool { return k == "" || k == TimerTimeout || k == TimerReminder }

// SetTimer sets a timer of the contact, in place of an earlier one of its kind. A zero At clears
// it.
type SetTimer struct {
	Kind TimerKind
	At   time.Time
}

// SetPreference keeps the values of one preference, or of flows.AudienceTags, where audiences look
// for them.
type SetPreference struct {
	Name   string
	Values []string
}

// MarkRead sends a read receipt for the message the bot answers.
type MarkRead struct{ MessageID string }

// ForgetSuppression takes the contact's identities off the number's list of people known only as
// opted out: they opted in.
type ForgetSuppression struct{}

func (Say) effect()               {}
func (Flood) effect()             {}
func (Record) effect()            {}
func (CancelUnsent) effect()      {}
func (OptOutElsewhere) effect()   {}
func (RecheckHeld) effect()       {}
func (RecheckPlanned) effect()    {}
func (Notify) effect()            {}
func (SetTimer) effect()          {}
func (MarkRead) effect()          {}
func (SetPreference) effect()     {}
func (ForgetSuppression) effect() {}
