package bot

import (
	"time"

	"optinbot/flows/words"
)

// The last word by the server's time wins, and a tie is a stop (C2). WhatsApp hands messages over
// in any order, two connections know no common one, and a message may come hours after it was
// written. So every word about consent is compared with the last one of the other kind, and what
// loses is an entry of the ledger and changes nothing.

// The notices of this file.
const (
	NoticeTooManyChanges NoticeKind = "too_many_changes" // somebody opts in and out all the time
	NoticeClock          NoticeKind = "clock"            // the machine's clock was wrong when a stop was recorded
)

// askedSlack is by how much the time of a question and that of its answer may be wrong together:
// WhatsApp dates messages by the second, and the difference between its clock and ours is known to
// about a second.
const askedSlack = 2 * time.Second

// ServerNow returns what WhatsApp's clock says now, as far as the difference is known.
func (e Env) ServerNow() time.Time { return e.Now.Add(-e.ClockAhead) }

// StopTime is the time of a stop that an operator records now: the later of now, by WhatsApp's
// clock, and their last opt-in. So it takes effect whatever the machine's clock says.
func StopTime(env Env, c Contact) time.Time { return later(env.ServerNow().UTC(), c.OptedIn) }

// writtenBeforeStop reports whether the message was written not later than the stop that stands.
// Then it is kept, and answered by nothing.
func (t *turn) writtenBeforeStop() bool { return t.c.Consent == Unsubscribed && t.tooOld() }

// tooOld reports whether an opt-in in this message would lose by its time: they have stopped since,
// or in the same second.
func (t *turn) tooOld() bool { return !t.c.OptedOut.IsZero() && !t.in.At.After(t.c.OptedOut) }

// losesToOptIn reports whether a stop of that time loses: they have opted in since.
func (t *turn) losesToOptIn(stop time.Time) bool {
	return t.c.Consent == Subscribed && t.c.OptedIn.After(stop)
}

// supersede records a word about consent that lost by its time.
func (t *turn) supersede(entry Entry) {
	entry.Public.Event = EntrySuperseded
	entry.Public.From, entry.Public.To = t.c.Consent, t.c.Consent
	t.effects = append(t.effects, Record{entry})
}

// writtenBeforeQuestion reports whether the message was written before the bot's own question was
// put: then it cannot be the answer.
func (t *turn) writtenBeforeQuestion() bool {
	return t.in.At.Before(t.c.BotQuestion.At.Add(-t.env.ClockAhead - askedSlack))
}

// passOver ends the turn of a message that was written not later than the stop that stands.
func (t *turn) passOver(words.Recognition) (bool, error) { return t.writtenBeforeStop(), nil }

// changedTooOften reports whether this opt-in would be the fourth within a day that changes their
// consent. Such a one is recorded and the operator is told, once in a day.
func (t *turn) changedTooOften(entry Entry) bool {
	const most, within = 3, 24 * time.Hour
	recent := t.c.Changes[:0]
	for _, at := range t.c.Changes {
		if t.in.At.Sub(at).Abs() < within {
			recent = append(recent, at)
		}
	}
	if t.c.Changes = recent; len(recent) < most {
		t.c.Changes = append(recent, t.in.At)
		return false
	}
	if t.env.Now.Sub(t.c.ToldChanges) < within {
		return true
	}
	t.c.ToldChanges = t.env.Now
	entry.Public.Event, entry.Public.To = EntryTooManyChanges, entry.Public.From
	t.effects = append(t.effects, Record{entry})
	t.notify(NoticeTooManyChanges, "asked for promotions a fourth time within a day, with a stop between each; "+
		"they stay unsubscribed until tomorrow. A stop always counts")
	return true
}

// Restate gives a stop that an operator recorded by a wrong clock its true time: was is the time
// that it was recorded with, is the true one. A stop that lay in the future of WhatsApp's clock is
// set back, never before their last opt-in or a stop that they wrote. One that lay in its past
// moves on, and counts against an opt-in that it should have undone. lost are the times of the
// opt-ins that lost to it: the operator hears of those that it should not have undone. A contact
// with another last stop is left alone, and so is one who wrote a stop of that very time.
func Restate(env Env, contact Contact, was, is time.Time, lost []time.Time) (Contact, []Effect, error) {
	if !contact.OptedOut.Equal(was) || contact.StopWritten.Equal(was) {
		return contact, nil, nil
	}
	t := newTurn(env, contact)
	entry := t.entry(EntryRestated, "clock")
	entry.Public.Actor, entry.Public.ServerTime = "bot", is.UTC()
	if is.After(was) && t.c.Consent == Subscribed && !t.losesToOptIn(is) {
		entry.Public.Event = EntryOptedOut
		err := t.leave(entry)
		return t.c, t.effects, err
	}
	t.c.OptedOut = later(is, later(t.c.StopWritten, t.c.OptedIn))
	if t.c.Consent == Subscribed { // they have opted in again since
		t.c.OptedOut = is
	}
	if t.c.OptedOut.Equal(was) {
		return contact, nil, nil
	}
	t.effects = append(t.effects, Record{entry})
	for _, at := range lost {
		if at.After(t.c.OptedOut) && t.c.Consent == Unsubscribed {
			t.notify(NoticeClock, "asked for promotions at "+at.UTC().Format(time.DateTime)+" UTC, and it did not "+
				"count, because this machine's clock was ahead when their stop was recorded before that. Nobody "+
				"subscribes them but themselves: ask them to write the words again")
		}
	}
	return t.c, t.effects, nil
}

// SettleOrder unsubscribes somebody whom an earlier version left subscribed though their last word
// was a stop. in and out are the times of their last opt-in and their last stop, by the ledger.
func SettleOrder(env Env, contact Contact, in, out time.Time) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.OptedIn, t.c.OptedOut = later(t.c.OptedIn, in), later(t.c.OptedOut, out)
	if t.c.Consent != Subscribed || t.c.OptedOut.IsZero() || t.losesToOptIn(t.c.OptedOut) {
		return t.c, nil, nil
	}
	entry := t.entry(EntryOptedOut, "last_word")
	entry.Public.Actor, entry.Public.ServerTime = "bot", t.c.OptedOut
	if err := t.leave(entry); err != nil {
		return contact, nil, err
	}
	t.effects = append(t.effects, OptOutElsewhere{Entry: entry})
	return t.c, t.effects, nil
}

// IsOptIn reports whether a rule of the ledger is one by which people opt in.
func IsOptIn(rule string) bool { return rule == ruleOptInPhrase || rule == ruleOptInConfirm }

// The rules of an opt-in, as the ledger calls them.
const (
	ruleOptInPhrase  = "opt_in.phrase"
	ruleOptInConfirm = "opt_in.confirm"
)
