package cli

import (
	"context"
	"fmt"
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
	if err := c.confirm(ctx, a, fmt.Sprintf("Revoke the key %s? Whatever uses it is locked out at once.", c.Name)); err != nil {
		return err
	}
	if err := d.RevokeKey(ctx, c.Name); err != nil {
		return err
	}
	a.page().say("The key %s is revoked.", c.Name)
	return nil
}
