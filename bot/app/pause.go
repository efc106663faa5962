package app

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
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
func (c BroadcastPauseCmd) Run(ctx context.Context, a *App) error {
	return a.operates(ctx, c.Number, c.Name, "paused", "scheduled or under way", func(h *house, number string) (store.Affected, error) {
		return h.store.PauseBroadcast(ctx, number, c.Name, a.now())
	})
}

// BroadcastResumeCmd is `broadcast resume`.
type BroadcastResumeCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

// Example is shown by --help.
func (BroadcastResumeCmd) Example() string { return "optinbot broadcast resume weekend-offer" }

// Run resumes what is paused. It asks first where that would send what is late.
func (c BroadcastResumeCmd) Run(ctx context.Context, a *App) error {
	return a.operates(ctx, c.Number, c.Name, "resumed", "paused", func(h *house, number string) (store.Affected, error) {
		next, err := h.nextFiring(ctx, number, c.Name)
		if err != nil {
			return store.Affected{}, err
		}
		if err := sayWhatTheGuardSaid(ctx, a, h, number, c.Name); err != nil {
			return store.Affected{}, err
		}
		if err := askWhatIsLate(ctx, a, h, c.Confirmed, number, c.Name); err != nil {
			return store.Affected{}, err
		}
		return h.store.ResumeBroadcast(ctx, number, c.Name, next, a.now())
	})
}

// nextFiring is when a recurring broadcast goes out next if it is armed again; zero: never. What fell into a pause is over.
func (h *house) nextFiring(ctx context.Context, number, name string) (next time.Time, err error) {
	list, err := h.store.Schedules(ctx, number, name)
	if err != nil || len(list) == 0 {
		return next, err
	}
	firings, err := h.coming(ctx, list[0], 1)
	if err == nil && len(firings) > 0 {
		next = firings[0].At
	}
	return next, err
}

// sayWhatTheGuardSaid reminds of why the guard paused what is about to be resumed.
func sayWhatTheGuardSaid(ctx context.Context, a *App, h *house, number, name string) error {
	occurrences, err := h.store.Occurrences(ctx, number, name)
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Status != bot.OccurrencePaused {
			continue
		}
		guard, err := h.guardOf(ctx, o)
		if err != nil {
			return err
		}
		if guard.pausedBy(o) == bot.GuardPaused {
			fmt.Fprintf(a.out, "The guard had paused it: %s. It goes on with a few people first, and the guard counts from here.\n", o.Note)
		}
	}
	return nil
}

// askWhatIsLate asks about what has not begun, is paused, and would not start by itself any more: its time has passed.
func askWhatIsLate(ctx context.Context, a *App, h *house, c Confirmed, number, name string) error {
	occurrences, err := h.store.Occurrences(ctx, number, name)
	if err != nil {
		return err
	}
	limits, now := h.limits[number], h.now()
	for _, o := range occurrences {
		if o.Status != bot.OccurrencePaused || !o.PlannedAt.IsZero() || !now.After(o.LateAt(limits)) {
			continue
		}
		n, err := h.peopleOf(ctx, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s (number %d) was due %s, %s ago, and would go out now to %s. `broadcast cancel %s` drops it.\n",
			name, o.ID, dueText(o, limits.Zone), text.Ago(now.Sub(o.DueAt)), text.People(n), name)
		if err := c.confirm(ctx, a, "Send it now, though its time has passed?"); err != nil {
			return err
		}
	}
	return nil
}

// peopleOf counts the subscribers who are in the audience of an occurrence now.
func (h *house) peopleOf(ctx context.Context, o bot.Occurrence) (n int, err error) {
	b, err := h.armedNow(o)
	if err != nil {
		return 0, err
	}
	_, err = h.store.Audience(ctx, o.Number, b, h.now(), func(*bot.Contact) error { n++; return nil })
	return n, err
}

// goesOut says when an occurrence that is resumed or released goes out, and to how many.
func (h *house) goesOut(ctx context.Context, o bot.Occurrence) (string, error) {
	if o.PlannedAt.IsZero() {
		n, err := h.peopleOf(ctx, o)
		if err != nil {
			return "", err
		}
		if o.DueAt.After(h.now()) || o.Wall != "" {
			return fmt.Sprintf("It goes out %s, to %s as of now.", dueText(o, h.limits[o.Number].Zone), text.People(n)), nil
		}
		return fmt.Sprintf("It goes out now, to %s.", text.People(n)), nil
	}
	funnel, err := h.store.Funnel(ctx, o.ID)
	n := 0
	for _, c := range funnel {
		if c.Status == bot.DeliveryPlanned || c.Status == bot.DeliveryHeld {
			n += c.People
		}
	}
	return fmt.Sprintf("It goes on now, for %s who may get it yet.", text.People(n)), err
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
func (c BroadcastReleaseCmd) Run(ctx context.Context, a *App) error {
	if err := c.confirm(ctx, a, "Send it now, though its time has passed?"); err != nil {
		return err
	}
	return a.operates(ctx, c.Number, c.Name, "released", "late", func(h *house, number string) (store.Affected, error) {
		return h.store.ReleaseBroadcast(ctx, number, c.Name, a.now())
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
func (c BroadcastCancelCmd) Run(ctx context.Context, a *App) error {
	if err := c.confirm(ctx, a, "Cancel it for everybody who has not got it yet?"); err != nil {
		return err
	}
	return a.operates(ctx, c.Number, c.Name, "cancelled", "scheduled, late or under way", func(h *house, number string) (store.Affected, error) {
		return h.store.CancelBroadcast(ctx, number, c.Name, a.now())
	})
}

// stands says how the newest of a broadcast stands, for whoever asked for what is not possible.
func (h *house) stands(ctx context.Context, number, name string) string {
	schedules, err := h.schedules(ctx, number, name)
	if err == nil && len(schedules) > 0 {
		return fmt.Sprintf("; it is %s", schedules[0].Status)
	}
	o, err := h.latest(ctx, number, name)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; number %d is %s", o.ID, o.Status)
}

// operates does something to a broadcast and says what was done; from is how something of it has to be for that.
func (a *App) operates(ctx context.Context, number, name, done, from string, do func(h *house, number string) (store.Affected, error)) error {
	h, n, err := a.openNumber(ctx, number)
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
		fmt.Fprintf(a.out, "%s (number %d) is %s.", name, o.ID, done)
		if done == "resumed" || done == "released" {
			if goes, err := h.goesOut(ctx, o); err == nil { // else it does not fit today's flow, and `run` says so
				fmt.Fprint(a.out, " ", goes)
			}
		}
		fmt.Fprintln(a.out)
	}
	if !affected.Schedule && len(affected.Occurrences) == 0 {
		return refuse("nothing of broadcast %q is %s%s", name, from, h.stands(ctx, n.Name, name))
	}
	return nil
}
