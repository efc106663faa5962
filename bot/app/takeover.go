package app

import (
	"context"
	"fmt"

	"optinbot/bot"
	"optinbot/bot/text"
)

// ContactsPauseCmd is `contacts pause`.
type ContactsPauseCmd struct {
	ForContact
}

// Example is shown by --help.
func (ContactsPauseCmd) Example() string { return "optinbot contacts pause +5511900000001" }

// Run takes the chat over without a word.
func (c ContactsPauseCmd) Run(ctx context.Context, a *App) error {
	h, contact, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	defer h.close()
	turn, err := h.act(ctx, contact, bot.Pause)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "The chat is yours until %s or `optinbot contacts resume`: the bot is quiet in it, and promotions to them wait. A stop, an opt-in\nphrase and HELP are still answered.\n",
		text.When(turn.Contact.TakeoverUntil(), h.limits[contact.Number].Zone))
	return nil
}

// ContactsResumeCmd is `contacts resume`.
type ContactsResumeCmd struct {
	ForContact
}

// Example is shown by --help.
func (ContactsResumeCmd) Example() string { return "optinbot contacts resume +5511900000001" }

// Run ends a takeover before its twelve hours are over.
func (c ContactsResumeCmd) Run(ctx context.Context, a *App) error {
	h, contact, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	defer h.close()
	if !a.now().Before(contact.TakeoverUntil()) {
		return refuse("nobody of the shop has taken this chat over, or written in it, in the last %.0f hours", bot.TakeoverLasts.Hours())
	}
	if _, err := h.act(ctx, contact, bot.Resume); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "The bot answers them again, and promotions no longer wait for you.")
	return nil
}
