package app

import (
	"context"
	"fmt"

	"optinbot/flows"
)

// FlowGraphCmd is `flow graph`.
type FlowGraphCmd struct {
	ForNumber
	Format string `help:"mermaid, svg or dot." enum:"mermaid,svg,dot" default:"mermaid"`
}

// Example is shown by --help.
func (FlowGraphCmd) Example() string {
	return "optinbot flow graph\noptinbot flow graph --format svg > flow.svg"
}

// Run draws the number's flow.
func (c FlowGraphCmd) Run(ctx context.Context, a *App) error {
	flow, err := a.flowOf(ctx, c.Number)
	if err != nil {
		return err
	}
	picture := flow.Mermaid()
	switch c.Format {
	case "dot":
		picture = flow.DOT()
	case "svg":
		picture = flow.SVG(flows.Counts{})
	}
	_, err = fmt.Fprint(a.out, picture)
	return err
}
