package cli

import (
	"context"
	"fmt"

	"optinbot/bot/desk"
)

// FlowRollbackCmd is `flow rollback`.
type FlowRollbackCmd struct {
	ForNumber
	Confirmed
	Version string `arg:"" optional:"" help:"One of 'flow versions' (default: the one before what the file has)."`
}

func (FlowRollbackCmd) Example() string {
	return "optinbot flow rollback\noptinbot flow rollback 2de4c7d96077"
}

// Run writes an earlier version into the file. The running bot takes it as it takes any edit. What
// the file has now is kept beside it.
func (c FlowRollbackCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	offer, err := d.OfferRollback(ctx, n, c.Version)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, c.Confirmed, offer.Questions()); err != nil {
		return err
	}
	kept, err := d.RollBack(ctx, n, offer)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "%s has version %s again. The running bot takes it as any edit",
		desk.ShownPath(offer.File), offer.Version)
	if kept != "" {
		fmt.Fprintf(a.out, "; what was there is in %s", desk.ShownPath(kept))
	}
	fmt.Fprintln(a.out, ".")
	return nil
}
