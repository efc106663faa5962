package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// FleetStatusCmd is `fleet status`.
type FleetStatusCmd struct{ AsJSON }

func (FleetStatusCmd) Example() string { return "optinbot fleet status\noptinbot fleet status --json" }

// Help is what its exit code says.
func (FleetStatusCmd) Help() string {
	return `It ends with 1 where nobody serves a number that is linked. While a number changes hands that is so for some seconds.`
}

// Run shows the processes and the numbers.
func (c FleetStatusCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	f, err := d.Fleet(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(a.out, f)
	} else {
		err = printFleet(a.page(), f, d.ShopZone())
	}
	if err == nil && len(f.Unserved()) > 0 {
		err = errSilent
	}
	return err
}

func printFleet(p *page, f *desk.Fleet, zone *time.Location) error {
	if nobody := f.Unserved(); len(nobody) > 0 {
		p.below("  "+p.yellow("!")+" ", "%s served by nobody: %s",
			text.Plural(len(nobody), "number is", "numbers are"), several(nobody))
	}
	if len(f.Processes) == 0 {
		p.say("No process lives: `optinbot run` on each machine.")
	} else {
		var rows [][]string
		for _, m := range f.Processes {
			heard := text.Duration((time.Duration(max(m.Heartbeat, 0)) * time.Millisecond).Round(time.Second))
			chores := "-"
			if m.Chores {
				chores = "yes"
			}
			rows = append(rows, []string{desk.ShownHost(m.Host), m.ID[:min(8, len(m.ID))], stateOf(m), heard + " ago",
				fmt.Sprint(len(m.Numbers)), chores})
		}
		if err := p.table([]column{
			{head: "HOST", least: 8, gives: 1}, {head: "PROCESS", gives: 3}, {head: "STATE"}, {head: "HEARD"},
			{head: "NUMBERS"}, {head: "CHORES", gives: 2}}, rows); err != nil {
			return err
		}
	}
	for _, host := range f.Draining {
		p.say("%s takes no number: `optinbot fleet drain %s --end` ends that.",
			desk.ShownHost(host), desk.ShownHost(host))
	}
	p.say("")
	var rows [][]string
	for _, n := range f.Numbers {
		since, epoch := "-", "-"
		if n.Served && !n.Since.IsZero() {
			since = text.When(n.Since, zone)
		}
		if n.Epoch > 0 {
			epoch = fmt.Sprint(n.Epoch)
		}
		rows = append(rows, []string{n.Name, servedBy(n), epoch, since, cmp.Or(askedFor(n), "-")})
	}
	return p.table([]column{
		{head: "NUMBER"}, {head: "SERVED ON", least: 8, gives: 1}, {head: "EPOCH"}, {head: "SINCE", gives: 3},
		{head: "ASKED FOR", least: 8, gives: 2}}, rows)
}

// stateOf says in a word how a process is.
func stateOf(p desk.FleetProcess) string {
	switch {
	case !p.Alive:
		return "over"
	case p.Draining:
		return "draining"
	}
	return "alive"
}

// servedBy says where a number is served, or why it is not.
func servedBy(n desk.FleetNumber) string {
	switch {
	case n.Served:
		return desk.ShownHost(n.Host)
	case !n.Linked:
		return "nobody (not linked)"
	}
	was := ""
	if n.Host != "" {
		was = "was on " + desk.ShownHost(n.Host)
	}
	return "nobody" + text.Brackets(was)
}

// askedFor says where a number is to be.
func askedFor(n desk.FleetNumber) string {
	switch {
	case n.Wants != "":
		return "on " + desk.ShownHost(n.Wants)
	case n.Leaves != "":
		return "off " + desk.ShownHost(n.Leaves)
	}
	return ""
}
