package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"optinbot/flows"
)

// These are the acts of an operator on one contact that are about more than the conversation. None of them subscribes anybody.

// ErasedEntry is what an erased person leaves in the ledger: that there was somebody, who is asked for nothing any more. It names
// nobody.
func ErasedEntry(env Env, c Contact) Entry {
	entry := newTurn(env, c).entry(EntryErased, "operator")
	entry.Public.Actor, entry.Public.To = "operator", Unsubscribed
	entry.Public.ServerTime = StopTime(env, c)
	entry.Personal = Personal{}
	return entry
}

// ForgottenEntry is what somebody leaves in the ledger who never asked for promotions and was silent for as long as the retention says.
func ForgottenEntry(env Env, c Contact) Entry {
	entry := newTurn(env, c).entry(EntryErased, "retention")
	entry.Public.Actor = "bot"
	entry.Personal = Personal{}
	return entry
}

// Releasable are the holds that an operator may end by hand: those that otherwise wait for words of the contact.
func Releasable() []Reason { return []Reason{UnsureStop, SafeMode} }

// ErrNothingToRelease is what Release returns for a contact without any of the holds.
var ErrNothingToRelease = errors.New("none of their holds can be released by hand: the others end by themselves, or by something that happens")

// Release ends some of the Releasable holds of a contact, with an entry in the ledger that says why.
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

// HoldForSafety makes promotions to somebody subscribed wait, because a backup was restored and nobody knows whether they stopped
// since (B7).
func HoldForSafety(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if t.c.Consent == Subscribed {
		t.c.hold(SafeMode, env.Server())
	}
	return t.c, nil, nil
}

// ChangeNumber makes promotions to somebody subscribed wait, because another phone serves the number now: they never wrote to that
// one, and only they can, by writing to it.
func ChangeNumber(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if t.c.Consent == Subscribed {
		t.c.hold(NumberChanged, env.Server())
	}
	return t.c, nil, nil
}

// ChangedNumberEntry is what a change of the number's phone leaves in the ledger. The phones are the shop's own.
func ChangedNumberEntry(env Env, number, from, to string, held int) Entry {
	entry := newTurn(env, Contact{Number: number}).entry(EntryNumberChanged, "operator")
	entry.Public.Actor, entry.Public.From, entry.Public.To = "operator", "", ""
	entry.Personal = Personal{Reason: fmt.Sprintf("the number's phone was %s and is %s; promotions to %d subscribers wait until they write", from, to, held)}
	return entry
}

// SetZone notes in which time zone somebody lives, by its IANA name, as the operator knows; "" leaves it to their phone again.
func SetZone(env Env, contact Contact, zone string) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.Zone = zone
	t.effects = append(t.effects, RecheckHeld{}, RecheckPlanned{}) // what waits for an hour, and for their own time, where they lived
	return t.c, t.effects, nil
}

// SetProfile notes what the shop knows of somebody who has written: a name ("" leaves it) and tags, which are added. It says nothing about
// consent.
func SetProfile(env Env, contact Contact, name string, tags []string) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if name != "" {
		t.c.Given = shortened(name, maxRememberedName)
	}
	for _, tag := range tags {
		if !slices.Contains(t.c.Tags, tag) {
			t.c.Tags = append(t.c.Tags, tag)
		}
	}
	return t.c, []Effect{SetPreference{flows.AudienceTags, t.c.Tags}}, nil
}

// RevertProfile takes back what SetProfile noted: the tags, and the name where it is still the one that was given.
func RevertProfile(env Env, contact Contact, name string, tags []string) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if name != "" && t.c.Given == shortened(name, maxRememberedName) {
		t.c.Given = ""
	}
	return t.untag(tags)
}

// Untag takes a tag (see flows.Tag) away.
func Untag(env Env, contact Contact, tag string) (Contact, []Effect, error) {
	return newTurn(env, contact).untag([]string{tag})
}

func (t *turn) untag(tags []string) (Contact, []Effect, error) {
	t.c.Tags = slices.DeleteFunc(slices.Clone(t.c.Tags), func(tag string) bool { return slices.Contains(tags, flows.Tag(tag)) })
	return t.c, []Effect{SetPreference{flows.AudienceTags, t.c.Tags}}, nil
}
