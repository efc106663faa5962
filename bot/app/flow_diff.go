package app

import (
	"context"
	"fmt"

	"optinbot/flows"
)

// FlowDiffCmd is `flow diff`.
type FlowDiffCmd struct {
	ForNumber
	AsJSON
	Old string `arg:"" optional:"" help:"The file as it was (default: what the number last ran with)." type:"existingfile"`
	New string `arg:"" optional:"" help:"The file as it is to be (default: the number's flow)." type:"existingfile"`
}

// Example is shown by --help.
func (FlowDiffCmd) Example() string {
	return "optinbot flow diff\noptinbot flow diff promotions.old.yaml\noptinbot flow diff promotions.old.yaml flows/promotions.yaml"
}

// Run says in words what people will notice.
func (c FlowDiffCmd) Run(ctx context.Context, a *App) error {
	before, err := c.before(ctx, a)
	if err != nil {
		return err
	}
	after, err := c.after(ctx, a)
	if err != nil {
		return err
	}
	list := append([]string{}, flows.Diff(before, after)...)
	if c.JSON {
		return printJSON(a.out, list)
	}
	for _, line := range list {
		fmt.Fprintf(a.out, "- %s\n", line)
	}
	if len(list) == 0 {
		fmt.Fprintln(a.out, "Nothing that people would notice.")
	}
	return nil
}

func (c FlowDiffCmd) before(ctx context.Context, a *App) (*flows.Flow, error) {
	if c.Old != "" {
		return a.files().flowFile(ctx, c.Old)
	}
	h, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return nil, err
	}
	defer h.close()
	versions, err := h.store.FlowVersions(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, refuse("number %s has never run, so there is nothing to compare with; name the old file", n.Name)
	}
	flow, bad := flows.LoadAccepted(versions[0].Flow+".yaml", versions[0].Source)
	if len(bad) > 0 {
		return nil, problems(bad)
	}
	return flow, nil
}

func (c FlowDiffCmd) after(ctx context.Context, a *App) (*flows.Flow, error) {
	if c.New != "" {
		return a.files().flowFile(ctx, c.New)
	}
	return a.flowOf(ctx, c.Number)
}
