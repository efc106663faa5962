package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// BroadcastListCmd is `broadcast list`.
type BroadcastListCmd struct {
	ForNumber
	AsJSON
}

func (BroadcastListCmd) Example() string { return "optinbot broadcast list" }

// Run lists.
func (c BroadcastListCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	list, err := d.ListBroadcasts(ctx, n.Name)
	if err != nil {
		return err
	}
	for _, says := range list.NotDrafts {
		a.pageOn(a.err).say("warning: %s", text.Lines(says))
	}
	if c.JSON {
		return printJSON(a.out, list)
	}
	return printBroadcasts(a.page(), list)
}

func printBroadcasts(p *page, list *desk.BroadcastList) error {
	none := "none; put NAME.yaml into broadcasts/ in the flows folder"
	p.below("Drafts: ", "%s", cmp.Or(strings.Join(list.Drafts, ", "), none))
	printSchedules(p, list.Schedules)
	if len(list.Occurrences) == 0 {
		if len(list.Schedules) == 0 {
			p.say("Nothing is scheduled. `optinbot broadcast schedule NAME` arms a draft.")
		}
		return nil
	}
	columns := []column{
		{head: "ID"}, {head: "BROADCAST", least: 12}, {head: "STATUS"}, {head: "DUE", least: 20},
		{head: "PEOPLE", least: 16},
	}
	var rows [][]string
	for _, v := range list.Occurrences {
		rows = append(rows, []string{
			fmt.Sprint(v.ID), v.Broadcast, string(v.Status), v.Due(list.Zone), v.Counts(),
		})
	}
	return p.table(columns, rows)
}

// printSchedules prints a line about each recurring broadcast.
func printSchedules(p *page, views []desk.ScheduleView) {
	for _, v := range views {
		p.after("", "  ", fmt.Sprintf("%s goes out at %s", v.Broadcast, v.Says))
	}
}
