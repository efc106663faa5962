package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/bot/whatsapp"
)

// DoctorCmd is `doctor`.
type DoctorCmd struct{ AsJSON }

// Example is shown by --help.
func (DoctorCmd) Example() string { return "optinbot doctor\noptinbot doctor --json" }

// Run looks at everything; exit code 1 when something has to be done.
func (c DoctorCmd) Run(ctx context.Context, a *App) error {
	a.sayTestServer()
	library, date := whatsapp.Version()
	found := desk.Examine(ctx, a.options(), desk.Build{Library: library, LibraryDate: date}, a.broken)
	if c.JSON {
		if err := printJSON(a.out, found.Findings); err != nil {
			return err
		}
	} else {
		printFindings(a.out, a.paint(), found.Findings)
	}
	switch {
	case found.NoShop:
		return desk.Misused{Err: errSilent}
	case slices.ContainsFunc(found.Findings, func(f desk.Finding) bool { return !f.OK }):
		return errSilent
	}
	return nil
}

// printFindings prints what was found, and what to do.
func printFindings(w io.Writer, p paint, found []desk.Finding) {
	todo := 0
	for _, f := range found {
		// What follows the first line is set off, for it may come from a file or a server.
		says := strings.ReplaceAll(text.Lines(f.Says), "\n", "\n       | ")
		if f.OK {
			fmt.Fprintf(w, "%s     %s: %s\n", p.green("ok"), f.Check, says)
			continue
		}
		todo++
		fmt.Fprintf(w, "%s  %s: %s\n       -> %s\n", p.yellow("to do"), f.Check, says, text.Line(f.Do))
	}
	if todo == 0 {
		fmt.Fprintln(w, "\nNothing to do.")
		return
	}
	fmt.Fprintf(w, "\n%s to do.\n", text.Plural(todo, "thing", "things"))
}
