package bot

import "time"

// OptOutByOperator records an opt-out that reached the shop off WhatsApp (C8). It always takes
// effect, and no goodbye is sent. A second one moves the time of the stop on, with an entry of its
// own.
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

// LearnedOptOut is the opt-out of somebody who left. It is carried to the brand's other numbers
// again when more of who they are has become known, for there they may be known by just that (C2,
// C7).
func LearnedOptOut(env Env, c Contact) OptOutElsewhere {
	t := newTurn(env, c)
	entry := t.entry(EntryOptedOut, "identity_learned")
	entry.Public.Actor, entry.Public.ServerTime = "bot", c.OptedOut.UTC()
	return OptOutElsewhere{Entry: entry, Goodbye: c.Goodbye != ""}
}

// saidElsewhere stands in Contact.Goodbye when another number of the brand has said it.
const saidElsewhere = "elsewhere"

// OptOutFromBrand carries an opt-out given to another number of the same brand to this contact
// (C2). The argument cause is the entry that it made there. With goodbye, that number says goodbye,
// and none is owed here. An opt-in later than the stop, by server time, stands: it counts for the
// number it was written to. Of a tie the stop wins. It is repeatable.
func OptOutFromBrand(env Env, contact Contact, cause Entry, goodbye bool) (Contact, []Effect, error) {
	at := cause.Public.ServerTime
	if cause.Public.Actor == "operator" {
		at = later(at, contact.OptedIn) // see StopTime
	}
	t := newTurn(env, contact)
	entry := t.entry(EntryOptedOut, "brand:"+cause.Public.Rule)
	entry.Public.Actor, entry.Public.ServerTime = cause.Public.Actor, at
	entry.Personal.Words, entry.Personal.MessageID = cause.Personal.Words, cause.Personal.MessageID
	entry.Personal.Reason = cause.Personal.Reason
	known := !at.After(t.c.OptedOut) // carried here before, or an older one
	if cause.Public.Actor == "contact" {
		t.c.StopWritten = later(t.c.StopWritten, at)
	}
	switch {
	case t.losesToOptIn(at):
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

// Suppress makes a contact unsubscribed whose phone or LID turns out to be known as opted out:
// recorded by an operator, or for another number of the brand, or left behind by somebody erased
// (C5, C8). An opt-in later than since stands. It is repeatable.
func Suppress(env Env, contact Contact, since time.Time) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	entry := t.entry(EntrySuppressed, "suppressed")
	entry.Public.Actor, entry.Public.ServerTime = "bot", since.UTC()
	if t.c.Consent == Unsubscribed {
		t.leaveAgain(entry)
		return t.c, t.effects, nil
	}
	if t.losesToOptIn(since) {
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
