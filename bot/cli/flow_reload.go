package cli

import (
	"context"
	"slices"
)

// FlowReloadCmd is `flow reload`.
type FlowReloadCmd struct {
	ForNumber
	DryRun bool `help:"Only say what would happen."`
}

func (FlowReloadCmd) Example() string { return "optinbot flow reload --dry-run\noptinbot flow reload" }

// Run says what the running bot would make of an edit. Then it asks the running bot to take it.
func (c FlowReloadCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	preview, err := d.PreviewReload(ctx, n)
	if err != nil {
		return err
	}
	for _, line := range slices.Concat(preview.Changes, preview.Moves) {
		a.page().below("- ", "%s", line)
	}
	if len(preview.Changes) == 0 {
		a.page().say("Nothing that people would notice.")
	}
	if c.DryRun {
		a.page().say("Nothing stands in the way. `optinbot flow reload`, without --dry-run, " +
			"lets the running bot take it; so does saving the file.")
		return nil
	}
	if err := d.AskReload(ctx, n.Name); err != nil {
		return err
	}
	a.page().say("The running bot takes it now, or when it starts. `optinbot status` shows a notice.")
	return nil
}
