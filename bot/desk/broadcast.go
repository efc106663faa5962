package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// An OccurrenceView is one time that a broadcast goes out.
type OccurrenceView struct {
	ID        int64                `json:"id"`
	Broadcast string               `json:"broadcast"`
	Status    bot.OccurrenceStatus `json:"status"`
	DueAt     time.Time            `json:"due_at"`
	WasDue    time.Time            `json:"was_due_at,omitzero"` // before an operator let it begin later
	OwnTime   string               `json:"own_time,omitempty"`  // the wall time at which each contact gets it
	ArmedAt   time.Time            `json:"armed_at"`
	Note      string               `json:"note,omitempty"`
	People    []store.Count        `json:"people"`
}

func (d *Desk) occurrenceView(ctx context.Context, o bot.Occurrence) (OccurrenceView, error) {
	funnel, err := d.Store.Funnel(ctx, o.ID)
	return OccurrenceView{
		ID: o.ID, Broadcast: o.Broadcast, Status: o.Status, DueAt: o.DueAt, WasDue: o.WasDue, OwnTime: o.Wall,
		ArmedAt: o.ArmedAt, Note: o.Note, People: append([]store.Count{}, funnel...),
	}, err
}

// Due says in a zone when it is due, and when it was before an operator let it begin later.
func (v OccurrenceView) Due(zone *time.Location) string {
	due := DueText(bot.Occurrence{Wall: v.OwnTime, DueAt: v.DueAt}, zone)
	if !v.WasDue.IsZero() && v.OwnTime == "" {
		due += " (was due " + text.When(v.WasDue, zone) + ")"
	}
	return due
}

// Counts says how many people have which status: "41 delivered, 6 planned". "-" where it is planned
// for nobody yet.
func (v OccurrenceView) Counts() string {
	var order []string
	sum := map[string]int{}
	for _, c := range v.People {
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

// DueText is when an occurrence goes out, for people.
func DueText(o bot.Occurrence, zone *time.Location) string {
	if o.Wall != "" {
		return o.Wall + " in each contact's own time"
	}
	return text.When(o.DueAt, zone)
}

// A BroadcastList is what a number has to send, and what it has sent.
type BroadcastList struct {
	Drafts      []string         `json:"drafts"`
	Occurrences []OccurrenceView `json:"occurrences"` // the newest first
	Schedules   []ScheduleView   `json:"schedules"`

	NotDrafts []string       `json:"-"` // files that look like drafts and are not read, with what to do
	Zone      *time.Location `json:"-"` // in which its times are shown
}

// ListBroadcasts returns the drafts, the occurrences and the schedules of a number. It changes
// nothing, and may be repeated.
func (d *Desk) ListBroadcasts(ctx context.Context, number string) (*BroadcastList, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	list := &BroadcastList{Drafts: []string{}, Occurrences: []OccurrenceView{}, Zone: d.limits[number].Zone}
	drafts, err := d.Files.Drafts()
	if err != nil {
		return nil, err
	}
	list.Drafts = append(list.Drafts, drafts...)
	occurrences, err := d.Store.Occurrences(ctx, number, "")
	if err != nil {
		return nil, err
	}
	for _, o := range occurrences {
		v, err := d.occurrenceView(ctx, o)
		if err != nil {
			return nil, err
		}
		list.Occurrences = append(list.Occurrences, v)
	}
	if list.Schedules, err = d.Schedules(ctx, number, ""); err != nil {
		return nil, err
	}
	list.NotDrafts = d.Files.notDrafts()
	return list, nil
}

// Occurrence is the one of a broadcast with an ID, and the newest for 0. Not found where there is
// none. It changes nothing, and may be repeated.
func (d *Desk) Occurrence(ctx context.Context, number, name string, id int64) (*bot.Occurrence, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	if id == 0 {
		return d.Latest(ctx, number, name)
	}
	occurrences, err := d.Store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	for _, o := range occurrences {
		if o.ID == id {
			return &o, nil
		}
	}
	return nil, notFound("broadcast %q has no occurrence %d; `optinbot broadcast list` shows them", name, id)
}

// Latest is the newest occurrence of a broadcast. Not found where it never went out, with how it
// stands. It changes nothing, and may be repeated.
func (d *Desk) Latest(ctx context.Context, number, name string) (*bot.Occurrence, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	occurrences, err := d.Store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	if len(occurrences) == 0 {
		schedules, err := d.Schedules(ctx, number, name)
		if err == nil && len(schedules) > 0 {
			return nil, notFound("broadcast %q has not gone out yet: %s", name, schedules[0].Says)
		}
		drafts, err := d.Files.Drafts()
		if err == nil && slices.Contains(drafts, name) {
			err = errors.New("it is a draft: `optinbot broadcast schedule " + name + "` arms it")
		}
		return nil, errors.Join(notFound("broadcast %q was never scheduled", name), err)
	}
	return &occurrences[0], nil
}
