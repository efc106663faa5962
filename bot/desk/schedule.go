package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
)

// A pendingSchedule is what scheduling a draft would make of it: one occurrence, or a schedule that
// makes them.
type pendingSchedule struct {
	Occurrence bot.Occurrence // of a recurring draft: its first
	schedule   *bot.Schedule  // of a recurring draft
	next       []bot.Firing   // of a recurring draft: the first three
	Zone       *time.Location // in which its times are shown
	now        bool           // it goes out when it is scheduled, whenever that is
}

// showFirings is how many coming firings are shown.
const showFirings = 3

// Pending says when a draft goes out. now: at once, whatever it says. It is refused for a recurring
// draft that never goes out. It changes nothing, and may be repeated.
func (d *Desk) Pending(ctx context.Context, number string, b *flows.Broadcast, now bool) (*pendingSchedule, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	limits, at := d.limits[number], d.Now()
	a := &pendingSchedule{Zone: limits.Zone, now: true}
	if b.Zone != "" && b.Zone != flows.ZoneContact {
		zone, err := limits.Load(b.Zone)
		if err != nil {
			return nil, err
		}
		a.Zone = zone
	}
	a.Occurrence = bot.Occurrence{
		Number: number, Broadcast: b.Name, Grace: b.Grace, Content: string(b.Source), Version: b.Version, ArmedAt: at,
		DueAt: at, Key: "now@" + at.Format(time.RFC3339Nano),
	}
	if now {
		return a, nil
	}
	if b.Cron != "" {
		a.now = false
		return a, d.recurring(ctx, a, b)
	}
	if f, ok := once(b, a.Zone); ok {
		a.now = false
		a.Occurrence.Key, a.Occurrence.DueAt, a.Occurrence.Wall = f.Key, f.At, f.Wall
	}
	return a, nil
}

// once is the firing of a draft that goes out once. False where that is now.
func once(b *flows.Broadcast, zone *time.Location) (bot.Firing, bool) {
	wall, local := time.Parse(flows.AtLayout, b.At)
	switch {
	case local == nil && b.Zone == flows.ZoneContact:
		return bot.OwnTime(wall), true
	case local == nil:
		return bot.Firing{Key: bot.WallKey(wall), At: bot.WallTime(wall, zone).UTC()}, true
	}
	at, now := b.When(zone)
	return bot.Firing{Key: bot.WallKey(at.In(zone)), At: at.UTC()}, !now
}

// recurring makes the schedule, from its first firing when it is armed now.
func (d *Desk) recurring(ctx context.Context, a *pendingSchedule, b *flows.Broadcast) (err error) {
	o := a.Occurrence
	s := &bot.Schedule{
		Number: o.Number, Broadcast: b.Name, Status: bot.ScheduleArmed, Cron: b.Cron, Zone: cmp.Or(b.Zone,
			d.limits[o.Number].Zone.String()), Starts: b.Starts, Ends: b.Ends,
		Grace: b.Grace, Content: o.Content, Version: o.Version, ArmedAt: o.ArmedAt,
	}
	if a.next, err = d.coming(ctx, *s, showFirings); err != nil {
		return err
	}
	if len(a.next) == 0 {
		return Refuse("broadcast %s goes out at %s, and there is none of these between now and its `ends`", b.Name,
			b.Cron)
	}
	s.NextAt = a.next[0].At
	a.schedule, a.Occurrence = s, s.Occurrence(a.next[0])
	return nil
}

// coming are the next n firings of a schedule that is armed now. At each contact's own time an
// occurrence is under way, or was cancelled, while its date goes on. It does not come a second
// time.
func (d *Desk) coming(ctx context.Context, s bot.Schedule, n int) ([]bot.Firing, error) {
	const dates = 3 // at a time, on earth
	made, err := d.Store.Occurrences(ctx, s.Number, s.Broadcast)
	if err != nil {
		return nil, err
	}
	limits := d.limits[s.Number]
	next, err := s.Next(s.Begins(d.Now(), limits.Zone), n+dates, limits.Load)
	next = slices.DeleteFunc(next, func(f bot.Firing) bool {
		return slices.ContainsFunc(made, func(o bot.Occurrence) bool { return o.Key == f.Key })
	})
	return next[:min(n, len(next))], err
}

// firings says when a broadcast goes out.
func (a *pendingSchedule) firings(n int) string {
	if a.schedule == nil {
		return DueText(a.Occurrence, a.Zone)
	}
	var out []string
	for _, f := range a.next[:min(n, len(a.next))] {
		out = append(out, DueText(a.schedule.Occurrence(f), a.Zone))
	}
	return strings.Join(out, ", then ")
}

// maySend asks MaySend about a person, at the moment the broadcast is for them.
func (a *pendingSchedule) maySend(c *bot.Contact, limits bot.Limits, now time.Time) bot.Decision {
	o := a.Occurrence
	notBefore := o.NotBefore(c, limits)
	if o.Missed(notBefore, now, limits) {
		return bot.Decision{Action: bot.ActionHold, Reason: bot.Late}
	}
	at := o.DueAt
	if notBefore.After(at) {
		at = notBefore
	}
	return bot.MaySend(c, limits, at, o.ExpiresFor(notBefore, limits))
}

// A ScheduleView is a recurring broadcast.
type ScheduleView struct {
	Broadcast string             `json:"broadcast"`
	Status    bot.ScheduleStatus `json:"status"`
	Cron      string             `json:"cron"`
	Zone      string             `json:"zone"`
	Note      string             `json:"note,omitempty"`
	ArmedAt   time.Time          `json:"armed_at"`
	Next      []time.Time        `json:"next"` // when the next occurrences are due
	Edited    bool               `json:"edited,omitempty"`
	Says      string             `json:"-"` // one line about it, for people
}

// Schedules are the recurring broadcasts of a number, with their next firings: one of them, unless
// name is "". It changes nothing, and may be repeated.
func (d *Desk) Schedules(ctx context.Context, number, name string) ([]ScheduleView, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	list, err := d.Store.Schedules(ctx, number, name)
	views := []ScheduleView{}
	for _, s := range list {
		v, err := d.scheduleView(ctx, s)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, err
}

func (d *Desk) scheduleView(ctx context.Context, s bot.Schedule) (v ScheduleView, err error) {
	v = ScheduleView{
		Broadcast: s.Broadcast, Status: s.Status, Cron: s.Cron, Zone: s.Zone, Note: s.Note, ArmedAt: s.ArmedAt,
		Next: []time.Time{},
	}
	limits := d.limits[s.Number]
	p := &pendingSchedule{schedule: &s, Zone: limits.Zone}
	if zone, err := limits.Load(s.Zone); err == nil {
		p.Zone = zone
	}
	if s.Status == bot.ScheduleArmed {
		v.Edited = d.Edited(ctx, s.Occurrence(bot.Firing{}))
		if p.next, err = s.Next(s.NextAt.Add(-time.Nanosecond), showFirings, limits.Load); err != nil {
			return v, err
		}
	}
	for _, f := range p.next {
		v.Next = append(v.Next, f.At.UTC())
	}
	v.Says = v.says(p)
	return v, nil
}

// says is one line about it, for people.
func (v ScheduleView) says(p *pendingSchedule) string {
	line := fmt.Sprintf("%s, %s", v.Cron, v.Zone)
	switch {
	case v.Status != bot.ScheduleArmed:
		return fmt.Sprintf("%s: %s%s", line, v.Status, text.Brackets(v.Note))
	case v.Edited:
		return fmt.Sprintf("%s: the draft was edited, so it does not go out again; "+
			"`optinbot broadcast schedule %s` arms it as it is now", line, v.Broadcast)
	}
	return fmt.Sprintf("%s: next %s", line, p.firings(showFirings))
}

// Edited reports whether the draft of an occurrence was edited, or taken away, since it was armed.
// It is false where nobody can tell: for a number without a flow, and where the draft's file cannot be
// read now. It may be repeated.
func (d *Desk) Edited(ctx context.Context, o bot.Occurrence) bool {
	flow, err := d.flow(o.Number)
	if err != nil {
		return false
	}
	b, err := d.Files.Draft(ctx, o.Broadcast, flow)
	var bad Problems
	switch {
	case err == nil:
		return b.Version != o.Version
	case errors.As(err, &bad):
		return true
	}
	return errors.Is(err, ErrNotFound) || errors.Is(err, fs.ErrNotExist)
}

// DisarmEdited looks at the drafts of a number that were armed: those that were edited since then
// do not go out (again), and the operator is told. It may be repeated.
func (d *Desk) DisarmEdited(ctx context.Context, n config.Number) error {
	schedules, err := d.Store.Schedules(ctx, n.Name, "")
	if err != nil {
		return err
	}
	for _, s := range schedules {
		if (s.Status == bot.ScheduleArmed || s.Status == bot.SchedulePaused) &&
			d.Edited(ctx, s.Occurrence(bot.Firing{})) {
			if err := d.Store.Disarm(ctx, s, d.Now()); err != nil {
				return err
			}
		}
	}
	occurrences, err := d.Store.Occurrences(ctx, n.Name, "")
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Status == bot.OccurrenceScheduled && d.Edited(ctx, o) {
			if err := d.Store.Postpone(ctx, o, bot.OccurrenceCancelled, d.Now()); err != nil {
				return err
			}
		}
	}
	return nil
}
