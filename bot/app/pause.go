package app

import (
	"fmt"
	"time"

	"optinbot/bot"
)

// BroadcastPauseCmd is `broadcast pause`.
type BroadcastPauseCmd struct {
	ForNumber
	Name string `arg:"" help:"The broadcast."`
}

// Example is shown by --help.
func (BroadcastPauseCmd) Example() string { return "optinbot broadcast pause weekend-offer" }

// Run pauses every occurrence that is not over. At most the one message in flight still goes out.
func (c BroadcastPauseCmd) Run(a *App) error {
	return turnAll(a, c.Number, c.Name, "paused", "scheduled or under way", bot.SchedulePaused, func(h *house, o bot.Occurrence) (bool, error) {
		return h.store.Turn(a.ctx, o.ID, bot.OccurrencePaused, string(bot.OperatorPaused), a.now())
	})
}

// BroadcastResumeCmd is `broadcast resume`.
type BroadcastResumeCmd struct {
	ForNumber
	Name string `arg:"" help:"The broadcast."`
}

// Example is shown by --help.
func (BroadcastResumeCmd) Example() string { return "optinbot broadcast resume weekend-offer" }

// Run resumes what is paused.
func (c BroadcastResumeCmd) Run(a *App) error {
	return turnAll(a, c.Number, c.Name, "resumed", "paused", bot.ScheduleArmed, func(h *house, o bot.Occurrence) (bool, error) {
		if o.Status != bot.OccurrencePaused {
			return false, nil
		}
		guard, err := h.guardOf(o)
		if err != nil {
			return false, err
		}
		if guard.pausedBy(o) == bot.GuardPaused {
			fmt.Fprintf(a.out, "The guard had paused it: %s. It goes on with a few people first, and the guard counts from here.\n", o.Note)
		}
		return h.store.Resume(a.ctx, o.ID, a.now())
	})
}

// BroadcastReleaseCmd is `broadcast release`.
type BroadcastReleaseCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

// Example is shown by --help.
func (BroadcastReleaseCmd) Example() string { return "optinbot broadcast release weekend-offer --yes" }

// Run releases what is late.
func (c BroadcastReleaseCmd) Run(a *App) error {
	if err := c.confirm(a, "Send it now, though its time has passed?"); err != nil {
		return err
	}
	return turnAll(a, c.Number, c.Name, "released", "late", "", func(h *house, o bot.Occurrence) (bool, error) {
		if o.Status == bot.OccurrenceRunning || o.Status == bot.OccurrencePaused {
			n, err := h.store.ReleaseLate(a.ctx, o.ID, a.now()) // people whose own time had passed when it began
			return n > 0, err
		}
		if o.Status != bot.OccurrenceLate {
			return false, nil
		}
		return h.store.Resume(a.ctx, o.ID, a.now())
	})
}

// BroadcastCancelCmd is `broadcast cancel`.
type BroadcastCancelCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

// Example is shown by --help.
func (BroadcastCancelCmd) Example() string { return "optinbot broadcast cancel weekend-offer --yes" }

// Run cancels every occurrence that is not over.
func (c BroadcastCancelCmd) Run(a *App) error {
	if err := c.confirm(a, "Cancel it for everybody who has not got it yet?"); err != nil {
		return err
	}
	return turnAll(a, c.Number, c.Name, "cancelled", "scheduled, late or under way", bot.ScheduleCancelled, func(h *house, o bot.Occurrence) (bool, error) {
		return h.store.Turn(a.ctx, o.ID, bot.OccurrenceCancelled, "", a.now())
	})
}

// turnAll does something to a recurring broadcast (schedule; "": nothing) and to the occurrences that allow it, and says so.
func turnAll(a *App, number, name, done, from string, schedule bot.ScheduleStatus, do func(*house, bot.Occurrence) (bool, error)) error {
	h, n, err := a.openNumber(number)
	if err != nil {
		return err
	}
	defer h.close()
	turned := 0
	if ok, err := h.turnSchedule(n.Name, name, schedule); err != nil {
		return err
	} else if ok {
		turned++
		fmt.Fprintf(a.out, "%s, which goes out again and again, is %s.\n", name, done)
	}
	occurrences, err := h.store.Occurrences(a.ctx, n.Name, name)
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		ok, err := do(h, o)
		if err != nil {
			return err
		}
		if ok {
			turned++
			fmt.Fprintf(a.out, "%s (number %d) is %s.\n", name, o.ID, done)
		}
	}
	if turned == 0 {
		return refuse("nothing of broadcast %q is %s", name, from)
	}
	return nil
}

// turnSchedule brings the schedule of a broadcast into another status; false where it has none that allows it. What fell into a
// pause is over when it is resumed.
func (h *house) turnSchedule(number, name string, to bot.ScheduleStatus) (bool, error) {
	if to == "" {
		return false, nil
	}
	list, err := h.store.Schedules(h.app.ctx, number, name)
	if err != nil || len(list) == 0 {
		return false, err
	}
	var next time.Time
	if to == bot.ScheduleArmed {
		limits := h.limits[number]
		firings, err := list[0].Next(list[0].Begins(h.app.now(), limits.Zone), 1, limits.Load)
		if err != nil {
			return false, err
		}
		if len(firings) == 0 {
			to = bot.ScheduleEnded
		} else {
			next = firings[0].At
		}
	}
	return h.store.TurnSchedule(h.app.ctx, number, name, to, next)
}
