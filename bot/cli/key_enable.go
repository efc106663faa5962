package cli

import (
	"context"

	"optinbot/bot/text"
)

// KeyEnableCmd is `key enable`.
type KeyEnableCmd struct {
	Name string `arg:"" help:"The key."`
}

func (KeyEnableCmd) Example() string { return "optinbot key enable crm" }

// Run lets the key in again.
func (c KeyEnableCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	k, err := d.EnableKey(ctx, c.Name)
	if err != nil {
		return err
	}
	if k.Over(a.now()) {
		a.page().say("The key %s is on, but it has expired (%s): it lets nobody in. `optinbot key revoke %s` and "+
			"`optinbot key add %s` make a new one.", c.Name, text.When(k.Ends, d.ShopZone()), c.Name, c.Name)
		return nil
	}
	a.page().say("The key %s counts again.", c.Name)
	return nil
}
