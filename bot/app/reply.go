package app

import (
	"errors"
	"fmt"

	"optinbot/bot"
)

// ReplyCmd is `reply`.
type ReplyCmd struct {
	ForContact
	Text string `arg:"" help:"What you say, in quotes; - reads it from standard input. It is an answer to them, never a promotion."`
}

// Example is shown by --help.
func (ReplyCmd) Example() string {
	return `optinbot reply +5511900000001 "Yes, we have it in blue. Shall we keep one for you?"
optinbot reply +5511900000001 - < answer.txt`
}

// Run puts the answer into the outbox; the running bot sends it. It counts as a person of the shop who writes.
func (c ReplyCmd) Run(a *App) error {
	said, err := a.typed(c.Text)
	if err != nil {
		return err
	}
	h, contact, err := c.open(a)
	if err != nil {
		return err
	}
	defer h.close()
	turn, err := h.act(contact, func(e bot.Env, b bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Reply(e, b, said)
	})
	if errors.Is(err, bot.ErrNeverWrote) || errors.Is(err, bot.ErrTheyLeft) || errors.Is(err, bot.ErrNoText) {
		return refuse("%v", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "The running bot sends it now; if it does not run, when it starts. It is quiet in this chat until %s or `optinbot contacts resume`.\n",
		when(turn.Contact.TakeoverUntil(), h.limits[contact.Number].Zone))
	return nil
}
