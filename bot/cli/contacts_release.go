package cli

import (
	"context"
)

// ContactsReleaseCmd is `contacts release`.
type ContactsReleaseCmd struct {
	ForContact
	Reason string `required:"" help:"Why you know that they want the promotions: it goes into the ledger; - reads it from standard input."`
}

func (ContactsReleaseCmd) Example() string {
	return `optinbot contacts release +5511900000001 --reason "asked on the phone: they meant the newspaper"`
}

// Run ends the holds that wait for the operator's judgement. It makes nobody subscribed.
func (c ContactsReleaseCmd) Run(ctx context.Context, a *App) error {
	reason, err := a.typed(c.Reason)
	if err != nil {
		return err
	}
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.ReleaseContact(ctx, n.Name, c.Phone.String(), reason); err != nil {
		return err
	}
	a.page().say("Promotions to them no longer wait for that. They are as subscribed as they were before.")
	return nil
}
