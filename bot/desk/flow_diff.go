package desk

import (
	"context"
	"errors"

	"optinbot/flows"
)

// A FlowDiff names two versions of a flow.
type FlowDiff struct {
	Number string // whose flow it is. "" for the first
	Old    string // the file as it was. "" for what the number last ran with
	New    string // the file as it is to be. "" for the flow of the number
}

// DiffFlows says in words what people will notice of the difference. It is refused where a number
// that has never run is to be compared. It changes nothing, and may be repeated.
func DiffFlows(ctx context.Context, o Options, d FlowDiff) ([]string, error) {
	before, err := flowBefore(ctx, o, d)
	if err != nil {
		return nil, err
	}
	var after *flows.Flow
	if d.New != "" {
		after, err = o.Files.flowFile(ctx, d.New)
	} else {
		after, err = o.Files.flowOf(ctx, d.Number)
	}
	if err != nil {
		return nil, err
	}
	return append([]string{}, flows.Diff(before, after)...), nil
}

// flowBefore is the flow as it was.
func flowBefore(ctx context.Context, o Options, diff FlowDiff) (flow *flows.Flow, err error) {
	if diff.Old != "" {
		return o.Files.flowFile(ctx, diff.Old)
	}
	n, err := NumberOf(o.Config, diff.Number)
	if err != nil {
		return nil, err
	}
	d, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if why := d.silent(n.Name); why != nil {
		return nil, why
	}
	versions, err := d.Store.FlowVersions(ctx, n.Name)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return nil, Refuse("number %s has never run, so there is nothing to compare with; name the old file", n.Name)
	}
	flow, bad := flows.LoadAccepted(versions[0].Flow+".yaml", versions[0].Source)
	if len(bad) > 0 {
		return nil, Problems(bad)
	}
	return flow, nil
}
