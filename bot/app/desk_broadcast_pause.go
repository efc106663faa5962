package app

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A broadcastChange is what an act on a broadcast has changed.
type broadcastChange struct {
	Schedule    bool                // the schedule of a recurring broadcast
	Occurrences []changedOccurrence // at least one, unless the schedule was changed
}

// A changedOccurrence is an occurrence that an act has changed.
type changedOccurrence struct {
	ID   int64
	Goes *outlook // when it goes out now; nil where it does not, or does not fit today's flow
}

// An outlook says when an occurrence goes out, and to how many people.
type outlook struct {
	Begun  bool   // it goes on
	Due    string // when it goes out, for people; "" is now
	People int
}

// pauseBroadcast pauses every occurrence of a broadcast that is not over, and its schedule. At most the one message in
// flight still goes out. It refuses where nothing is scheduled or under way, so it may be repeated.
func (h *house) pauseBroadcast(ctx context.Context, number, name string) (*broadcastChange, error) {
	affected, err := h.store.PauseBroadcast(ctx, number, name, h.now())
	if err != nil {
		return nil, err
	}
	return h.changed(ctx, number, name, "scheduled or under way", affected, false)
}

// cancelBroadcast cancels every occurrence of a broadcast that is not over, and its schedule: nobody else gets it. It
// refuses where there is none, so it may be repeated.
func (h *house) cancelBroadcast(ctx context.Context, number, name string) (*broadcastChange, error) {
	affected, err := h.store.CancelBroadcast(ctx, number, name, h.now())
	if err != nil {
		return nil, err
	}
	return h.changed(ctx, number, name, "scheduled, late or under way", affected, false)
}

// releaseBroadcast sends what came due while the bot could not send. It refuses where nothing is late, so it may be
// repeated.
func (h *house) releaseBroadcast(ctx context.Context, number, name string) (*broadcastChange, error) {
	affected, err := h.store.ReleaseBroadcast(ctx, number, name, h.now())
	if err != nil {
		return nil, err
	}
	return h.changed(ctx, number, name, "late", affected, true)
}

// resumeBroadcast lets what is paused go on. late: also where its time has passed, which pausedOccurrences tells; without
// it, it refuses that. It refuses where nothing is paused, so it may be repeated.
func (h *house) resumeBroadcast(ctx context.Context, number, name string, late bool) (*broadcastChange, error) {
	paused, err := h.pausedOccurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	for _, o := range paused {
		if o.IsLate && !late {
			return nil, refuse("%s (number %d) was due %s: its time has passed since you looked; "+
				"look at it again with `optinbot broadcast status %s`", name, o.ID, o.Due, name)
		}
	}
	next, err := h.nextFiring(ctx, number, name)
	if err != nil {
		return nil, err
	}
	affected, err := h.store.ResumeBroadcast(ctx, number, name, next, h.now())
	if err != nil {
		return nil, err
	}
	return h.changed(ctx, number, name, "paused", affected, true)
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

// A pausedOccurrence is an occurrence that is paused, as one has to know it before it is resumed.
type pausedOccurrence struct {
	ID      int64
	Note    string
	ByGuard bool // the guard paused it, because of Note

	// It has not begun, and would not start by itself any more. The others are known only then.
	IsLate bool
	Due    string        // when it was due, for people
	Ago    time.Duration // how long ago
	People int           // to how many it would go out now
}

// pausedOccurrences returns what resumeBroadcast would resume. It changes nothing.
func (h *house) pausedOccurrences(ctx context.Context, number, name string) (paused []pausedOccurrence, err error) {
	occurrences, err := h.store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	for _, o := range occurrences {
		if o.Status != bot.OccurrencePaused {
			continue
		}
		p, err := h.pausedOccurrence(ctx, o)
		if err != nil {
			return nil, err
		}
		paused = append(paused, p)
	}
	return paused, nil
}

func (h *house) pausedOccurrence(ctx context.Context, o bot.Occurrence) (p pausedOccurrence, err error) {
	guard, err := h.guardOf(ctx, o)
	if err != nil {
		return p, err
	}
	p = pausedOccurrence{ID: o.ID, Note: o.Note, ByGuard: guard.pausedBy(o) == bot.GuardPaused}
	limits, now := h.limits[o.Number], h.now()
	if p.IsLate = o.PlannedAt.IsZero() && now.After(o.LateAt(limits)); p.IsLate {
		p.Due, p.Ago = dueText(o, limits.Zone), now.Sub(o.DueAt)
		p.People, err = h.peopleOf(ctx, o)
	}
	return p, err
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

// changed is the answer to an act. It refuses where nothing was changed: nothing is as it has to be for the act, which
// from says. goesOut: the act lets it go out.
func (h *house) changed(
	ctx context.Context, number, name, from string, affected store.Affected, goesOut bool,
) (*broadcastChange, error) {
	if !affected.Schedule && len(affected.Occurrences) == 0 {
		return nil, refuse("nothing of broadcast %q is %s%s", name, from, h.stands(ctx, number, name))
	}
	change := &broadcastChange{Schedule: affected.Schedule}
	for _, o := range affected.Occurrences {
		c := changedOccurrence{ID: o.ID}
		if goesOut {
			c.Goes, _ = h.outlook(ctx, o) // `run` says so where it does not fit today's flow
		}
		change.Occurrences = append(change.Occurrences, c)
	}
	return change, nil
}

// outlook says when an occurrence that is resumed or released goes out, and to how many.
func (h *house) outlook(ctx context.Context, o bot.Occurrence) (*outlook, error) {
	out := &outlook{Begun: !o.PlannedAt.IsZero()}
	if !out.Begun {
		if o.DueAt.After(h.now()) || o.Wall != "" {
			out.Due = dueText(o, h.limits[o.Number].Zone)
		}
		n, err := h.peopleOf(ctx, o)
		if err != nil {
			return nil, err
		}
		out.People = n
		return out, nil
	}
	funnel, err := h.store.Funnel(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range funnel {
		if c.Status == bot.DeliveryPlanned || c.Status == bot.DeliveryHeld {
			out.People += c.People
		}
	}
	return out, nil
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
