package app

import (
	"context"
	"errors"

	"optinbot/bot"
	"optinbot/store"
)

// rememberLink notes that a number is linked, by which account and phone, and that its phone was seen. A
// phone that is not the number's is a store.OtherPhone, and nothing changes. It may be repeated.
func (h *house) rememberLink(ctx context.Context, number, jid, phone string) error {
	if err := h.store.Linked(ctx, number, jid, phone, h.now()); err != nil {
		return err
	}
	return h.store.NumberEvent(ctx, number, bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: h.now()})
}

// refusedPhone makes a refusal of the error that the phone is not the number's.
func refusedPhone(err error) error {
	var other store.OtherPhone
	if errors.As(err, &other) {
		return refuse("%v", err)
	}
	return err
}
