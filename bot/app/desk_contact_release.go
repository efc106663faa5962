package app

import (
	"context"
	"errors"

	"optinbot/bot"
)

// releaseContact ends the holds of a contact that wait for the operator's judgement. It makes
// nobody subscribed. The reason goes into the ledger. It is refused where nothing is held, so a
// second time too. A phone that has never written is not found.
func (h *house) releaseContact(ctx context.Context, number, phone, reason string) error {
	contact, err := h.contact(ctx, number, phone)
	if err != nil {
		return err
	}
	_, err = h.act(ctx, contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Release(e, b, reason, bot.Releasable()...)
	})
	if errors.Is(err, bot.ErrNothingToRelease) {
		return refuse("%v", err)
	}
	return err
}
