package desk

import (
	"context"
	"time"

	"optinbot/bot"
)

// NumberFigures are what a monitor asks about one number.
type NumberFigures struct {
	NumberStatus
	RestrictedUntil time.Time   // the end of a ban or time-lock by WhatsApp. Zero: there is none
	Guards          []GuardView // of the broadcasts under way, paused ones among them
}

// Figures returns what a monitor asks about each number. It changes nothing, and may be repeated.
func (d *Desk) Figures(ctx context.Context) ([]NumberFigures, error) {
	all := []NumberFigures{}
	statuses, err := d.Statuses(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, s := range statuses {
		f := NumberFigures{NumberStatus: s}
		row, err := d.Store.Number(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		f.RestrictedUntil = row.RestrictedUntil
		for _, o := range s.Running {
			if o.Status != bot.OccurrenceRunning && o.Status != bot.OccurrencePaused {
				continue
			}
			g, err := d.GuardOf(ctx, bot.Occurrence{ID: o.ID, Number: s.Name, Status: o.Status})
			if err != nil {
				return nil, err
			}
			f.Guards = append(f.Guards, g)
		}
		all = append(all, f)
	}
	return all, nil
}
