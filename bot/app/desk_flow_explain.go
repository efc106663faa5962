package app

import (
	"context"
	"strings"

	"optinbot/flows"
)

// An explainedState says in sentences what can happen in a state of a flow.
type explainedState struct {
	Explained []string `json:"explained"`
	Flow      string   `json:"flow"`
	State     string   `json:"state"`
	Version   string   `json:"version"` // of the flow
}

// explain says what can happen in a state of a number's flow. A state that the flow does not have is
// refused. It changes nothing, and may be repeated.
func (f *files) explain(ctx context.Context, number, state string) (e explainedState, err error) {
	flow, err := f.flowOf(ctx, number)
	if err != nil {
		return e, err
	}
	sentences, ok := flow.Explain(state)
	if !ok {
		return e, refuse("flow %s has no state %q; it has: %s", flow.Name, state, strings.Join(flow.Order, ", "))
	}
	return explainedState{Explained: sentences, Flow: flow.Name, State: state, Version: flow.Version}, nil
}

// drawFlow draws a number's flow as "mermaid", "svg" or "dot". It changes nothing, and may be repeated.
func (f *files) drawFlow(ctx context.Context, number, format string) (string, error) {
	flow, err := f.flowOf(ctx, number)
	if err != nil {
		return "", err
	}
	switch format {
	case "dot":
		return flow.DOT(), nil
	case "svg":
		return flow.SVG(flows.Counts{}), nil
	}
	return flow.Mermaid(), nil
}

// flowOf loads the flow of a number of the configuration; "" is the first.
func (f *files) flowOf(ctx context.Context, number string) (*flows.Flow, error) {
	n, err := numberOf(f.config, number)
	if err != nil {
		return nil, err
	}
	return f.flow(ctx, n.Flow)
}
