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
	Guard    GuardView       `json:"guard"`
	ToGo     int             `json:"to_go"`         // who may get it yet
	Over     time.Time       `json:"over,omitzero"` // by pace, hours, caps and the guard's waits, if all goes well
	NotTime  int             `json:"not_in_time"`   // whom it will not have reached when it expires
	Schedule *ScheduleView   `json:"schedule,omitempty"`

	Location *time.Location `json:"-"` // in which its times are shown
	Odds     float64        `json:"-"` // at which the guard pauses
}

// Progress is how an occurrence stands: who got it, who waits and why, what the guard says, and
// when it is expected to be over. It changes nothing and may be repeated.
func (d *Desk) Progress(ctx context.Context, n config.Number, o bot.Occurrence) (*Progress, error) {
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
	if p.Guard, err = d.GuardOf(ctx, o); err != nil {
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
	return p, d.foresee(ctx, p, n, o, limits)
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
	from := d.Now()
	if p.Guard.Until.After(from) {
		from = p.Guard.Until
	}
	from = from.Add(p.Guard.state.WaitsLeft(limits, p.ToGo))
	_, today := row.Today(limits, from)
	p.Over, p.NotTime = bot.EstimateFinish(limits, row.LinkedAt, from, o.Expires(limits), today, p.ToGo)
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

// Again is Progress of an occurrence as it is now. Not found where it is gone.
func (d *Desk) Again(ctx context.Context, n config.Number, o bot.Occurrence) (*Progress, error) {
	now, err := d.Occurrence(ctx, n.Name, o.Broadcast, o.ID)
	if err != nil {
		return nil, err
	}
	return d.Progress(ctx, n, *now)
}
