package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"optinbot/bot/text"
	"optinbot/flows"
)

// FlowCheckCmd is `flow check`.
type FlowCheckCmd struct {
	AsJSON
	Files []string `arg:"" optional:"" help:"Files to check (default: every flow and every broadcast)." type:"path"`
}

// Example is shown by --help.
func (FlowCheckCmd) Example() string {
	return "optinbot flow check\noptinbot flow check flows/promotions.yaml"
}

// Run checks; exit code 1 when there are problems that are more than warnings.
func (c FlowCheckCmd) Run(ctx context.Context, a *App) error {
	checked, err := a.files().Check(ctx, c.Files)
	for _, says := range checked.NotRead {
		fmt.Fprintln(a.err, "warning:", text.Lines(says))
	}
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.out, checked.Problems)
	} else {
		printProblems(a.out, checked.Files, checked.Problems)
	}
	if checked.Refused() {
		return errSilent
	}
	return err
}

// printProblems prints all that was found in so many files, and a count.
func printProblems(w io.Writer, checked int, found []flows.Problem) {
	for _, p := range found {
		fmt.Fprintln(w, strings.TrimRight(p.String(), "\n"))
		fmt.Fprintln(w)
	}
	refused, older := 0, 0
	for _, p := range found {
		switch {
		case !p.Warning:
			refused++
		case !p.Advises():
			older++
		}
	}
	switch {
	case refused > 0:
		fmt.Fprintf(w, "%s.\n", text.Plural(refused, "problem", "problems"))
	case len(found) > 0:
		fmt.Fprintf(w, "%s checked: no problem, %s.\n",
			text.Plural(checked, "file", "files"), text.Plural(len(found), "warning", "warnings"))
	default:
		fmt.Fprintf(w, "%s checked: nothing to complain about.\n", text.Plural(checked, "file", "files"))
	}
	if older > 0 {
		fmt.Fprintln(w, "What was accepted before a rule was made goes on; "+
			"when the file is edited the rule has to be kept.")
	}
}
