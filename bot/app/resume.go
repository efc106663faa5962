package app

import (
	"fmt"

	"optinbot/bot"
)

// ContactsResumeCmd is `contacts resume`.
type ContactsResumeCmd struct {
	ForNumber
	Phone string `arg:"" help:"Their phone, with country code, in any spelling."`
}

// Example is shown by --help.
func (ContactsResumeCmd) Example() string { return "optinbot contacts resume +5511900000001" }

// Run ends a takeover before its twelve hours are over.
func (c ContactsResumeCmd) Run(a *App) error {
	h, n, err := a.openNumber(c.Number)
	if err != nil {
		return err
	}
	defer h.close()
	contact, err := h.contact(n.Name, c.Phone)
	if err != nil {
		return err
	}
	if !a.now().Before(contact.TakeoverUntil()) {
		return refuse("nobody of the shop has taken this chat over, or written in it, in the last %.0f hours", bot.TakeoverLasts.Hours())
	}
	if _, err := h.store.Act(a.ctx, n.Name, contact.ID, h.envs, bot.Resume); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "The bot answers them again, and promotions no longer wait for you.")
	return nil
}
