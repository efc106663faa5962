package desk

import (
	"context"
	"errors"
	"time"

	"optinbot/bot"
)

// Reply queues an answer to a contact, which the running bot sends. It counts as a person of the
// shop who writes: it returns until when the bot is quiet. It is refused where they never wrote of
// late, have left, or nothing is said. A phone that has never written is not found. Each call is
// one more message.
func (d *Desk) Reply(ctx context.Context, number, phone, said string) (QuietView, error) {
	return d.reply(ctx, number, phone, said, func(bot.Contact) error { return nil })
}

// ReplyTo is Reply to a chat as it was seen: it is refused as stale where they have written since.
// seen is the time of their last message as it was shown, bot.Contact's LastInbound.
func (d *Desk) ReplyTo(ctx context.Context, number, phone, said string, seen time.Time) (QuietView, error) {
	return d.reply(ctx, number, phone, said, func(c bot.Contact) error {
		if c.LastInbound.After(seen) {
			return stale("the chat has moved on: they wrote again %s. Read it, then send",
				c.LastInbound.In(d.shopZone(c.Number)).Format("15:04"))
		}
		return nil
	})
}

// reply replies to a contact who fits, as they are when it is queued.
func (d *Desk) reply(
	ctx context.Context, number, phone, said string, fits func(bot.Contact) error,
) (v QuietView, err error) {
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
		if err := fits(b); err != nil {
			return b, nil, err
		}
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
