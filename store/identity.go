package store

import (
	"cmp"
	"time"

	"optinbot/bot"
)

// resolveContact finds or makes the contact a message is from (C7), merges and takes over phones
// where the identities say so, and applies opt-outs known only by the hash of an identity (C5, C8).
// had: the message had its turn before, and nothing more was done than a pair of addresses that it
// brings now does by itself.
func (t *tx) resolveContact(number string, m bot.Message) (c *bot.Contact, had bool, err error) {
	byPhone, byAccount, err := t.find(number, m.Identities)
	if err != nil {
		return nil, false, err
	}
	ids := m.Identities
	if (m.History || m.LookedUp) && bot.Contradicts(ids, byPhone, byAccount) {
		if ids = ids[:1]; ids[0].Kind == bot.Phone { // the address that it came from
			byAccount = nil
		} else {
			byPhone = nil
		}
	}
	r := bot.Resolve(ids, byPhone, byAccount)
	if r.Contact != nil && len(r.Attach) == 0 && r.LostPhone == nil && r.Merge == nil {
		return r.Contact, false, nil // by far the most: receive finds out whether it had its turn
	}
	if c, err = t.hadTurn(m, byPhone, byAccount); err != nil {
		return nil, false, err
	}
	if c != nil { // it fills what is missing: what contradicts has been said before, or is not from the message
		var learned *bot.Contact
		if p, ok := bot.PairOf(ids[0], ids[len(ids)-1]); ok {
			learned, _, err = t.learn(number, p)
		}
		return cmp.Or(learned, c), true, err
	}
	c, err = t.applyResolution(number, ids, m.At, r)
	return c, false, err
}

// applyResolution carries out what the identities of a message of that server time say about who is
// who.
func (t *tx) applyResolution(
	number string, ids []bot.Identity, at time.Time, r bot.Resolution,
) (c *bot.Contact, err error) {
	env := t.env(number)
	if c = r.Contact; c == nil {
		c = &bot.Contact{Number: number, Consent: bot.New}
		if err := t.insert(c, env.Now); err != nil {
			return nil, err
		}
	}
	if r.Merge != nil {
		if c, err = t.merge(c, r.Merge); err != nil {
			return nil, err
		}
	}
	var inherited time.Time // the opt-out of a phone's former owner binds its new one until they opt in
	if r.LostPhone != nil {
		if inherited, err = t.takePhone(r.LostPhone, bot.PhoneOf(ids), at); err != nil {
			return nil, err
		}
	}
	if len(r.Attach) > 0 {
		if c, err = t.identify(c, r.Attach, inherited); err != nil {
			return nil, err
		}
	}
	if c.OptedOut.IsZero() || r.LostPhone != nil {
		return c, nil
	}
	_, err = t.optOutElsewhere(c, bot.LearnedOptOut(env, *c))
	return c, err
}

// identify attaches identities and what is known about them.
func (t *tx) identify(c *bot.Contact, ids []bot.Identity, since time.Time) (*bot.Contact, error) {
	env := t.env(c.Number)
	c.Attach(ids)
	if err := t.attach(c.Number, c.ID, ids, env.Now); err != nil {
		return nil, err
	}
	if phone := bot.PhoneOf(ids); phone != "" {
		c.Zones = bot.CountryOf(phone).Zones
		if err := t.forgetPhones(c.Number, []bot.Identity{{Kind: bot.Phone, Value: phone}}); err != nil {
			return nil, err
		}
	}
	if c.Consent == bot.Unsubscribed { // whom the log knows by less
		t.logStop(lineOptOut, c.Number, ids, c.OptedOut)
	}
	known, err := t.suppressedSince(c.Number, ids)
	if err != nil {
		return nil, err
	}
	if known.After(since) {
		since = known
	}
	if since.IsZero() {
		return c, t.save(c, env.Now)
	}
	after, effects, err := bot.Suppress(env, *c, since)
	if err != nil {
		return nil, err
	}
	if err := t.save(&after, env.Now); err != nil {
		return nil, err
	}
	if err := t.decided(c, &after, effects); err != nil {
		return nil, err
	}
	return &after, t.apply(&after, effects)
}

// takePhone takes the phone from its former owner and returns when that person opted out. It is
// zero if they did not.
func (t *tx) takePhone(from *bot.Contact, phone string, at time.Time) (optedOut time.Time, err error) {
	env := t.env(from.Number)
	after, effects, err := bot.Reassign(env, *from, phone, at)
	if err != nil {
		return time.Time{}, err
	}
	if err := t.save(&after, env.Now); err != nil {
		return time.Time{}, err
	}
	if err := t.decided(from, &after, effects); err != nil {
		return time.Time{}, err
	}
	if after.Consent == bot.Unsubscribed {
		if optedOut = after.OptedOut; optedOut.IsZero() {
			optedOut = env.ServerNow()
		}
	}
	return optedOut, t.apply(&after, effects)
}
