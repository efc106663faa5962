package app

import (
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/store"
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
	return a.operates(c.Number, c.Name, "paused", "scheduled or under way", func(h *house, number string) (store.Affected, error) {
		return h.store.PauseBroadcast(a.ctx, number, c.Name, a.now())
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
	return a.operates(c.Number, c.Name, "resumed", "paused", func(h *house, number string) (store.Affected, error) {
		next, err := h.nextFiring(number, c.Name)
		if err != nil {
			return store.Affected{}, err
		}
		if err := h.sayWhatTheGuardSaid(number, c.Name); err != nil {
			return store.Affected{}, err
		}
		return h.store.ResumeBroadcast(a.ctx, number, c.Name, next, a.now())
	})
}

// nextFiring is when a recurring broadcast goes out next if it is armed again; zero: never. What fell into a pause is over.
func (h *house) nextFiring(number, name string) (next time.Time, err error) {
	list, err := h.store.Schedules(h.app.ctx, number, name)
	if err != nil || len(list) == 0 {
		return next, err
	}
	firings, err := h.coming(list[0], 1)
	if err == nil && len(firings) > 0 {
		next = firings[0].At
	}
	return next, err
}

// sayWhatTheGuardSaid reminds of why the guard paused what is about to be resumed.
func (h *house) sayWhatTheGuardSaid(number, name string) error {
	occurrences, err := h.store.Occurrences(h.app.ctx, number, name)
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Status != bot.OccurrencePaused {
			continue
		}
		guard, err := h.guardOf(o)
		if err != nil {
			return err
		}
		if guard.pausedBy(o) == bot.GuardPaused {
			fmt.Fprintf(h.app.out, "The guard had paused it: %s. It goes on with a few people first, and the guard counts from here.\n", o.Note)
		}
	}
	return nil
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
	return a.operates(c.Number, c.Name, "released", "late", func(h *house, number string) (store.Affected, error) {
		return h.store.ReleaseBroadcast(a.ctx, number, c.Name, a.now())
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
	return a.operates(c.Number, c.Name, "cancelled", "scheduled, late or under way", func(h *house, number string) (store.Affected, error) {
		return h.store.CancelBroadcast(a.ctx, number, c.Name, a.now())
	})
}

// operates does something to a broadcast and says what was done; from is how something of it has to be for that.
func (a *App) operates(number, name, done, from string, do func(h *house, number string) (store.Affected, error)) error {
	h, n, err := a.openNumber(number)
	if err != nil {
		return err
	}
	defer h.close()
	affected, err := do(h, n.Name)
	if err != nil {
		return err
	}
	if affected.Schedule {
		fmt.Fprintf(a.out, "%s, which goes out again and again, is %s.\n", name, done)
	}
	for _, o := range affected.Occurrences {
		fmt.Fprintf(a.out, "%s (number %d) is %s.\n", name, o.ID, done)
	}
	if !affected.Schedule && len(affected.Occurrences) == 0 {
		return refuse("nothing of broadcast %q is %s", name, from)
	}
	return nil
}
