package app

import (
	"context"
	"fmt"
	"strings"
)

// FlowExplainCmd is `flow explain`.
type FlowExplainCmd struct {
	ForNumber
	AsJSON
	State string `arg:"" help:"The state, as the file calls it."`
}

// Example is shown by --help.
func (FlowExplainCmd) Example() string { return "optinbot flow explain interests" }

// Run says in sentences what can happen in a state.
func (c FlowExplainCmd) Run(ctx context.Context, a *App) error {
	flow, err := a.flowOf(ctx, c.Number)
	if err != nil {
		return err
	}
	sentences, ok := flow.Explain(c.State)
	if !ok {
		return refuse("flow %s has no state %q; it has: %s", flow.Name, c.State, strings.Join(flow.Order, ", "))
	}
	if c.JSON {
		return printJSON(a.out, map[string]any{"flow": flow.Name, "version": flow.Version, "state": c.State, "explained": sentences})
	}
	fmt.Fprintf(a.out, "State %q of flow %s:\n", c.State, flow.Name)
	for _, s := range sentences {
		fmt.Fprintf(a.out, "- %s\n", s)
	}
	return nil
}
