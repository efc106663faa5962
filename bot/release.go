package bot

import (
	"errors"
	"strings"
)

// Releasable are the holds that an operator may end by hand: those that otherwise wait for words of
// the contact.
func Releasable() []Reason { return []Reason{UnsureStop, SafeMode} }

// ErrNothingToRelease is the error of Release for a contact without any of the holds.
var ErrNothingToRelease = errors.New(
	"none of their holds can be released by hand: the others end by themselves, or by something that happens")

// Release ends some of the Releasable holds of a contact, with an entry in the ledger that says
// why. A second call returns ErrNothingToRelease.
func Release(env Env, contact Contact, reason string, holds ...Reason) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	var released []string
	for _, r := range holds {
		if t.c.release(r) {
			released = append(released, string(r))
		}
	}
	if len(released) == 0 {
		return contact, nil, ErrNothingToRelease
	}
	entry := t.entry(EntryReleased, "operator:"+strings.Join(released, "+"))
	entry.Public.Actor, entry.Personal.Reason = "operator", reason
	if t.c.BotQuestion.Kind == askUnsure && !t.c.Has(UnsureStop) {
		t.c.BotQuestion = BotQuestion{} // settled
	}
	t.effects = append(t.effects, Record{entry})
	t.finish()
	return t.c, t.effects, nil
}

// HoldForSafety makes promotions to somebody subscribed wait, because a backup was restored and
// nobody knows whether they stopped since (B7). After a second call only words written after it end
// the hold.
func HoldForSafety(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if t.c.Consent == Subscribed {
		t.c.hold(SafeMode, env.ServerNow())
	}
	return t.c, nil, nil
}

// ChangeNumber makes promotions to somebody subscribed wait, because another phone serves the
// number now. They never wrote to that phone, and only they can end the hold, by writing to it.
// After a second call only words written after it do.
func ChangeNumber(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if t.c.Consent == Subscribed {
		t.c.hold(NumberChanged, env.ServerNow())
	}
	return t.c, nil, nil
}
