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

// Run releases what is late.
func (c BroadcastReleaseCmd) Run(ctx context.Context, a *App) error {
	if err := c.confirm(ctx, a, "Send it now, though its time has passed?"); err != nil {
		return err
	}
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	change, err := d.ReleaseBroadcast(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	printChange(a.out, c.Name, "released", change)
	return nil
}
