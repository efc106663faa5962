package app

import (
	"context"
	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/store"
	"time"
)

// progress is everything there is to know of an occurrence under way.
type progress struct {
	occurrenceView
	Reason   bot.Reason      `json:"reason,omitempty"` // of a pause
	Variants []store.Outcome `json:"variants"`
	Hours    []store.Outcome `json:"hours"`
	Guard    guardView       `json:"guard"`
	ToGo     int             `json:"to_go"`         // who may get it yet
	Over     time.Time       `json:"over,omitzero"` // by pace, hours, caps and the guard's waits, if all goes well
	NotTime  int             `json:"not_in_time"`   // whom it will not have reached when it expires
	Schedule *scheduleView   `json:"schedule,omitempty"`

	Location *time.Location `json:"-"` // in which its times are shown
	Odds     float64        `json:"-"` // at which the guard pauses
}

func (h *house) progress(ctx context.Context, n config.Number, o bot.Occurrence) (*progress, error) {
	limits := h.limits[n.Name]
	p := &progress{Location: limits.Zone, Odds: limits.Guard.Odds}
	var err error
	if p.occurrenceView, err = h.occurrenceView(ctx, o); err != nil {
		return nil, err
	}
	schedules, err := h.schedules(ctx, n.Name, o.Broadcast)
	if err != nil {
		return nil, err
	}
	if len(schedules) > 0 {
		p.Schedule = &schedules[0]
	}
	if p.Variants, err = h.store.Variants(ctx, o.ID); err != nil {
		return nil, err
	}
	if p.Hours, err = h.store.Hours(ctx, o.ID); err != nil {
		return nil, err
	}
	if p.Guard, err = h.guardOf(ctx, o); err != nil {
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
	return p, h.foresee(ctx, p, n, o, limits)
}

// foresee says when an occurrence under way will be over.
func (h *house) foresee(ctx context.Context, p *progress, n config.Number, o bot.Occurrence, limits bot.Limits) error {
	if o.Status != bot.OccurrenceRunning || p.ToGo == 0 {
		return nil
	}
	row, err := h.store.Number(ctx, n.Name)
	if err != nil {
		return err
	}
	from := h.now()
	if p.Guard.Until.After(from) {
		from = p.Guard.Until
	}
	from = from.Add(p.Guard.state.WaitsLeft(limits, p.ToGo))
	_, today := row.Today(limits, from)
	p.Over, p.NotTime = bot.EstimateFinish(limits, row.LinkedAt, from, o.Expires(limits), today, p.ToGo)
	held, err := h.store.HeldUntil(ctx, o)
	if held.After(p.Over) {
		p.Over = held
	}
	if end := o.Expires(limits); p.Over.After(end) {
		p.Over = end
	}
	return err
}

func (p *progress) over() bool {
	return p.Status == bot.OccurrenceDone || p.Status == bot.OccurrenceCancelled
}

// again looks at an occurrence as it is now.
func (h *house) again(ctx context.Context, n config.Number, o bot.Occurrence) (*progress, error) {
	now, err := h.occurrence(ctx, n.Name, o.Broadcast, o.ID)
	if err != nil {
		return nil, err
	}
	return h.progress(ctx, n, *now)
}
