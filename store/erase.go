package store

import (
	"context"

	"optinbot/bot"
)

// Erase takes away what the store has on a person, on every number that knows them: names,
// messages, preferences, the personal part of the ledger. What stays names nobody: the entries of
// the chain, which still verifies, the outcomes of deliveries, and a keyed hash of each identity,
// so that the opt-out outlives the data (O4). It returns who they were, for what lies elsewhere.
func (s *Store) Erase(ctx context.Context, ids []bot.Identity, envs bot.Envs) (erased []bot.Contact, err error) {
	numbers, err := s.Numbers(ctx)
	if err != nil {
		return nil, err
	}
	err = s.decide(ctx, everyNumber, envs, func(t *tx) error {
		erased = nil
		for _, n := range numbers {
			for _, id := range spelled(ids) {
				byPhone, byLID, err := t.find(n.Name, []bot.Identity{id})
				if err != nil {
					return err
				}
				c := byPhone
				if c == nil {
					c = byLID
				}
				if c == nil {
					continue
				}
				if err := t.erase(c); err != nil {
					return err
				}
				erased = append(erased, *c)
			}
		}
		return nil
	})
	if err != nil || len(erased) == 0 {
		return nil, err
	}
	return erased, s.base.settle(ctx)
}

// erase takes away one contact and remembers them as opted out.
func (t *tx) erase(c *bot.Contact) error {
	env := t.env(c.Number)
	entry := bot.ErasedEntry(env, *c)
	if err := t.forget(entry, c, eraseRows); err != nil {
		return err
	}
	if c.Consent != bot.Unsubscribed {
		gone := bot.Event{Type: bot.EventUnsubscribed, What: "erased"}
		if err := t.event(c.Number, -c.ID, gone, millis(env.Now)); err != nil {
			return err
		}
	}
	entry.Public.Rule = "erased"
	if err := t.operatorStop(entry.Public.ServerTime, env.Now); err != nil {
		return err
	}
	if err := t.suppress(c.Number, c.Identities, false, entry); err != nil {
		return err
	}
	t.logStop(lineErase, c.Number, c.Identities, env.Now)
	return nil
}

// forget takes away one contact, with an entry that names nobody. What refers to them keeps a
// number that no contact has or will have: the negative of their ID.
func (t *tx) forget(entry bot.Entry, c *bot.Contact, rows []string) error {
	if err := t.appendLedger(-c.ID, entry); err != nil {
		return err
	}
	if err := t.forgetPhones(c.Number, c.Identities); err != nil {
		return err
	}
	if err := t.forgetUnread(c.Number, c.Identities); err != nil {
		return err
	}
	return t.execAll(rows, c.ID)
}
