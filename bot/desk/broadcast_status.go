package desk

import (
	"context"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
)

// Progress is everything there is to know of an occurrence under way.
type Progress struct {
	OccurrenceView
	Reason   bot.Reason      `json:"reason,omitempty"` // of a pause
	Variants []store.Outcome `json:"variants"`
	Hours    []store.Outcome `json:"hours"`
	ByHour   []store.Outcome `json:"variants_by_hour"` // by variant, and of each by hour
	Guard    GuardView       `json:"guard"`
	ToGo     int             `json:"to_go"`         // who may get it yet
	Over     time.Time       `json:"over,omitzero"` // by pace, hours, caps and the guard's waits, if all goes well
	// Over, but for those who wait for something of their own
	DoneAbout time.Time     `json:"done_about,omitzero"`
	NotTime   int           `json:"not_in_time"` // whom it will not have reached when it expires
	Schedule  *ScheduleView `json:"schedule,omitempty"`
	Cost      *Cost         `json:"cost,omitempty"` // as WhatsApp has charged so far, where it charges

	Sent     int            `json:"-"` // to so many people
	Of       int            `json:"-"` // Sent, and who may get it yet
	Rate     float64        `json:"-"` // so many a minute, lately; 0: none lately, or it has ended
	Strange  []StrangeName  `json:"-"` // what the audience names that nobody has, until it begins
	Location *time.Location `json:"-"` // in which its times are shown
	Odds     float64        `json:"-"` // at which the guard pauses
}

// Progress is how an occurrence stands: who got it, who waits and why, what the guard says, and
// when it is expected to be over. It changes nothing and may be repeated.
func (d *Desk) Progress(ctx context.Context, n config.Number, o bot.Occurrence) (*Progress, error) {
	if err := d.mayRead(ctx, n.Name); err != nil {
		return nil, err
	}
	limits := d.limits[n.Name]
	p := &Progress{Location: limits.Zone, Odds: limits.Guard.Odds}
	var err error
	if p.OccurrenceView, err = d.occurrenceView(ctx, o); err != nil {
		return nil, err
	}
	schedules, err := d.Schedules(ctx, n.Name, o.Broadcast)
	if err != nil {
		return nil, err
	}
	if len(schedules) > 0 {
		p.Schedule = &schedules[0]
	}
	if p.Variants, err = d.Store.Variants(ctx, o.ID); err != nil {
		return nil, err
	}
	if p.Hours, err = d.Store.Hours(ctx, o.ID); err != nil {
		return nil, err
	}
	if p.ByHour, err = d.Store.VariantsByHour(ctx, o.ID); err != nil {
		return nil, err
	}
	if p.Guard, err = d.GuardOf(ctx, o); err != nil {
		return nil, err
	}
	if p.Cost, err = d.spent(ctx, o); err != nil {
		return nil, err
	}
	if o.Status == bot.OccurrencePaused {
		p.Reason = p.Guard.pausedBy(o)
	}
	for _, c := range p.People {
		if c.Status == bot.DeliveryPlanned || c.Status == bot.DeliveryHeld {
			p.ToGo += c.People
		}
	}
	for _, v := range p.Variants {
		p.Sent += v.Sent
	}
	p.Of = p.Sent + p.ToGo
	if !p.Ended() {
		if p.Rate, err = d.rate(ctx, o); err != nil {
			return nil, err
		}
	}
	if p.Strange, err = d.strangeUntilBegun(ctx, o); err != nil {
		return nil, err
	}
	return p, d.foresee(ctx, p, n, o, limits)
}

// rateWindow is what "lately" is, for the rate of an occurrence.
const rateWindow = 10 * time.Minute

// rate is how many promotions a minute have gone out lately.
func (d *Desk) rate(ctx context.Context, o bot.Occurrence) (float64, error) {
	sent, first, last, err := d.Store.SentSince(ctx, o.ID, d.Now().Add(-rateWindow))
	if err != nil || sent < 2 || !last.After(first) {
		return 0, err
	}
	return float64(sent-1) / last.Sub(first).Minutes(), nil
}

// strangeUntilBegun is what the audience of an occurrence names that nobody has. It is nil once it
// has begun. What does not fit today's flow is paused with a notice, so nothing is said of it here.
func (d *Desk) strangeUntilBegun(ctx context.Context, o bot.Occurrence) ([]StrangeName, error) {
	if !o.PlannedAt.IsZero() || o.Status == bot.OccurrenceCancelled || d.Machine(o.Number) == nil {
		return nil, nil
	}
	b, err := d.ArmedNow(o)
	if err != nil {
		return nil, nil
	}
	return d.StrangeNames(ctx, o.Number, b)
}

// foresee says when an occurrence under way will be over.
func (d *Desk) foresee(ctx context.Context, p *Progress, n config.Number, o bot.Occurrence, limits bot.Limits) error {
	if o.Status != bot.OccurrenceRunning || p.ToGo == 0 {
		return nil
	}
	row, err := d.Store.Number(ctx, n.Name)
	if err != nil {
		return err
	}
	limits = perDay(limits, row)
	from := d.Now()
	if p.Guard.Until.After(from) {
		from = p.Guard.Until
	}
	from = from.Add(p.Guard.state.WaitsLeft(limits, p.ToGo))
	_, today := row.Today(limits, from)
	p.Over, p.NotTime = bot.EstimateFinish(limits, row.LinkedAt, from, o.Expires(limits), today, p.ToGo)
	p.DoneAbout = p.Over
	held, err := d.Store.HeldUntil(ctx, o)
	if held.After(p.Over) {
		p.Over = held
	}
	if end := o.Expires(limits); p.Over.After(end) {
		p.Over = end
	}
	return err
}

// Ended reports whether nothing of it goes out any more.
func (p *Progress) Ended() bool {
	return p.Status == bot.OccurrenceDone || p.Status == bot.OccurrenceCancelled
}

// Latest is until when those may get it who wait for something of their own. It is zero where nobody
// is later than DoneAbout.
func (p *Progress) Latest() (at time.Time) {
	if p.Over.After(p.DoneAbout) {
		at = p.Over
	}
	return at
}

// Remark is what was noted of it beside the reason of its pause. It is "" where nothing was.
func (p *Progress) Remark() string {
	if string(p.Reason) == p.Note { // an operator's pause notes the name of its reason
		return ""
	}
	return p.Note
}

// PausedBecause is why it is paused: a reason, what was noted, or both. It is "" where neither is.
func (p *Progress) PausedBecause() string {
	says := string(p.Reason)
	if remark := p.Remark(); says != "" && remark != "" {
		return says + ": " + remark
	} else if remark != "" {
		return remark
	}
	return says
}

// A BroadcastStatus is how a broadcast stands.
type BroadcastStatus struct {
	*Progress         // of an occurrence. Nil while a recurring one has not gone out yet
	Coming    *Coming // when that goes out
}

// Coming is a recurring broadcast that has not gone out yet.
type Coming struct {
	Broadcast string       `json:"broadcast"`
	Schedule  ScheduleView `json:"schedule"`
}

// BroadcastStatus returns how an occurrence of a broadcast stands, the newest for 0. It changes
// nothing, and may be repeated. A broadcast that was never scheduled is not found, and neither is
// an occurrence that it does not have.
func (d *Desk) BroadcastStatus(
	ctx context.Context, n config.Number, name string, occurrence int64,
) (*BroadcastStatus, error) {
	if occurrence == 0 {
		coming, err := d.onlyComing(ctx, n, name)
		if err != nil || coming != nil {
			return &BroadcastStatus{Coming: coming}, err
		}
	}
	o, err := d.Occurrence(ctx, n.Name, name, occurrence)
	if err != nil {
		return nil, err
	}
	p, err := d.Progress(ctx, n, *o)
	return &BroadcastStatus{Progress: p}, err
}

// onlyComing is the schedule of a recurring broadcast that has not gone out yet; nil for any other.
func (d *Desk) onlyComing(ctx context.Context, n config.Number, name string) (*Coming, error) {
	if err := d.mayRead(ctx, n.Name); err != nil {
		return nil, err
	}
	occurrences, err := d.Store.Occurrences(ctx, n.Name, name)
	if err != nil || len(occurrences) > 0 {
		return nil, err
	}
	schedules, err := d.Schedules(ctx, n.Name, name)
	if err != nil || len(schedules) == 0 {
		return nil, err
	}
	return &Coming{Broadcast: name, Schedule: schedules[0]}, nil
}

// watchEvery is how often a watch looks whether anybody has written.
const watchEvery = 250 * time.Millisecond

// WatchBroadcast shows how an occurrence stands, and again whenever something has changed, until
// nothing of it goes out any more, or the context ends. It changes nothing. An error of show ends
// it.
func (d *Desk) WatchBroadcast(
	ctx context.Context, n config.Number, occurrence int64, name string, show func(*Progress) error,
) error {
	w, err := d.Store.Watch(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for shown := false; ; {
		changed, err := w.Changed(ctx)
		if err == nil && (changed || !shown) {
			var p *BroadcastStatus
			if p, err = d.BroadcastStatus(ctx, n, name, occurrence); err == nil {
				if err := show(p.Progress); err != nil || p.Ended() {
					return err
				}
				shown = true
			}
		}
		if ctx.Err() != nil { // the operator has seen enough
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
