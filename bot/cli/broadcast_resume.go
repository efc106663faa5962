package cli

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// BroadcastResumeCmd is `broadcast resume`.
type BroadcastResumeCmd struct {
	ForNumber
	Confirmed
	Name string `arg:"" help:"The broadcast."`
}

func (BroadcastResumeCmd) Example() string { return "optinbot broadcast resume weekend-offer" }

// Run resumes what is paused. It asks first where that would send what is late.
func (c BroadcastResumeCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	paused, err := d.PausedOccurrences(ctx, n.Name, c.Name)
	if err != nil {
		return err
	}
	late, err := c.askResume(ctx, a, paused)
	if err != nil {
		return err
	}
	change, err := d.ResumeBroadcast(ctx, n.Name, c.Name, late)
	if err != nil {
		return err
	}
	printChange(a.out, c.Name, "resumed", change)
	return nil
}

// askResume reminds of why the guard paused what is about to be resumed, and asks about what is
// late. It reports whether something is.
func (c BroadcastResumeCmd) askResume(
	ctx context.Context, a *App, paused []desk.PausedOccurrence,
) (late bool, err error) {
	for _, o := range paused {
		if o.ByGuard {
			a.page().say("The guard had paused it: %s. It goes on with a few people first, and the guard "+
				"counts from here.", o.Note)
		}
	}
	for _, o := range paused {
		if !o.IsLate {
			continue
		}
		a.page().say("%s (number %d) was due %s, %s ago, and would go out now to %s. `broadcast cancel %s` "+
			"drops it.",
			c.Name, o.ID, o.Due, text.Ago(o.Ago), text.People(o.People), c.Name)
		if err := c.confirm(ctx, a, "Send it now, though its time has passed?"); err != nil {
			return false, err
		}
		late = true
	}
	return late, nil
}
