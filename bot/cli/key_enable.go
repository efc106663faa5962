package cli

import "context"

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
	if err := d.EnableKey(ctx, c.Name); err != nil {
		return err
	}
	a.page().say("The key %s counts again.", c.Name)
	return nil
}
