package app

import (
	"fmt"
	"os"

	"optinbot/flows"
)

// FlowDiffCmd is `flow diff`.
type FlowDiffCmd struct {
	AsJSON
	Old string `arg:"" help:"The file as it was." type:"existingfile"`
	New string `arg:"" help:"The file as it is to be." type:"existingfile"`
}

// Example is shown by --help.
func (FlowDiffCmd) Example() string {
	return "optinbot flow diff promotions.old.yaml flows/promotions.yaml"
}

// Run says in words what people will notice.
func (c FlowDiffCmd) Run(a *App) error {
	before, err := flowFile(c.Old)
	if err != nil {
		return err
	}
	after, err := flowFile(c.New)
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

// flowFile loads a flow from a file anywhere.
func flowFile(name string) (*flows.Flow, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	flow, bad := flows.Load(name, src)
	if len(bad) > 0 {
		return nil, problems(bad)
	}
	return flow, nil
}
