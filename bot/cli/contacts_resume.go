package cli

import (
	"context"
)

// ContactsResumeCmd is `contacts resume`.
type ContactsResumeCmd struct {
	ForContact
}

func (ContactsResumeCmd) Example() string { return "optinbot contacts resume +5511900000001" }

// Run gives the chat back to the bot before the twelve hours are over.
func (c ContactsResumeCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.ResumeContact(ctx, n.Name, c.Phone.String()); err != nil {
		return err
	}
	a.page().say("The bot answers them again, and promotions no longer wait for you.")
	return nil
}
