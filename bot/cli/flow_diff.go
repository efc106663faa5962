package cli

import (
	"context"

	"optinbot/bot/desk"
)

// FlowDiffCmd is `flow diff`.
type FlowDiffCmd struct {
	ForNumber
	AsJSON
	Old string `arg:"" optional:"" help:"The file as it was (default: what the number last ran with)." type:"existingfile"`
	New string `arg:"" optional:"" help:"The file as it is to be (default: the number's flow)." type:"existingfile"`
}

func (FlowDiffCmd) Example() string {
	return `optinbot flow diff
optinbot flow diff promotions.old.yaml
optinbot flow diff promotions.old.yaml flows/promotions.yaml`
}

// Run says in words what people will notice.
func (c FlowDiffCmd) Run(ctx context.Context, a *App) error {
	list, err := desk.DiffFlows(ctx, a.options(), desk.FlowDiff{Number: c.Number, Old: c.Old, New: c.New})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, list)
	}
	for _, line := range list {
		a.page().below("- ", "%s", line)
	}
	if len(list) == 0 {
		a.page().say("Nothing that people would notice.")
	}
	return nil
}
