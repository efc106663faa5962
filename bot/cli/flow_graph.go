package cli

import (
	"context"
	"fmt"
)

// FlowGraphCmd is `flow graph`.
type FlowGraphCmd struct {
	ForNumber
	Format string `help:"mermaid, svg or dot." enum:"mermaid,svg,dot" default:"mermaid"`
}

func (FlowGraphCmd) Example() string {
	return "optinbot flow graph\noptinbot flow graph --format svg > flow.svg"
}

// Run draws the number's flow.
func (c FlowGraphCmd) Run(ctx context.Context, a *App) error {
	picture, err := a.files().DrawFlow(ctx, c.Number, c.Format)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.out, picture)
	return err
}
