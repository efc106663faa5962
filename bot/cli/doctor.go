package cli

import (
	"context"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/bot/whatsapp"
)

// DoctorCmd is `doctor`.
type DoctorCmd struct{ AsJSON }

func (DoctorCmd) Example() string { return "optinbot doctor\noptinbot doctor --json" }

// Run looks at everything. Exit code 1 when something has to be done.
func (c DoctorCmd) Run(ctx context.Context, a *App) error {
	a.sayTestServer()
	library, date := whatsapp.Version()
	found := desk.Examine(ctx, a.options(), desk.Build{Library: library, LibraryDate: date}, a.broken)
	if c.JSON {
		if err := printJSON(a.out, found.Findings); err != nil {
			return err
		}
	} else {
		printFindings(a.page(), found)
	}
	switch {
	case found.NoShop:
		return desk.Misused{Err: errSilent}
	case found.ToDo() > 0:
		return errSilent
	}
	return nil
}

// printFindings prints what was found, and what to do.
func printFindings(p *page, found desk.Examination) {
	for _, f := range found.Findings {
		printFinding(p, f)
	}
	if found.ToDo() == 0 {
		p.say("\nNothing to do.")
		return
	}
	p.say("\n%s to do.", text.Plural(found.ToDo(), "thing", "things"))
}

func printFinding(p *page, f desk.Finding) {
	lead := p.green("ok") + "     "
	if !f.OK {
		lead = p.yellow("to do") + "  "
	}
	// What follows the first line is set off, for it may come from a file or a server.
	says, more, several := strings.Cut(text.Lines(f.Says), "\n")
	p.below(lead, "%s: %s", f.Check, says)
	if several {
		p.after("       | ", "       | ", more)
	}
	if !f.OK {
		p.below("       -> ", "%s", text.Line(f.Do))
	}
}
