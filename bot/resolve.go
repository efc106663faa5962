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

// Resolve decides by the identities of a message. byPhone and byLID are the contacts that hold
// them, nil where unknown.
//
//	phone known | LID known        | who
//	no          | no               | a new contact
//	yes         | -, or the same   | that contact
//	-           | yes              | that contact, with the phone if it did not have it
//	yes, no LID | no               | that contact, with the LID
//	yes, no LID | another contact  | one person: merge
//	yes, other  | no               | a new contact takes the phone, the old one is held
//	yes, other  | another contact  | the LID's contact takes the phone, the old one is held
func Resolve(ids []Identity, byPhone, byLID *Contact) Resolution {
	if byPhone == nil && byLID == nil {
		return Resolution{Attach: ids}
	}
	if byPhone == nil {
		return Resolution{Contact: byLID, Attach: missing(byLID, ids)}
	}
	lid := LIDOf(ids)
	recorded := LIDOf(byPhone.Identities)
	if lid == "" || recorded == lid {
		return Resolution{Contact: byPhone}
	}
	switch {
	case recorded == "" && byLID == nil:
		return Resolution{Contact: byPhone, Attach: missing(byPhone, ids)}
	case recorded == "":
		return Resolution{Contact: byPhone, Merge: byLID, Attach: missing(byPhone, ids)}
	case byLID == nil:
		return Resolution{Attach: ids, LostPhone: byPhone}
	default:
		return Resolution{Contact: byLID, Attach: missing(byLID, ids), LostPhone: byPhone}
	}
}

// Contradicts reports whether two addresses of one person contradict what is recorded: the phone's
// contact has another LID, or the LID's contact another phone. Only a live message that carries
// both may say so (C7). From anywhere else a pair fills what is missing.
func Contradicts(ids []Identity, byPhone, byLID *Contact) bool {
	phone, lid := PhoneOf(ids), LIDOf(ids)
	if phone == "" || lid == "" {
		return false
	}
	if byPhone != nil && LIDOf(byPhone.Identities) != "" &&
		!slices.Contains(byPhone.Identities, Identity{Kind: LID, Value: lid}) {
		return true
	}
	return byLID != nil && PhoneOf(byLID.Identities) != "" &&
		!slices.Contains(byLID.Identities, Identity{Kind: Phone, Value: phone})
}

// ResolvePair decides by a pair that did not come with a live message. Nothing happens (Contact is
// nil) where neither address is known, or both are known to belong together, or the pair
// contradicts what is recorded.
func ResolvePair(p Pair, byPhone, byLID *Contact) Resolution {
	ids := p.Identities()
	if byPhone == nil && byLID == nil || byPhone == byLID || Contradicts(ids, byPhone, byLID) {
		return Resolution{}
	}
	r := Resolve(ids, byPhone, byLID)
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
	from := kept.Consent
	t := newTurn(env, kept)
	entry := t.entry(EntryMerged, "same_person")
	entry.Public.Actor = "bot"
	entry.Personal.MergedWith = slices.Clone(other.Identities)
	lead, rest := kept, other
	if other.LastInbound.After(kept.LastInbound) {
		lead, rest = other, kept
	}
	m := lead.clone()
	m.ID, m.Number, m.Consent = kept.ID, kept.Number, mergedConsent(kept, other)
	m.Identities = append(slices.Clone(kept.Identities), missing(&kept, other.Identities)...)
	for name, values := range rest.Preferences {
		if _, ok := m.Preferences[name]; !ok {
			t.c.Preferences = m.Preferences
			t.setPreference(name, values)
			m.Preferences = t.c.Preferences
		}
	}
	for _, h := range rest.Holds {
		m.hold(h.Reason, h.Since)
	}
	m.OptedIn, m.OptedOut, m.StopWritten = later(kept.OptedIn, other.OptedIn), later(kept.OptedOut, other.OptedOut),
		later(kept.StopWritten, other.StopWritten)
	m.MayHaveStopped = later(kept.MayHaveStopped, other.MayHaveStopped)
	m.Changes, m.ToldChanges = slices.Concat(kept.Changes, other.Changes), later(kept.ToldChanges, other.ToldChanges)
	if rest.BotQuestion.Kind == askUnsure && m.BotQuestion.Kind != askUnsure {
		m.BotQuestion = rest.BotQuestion // their yes to it is a stop
	}
	if !m.BotQuestion.At.Add(-env.ClockAhead).After(m.OptedOut) {
		m.BotQuestion = BotQuestion{} // a yes that comes after a stop answers nothing
	}
	m.Paused = later(kept.Paused, other.Paused)
	m.LastHuman, m.Resumed = later(kept.LastHuman, other.LastHuman), later(kept.Resumed, other.Resumed)
	m.AskedUnsure = later(kept.AskedUnsure, other.AskedUnsure)
	m.MutedTo = later(kept.MutedTo, other.MutedTo)
	if m.BrakedSince.IsZero() || !rest.BrakedSince.IsZero() && rest.BrakedSince.Before(m.BrakedSince) {
		m.BrakedSince = rest.BrakedSince
	}
	for _, tag := range rest.Tags {
		if !slices.Contains(m.Tags, tag) {
			m.Tags = append(m.Tags, tag)
		}
	}
	if m.ShopName == "" {
		m.ShopName = rest.ShopName
	}
	if len(m.Zones) == 0 {
		m.Zones = rest.Zones
	}
	m.Zone = cmp.Or(lead.Zone, rest.Zone)
	m.Sends = append(slices.Clone(kept.Sends), other.Sends...)
	slices.SortFunc(m.Sends, time.Time.Compare)
	m.UnreadPromotions, m.UndeliveredSince = kept.UnreadPromotions+other.UnreadPromotions, mergedTicks(kept, other)
	m.Suppressed = m.Consent == Unsubscribed && !kept.optedOutHere() && !other.optedOutHere()
	m.mergeMessages(lead, rest)
	m.AfterSaid, m.AskedResend = kept.AfterSaid || other.AfterSaid, kept.AskedResend || other.AskedResend
	if m.Goodbye == "" {
		m.Goodbye = rest.Goodbye
	}
	if m.Disclosure == "" || rest.Has(AwaitingDisclosure) && !lead.Has(AwaitingDisclosure) {
		m.Disclosure = rest.Disclosure // the one that has still to be accepted ends the hold
	}
	entry.Public.From, entry.Public.To = from, m.Consent
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
// Their consent stays theirs, but marketing to them waits until the old account (the LID) writes
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
