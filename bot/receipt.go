package bot

import (
	"time"

	"optinbot/flows/words"
)

// Accepted notes that WhatsApp's server has accepted a message of the bot. If that is the
// disclosure, awaiting_disclosure ends, and the ledger gets a second entry. It is repeatable.
func Accepted(env Env, contact Contact, messageID string) (Contact, []Effect, error) {
	if messageID != contact.Disclosure || !contact.Has(AwaitingDisclosure) {
		return contact, nil, nil
	}
	t := newTurn(env, contact)
	t.c.release(AwaitingDisclosure)
	t.c.DisclosureLost = false
	entry := t.entry(EntryDisclosed, "server_ack")
	entry.Public.Actor = "bot"
	entry.Personal.DisclosureID = messageID
	t.effects = append(t.effects, Record{entry})
	t.finish()
	return t.c, t.effects, nil
}

// LoseDisclosure notes that nobody knows whether the last disclosure arrived, on a wire on which it
// cannot be repeated. They are told again when they write. It is repeatable.
func LoseDisclosure(env Env, contact Contact) (Contact, []Effect, error) {
	c := contact.clone()
	c.DisclosureLost = env.Wire.NoRepeats && c.Has(AwaitingDisclosure)
	return c, nil, nil
}

// discloseAgain tells somebody what they signed up for whom that may not have reached: with a new ID,
// for it is another message. The conversation goes on after it.
func (t *turn) discloseAgain(words.Recognition) (bool, error) {
	if t.c.DisclosureLost && t.c.Consent == Subscribed && t.c.Has(AwaitingDisclosure) {
		t.disclose()
	}
	return false, nil
}

// Arrived notes that a message of the bot reached their phone and, with read, that they looked at
// it. Any sign of the phone ends not_delivering. A message that they read or answer starts the
// count of unread promotions anew. It is repeatable.
func Arrived(env Env, contact Contact, read bool) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.deliversAgain = t.c.NotDelivering(env.Now)
	t.c.gaveSign(read)
	if t.c.limitedUntil().IsZero() {
		t.c.Limited = 0 // one has arrived since
	}
	t.finish()
	return t.c, t.effects, nil
}

// Refused notes that WhatsApp's server refused a message to the contact, and why. The operator
// hears of it once in a hold. It is to be called once for each message.
func Refused(env Env, contact Contact, cause Cause) (Contact, []Effect, error) {
	switch cause {
	case CauseNeedsInbound, CauseWindow:
		return needsInbound(env, contact)
	case CauseNoAccount:
		return nobodyThere(env, contact)
	case CauseOptedOut:
		return stoppedAtWhatsApp(env, contact)
	case CauseMarketingLimit:
		return limited(env, contact)
	case CauseReassigned:
		return ReassignedTo(env, contact)
	}
	return contact, nil, nil
}

// limits are for how long somebody gets no more promotions, the first time and when it happens again
// before one has arrived. Meta asks for a day at least, and prolongs the limit for who tries sooner.
var limits = [...]time.Duration{24 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour}

// limited lets promotions wait to somebody who may have no more for now, of any shop. What they
// write ends it.
func limited(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.c.release(MarketingLimit)
	until := env.Now.Add(limits[min(t.c.Limited, len(limits)-1)])
	t.c.Limited++
	t.c.addHold(Hold{Reason: MarketingLimit, Since: env.Now, Until: until})
	t.effects = append(t.effects, SetTimer{Kind: TimerLimit, At: until})
	return t.c, t.effects, nil
}

// endLimit ends it: they wrote.
func (t *turn) endLimit() {
	t.c.Limited = 0
	if t.c.release(MarketingLimit) {
		t.effects = append(t.effects, SetTimer{Kind: TimerLimit})
	}
}

// nobodyThere counts that nobody could be reached at their address. The second time in a row
// promotions wait until they write.
func nobodyThere(env Env, contact Contact) (Contact, []Effect, error) {
	c := contact.clone()
	if c.Unreached++; c.Unreached < 2 {
		return c, nil, nil
	}
	return needsInbound(env, c)
}

// stoppedAtWhatsApp opts out somebody of whom a refusal tells that they have stopped the marketing of
// the business at WhatsApp. When they did, nobody says: it counts from now. Nobody says goodbye.
func stoppedAtWhatsApp(env Env, contact Contact) (Contact, []Effect, error) {
	if contact.Consent == Unsubscribed {
		return contact, nil, nil
	}
	t := newTurn(env, contact)
	entry := t.entry(EntryOptedOut, ruleWhatsAppRefused)
	if err := t.leave(entry); err != nil {
		return contact, nil, err
	}
	t.effects = append(t.effects, OptOutElsewhere{Entry: entry, Goodbye: true})
	t.finish()
	return t.c, t.effects, nil
}

// reassigned notes that WhatsApp itself says that their address is not theirs any more.
func (t *turn) reassigned() {
	if t.in.At.Before(t.c.OptedIn) {
		return // whoever has it since has asked for promotions
	}
	had := t.c.Has(NumberReassigned)
	t.c.addHold(Hold{Reason: NumberReassigned, Since: t.in.At, OptIn: true})
	if had {
		return
	}
	t.record(EntryReassigned, "whatsapp.address_changed")
	t.notify(NoticeReassigned, "WhatsApp says that this contact has another phone or account now; nothing of their "+
		"consent carries over, and promotions wait until whoever has the old one asks for them")
}

// ReassignedTo notes that WhatsApp refused a message because the address has another owner than
// before. It is repeatable.
func ReassignedTo(env Env, contact Contact) (Contact, []Effect, error) {
	t := newTurn(env, contact)
	t.in = Message{At: env.ServerNow()}
	t.reassigned()
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
