package cli

import (
	"context"
)

// FlowExplainCmd is `flow explain`.
type FlowExplainCmd struct {
	ForNumber
	AsJSON
	State string `arg:"" help:"The state, as the file calls it."`
}

func (FlowExplainCmd) Example() string { return "optinbot flow explain interests" }

// Run says in sentences what can happen in a state.
func (c FlowExplainCmd) Run(ctx context.Context, a *App) error {
	state, err := a.files().Explain(ctx, c.Number, c.State)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, state)
	}
	a.page().say("State %q of flow %s:", state.State, state.Flow)
	for _, s := range state.Explained {
		a.page().below("- ", "%s", s)
	}
	return nil
}
