package app

import (
	"context"
	"errors"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
)

// SimulateCmd is `simulate`.
type SimulateCmd struct {
	ForNumber
	AsJSON
	Days      int    `help:"How many days, 1 to 60." default:"7"`
	Broadcast string `help:"Only this one. A draft counts as scheduled: what happens if you schedule it?" placeholder:"NAME"`
	All       bool   `help:"Show everybody, not a few of each kind."`
}

// Example is shown by --help.
func (SimulateCmd) Example() string {
	return "optinbot simulate\noptinbot simulate --broadcast weekend-offer --days 3\noptinbot simulate --all --json > week.json"
}

// maxRehearsed is how many days can be simulated.
const maxRehearsed = 60

// Run plays the coming days on a copy of the store, with a clock that is moved, and says what would go out. The store itself is read only,
// so it works while `run` runs.
func (c SimulateCmd) Run(ctx context.Context, a *App) error {
	if c.Days < 1 || c.Days > maxRehearsed {
		return refuse("--days is %d; it has to be between 1 and %d", c.Days, maxRehearsed)
	}
	r, err := a.rehearse(ctx, c.Number)
	if err != nil {
		return err
	}
	report, err := r.play(ctx, c)
	if err = errors.Join(err, r.close()); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, report)
	}
	return report.print(a.out, r.limits[r.number].Zone, c.All)
}

// A rehearsal is a simulation of the coming days on a copy of the store.
type rehearsal struct {
	*simulation
	from time.Time
	over map[int64]bool // the occurrences that were over at the start
	sent map[string]int // of the day under way, by broadcast
}

// rehearse copies the store into a folder that goes with the simulation.
func (a *App) rehearse(ctx context.Context, number string) (*rehearsal, error) {
	h, n, err := a.openNumber(ctx, number)
	if err != nil {
		return nil, err
	}
	defer h.close()
	if err := a.files().sweep(); err != nil {
		a.log.Warn(err.Error())
	}
	dir, done, err := scratch(a.files().scratchFolders(), 2*h.store.Size()+scratchRoom)
	if err != nil {
		return nil, err
	}
	s := &simulation{number: n.Name, dir: dir, done: done}
	r := &rehearsal{simulation: s, from: h.now(), over: map[int64]bool{}, sent: map[string]int{}}
	o := a.options()
	o.now = func() time.Time { return s.world.Now() }
	if s.house, err = loadHouse(ctx, o); err == nil {
		s.store, err = h.store.Rehearsal(ctx, dir)
	}
	if err != nil {
		return nil, errors.Join(err, done())
	}
	s.newID = countedIDs()
	s.world = s.newWorld(ctx, n, 0)
	config := s.pumpConfig(s.world)
	config.Edited = func(o bot.Occurrence) bool { return s.edited(ctx, o) }
	s.world.Engine = pump.New(config)
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

// play plays the days, one by one, and reports.
func (r *rehearsal) play(ctx context.Context, c SimulateCmd) (*rehearsed, error) {
	report := &rehearsed{Number: r.number, From: r.from, To: r.from.AddDate(0, 0, c.Days), Days: []rehearsedDay{}, Occurrences: []*rehearsedOccurrence{}}
	if err := r.begin(ctx, c.Broadcast, report); err != nil {
		return nil, err
	}
	zone := r.limits[r.number].Zone
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
	return report, r.outcomes(ctx, report, c)
}

// begin starts the clock, and schedules the draft that is asked about.
func (r *rehearsal) begin(ctx context.Context, broadcast string, report *rehearsed) error {
	before, err := r.store.Occurrences(ctx, r.number, "")
	if err != nil {
		return err
	}
	armed := false
	for _, o := range before {
		r.over[o.ID] = o.Status == bot.OccurrenceDone || o.Status == bot.OccurrenceCancelled
		armed = armed || o.Broadcast == broadcast && !r.over[o.ID]
	}
	schedules, err := r.store.Schedules(ctx, r.number, broadcast)
	if err != nil {
		return err
	}
	for _, s := range schedules {
		armed = armed || s.Status == bot.ScheduleArmed || s.Status == bot.SchedulePaused
	}
	if _, err := r.store.Recover(ctx, r.number, r.from); err != nil { // what is under way at this moment
		return err
	}
	row, err := r.store.Number(ctx, r.number)
	if err != nil {
		return err
	}
	report.Unlinked, report.draft = row.LinkedAt.IsZero(), "NAME"
	if drafts, err := r.files.drafts(); err == nil && len(drafts) > 0 {
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
	p, err := r.plan(ctx, r.numbers[r.number], name, false, 0)
	if err != nil {
		return err
	}
	if why := p.unfit(r.limits[r.number], r.now()); why != "" {
		return refuse("%s", why)
	}
	return r.arm(ctx, p.arming, p.draft)
}

// day sums up the day that began at a moment, just before it ends.
func (r *rehearsal) day(ctx context.Context, began time.Time) (rehearsedDay, error) {
	now, limits := r.world.Now(), r.limits[r.number]
	d := rehearsedDay{Day: bot.Day(began, limits.Zone), Broadcasts: r.sent}
	for _, n := range r.sent {
		d.GoOut += n
	}
	row, err := r.store.Number(ctx, r.number)
	if err != nil {
		return d, err
	}
	if d.Waits, err = r.store.WaitingBy(ctx, r.number, now); err != nil {
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
