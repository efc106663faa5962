package app

import (
	"bytes"
	"context"
	"fmt"

	"github.com/goccy/go-graphviz"

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
func (c FlowGraphCmd) Run(a *App) error {
	flow, err := a.flowOf(c.Number)
	if err != nil {
		return err
	}
	picture := flow.Mermaid()
	switch c.Format {
	case "dot":
		picture = flow.DOT()
	case "svg":
		if picture, err = drawn(a.ctx, flow.DOT()); err != nil {
			return err
		}
	}
	_, err = fmt.Fprint(a.out, picture)
	return err
}

// flowOf loads the flow of a number of the configuration; "" is the first.
func (a *App) flowOf(number string) (*flows.Flow, error) {
	n, err := a.number(number)
	if err != nil {
		return nil, err
	}
	return a.flow(n.Flow)
}

// drawn lets Graphviz, which runs inside the process, make an SVG of a graph.
func drawn(ctx context.Context, dot string) (svg string, err error) {
	g, err := graphviz.New(ctx)
	if err != nil {
		return "", fmt.Errorf("start the drawing: %w", err)
	}
	defer g.Close()
	graph, err := graphviz.ParseBytes([]byte(dot))
	if err != nil {
		return "", fmt.Errorf("read the graph: %w", err)
	}
	defer graph.Close()
	var out bytes.Buffer
	if err := g.Render(ctx, graph, graphviz.SVG, &out); err != nil {
		return "", fmt.Errorf("draw the graph: %w", err)
	}
	return out.String(), nil
}
