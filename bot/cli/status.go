package cli

import (
	"context"
	"fmt"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// StatusCmd is `status`.
type StatusCmd struct {
	AsJSON
	Notices int `help:"How many of the last notices." default:"5"`
}

func (StatusCmd) Example() string { return "optinbot status" }

// Run shows what needs the operator, and every number.
func (c StatusCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	out, err := d.Statuses(ctx, c.Notices)
	if err != nil {
		return err
	}
	if c.JSON {
		a.sayTestServer()
		if err := warnOfRenamed(ctx, a, d); err != nil {
			return err
		}
		return printJSON(a.out, out)
	}
	overview, err := d.Overview(ctx, out)
	if err != nil {
		return err
	}
	printOverview(a.page(), overview)
	return nil
}

func printOverview(p *page, o *desk.Overview) {
	if len(o.Needs) == 0 {
		p.say("%s", p.green("Nothing needs you."))
	} else {
		p.say("%s", p.bold("Needs you:"))
	}
	for _, need := range o.Needs {
		printNeed(p, need)
	}
	switch {
	case o.Page.Address != "":
		p.below("The page: ", "%s", o.Page.Address)
	case o.Page.Problem != "":
		p.below("The page: ", "%s", p.yellow("not served: "+text.Line(o.Page.Problem)))
	}
	switch {
	case o.Hooks.Address != "":
		p.below("Meta's webhooks: ", "%s", o.Hooks.Address)
	case o.Hooks.Problem != "":
		p.below("Meta's webhooks: ", "%s", p.yellow("do not come in: "+text.Line(o.Hooks.Problem)))
	}
	for _, n := range o.Numbers {
		p.say("\n%s  %s", p.bold(n.Name), n.About)
		for _, f := range n.Facts {
			says := f.Says
			if f.Warns {
				says = p.yellow(says)
			}
			p.below(fmt.Sprintf("  %-13s", f.About+":"), "%s", says)
		}
		printNotices(p, n)
	}
}

func printNeed(p *page, need desk.Need) {
	says := need.Says
	if need.Number != "" {
		says = need.Number + ": " + says
	}
	if need.Do != "" {
		says += " -> " + p.bold(need.Do)
	}
	p.below("  "+p.yellow("!")+" ", "%s", says)
}

// printNotices prints the last notices. What follows a first line is set off, for it may be of a
// stranger.
func printNotices(p *page, n desk.NumberOverview) {
	for _, notice := range n.Notices {
		lead := fmt.Sprintf("  %s  %s  ", text.When(notice.At, n.Zone), p.yellow(strings.ReplaceAll(notice.Kind, "_", " ")))
		first, more, several := strings.Cut(text.Lines(notice.Text), "\n")
		p.after(lead, "      ", first)
		if several {
			p.after("    | ", "    | ", more)
		}
	}
}
