package desk

import (
	"context"
	"errors"

	"optinbot/bot"
)

// ReleaseContact ends the holds of a contact that wait for the operator's judgement. It makes
// nobody subscribed. The reason goes into the ledger. It is refused without a reason and where
// nothing is held, so a second time too. A phone that has never written is not found.
func (d *Desk) ReleaseContact(ctx context.Context, number, phone, reason string) (err error) {
	ctx, end, err := d.begin(ctx, ActReleaseContact, number)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	if reason, err = because(reason, "say why you know that they want the promotions: it goes into the ledger"); err != nil {
		return err
	}
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return err
	}
	_, err = d.Act(ctx, contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Release(e, b, reason, bot.Releasable()...)
	})
	if errors.Is(err, bot.ErrNothingToRelease) {
		return Refuse("%v", err)
	}
	return err
}
