package desk

import (
	"cmp"
	"context"
	"time"

	"optinbot/bot"
)

// A GuardView is the guard's state of an occurrence.
type GuardView struct {
	Level   bot.GuardLevel `json:"level,omitempty"`
	Figures bot.Figures    `json:"figures"`
	Odds    float64        `json:"odds"`           // of a bad list against a good one. It pauses at guard.odds
	Wait    string         `json:"wait,omitempty"` // what it waits for
	Until   time.Time      `json:"until,omitzero"`

	state bot.GuardState
}

// GuardOf is the guard's view of an occurrence now. It changes nothing, and may be repeated.
func (d *Desk) GuardOf(ctx context.Context, o bot.Occurrence) (GuardView, error) {
	if err := d.mayRead(ctx, o.Number); err != nil {
		return GuardView{}, err
	}
	now := d.Now()
	state, figures, until, err := d.Store.Guard(ctx, o.ID, now)
	v := GuardView{Level: state.Level, Figures: figures, Odds: state.Odds(figures), state: state}
	if until.After(now) && o.Status == bot.OccurrenceRunning {
		v.Wait, v.Until = state.WaitsFor(d.limits[o.Number]), until
	}
	return v, err
}

// PausesAt is how many people have to react badly for the guard to pause, once so many people have
// had time to react. odds is at which it pauses. It is at least one more than nobody.
func (v GuardView) PausesAt(seen, odds float64) int {
	const enough = 10_000 // no list needs more
	for people := 1; people < enough; people++ {
		if v.state.Odds(bot.Figures{Sent: int(seen), People: people, Seen: seen}) >= odds {
			return people
		}
	}
	return enough
}

// pausedBy is the reason of an occurrence that is paused.
func (v GuardView) pausedBy(o bot.Occurrence) bot.Reason {
	if v.Level == bot.GuardPause {
		return bot.GuardPaused
	}
	return bot.Reason(cmp.Or(o.Note, string(bot.OperatorPaused)))
}
