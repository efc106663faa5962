package app

import (
	"cmp"
	"context"
	"errors"
	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
	"optinbot/store"
	"slices"
	"time"
)

// A rehearsal is a simulation of the coming days on a copy of the store.
type rehearsal struct {
	*simulation
	from time.Time
	over map[int64]bool // the occurrences that were over at the start
	sent map[string]int // of the day under way, by broadcast
}

// rehearse copies the store of a house into a folder that goes with the simulation. The house may be closed afterwards.
func rehearse(ctx context.Context, h *desk.Desk, n config.Number) (*rehearsal, error) {
	if err := h.Files.Sweep(); err != nil {
		h.Log.Warn(err.Error())
	}
	dir, done, err := desk.Scratch(h.Files.ScratchFolders(), 2*h.Store.Size()+desk.ScratchRoom)
	if err != nil {
		return nil, err
	}
	s := &simulation{number: n.Name, dir: dir, done: done}
	r := &rehearsal{simulation: s, from: h.Now(), over: map[int64]bool{}, sent: map[string]int{}}
	o := h.Options
	o.Now = func() time.Time { return s.world.Now() }
	if s.Desk, err = desk.Load(ctx, o); err == nil {
		s.Store, err = h.Store.Rehearsal(ctx, dir)
	}
	if err != nil {
		return nil, errors.Join(err, done())
	}
	s.NewID = countedIDs()
	s.world = s.newWorld(ctx, n, 0)
	pumps := s.pumpConfig(s.world)
	pumps.Edited = func(o bot.Occurrence) bool { return s.Edited(ctx, o) }
	s.world.Engine = pump.New(pumps)
	// Whose phone gave no sign of the last promotion gives none of the next.
	s.world.Off = func(c *bot.Contact) bool { return len(c.UndeliveredSince) > 0 }
	s.world.Out = r.saw
	return r, nil
}

// saw counts what goes out.
func (r *rehearsal) saw(e sim.Event) {
	if e.Kind == bot.SayBroadcast {
		r.sent[e.Broadcast]++
	}
}

// play plays the days, one by one, and reports on one broadcast, or all of them for "". A draft that is not scheduled is scheduled first. all
// names every person, not a few of each kind.
func (r *rehearsal) play(ctx context.Context, days int, broadcast string, all bool) (*rehearsed, error) {
	report := &rehearsed{Number: r.number, From: r.from, To: r.from.AddDate(0, 0, days), Days: []rehearsedDay{}, Occurrences: []*rehearsedOccurrence{}}
	if err := r.begin(ctx, broadcast, report); err != nil {
		return nil, err
	}
	zone := r.Limits[r.number].Zone
	for at := r.from; at.Before(report.To); {
		next := bot.NextDay(at, zone)
		if next.After(report.To) {
			next = report.To
		}
		// To just before midnight: what waits for the next day is asked again then.
		if err := r.world.Advance(ctx, next.Add(-bot.Tick)); err != nil {
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
func (r *rehearsal) begin(ctx context.Context, broadcast string, report *rehearsed) error {
	before, err := r.Store.Occurrences(ctx, r.number, "")
	if err != nil {
		return err
	}
	armed := false
	for _, o := range before {
		r.over[o.ID] = o.Status == bot.OccurrenceDone || o.Status == bot.OccurrenceCancelled
		armed = armed || o.Broadcast == broadcast && !r.over[o.ID]
	}
	schedules, err := r.Store.Schedules(ctx, r.number, broadcast)
	if err != nil {
		return err
	}
	for _, s := range schedules {
		armed = armed || s.Status == bot.ScheduleArmed || s.Status == bot.SchedulePaused
	}
	if _, err := r.Store.Recover(ctx, r.number, r.from); err != nil { // what is under way at this moment
		return err
	}
	row, err := r.Store.Number(ctx, r.number)
	if err != nil {
		return err
	}
	report.Unlinked, report.draft = row.LinkedAt.IsZero(), "NAME"
	if drafts, err := r.Files.Drafts(); err == nil && len(drafts) > 0 {
		report.draft = drafts[0]
	}
	if err := r.world.Advance(ctx, r.from); err != nil {
		return err
	}
	if broadcast != "" && !armed {
		report.Armed = broadcast
		if err := r.schedule(ctx, broadcast); err != nil {
			return err
		}
	}
	return r.world.Advance(ctx, r.from) // what is due at this very moment
}

// schedule does in the copy what `broadcast schedule` would do.
func (r *rehearsal) schedule(ctx context.Context, name string) error {
	p, err := r.Preview(ctx, r.number, name, desk.PreviewOptions{})
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
func (r *rehearsal) day(ctx context.Context, began time.Time) (rehearsedDay, error) {
	now, limits := r.world.Now(), r.Limits[r.number]
	d := rehearsedDay{Day: bot.Day(began, limits.Zone), Broadcasts: r.sent}
	for _, n := range r.sent {
		d.GoOut += n
	}
	row, err := r.Store.Number(ctx, r.number)
	if err != nil {
		return d, err
	}
	if d.Waits, err = r.Store.WaitingBy(ctx, r.number, now); err != nil {
		return d, err
	}
	if row.Day != d.Day {
		row.SentToday = 0
	}
	d.Binds = binds(d, row.SentToday, bot.WarmUpToday(row.LinkedAt, limits, now), limits)
	return d, nil
}

// binds is what kept more promotions from going out on a day: the number's warm-up or cap; its pace, where hours ended before
// everybody's turn; else what most people wait for. "" when nobody waits.
func binds(d rehearsedDay, sentToday, warmUp int, limits bot.Limits) bot.Reason {
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
func (r *rehearsal) outcomes(ctx context.Context, report *rehearsed, broadcast string, all bool) error {
	list, err := r.Store.Occurrences(ctx, r.number, broadcast)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for _, o := range list {
		if r.over[o.ID] {
			continue
		}
		shown := &rehearsedOccurrence{ID: o.ID, Broadcast: o.Broadcast, Status: o.Status, DueAt: o.DueAt, OwnTime: o.Wall, Groups: []*rehearsedGroup{}, occurrence: o}
		err := r.Store.Deliveries(ctx, o.ID, 0, func(d store.Delivery) error {
			r.add(shown, d, all)
			return nil
		})
		if err != nil {
			return err
		}
		slices.SortStableFunc(shown.Groups, func(a, b *rehearsedGroup) int {
			return cmp.Or(cmp.Compare(slices.Index(fates, a.Fate), slices.Index(fates, b.Fate)), cmp.Compare(b.Count, a.Count))
		})
		if err := r.name(ctx, shown); err != nil {
			return err
		}
		report.Occurrences = append(report.Occurrences, shown)
	}
	return nil
}

// add counts a delivery, and remembers whose it is.
func (r *rehearsal) add(o *rehearsedOccurrence, d store.Delivery, all bool) {
	fate, reason := fateLeftOut, d.Reason
	switch {
	case !d.ClaimedAt.IsZero() && d.ClaimedAt.Before(r.from):
		fate, reason = fateBefore, ""
	case !d.ClaimedAt.IsZero():
		fate, reason = fateGoesOut, ""
	case d.Status == bot.DeliveryPlanned:
		fate, reason = fateWaits, bot.Pace
	case d.Status == bot.DeliveryHeld:
		fate = fateWaits
	}
	i := slices.IndexFunc(o.Groups, func(g *rehearsedGroup) bool { return g.Fate == fate && g.Reason == reason })
	if i < 0 {
		i = len(o.Groups)
		o.Groups = append(o.Groups, &rehearsedGroup{Fate: fate, Reason: reason, Waited: map[bot.Reason]int{}, People: []rehearsedPerson{}})
	}
	g := o.Groups[i]
	g.Count++
	p := rehearsedPerson{contact: d.Contact, Until: d.Until}
	if fate == fateGoesOut {
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
	if fate != fateBefore && (all || len(g.contacts) < someOf) {
		g.contacts = append(g.contacts, p)
	}
}

// name says who the people are, those who get it first in front.
func (r *rehearsal) name(ctx context.Context, o *rehearsedOccurrence) error {
	for _, g := range o.Groups {
		slices.SortStableFunc(g.contacts, func(a, b rehearsedPerson) int { return a.At.Compare(b.At) })
		for _, p := range g.contacts {
			c, err := r.Store.ContactByID(ctx, p.contact)
			if err != nil {
				return err
			}
			if c == nil {
				continue // erased
			}
			p.Phone, p.Name = cmp.Or(c.Phone(), "lid:"+bot.LIDOf(c.Identities)), c.DisplayName()
			g.People = append(g.People, p)
		}
	}
	return nil
}
