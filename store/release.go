package store

import (
	"context"

	"optinbot/bot"
)

// ReleaseNumber ends the safe mode of a number after a restore. people also releases everybody
// whose promotions wait for that reason, each with an entry in the ledger. It returns how many
// there were.
func (s *Store) ReleaseNumber(
	ctx context.Context, number, reason string, people bool, envs bot.Envs,
) (released int, err error) {
	var ids []int64
	if people {
		err := s.Contacts(ctx, number, bot.Subscribed, func(c *bot.Contact) error {
			if c.Has(bot.SafeMode) {
				ids = append(ids, c.ID)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	err = s.decide(ctx, only(number), envs, func(t *tx) error {
		released = 0
		if err := t.exec("UPDATE numbers SET safe_mode = 0 WHERE name = $1", number); err != nil {
			return err
		}
		for _, id := range ids {
			c, err := t.contact(id)
			if err != nil {
				return err
			}
			if !c.Has(bot.SafeMode) {
				continue // wrote meanwhile
			}
			_, err = t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
				return bot.Release(e, c, reason, bot.SafeMode)
			})
			if err != nil {
				return err
			}
			released++
		}
		return nil
	})
	return released, err
}
