package cli

import "context"

// BroadcastReleaseCmd is `broadcast release`.
type BroadcastReleaseCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

func (BroadcastReleaseCmd) Example() string {
	return "optinbot broadcast release weekend-offer --yes"
}

// Run asks, and releases what is late.
func (c BroadcastReleaseCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	asked, err := d.OfferRelease(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, c.Confirmed, asked); err != nil {
		return err
	}
	change, err := d.ReleaseBroadcast(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	printChange(a.out, c.Name, "released", change)
	return nil
}
