package cli

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// ReplyCmd is `reply`.
type ReplyCmd struct {
	ForNumber
	Phone string     `arg:"" help:"${their_phone}"`
	Text  TypedPhone `arg:"" help:"What you say, in quotes; - reads it from standard input. It is an answer to them, never a promotion."`
}

func (ReplyCmd) Example() string {
	return `optinbot reply +5511900000001 "Yes, we have it in blue. Shall we keep one for you?"
optinbot reply +5511900000001 - < answer.txt`
}

// Run queues the answer, which the running bot sends.
func (c ReplyCmd) Run(ctx context.Context, a *App) error {
	phone, words := phoneAnd(append(TypedPhone{c.Phone}, c.Text...))
	if len(phone) > 1 && !phone.isPhone() {
		return desk.Refuse("put what you say in quotes: after the phone there is one text")
	}
	said, err := a.typed(words)
	if err != nil {
		return err
	}
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	quiet, err := d.Reply(ctx, n.Name, phone.String(), said)
	if err != nil {
		return err
	}
	a.page().say("Queued: sent now, or when the bot starts. The bot stays out of this chat until %s or "+
		"`optinbot contacts resume`.",
		text.When(quiet.Until, quiet.ShopZone))
	return nil
}
