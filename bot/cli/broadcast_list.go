package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/store"
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
		fmt.Fprintln(a.err, "warning:", text.Lines(says))
	}
	if c.JSON {
		return printJSON(a.out, list)
	}
	return printBroadcasts(a.out, list)
}

func printBroadcasts(w io.Writer, list *desk.BroadcastList) error {
	none := "none; put NAME.yaml into broadcasts/ in the flows folder"
	fmt.Fprintf(w, "Drafts: %s\n", cmp.Or(strings.Join(list.Drafts, ", "), none))
	printSchedules(w, list.Schedules)
	if len(list.Occurrences) == 0 {
		if len(list.Schedules) == 0 {
			fmt.Fprintln(w, "Nothing is scheduled. `optinbot broadcast schedule NAME` arms a draft.")
		}
		return nil
	}
	rows := [][]string{{"ID", "BROADCAST", "STATUS", "DUE", "PEOPLE"}}
	for _, v := range list.Occurrences {
		rows = append(rows, []string{
			fmt.Sprint(v.ID), v.Broadcast, string(v.Status), dueOf(v, list.Zone), counts(v.People),
		})
	}
	return table(w, rows)
}

// dueOf says when an occurrence is due, and when it was due before an operator let it begin later.
func dueOf(v desk.OccurrenceView, zone *time.Location) string {
	due := desk.DueText(bot.Occurrence{Wall: v.OwnTime, DueAt: v.DueAt}, zone)
	if !v.WasDue.IsZero() && v.OwnTime == "" {
		due += " (was due " + text.When(v.WasDue, zone) + ")"
	}
	return due
}

// printSchedules prints a line about each recurring broadcast.
func printSchedules(w io.Writer, views []desk.ScheduleView) {
	for _, v := range views {
		fmt.Fprintf(w, "%s goes out at %s\n", v.Broadcast, v.Says)
	}
}

// counts adds up a funnel by status.
func counts(funnel []store.Count) string {
	var order []string
	sum := map[string]int{}
	for _, c := range funnel {
		if sum[string(c.Status)] == 0 {
			order = append(order, string(c.Status))
		}
		sum[string(c.Status)] += c.People
	}
	for i, s := range order {
		order[i] = fmt.Sprintf("%d %s", sum[s], s)
	}
	return cmp.Or(strings.Join(order, ", "), "-")
}
