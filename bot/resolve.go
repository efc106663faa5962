package bot

import (
	"cmp"
	"slices"
	"time"
)

// A Resolution says which contact an inbound message belongs to, and what that does to the contacts
// already known (C7).
type Resolution struct {
	Contact   *Contact   // nil: a new contact
	Attach    []Identity // identities that become the contact's
	Merge     *Contact   // the same person under another identity: becomes part of Contact
	LostPhone *Contact   // loses its phone to Contact: the phone belongs to another WhatsApp account now
}

// Resolve decides by the identities of a message: a phone, an account (LID or BSUID), or both.
// byPhone and byAccount are the contacts that hold them, nil where unknown. A contact that has moved
// from one wire to another may have an account of each kind, and only the same kind is compared.
//
//	phone known     | account known    | who
//	no              | no               | a new contact
//	yes             | -, or the same   | that contact
//	-               | yes              | that contact, with the phone if it did not have it
//	yes, no account | no               | that contact, with the account
//	yes, no account | another contact  | one person: merge
//	yes, other      | no               | a new contact takes the phone, the old one is held
//	yes, other      | another contact  | the account's contact takes the phone, the old one is held
func Resolve(ids []Identity, byPhone, byAccount *Contact) Resolution {
	if byPhone == nil && byAccount == nil {
		return Resolution{Attach: ids}
	}
	if byPhone == nil {
		return Resolution{Contact: byAccount, Attach: missing(byAccount, ids)}
	}
	account := AccountOf(ids)
	recorded := valueOf(byPhone.Identities, account.Kind)
	if account.Value == "" || recorded == account.Value {
		return Resolution{Contact: byPhone}
	}
	switch {
	case recorded == "" && byAccount == nil:
		return Resolution{Contact: byPhone, Attach: missing(byPhone, ids)}
	case recorded == "":
		return Resolution{Contact: byPhone, Merge: byAccount, Attach: missing(byPhone, ids)}
	case byAccount == nil:
		return Resolution{Attach: ids, LostPhone: byPhone}
	default:
		return Resolution{Contact: byAccount, Attach: missing(byAccount, ids), LostPhone: byPhone}
	}
}

// Contradicts reports whether two addresses of one person contradict what is recorded: the phone's
// contact has another account of that kind, or the account's contact another phone. Only a live
// message that carries both may say so (C7). From anywhere else a pair fills what is missing.
func Contradicts(ids []Identity, byPhone, byAccount *Contact) bool {
	phone, account := PhoneOf(ids), AccountOf(ids)
	if phone == "" || account.Value == "" {
		return false
	}
	if byPhone != nil && valueOf(byPhone.Identities, account.Kind) != "" &&
		!slices.Contains(byPhone.Identities, account) {
		return true
	}
	return byAccount != nil && PhoneOf(byAccount.Identities) != "" &&
		!slices.Contains(byAccount.Identities, Identity{Kind: Phone, Value: phone})
}

// ResolvePair decides by a pair that did not come with a live message. Nothing happens (Contact is
// nil) where neither address is known, or both are known to belong together, or the pair
// contradicts what is recorded.
func ResolvePair(p Pair, byPhone, byAccount *Contact) Resolution {
	ids := p.Identities()
	if byPhone == nil && byAccount == nil || byPhone == byAccount || Contradicts(ids, byPhone, byAccount) {
		return Resolution{}
	}
	r := Resolve(ids, byPhone, byAccount)
	if len(r.Attach) == 0 && r.Merge == nil {
		return Resolution{}
	}
	return r
}

func missing(c *Contact, ids []Identity) []Identity {
	var out []Identity
	for _, id := range ids {
		if !slices.Contains(c.Identities, id) {
			out = append(out, id)
		}
	}
	return out
}

// Attach gives the contact more identities, a newer phone first.
func (c *Contact) Attach(ids []Identity) {
	c.Identities = append(missing(c, ids), c.Identities...)
}

// Merge makes one contact of two that turned out to be the same person, and the ledger entry that
// names both. Unsubscribed on either side wins, unless the other side's opt-in is later by server
// time. Otherwise subscribed beats pending beats new. The conversation goes on where they wrote
// last. The holds of both stay.
func Merge(env Env, kept, other Contact) (Contact, []Effect, error) {
	entry := newTurn(env, kept).entry(EntryMerged, "same_person")
	entry.Public.Actor = "bot"
	entry.Personal.MergedWith = slices.Clone(other.Identities)
	lead, rest := kept, other // lead is where they wrote last
	if other.LastInbound.After(kept.LastInbound) {
		lead, rest = other, kept
	}
	m := lead.clone()
	m.ID, m.Number = kept.ID, kept.Number
	m.Identities = append(slices.Clone(kept.Identities), missing(&kept, other.Identities)...)
	m.mergeConsent(kept, other)
	m.mergeProfile(rest)
	m.mergeQuestion(env, rest)
	m.mergeHolds(kept, other, rest)
	m.mergeSends(kept, other)
	m.mergeMessages(lead, rest)
	m.mergeWords(lead, rest)
	entry.Public.From, entry.Public.To = kept.Consent, m.Consent
	effects := []Effect{Record{entry}}
	if m.Consent == Unsubscribed {
		m.FlowQuestion = nil // nobody who left is asked on
		if m.Poll != nil {
			m.Poll.Wait = time.Time{}
		}
		effects = append(effects, CancelUnsent{})
	}
	return m, effects, nil
}

// mergeConsent takes what both sides said yes and no to. The later word of each kind counts.
func (c *Contact) mergeConsent(kept, other Contact) {
	c.Consent = mergedConsent(kept, other)
	c.OptedIn, c.OptedOut = later(kept.OptedIn, other.OptedIn), later(kept.OptedOut, other.OptedOut)
	c.StoppedAtWhatsApp = kept.StoppedAtWhatsApp
	if other.OptedOut.After(kept.OptedOut) {
		c.StoppedAtWhatsApp = other.StoppedAtWhatsApp
	}
	c.StopWritten = later(kept.StopWritten, other.StopWritten)
	c.MayHaveStopped = later(kept.MayHaveStopped, other.MayHaveStopped)
	c.AskedUnsure = later(kept.AskedUnsure, other.AskedUnsure)
	c.Changes = slices.Concat(kept.Changes, other.Changes)
	c.ToldChanges = later(kept.ToldChanges, other.ToldChanges)
	c.Suppressed = c.Consent == Unsubscribed && !kept.optedOutHere() && !other.optedOutHere()
}

// mergeProfile adds what is known of the other side only: its preferences, tags, name and zones.
func (c *Contact) mergeProfile(rest Contact) {
	for name, values := range rest.Preferences {
		if _, ok := c.Preferences[name]; ok {
			continue
		}
		if c.Preferences == nil {
			c.Preferences = map[string][]string{}
		}
		c.Preferences[name] = values
	}
	for _, tag := range rest.Tags {
		if !slices.Contains(c.Tags, tag) {
			c.Tags = append(c.Tags, tag)
		}
	}
	c.ShopName, c.Zone = cmp.Or(c.ShopName, rest.ShopName), cmp.Or(c.Zone, rest.Zone)
	if len(c.Zones) == 0 {
		c.Zones = rest.Zones
	}
}

// mergeQuestion keeps the question whether somebody wants to stop, on whichever side it was put. A
// question that was put before a stop is none any more. The consent is merged before.
func (c *Contact) mergeQuestion(env Env, rest Contact) {
	if rest.BotQuestion.Kind == askUnsure && c.BotQuestion.Kind != askUnsure {
		c.BotQuestion = rest.BotQuestion // their yes to it is a stop
	}
	if !c.BotQuestion.At.Add(-env.ClockAhead).After(c.OptedOut) {
		c.BotQuestion = BotQuestion{} // a yes that comes after a stop answers nothing
	}
}

// mergeHolds keeps what holds promotions or answers back, on either side.
func (c *Contact) mergeHolds(kept, other, rest Contact) {
	for _, h := range rest.Holds {
		c.addHold(h)
	}
	c.Paused, c.Resumed = later(kept.Paused, other.Paused), later(kept.Resumed, other.Resumed)
	c.LastHuman = later(kept.LastHuman, other.LastHuman)
	c.MutedTo = later(kept.MutedTo, other.MutedTo)
	if c.BrakedSince.IsZero() || !rest.BrakedSince.IsZero() && rest.BrakedSince.Before(c.BrakedSince) {
		c.BrakedSince = rest.BrakedSince
	}
}

// mergeSends counts the promotions that both sides got.
func (c *Contact) mergeSends(kept, other Contact) {
	c.Sends = slices.Concat(kept.Sends, other.Sends)
	slices.SortFunc(c.Sends, time.Time.Compare)
	c.UnreadPromotions = kept.UnreadPromotions + other.UnreadPromotions
	c.UndeliveredSince = mergedTicks(kept, other)
	c.Limited, c.Unreached = max(kept.Limited, other.Limited), max(kept.Unreached, other.Unreached)
}

// mergeWords keeps which words of the bot either side was told.
func (c *Contact) mergeWords(lead, rest Contact) {
	c.AfterSaid, c.AskedResend = lead.AfterSaid || rest.AfterSaid, lead.AskedResend || rest.AskedResend
	c.Goodbye = cmp.Or(c.Goodbye, rest.Goodbye)
	if c.Disclosure == "" || rest.Has(AwaitingDisclosure) && !lead.Has(AwaitingDisclosure) {
		c.Disclosure = rest.Disclosure // the one that has still to be accepted ends the hold
	}
}

// mergedTicks are the first two promotions that either side got since the last sign of it: nobody
// knows whether a sign of one was later than a promotion to the other, and the next sign settles
// it.
func mergedTicks(a, b Contact) []time.Time {
	ticks := slices.Concat(a.UndeliveredSince, b.UndeliveredSince)
	slices.SortFunc(ticks, time.Time.Compare)
	return ticks[:min(len(ticks), maxUndelivered)]
}

func mergedConsent(a, b Contact) Consent {
	if a.Consent == Unsubscribed || b.Consent == Unsubscribed {
		in, out := later(a.OptedIn, b.OptedIn), later(a.OptedOut, b.OptedOut)
		if (a.Consent == Subscribed || b.Consent == Subscribed) && in.After(out) {
			return Subscribed
		}
		return Unsubscribed
	}
	rank := []Consent{New, Pending, Subscribed}
	if slices.Index(rank, a.Consent) > slices.Index(rank, b.Consent) {
		return a.Consent
	}
	return b.Consent
}

// Reassign takes the phone from a contact whose phone belongs to another WhatsApp account now.
// Their consent stays theirs, but marketing to them waits until the old account writes
// after that. at is the server time of the message that told it.
func Reassign(env Env, robbed Contact, phone string, at time.Time) (Contact, []Effect, error) {
	t := newTurn(env, robbed)
	entry := t.entry(EntryReassigned, "phone_has_other_lid")
	entry.Public.Actor = "bot"
	lost := Identity{Kind: Phone, Value: phone}
	t.c.Identities = slices.DeleteFunc(t.c.Identities, func(id Identity) bool { return id == lost })
	t.c.hold(NumberReassigned, at)
	t.effects = append(t.effects, Record{entry})
	t.notify(NoticeReassigned, "the phone of this contact now belongs to another WhatsApp account; nothing of their "+
		"consent carries over")
	return t.c, t.effects, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
