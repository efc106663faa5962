package desk

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// A BroadcastChange is what an act on a broadcast has changed.
type BroadcastChange struct {
	// the schedule of a recurring broadcast
	Schedule bool `json:"schedule"`
	// at least one, unless the schedule was changed
	Occurrences []ChangedOccurrence `json:"occurrences"`
}

// A ChangedOccurrence is an occurrence that an act has changed.
type ChangedOccurrence struct {
	ID   int64    `json:"id"`
	Goes *Outlook `json:"goes,omitempty"` // when it goes out now. Nil where it does not, or does not fit today's flow
}

// An Outlook says when an occurrence goes out, and to how many people.
type Outlook struct {
	Begun  bool   `json:"begun"` // it goes on
	Due    string `json:"due"`   // when it goes out, for people. "" is now
	People int    `json:"people"`
}

// PauseBroadcast pauses every occurrence of a broadcast that is not over, and its schedule. At most
// the one message in flight still goes out. It refuses where nothing is scheduled or under way, so
// it may be repeated.
func (d *Desk) PauseBroadcast(ctx context.Context, number, name string) (change *BroadcastChange, err error) {
	ctx, end, err := d.begin(ctx, ActPauseBroadcast, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	affected, err := d.Store.PauseBroadcast(ctx, number, name, d.Now())
	if err != nil {
		return nil, err
	}
	return d.changed(ctx, number, name, "scheduled or under way", affected, false)
}

// CancelBroadcast cancels every occurrence of a broadcast that is not over, and its schedule:
// nobody else gets it. It refuses where there is none, so it may be repeated.
func (d *Desk) CancelBroadcast(ctx context.Context, number, name string) (change *BroadcastChange, err error) {
	ctx, end, err := d.begin(ctx, ActCancelBroadcast, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	affected, err := d.Store.CancelBroadcast(ctx, number, name, d.Now())
	if err != nil {
		return nil, err
	}
	return d.changed(ctx, number, name, notOver, affected, false)
}

// ReleaseBroadcast sends what came due while the bot could not send. It refuses where nothing is
// late, so it may be repeated.
func (d *Desk) ReleaseBroadcast(ctx context.Context, number, name string) (change *BroadcastChange, err error) {
	ctx, end, err := d.begin(ctx, ActReleaseBroadcast, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	affected, err := d.Store.ReleaseBroadcast(ctx, number, name, d.Now())
	if err != nil {
		return nil, err
	}
	return d.changed(ctx, number, name, isLate, affected, true)
}

// ResumeBroadcast lets what is paused go on. late: also where its time has passed, which
// OfferResume tells. Without it, it refuses that. It asks WhatsApp for the templates that something
// waits for, and refuses while one is not ready. It refuses where nothing is paused, so it may be
// repeated.
func (d *Desk) ResumeBroadcast(
	ctx context.Context, number, name string, late bool,
) (change *BroadcastChange, err error) {
	ctx, end, err := d.begin(ctx, ActResumeBroadcast, number)
	if err != nil {
		return nil, err
	}
	defer func() { end(err) }()
	paused, err := d.paused(ctx, number, name)
	if err != nil {
		return nil, err
	}
	for _, o := range paused {
		if o.IsLate && !late {
			return nil, Refuse("%s (number %d) was due %s: its time has passed since you looked; "+
				"look at it again with `optinbot broadcast status %s`", name, o.ID, o.Due, name)
		}
	}
	if err := d.mayGoOn(ctx, number, name); err != nil {
		return nil, err
	}
	next, err := d.nextFiring(ctx, number, name)
	if err != nil {
		return nil, err
	}
	affected, err := d.Store.ResumeBroadcast(ctx, number, name, next, d.Now())
	if err != nil {
		return nil, err
	}
	return d.changed(ctx, number, name, "paused", affected, true)
}

// mayGoOn refuses where something of a broadcast waits for a template that is not ready.
func (d *Desk) mayGoOn(ctx context.Context, number, name string) error {
	occurrences, err := d.Store.Occurrences(ctx, number, name)
	if err != nil {
		return err
	}
	for _, o := range occurrences {
		if o.Status == bot.OccurrencePaused {
			if err := d.resumable(store.Unrecorded(ctx), o); err != nil {
				return err
			}
		}
	}
	return nil
}

// nextFiring is when a recurring broadcast goes out next if it is armed again. Zero: never. What
// fell into a pause is over.
func (d *Desk) nextFiring(ctx context.Context, number, name string) (next time.Time, err error) {
	list, err := d.Store.Schedules(ctx, number, name)
	if err != nil || len(list) == 0 {
		return next, err
	}
	firings, err := d.coming(ctx, list[0], 1)
	if err == nil && len(firings) > 0 {
		next = firings[0].At
	}
	return next, err
}

// A ResumeOffer is what ResumeBroadcast would resume, and what has to be known and answered first.
type ResumeOffer struct {
	Paused    []PausedOccurrence `json:"paused"`
	Reminds   []string           `json:"reminds"` // of why the guard has paused it
	Questions []Question         `json:"-"`       // to be answered with yes
	Late      bool               `json:"late"`    // something is late, so that ResumeBroadcast has to be told so
}

// A PausedOccurrence is an occurrence that is paused, as one has to know it before it is resumed.
type PausedOccurrence struct {
	ID      int64  `json:"id"`
	Note    string `json:"note"`
	ByGuard bool   `json:"by_guard"` // the guard paused it, because of Note

	// It has not begun, and would not start by itself any more. The others are known only then.
	IsLate bool          `json:"late"`
	Due    string        `json:"due"`    // when it was due, for people
	Ago    time.Duration `json:"-"`      // how long ago
	People int           `json:"people"` // to how many it would go out now
}

// OfferResume returns what ResumeBroadcast would resume. It changes nothing, and may be repeated.
func (d *Desk) OfferResume(ctx context.Context, number, name string) (o ResumeOffer, err error) {
	if o.Paused, err = d.paused(ctx, number, name); err != nil {
		return o, err
	}
	for _, p := range o.Paused {
		if p.ByGuard {
			o.Reminds = append(o.Reminds, fmt.Sprintf("The guard had paused it: %s. It goes on with a few people first, "+
				"and the guard counts from here.", p.Note))
		}
		if p.Note == string(bot.TemplateNotReady) {
			o.Reminds = append(o.Reminds, "A template was not ready. WhatsApp is asked again, and while one is not ready it stays paused.")
		}
		if p.IsLate {
			o.Late = true
			o.Questions = append(o.Questions, Question{
				Before: fmt.Sprintf("%s (number %d) was due %s, %s ago, and would go out now to %s. "+
					"`broadcast cancel %s` drops it.", name, p.ID, p.Due, text.Ago(p.Ago), text.People(p.People), name),
				Asks: asksLate,
			})
		}
	}
	return o, nil
}

// paused are the paused occurrences of a broadcast.
func (d *Desk) paused(ctx context.Context, number, name string) (paused []PausedOccurrence, err error) {
	if err := d.mayRead(ctx, number); err != nil {
		return nil, err
	}
	occurrences, err := d.Store.Occurrences(ctx, number, name)
	if err != nil {
		return nil, err
	}
	for _, o := range occurrences {
		if o.Status != bot.OccurrencePaused {
			continue
		}
		p, err := d.pausedOccurrence(ctx, o)
		if err != nil {
			return nil, err
		}
		paused = append(paused, p)
	}
	return paused, nil
}

func (d *Desk) pausedOccurrence(ctx context.Context, o bot.Occurrence) (p PausedOccurrence, err error) {
	guard, err := d.GuardOf(ctx, o)
	if err != nil {
		return p, err
	}
	p = PausedOccurrence{ID: o.ID, Note: o.Note, ByGuard: guard.pausedBy(o) == bot.GuardPaused}
	limits, now := d.limits[o.Number], d.Now()
	if p.IsLate = o.PlannedAt.IsZero() && now.After(o.LateAt(limits)); p.IsLate {
		p.Due, p.Ago = DueText(o, limits.Zone), now.Sub(o.DueAt)
		p.People, err = d.peopleOf(ctx, o)
	}
	return p, err
}

// peopleOf counts the subscribers who are in the audience of an occurrence now.
func (d *Desk) peopleOf(ctx context.Context, o bot.Occurrence) (n int, err error) {
	b, err := d.ArmedNow(o)
	if err != nil {
		return 0, err
	}
	_, err = d.Store.Audience(ctx, o.Number, b, d.Now(), func(*bot.Contact) error { n++; return nil })
	return n, err
}

// changed is the answer to an act. It refuses where nothing was changed: nothing is as it has to be
// for the act, which from says. goesOut: the act lets it go out.
func (d *Desk) changed(
	ctx context.Context, number, name, from string, affected store.Affected, goesOut bool,
) (*BroadcastChange, error) {
	if !affected.Schedule && len(affected.Occurrences) == 0 {
		return nil, d.nothingIs(ctx, number, name, from)
	}
	change := &BroadcastChange{Schedule: affected.Schedule}
	for _, o := range affected.Occurrences {
		c := ChangedOccurrence{ID: o.ID}
		if goesOut {
			c.Goes, _ = d.outlook(ctx, o) // `run` says so where it does not fit today's flow
		}
		change.Occurrences = append(change.Occurrences, c)
	}
	return change, nil
}

// nothingIs refuses an act because nothing of a broadcast is as it has to be for it.
func (d *Desk) nothingIs(ctx context.Context, number, name, from string) error {
	return Refuse("nothing of broadcast %q is %s%s", name, from, d.stands(ctx, number, name))
}

// outlook says when an occurrence that is resumed or released goes out, and to how many.
func (d *Desk) outlook(ctx context.Context, o bot.Occurrence) (*Outlook, error) {
	out := &Outlook{Begun: !o.PlannedAt.IsZero()}
	if !out.Begun {
		if o.DueAt.After(d.Now()) || o.Wall != "" {
			out.Due = DueText(o, d.limits[o.Number].Zone)
		}
		n, err := d.peopleOf(ctx, o)
		if err != nil {
			return nil, err
		}
		out.People = n
		return out, nil
	}
	funnel, err := d.Store.Funnel(ctx, o.ID)
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
func (d *Desk) stands(ctx context.Context, number, name string) string {
	schedules, err := d.Schedules(ctx, number, name)
	if err == nil && len(schedules) > 0 {
		return fmt.Sprintf("; it is %s", schedules[0].Status)
	}
	o, err := d.Latest(ctx, number, name)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("; number %d is %s", o.ID, o.Status)
}
