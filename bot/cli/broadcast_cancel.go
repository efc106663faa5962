package cli

import "context"

// BroadcastCancelCmd is `broadcast cancel`.
type BroadcastCancelCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

func (BroadcastCancelCmd) Example() string { return "optinbot broadcast cancel weekend-offer --yes" }

// Run cancels what is not over.
func (c BroadcastCancelCmd) Run(ctx context.Context, a *App) error {
	if err := c.confirm(ctx, a, "Cancel it for everybody who has not got it yet?"); err != nil {
		return err
	}
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	change, err := d.CancelBroadcast(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	printChange(a.out, c.Name, "cancelled", change)
	return nil
}
