package play

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
	"optinbot/store"
)

// A Rehearsal is a simulation of the coming days on a copy of the store.
type Rehearsal struct {
	*Simulation
	from time.Time
	over map[int64]bool // the occurrences that were over at the start
	sent map[string]int // of the day under way, by broadcast
}

// Rehearse copies the store of a desk into a folder that goes with the simulation. The desk may be
// closed afterwards.
func Rehearse(ctx context.Context, d *desk.Desk, n config.Number) (*Rehearsal, error) {
	if err := d.Files.Sweep(); err != nil {
		d.Log.Warn(err.Error())
	}
	dir, done, err := desk.Scratch(d.Files.ScratchFolders(), 2*d.Store.Size(ctx)+desk.ScratchRoom)
	if err != nil {
		return nil, err
	}
	s := &Simulation{NumberName: n.Name, Dir: dir, done: done}
	r := &Rehearsal{Simulation: s, from: d.Now(), over: map[int64]bool{}, sent: map[string]int{}}
	o := d.Options
	o.Now = func() time.Time { return s.World.Now() }
	if s.Desk, err = desk.Load(ctx, o); err == nil {
		s.Store, err = d.Store.Rehearsal(ctx, dir)
	}
	if err != nil {
		return nil, errors.Join(err, done())
	}
	s.NewID = countedIDs()
	s.World = s.NewWorld(ctx, n, 0)
	pumps := s.PumpConfig(s.World)
	pumps.Edited = func(o bot.Occurrence) bool { return s.Edited(ctx, o) }
	s.World.Engine = pump.New(pumps)
	// Whose phone gave no sign of the last promotion gives none of the next.
	s.World.Off = func(c *bot.Contact) bool { return len(c.UndeliveredSince) > 0 }
	s.World.Out = r.saw
	return r, nil
}

// saw counts what goes out.
func (r *Rehearsal) saw(e sim.Event) {
	if e.Kind == bot.SayBroadcast {
		r.sent[e.Broadcast]++
	}
}

// mostDays is how many days can be rehearsed.
const mostDays = 60

// Ahead refuses a rehearsal of so many days, where that is not possible.
func Ahead(days int) error {
	if days < 1 || days > mostDays {
		return desk.Refuse("--days is %d; it has to be between 1 and %d", days, mostDays)
	}
	return nil
}

// Play plays the days, one by one, and reports on one broadcast, or all of them for "". It refuses
// what Ahead does. A draft that is not scheduled is scheduled first. all names every person, not a few of each kind.
func (r *Rehearsal) Play(ctx context.Context, days int, broadcast string, all bool) (*Report, error) {
	if err := Ahead(days); err != nil {
		return nil, err
	}
	report := &Report{Number: r.NumberName, From: r.from, To: r.from.AddDate(0, 0, days), Days: []ReportDay{},
		Occurrences: []*ReportOccurrence{}}
	if err := r.begin(ctx, broadcast, report); err != nil {
		return nil, err
	}
	zone := r.Limits(r.NumberName).Zone
	for at := r.from; at.Before(report.To); {
		next := bot.NextDay(at, zone)
		if next.After(report.To) {
			next = report.To
		}
		// To just before midnight: what waits for the next day is asked again then.
		if err := r.World.Advance(ctx, next.Add(-bot.Tick)); err != nil {
			return nil, err
		}
		day, err := r.day(ctx, at)
		if err != nil {
			return nil, err
		}
		report.Days = append(report.Days, day)
		r.sent, at = map[string]int{}, next
	}
	return report, r.outcomes(ctx, report, broadcast, all)
}

// begin starts the clock, and schedules the draft that is asked about.
func (r *Rehearsal) begin(ctx context.Context, broadcast string, report *Report) error {
	before, err := r.Store.Occurrences(ctx, r.NumberName, "")
	if err != nil {
		return err
	}
	armed := false
	for _, o := range before {
		r.over[o.ID] = o.Status.Over()
		armed = armed || o.Broadcast == broadcast && !r.over[o.ID]
	}
	schedules, err := r.Store.Schedules(ctx, r.NumberName, broadcast)
	if err != nil {
		return err
	}
	for _, s := range schedules {
		armed = armed || s.Status == bot.ScheduleArmed || s.Status == bot.SchedulePaused
	}
	if _, err := r.Store.Recover(ctx, r.NumberName, r.from, r.Envs); err != nil { // what is under way at this moment
		return err
	}
	row, err := r.Store.Number(ctx, r.NumberName)
	if err != nil {
		return err
	}
	report.Unlinked, report.Draft = row.LinkedAt.IsZero(), "NAME"
	if drafts, err := r.Files.Drafts(); err == nil && len(drafts) > 0 {
		report.Draft = drafts[0]
	}
	if err := r.World.Advance(ctx, r.from); err != nil {
		return err
	}
	if broadcast != "" && !armed {
		report.Armed = broadcast
		if err := r.schedule(ctx, broadcast); err != nil {
			return err
		}
	}
	return r.World.Advance(ctx, r.from) // what is due at this very moment
}

// schedule does in the copy what `broadcast schedule` would do.
func (r *Rehearsal) schedule(ctx context.Context, name string) error {
	p, err := r.Preview(ctx, r.NumberName, name, desk.PreviewOptions{})
	if err != nil {
		return err
	}
	if p.Unfit != "" {
		return desk.Refuse("%s", p.Unfit)
	}
	_, err = r.Arm(ctx, p)
	return err
}

// day sums up the day that began at a moment, just before it ends.
func (r *Rehearsal) day(ctx context.Context, began time.Time) (ReportDay, error) {
	now, limits := r.World.Now(), r.Limits(r.NumberName)
	d := ReportDay{Day: bot.Day(began, limits.Zone), Broadcasts: r.sent}
	for _, n := range r.sent {
		d.GoOut += n
	}
	row, err := r.Store.Number(ctx, r.NumberName)
	if err != nil {
		return d, err
	}
	if d.Waits, err = r.Store.WaitingBy(ctx, r.NumberName, now); err != nil {
		return d, err
	}
	if row.Day != d.Day {
		row.SentToday = 0
	}
	d.Binds = binds(d, row.SentToday, bot.WarmUpToday(row.LinkedAt, limits, now), limits)
	return d, nil
}

// binds is what kept more promotions from going out on a day: the number's warm-up or cap, its
// pace, where hours ended before everybody's turn, else what most people wait for. "" when nobody
// waits.
func binds(d ReportDay, sentToday, warmUp int, limits bot.Limits) bot.Reason {
	var most bot.Reason
	for _, info := range bot.Reasons() {
		if n := d.Waits[info.Reason]; n > d.Waits[most] {
			most = info.Reason
		}
	}
	switch {
	case most == "" || limits.Unlimited:
		return most
	case sentToday >= min(warmUp, limits.NumberPerDay) && warmUp <= limits.NumberPerDay:
		return bot.WarmUp
	case sentToday >= limits.NumberPerDay:
		return bot.NumberCap
	case most == bot.QuietHours && d.GoOut > 0:
		return bot.Pace
	}
	return most
}

// outcomes adds what became of every occurrence that was not over at the start.
func (r *Rehearsal) outcomes(ctx context.Context, report *Report, broadcast string, all bool) error {
	list, err := r.Store.Occurrences(ctx, r.NumberName, broadcast)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, o := range list {
		if r.over[o.ID] {
			continue
		}
		shown := &ReportOccurrence{ID: o.ID, Broadcast: o.Broadcast, Status: o.Status, DueAt: o.DueAt, OwnTime: o.Wall,
			Groups: []*ReportGroup{}, Occurrence: o}
		err := r.Store.Deliveries(ctx, o.ID, 0, func(d store.Delivery) error {
			r.add(shown, d, all)
			return nil
		})
		if err != nil {
			return err
		}
		slices.SortStableFunc(shown.Groups, func(a, b *ReportGroup) int {
			return cmp.Or(cmp.Compare(slices.Index(fates, a.Fate), slices.Index(fates, b.Fate)),
				cmp.Compare(b.Count, a.Count))
		})
		if err := r.name(ctx, shown); err != nil {
			return err
		}
		report.Occurrences = append(report.Occurrences, shown)
	}
	return nil
}

// add counts a delivery, and remembers whose it is.
func (r *Rehearsal) add(o *ReportOccurrence, d store.Delivery, all bool) {
	fate, reason := FateLeftOut, d.Reason
	switch {
	case !d.ClaimedAt.IsZero() && d.ClaimedAt.Before(r.from):
		fate, reason = FateBefore, ""
	case !d.ClaimedAt.IsZero():
		fate, reason = FateGoesOut, ""
	case d.Status == bot.DeliveryPlanned:
		fate, reason = FateWaits, bot.Pace
	case d.Status == bot.DeliveryHeld:
		fate = FateWaits
	}
	i := slices.IndexFunc(o.Groups, func(g *ReportGroup) bool { return g.Fate == fate && g.Reason == reason })
	if i < 0 {
		i = len(o.Groups)
		o.Groups = append(o.Groups, &ReportGroup{Fate: fate, Reason: reason, Waited: map[bot.Reason]int{},
			People: []ReportPerson{}})
	}
	g := o.Groups[i]
	g.Count++
	p := ReportPerson{contact: d.Contact, Until: d.Until}
	if fate == FateGoesOut {
		p.At = d.ClaimedAt
		for _, h := range d.Holds {
			if !slices.Contains(p.Waited, h.Reason) {
				p.Waited = append(p.Waited, h.Reason)
				g.Waited[h.Reason]++
			}
		}
		if g.First.IsZero() || p.At.Before(g.First) {
			g.First = p.At
		}
		if p.At.After(g.Last) {
			g.Last = p.At
		}
	}
	if fate != FateBefore && (all || len(g.contacts) < someOf) {
		g.contacts = append(g.contacts, p)
	}
}

// name says who the people are, those who get it first in front.
func (r *Rehearsal) name(ctx context.Context, o *ReportOccurrence) error {
	for _, g := range o.Groups {
		slices.SortStableFunc(g.contacts, func(a, b ReportPerson) int { return a.At.Compare(b.At) })
		for _, p := range g.contacts {
			c, err := r.Store.ContactByID(ctx, p.contact)
			if err != nil {
				return err
			}
			if c == nil {
				continue // erased
			}
			p.Phone, p.Name = desk.Named(c), c.DisplayName()
			g.People = append(g.People, p)
		}
	}
	return nil
}
