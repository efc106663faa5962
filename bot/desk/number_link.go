package desk

import (
	"context"
	"errors"

	"optinbot/bot"
	"optinbot/store"
)

// RememberLink notes that a number is linked, by which account and phone, and that its phone was
// seen. A phone that is not the number's is a store.OtherPhone, and nothing changes. It may be
// repeated.
func (d *Desk) RememberLink(ctx context.Context, number, jid, phone string) error {
	if err := d.Store.Linked(ctx, number, jid, phone, d.Now()); err != nil {
		return err
	}
	return d.Store.NumberEvent(ctx, number, bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: d.Now()})
}

// RefusedPhone makes a refusal of the error that the phone is not the number's.
func RefusedPhone(err error) error {
	var other store.OtherPhone
	if errors.As(err, &other) {
		return Refuse("%v", err)
	}
	return err
}
