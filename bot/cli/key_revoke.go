package cli

import (
	"context"

	"optinbot/bot/desk"
)

// KeyRevokeCmd is `key revoke`.
type KeyRevokeCmd struct {
	Confirmed
	Name string `arg:"" help:"The key."`
}

func (KeyRevokeCmd) Example() string { return "optinbot key revoke crm" }

// Run asks, and takes the key away.
func (c KeyRevokeCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := a.ask(ctx, c.Confirmed, desk.RevocationQuestions(c.Name)); err != nil {
		return err
	}
	if err := d.RevokeKey(ctx, c.Name); err != nil {
		return err
	}
	a.page().say("The key %s is revoked.", c.Name)
	return nil
}
