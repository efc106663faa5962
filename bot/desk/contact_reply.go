package desk

import (
	"context"
	"errors"

	"optinbot/bot"
)

// Reply queues an answer to a contact, which the running bot sends. It counts as a person of the
// shop who writes: it returns until when the bot is quiet. It is refused where they never wrote of
// late, have left, or nothing is said. A phone that has never written is not found. Each call is
// one more message.
func (d *Desk) Reply(ctx context.Context, number, phone, said string) (v QuietView, err error) {
	ctx, end, err := d.begin(ctx, ActReply, number)
	if err != nil {
		return v, err
	}
	defer func() { end(err) }()
	contact, err := d.Contact(ctx, number, phone)
	if err != nil {
		return v, err
	}
	turn, err := d.Act(ctx, contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Reply(e, b, said)
	})
	if errors.Is(err, bot.ErrNeverWrote) || errors.Is(err, bot.ErrTheyLeft) || errors.Is(err, bot.ErrNoText) {
		return v, Refuse("%v", err)
	}
	if err != nil {
		return v, err
	}
	return d.quiet(&turn.Contact), nil
}
