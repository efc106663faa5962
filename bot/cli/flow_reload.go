package cli

import (
	"context"
	"slices"

	"optinbot/bot/desk"
)

// FlowReloadCmd is `flow reload`.
type FlowReloadCmd struct {
	ForNumber
	DryRun bool `help:"Only say what would happen."`
}

func (FlowReloadCmd) Example() string { return "optinbot flow reload --dry-run\noptinbot flow reload" }

// Run asks the running bot to take an edit, and says what it makes of it.
func (c FlowReloadCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	var preview desk.ReloadPreview
	if c.DryRun {
		preview, err = d.PreviewReload(ctx, n)
	} else {
		preview, err = d.RequestReload(ctx, n.Name)
	}
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
	a.page().say("The running bot takes it now, or when it starts. `optinbot status` shows a notice.")
	return nil
}
