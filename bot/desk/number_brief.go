package desk

import (
	"context"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
)

// A NumberBrief is the little that there is to know of a number before it is served.
type NumberBrief struct {
	Name       string
	Linked     time.Time // zero: it is not
	Flow       string    // "": none was in use yet
	Subscribed int       // people

	Broadcast string    // under way, or else the one that goes out next. "": none
	At        time.Time // when it goes out. Zero: it is under way

	Zone *time.Location // in which its times are shown
}

// Briefs returns a brief of each number of the configuration, in its order. It reads nobody's
// conversation, however many people there are. It changes nothing, and may be repeated.
func (d *Desk) Briefs(ctx context.Context) ([]NumberBrief, error) {
	var all []NumberBrief
	for _, n := range d.Config.Numbers {
		b, err := d.brief(ctx, n)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

func (d *Desk) brief(ctx context.Context, n config.Number) (NumberBrief, error) {
	b := NumberBrief{Name: n.Name, Zone: d.limits[n.Name].Zone}
	row, err := d.Store.Number(ctx, n.Name)
	if err != nil {
		return b, err
	}
	if b.Flow = FlowName(row.Flow); d.Config.LinkedTo(n, row.JID) {
		b.Linked = row.LinkedAt
	}
	consents, err := d.Store.CountConsents(ctx, n.Name)
	if err != nil {
		return b, err
	}
	b.Subscribed = consents[bot.Subscribed]
	occurrences, err := d.Store.Occurrences(ctx, n.Name, "")
	if err != nil {
		return b, err
	}
	var s NumberStatus
	for _, o := range occurrences {
		s.Running = append(s.Running, OccurrenceView{Broadcast: o.Broadcast, Status: o.Status, DueAt: o.DueAt})
	}
	s.Schedule, err = d.Schedules(ctx, n.Name, "")
	b.Broadcast, b.At = s.NextBroadcast()
	return b, err
}

// FlowName is the name of a flow, of a version with its hash, which `flow versions` shows.
func FlowName(version string) string {
	name, _, _ := strings.Cut(version, "@")
	return name
}
