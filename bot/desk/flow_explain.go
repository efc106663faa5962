package desk

import (
	"context"
	"strings"

	"optinbot/flows"
)

// An ExplainedState says in sentences what can happen in a state of a flow.
type ExplainedState struct {
	Explained []string `json:"explained"`
	Flow      string   `json:"flow"`
	State     string   `json:"state"`
	Version   string   `json:"version"` // of the flow
}

// Explain says what can happen in a state of a number's flow. A state that the flow does not have
// is refused, and so is a number that does not exist. It changes nothing, and may be repeated.
func (f *Files) Explain(ctx context.Context, number, state string) (e ExplainedState, err error) {
	flow, err := f.flowOf(ctx, number)
	if err != nil {
		return e, err
	}
	sentences, ok := flow.Explain(state)
	if !ok {
		return e, Refuse("flow %s has no state %q; it has: %s", flow.Name, state, strings.Join(flow.Order, ", "))
	}
	return ExplainedState{Explained: sentences, Flow: flow.Name, State: state, Version: flow.Version}, nil
}

// States are the names of the states of a number's flow, in the order of the file. It refuses a
// number that does not exist. It changes nothing, and may be repeated.
func (f *Files) States(ctx context.Context, number string) ([]string, error) {
	flow, err := f.flowOf(ctx, number)
	if err != nil {
		return nil, err
	}
	return flow.Order, nil
}

// DrawFlow draws a number's flow as "svg", "dot" or "mermaid". It refuses another format, and a
// number that does not exist. It changes nothing, and may be repeated.
func (f *Files) DrawFlow(ctx context.Context, number, format string) (string, error) {
	flow, err := f.flowOf(ctx, number)
	if err != nil {
		return "", err
	}
	switch format {
	case "dot":
		return flow.DOT(), nil
	case "svg":
		return flow.SVG(flows.Counts{}), nil
	case "mermaid":
		return flow.Mermaid(), nil
	}
	return "", Refuse("a flow is drawn as mermaid, svg or dot, not as %q", format)
}

// flowOf loads the flow of a number of the configuration. "" is the first.
func (f *Files) flowOf(ctx context.Context, number string) (*flows.Flow, error) {
	n, err := NumberOf(f.Config, number)
	if err != nil {
		return nil, err
	}
	return f.Flow(ctx, n.Flow)
}
