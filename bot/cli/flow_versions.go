package cli

import (
	"context"
	"fmt"

	"optinbot/bot/text"
)

// FlowVersionsCmd is `flow versions`.
type FlowVersionsCmd struct {
	ForNumber
	AsJSON
}

func (FlowVersionsCmd) Example() string { return "optinbot flow versions" }

// Run lists.
func (c FlowVersionsCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	versions, err := d.FlowVersions(ctx, n.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, versions)
	}
	if len(versions) == 0 {
		fmt.Fprintln(a.out, "None yet: `optinbot run` has not run with this number.")
		return nil
	}
	rows := [][]string{{"VERSION", "FLOW", "IN USE SINCE"}}
	for _, v := range versions {
		rows = append(rows, []string{v.Version, v.Flow, text.When(v.Accepted, d.Limits(n.Name).Zone)})
	}
	return table(a.page(), rows)
}
