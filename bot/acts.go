package bot

import (
	"time"

	"optinbot/flows"
)

// An Act is something done to one contact, decided by what is known of them now: their new state, and what is to come of it. An error
// changes nothing.
type Act func(Env, Contact) (Contact, []Effect, error)

// TimerElapsed lets a contact's timer ring. A timer that has been overtaken (the question was answered, or put anew) does nothing.
func TimerElapsed(env Env, contact Contact, kind TimerKind) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	var err error
	switch kind {
	case TimerResend:
		t.askResend()
	case TimerPoll:
		err = t.pollWaited()
	default:
		err = t.questionTimer(kind)
	}
	if err != nil {
		return contact, nil, err
	}
	t.finish()
	return t.c, t.effects, nil
}

// Timers are the timers that a contact should have, by what is remembered of them.
func (c *Contact) Timers() []SetTimer {
	question := SetTimer{}
	if c.FlowQuestion != nil {
		question = SetTimer{Kind: TimerTimeout, At: c.FlowQuestion.Timeout}
	}
	poll := SetTimer{Kind: TimerPoll}
	if c.Poll != nil {
		poll.At = c.Poll.Wait
	}
	return []SetTimer{question, {Kind: TimerResend, At: c.asks()}, poll}
}

func (t *turn) questionTimer(kind TimerKind) error {
	state := t.flow.States[t.c.State]
	switch {
	case t.c.FlowQuestion == nil || state == nil || state.Ask == nil:
	case kind == TimerReminder:
		t.effects = append(t.effects, SetTimer{Kind: TimerTimeout, At: t.c.FlowQuestion.Timeout})
		t.remind(state)
	case t.env.Now.Before(t.c.FlowQuestion.Timeout):
		t.effects = append(t.effects, SetTimer{Kind: TimerTimeout, At: t.c.FlowQuestion.Timeout}) // the question was put anew meanwhile
	default:
		return t.transition(flows.EventTimeout)
	}
	return nil
}

// remind sends the one reminder: to people with an open question, within 24 h of their message, and not into a conversation
// that a person of the shop has.
func (t *turn) remind(state *flows.State) {
	q := state.Ask
	if q.Reminder == nil || t.humanChat() || t.c.Consent == Unsubscribed || t.c.Has(UnsureStop) || t.env.Now.Sub(t.c.LastInbound) >= ReminderWithin {
		return
	}
	text := q.Reminder.Say
	if text.Empty() {
		text = state.Say
	}
	menu := t.menu(q)
	t.sayText(SayReminder, withMenu(t.render(text, menu), menu))
}

// OptOutByOperator records an opt-out that reached the shop off WhatsApp (C8). It always takes effect. No goodbye is sent.
func OptOutByOperator(env Env, contact Contact, reason string) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	entry := t.entry(EntryOptedOut, "operator")
	entry.Public.Actor, entry.Personal.Reason = "operator", reason
	entry.Public.ServerTime = StopTime(env, contact)
	if err := t.leave(entry); err != nil {
		return contact, nil, err
	}
	t.react(ReactionOptedOut)
	t.effects = append(t.effects, OptOutElsewhere{Entry: entry})
	t.finish()
	return t.c, t.effects, nil
}

// LearnedOptOut is the opt-out of somebody who left, to be carried to the brand's other numbers again because more of who they
// are has become known: there they may be known by just that (C2, C7).
func LearnedOptOut(env Env, c Contact) OptOutElsewhere {
	t := newTurn(env, c)
	entry := t.entry(EntryOptedOut, "identity_learned")
	entry.Public.Actor, entry.Public.ServerTime = "bot", c.OptedOut.UTC()
	return OptOutElsewhere{Entry: entry, Goodbye: c.Goodbye != ""}
}

// saidElsewhere stands in Contact.Goodbye when another number of the brand has said it.
const saidElsewhere = "elsewhere"

// OptOutFromBrand carries an opt-out given to another number of the same brand to this contact (C2). cause is the entry it
// made there; goodbye says whether that number says goodbye: then none is owed here. An opt-in later than the stop, by server
// time, stands: it counts for the number it was written to. Of a tie the stop wins.
func OptOutFromBrand(env Env, contact Contact, cause Entry, goodbye bool) (Contact, []Effect, error) {
	at := cause.Public.ServerTime
	if cause.Public.Actor == "operator" {
		at = later(at, contact.OptedIn) // see StopTime
	}
	t := newTurn(env, contact)
	entry := t.entry(EntryOptedOut, "brand:"+cause.Public.Rule)
	entry.Public.Actor, entry.Public.ServerTime = cause.Public.Actor, at
	entry.Personal.Words, entry.Personal.MessageID, entry.Personal.Reason = cause.Personal.Words, cause.Personal.MessageID, cause.Personal.Reason
	known := !at.After(t.c.OptedOut) // carried here before, or an older one
	if cause.Public.Actor == "contact" {
		t.c.SaidStop = later(t.c.SaidStop, at)
	}
	switch {
	case t.undone(at):
		if !known {
			t.supersede(entry)
		}
		t.c.OptedOut = later(t.c.OptedOut, at)
		return t.c, t.effects, nil
	case t.c.Consent != Unsubscribed:
		if err := t.leave(entry); err != nil {
			return contact, nil, err
		}
		t.reactAt(ReactionOptedOut, at) // they left within days of this number's promotion too
	case !known:
		t.leaveAgain(entry) // an answer that waits for them stays
	}
	if goodbye && t.c.Goodbye == "" {
		t.c.Goodbye = saidElsewhere
	}
	t.finish()
	return t.c, t.effects, nil
}

// Suppress makes a contact unsubscribed whose phone or LID turns out to be known as opted out: recorded by an operator, or for
// another number of the brand, or left behind by somebody erased (C5, C8). An opt-in later than since stands.
func Suppress(env Env, contact Contact, since time.Time) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	entry := t.entry(EntrySuppressed, "suppressed")
	entry.Public.Actor, entry.Public.ServerTime = "bot", since.UTC()
	if t.c.Consent == Unsubscribed {
		t.leaveAgain(entry)
		return t.c, t.effects, nil
	}
	if t.undone(since) {
		if since.After(t.c.OptedOut) {
			t.supersede(entry)
		}
		t.c.OptedOut = later(t.c.OptedOut, since)
		return t.c, t.effects, nil
	}
	if err := t.leave(entry); err != nil {
		return contact, nil, err
	}
	t.c.Suppressed = true
	t.finish()
	return t.c, t.effects, nil
}

// Accepted notes that WhatsApp's server has accepted a message of the bot. For the disclosure that ends awaiting_disclosure
// and is a second entry in the ledger.
func Accepted(env Env, contact Contact, messageID string) (Contact, []Effect, error) {
	if messageID != contact.Disclosure || !contact.Has(AwaitingDisclosure) {
		return contact, nil, nil
	}
	t := newTurn(env, contact)
	t.c.release(AwaitingDisclosure)
	entry := t.entry(EntryDisclosed, "server_ack")
	entry.Public.Actor = "bot"
	entry.Personal.DisclosureID = messageID
	t.effects = append(t.effects, Record{entry})
	t.finish()
	return t.c, t.effects, nil
}

// Arrived notes that a message of the bot reached their phone; read, that they looked at it. Any sign of the phone ends
// not_delivering, and what they read or answer starts the count of what they let lie anew.
func Arrived(env Env, contact Contact, read bool) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.woken = t.c.NotDelivering(env.Now)
	t.c.sign(read)
	t.finish()
	return t.c, t.effects, nil
}

// The codes of WhatsApp's server that mean something for one contact.
const CodeReachoutLocked = 463 // it will not let the number write to them before they write again

// Refused notes that WhatsApp's server refused a message to the contact, with its code. The operator hears of it once in a hold.
func Refused(env Env, contact Contact, code int) (Contact, []Effect, error) {
	if code != CodeReachoutLocked {
		return contact, nil, nil
	}
	t := newTurn(env, contact)
	if !t.c.Has(NeedsInbound) {
		t.notify(NoticeNeedsInbound, "WhatsApp does not let this number write to this contact first (463); promotions to them wait until they "+
			"write. Nothing is tried again, nothing to do; many of these at once mean that the number is close to a restriction")
	}
	t.c.hold(NeedsInbound, env.Now)
	return t.c, t.effects, nil
}

// Resume ends a takeover before its time.
func Resume(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.Resumed = later(env.Server(), later(t.c.LastHuman, t.c.Paused)) // it ends whatever takeover there is
	t.effects = append(t.effects, RecheckHeld{})
	return t.c, t.effects, nil
}

// TryLater reports whether a refusal means "not now": too many messages, or the server's own trouble.
func TryLater(code int) bool { return code == 429 || code >= 500 && code < 600 }
