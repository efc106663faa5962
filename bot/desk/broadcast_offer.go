package desk

import (
	"context"
	"slices"

	"optinbot/bot"
	"optinbot/store"
)

// How a broadcast has to stand for an act, in words.
const (
	notOver = "scheduled, late or under way"
	isLate  = "late"
)

// asksLate is asked before something goes out at another time than the operator had chosen.
const asksLate = "Send it now, though its time has passed?"

// OfferCancel returns what has to be answered with yes before CancelBroadcast. It is refused where
// that would be. It changes nothing, and may be repeated.
func (d *Desk) OfferCancel(ctx context.Context, number, name string) ([]Question, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	schedules, err := d.Store.Schedules(ctx, number, name)
	if err != nil {
		return nil, err
	}
	occurrences, err := d.Store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	recurs := func(s bot.Schedule) bool { return s.Status == bot.ScheduleArmed || s.Status == bot.SchedulePaused }
	goesOn := func(o bot.Occurrence) bool { return !o.Status.Over() }
	if !slices.ContainsFunc(schedules, recurs) && !slices.ContainsFunc(occurrences, goesOn) {
		return nil, d.nothingIs(ctx, number, name, notOver)
	}
	return []Question{{Asks: "Cancel it for everybody who has not got it yet?"}}, nil
}

// OfferRelease returns what has to be answered with yes before ReleaseBroadcast. It is refused where
// that would be. It changes nothing, and may be repeated.
func (d *Desk) OfferRelease(ctx context.Context, number, name string) ([]Question, error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	occurrences, err := d.Store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	for _, o := range occurrences {
		if late, err := d.isLate(ctx, o); late || err != nil {
			return []Question{{Asks: asksLate}}, err
		}
	}
	return nil, d.nothingIs(ctx, number, name, isLate)
}

// isLate reports whether an occurrence is late, or somebody has missed their own time of it.
func (d *Desk) isLate(ctx context.Context, o bot.Occurrence) (bool, error) {
	if o.Status != bot.OccurrenceRunning && o.Status != bot.OccurrencePaused {
		return o.Status == bot.OccurrenceLate, nil
	}
	funnel, err := d.Store.Funnel(ctx, o.ID)
	return slices.ContainsFunc(funnel, func(c store.Count) bool {
		return c.Status == bot.DeliveryHeld && c.Reason == bot.Late
	}), err
}
