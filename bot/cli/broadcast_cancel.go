package cli

import "context"

// BroadcastCancelCmd is `broadcast cancel`.
type BroadcastCancelCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

func (BroadcastCancelCmd) Example() string { return "optinbot broadcast cancel weekend-offer --yes" }

// Run asks, and cancels what is not over.
func (c BroadcastCancelCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	asked, err := d.OfferCancel(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, c.Confirmed, asked); err != nil {
		return err
	}
	change, err := d.CancelBroadcast(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	printChange(a.out, c.Name, "cancelled", change)
	return nil
}
