package bot

// Accepted notes that WhatsApp's server has accepted a message of the bot. If that is the
// disclosure, awaiting_disclosure ends, and the ledger gets a second entry. It is repeatable.
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

// Arrived notes that a message of the bot reached their phone and, with read, that they looked at
// it. Any sign of the phone ends not_delivering. A message that they read or answer starts the
// count of unread promotions anew. It is repeatable.
func Arrived(env Env, contact Contact, read bool) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.deliversAgain = t.c.NotDelivering(env.Now)
	t.c.gaveSign(read)
	t.finish()
	return t.c, t.effects, nil
}

// Refused notes that WhatsApp's server refused a message to the contact, and why. The operator
// hears of it once in a hold. It is repeatable.
func Refused(env Env, contact Contact, cause Cause) (Contact, []Effect, error) {
	switch cause {
	case CauseNeedsInbound:
		return needsInbound(env, contact)
	case CauseOptedOut:
		return stoppedAtWhatsApp(env, contact)
	}
	return contact, nil, nil
}

// stoppedAtWhatsApp opts out somebody of whom a refusal tells that they have stopped the marketing of
// the business at WhatsApp. When they did, nobody says: it counts from now. Nobody says goodbye.
func stoppedAtWhatsApp(env Env, contact Contact) (Contact, []Effect, error) {
	if contact.Consent == Unsubscribed {
		return contact, nil, nil
	}
	t := newTurn(env, contact)
	entry := t.entry(EntryOptedOut, "whatsapp.refused")
	if err := t.leave(entry); err != nil {
		return contact, nil, err
	}
	t.effects = append(t.effects, OptOutElsewhere{Entry: entry, Goodbye: true})
	t.finish()
	return t.c, t.effects, nil
}

func needsInbound(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	if !t.c.Has(NeedsInbound) {
		t.notify(NoticeNeedsInbound, "WhatsApp does not let this number write to this contact first; "+
			"promotions to them wait until they write. Nothing is tried again, nothing to do; many of these at once "+
			"mean that the number is close to a restriction")
	}
	t.c.hold(NeedsInbound, env.Now)
	return t.c, t.effects, nil
}
