package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/store"
)

// BroadcastStatusCmd is `broadcast status`.
type BroadcastStatusCmd struct {
	ForNumber
	AsJSON
	Name       string `arg:"" help:"The broadcast."`
	Occurrence int64  `help:"The number of an older occurrence, as in 'broadcast list' (default: the newest)." placeholder:"ID"`
	Watch      bool   `help:"Show it again whenever something changes, until it is over; in a pipe, a line for each change."`
}

func (BroadcastStatusCmd) Example() string {
	return "optinbot broadcast status weekend-offer\noptinbot broadcast status weekend-offer --watch"
}

// Run shows one occurrence in full.
func (c BroadcastStatusCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.Occurrence == 0 {
		if shown, err := onlyScheduled(ctx, a, d, n, c.Name, c.JSON); err != nil || shown {
			return err
		}
	}
	o, err := d.Occurrence(ctx, n.Name, c.Name, c.Occurrence)
	if err != nil {
		return err
	}
	if c.Watch {
		return watch(ctx, a, d, n, *o, c.JSON)
	}
	p, err := d.Progress(ctx, n, *o)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, p)
	}
	printProgress(a.page(), p)
	return warnOfArmedNames(ctx, a, d, *o)
}

// onlyScheduled shows a recurring broadcast that has not gone out yet.
func onlyScheduled(
	ctx context.Context, a *App, d *desk.Desk, n config.Number, name string, asJSON bool,
) (shown bool, err error) {
	occurrences, err := d.Store.Occurrences(ctx, n.Name, name)
	if err != nil || len(occurrences) > 0 {
		return false, err
	}
	schedules, err := d.Schedules(ctx, n.Name, name)
	if err != nil || len(schedules) == 0 {
		return false, err
	}
	if asJSON {
		return true, printJSON(a.out, map[string]any{"broadcast": name, "schedule": schedules[0]})
	}
	printSchedules(a.page(), schedules)
	return true, nil
}

func printProgress(w *page, p *desk.Progress) {
	w.after("", "  ", fmt.Sprintf("%s (number %d): %s%s, due %s", w.bold(p.Broadcast), p.ID, p.Status,
		text.Brackets(text.Line(pauseWhy(p))), dueOf(p.OccurrenceView, p.Location)))
	if p.Schedule != nil {
		w.below("  ", "recurring, %s", p.Schedule.Says)
	}
	for _, c := range p.People {
		says := string(c.Status)
		if c.Reason != "" {
			says += fmt.Sprintf(", %s: %s", c.Reason, c.Reason.Info().Says)
		}
		w.below(fmt.Sprintf("  %6d ", c.People), "%s", says)
	}
	for _, v := range p.Variants {
		w.below(fmt.Sprintf("  variant %d: ", v.Variant), "%s", outcome(v))
	}
	for _, v := range p.Hours {
		w.below(fmt.Sprintf("  %s: ", v.Hour.In(p.Location).Format("2006-01-02 15:04")), "%s", outcome(v))
	}
	if p.ToGo > 0 && !p.Over.IsZero() {
		says := fmt.Sprintf("%d left, done about %s", p.ToGo, text.When(p.Over, p.Location))
		if p.NotTime > 0 {
			says += fmt.Sprintf(", of whom %d will NOT be reached before it expires", p.NotTime)
		}
		w.below("  ", "%s", says)
	}
	w.below("  guard: ", "%s", guardLine(p))
}

// pauseWhy is the reason of a pause, and what there is to say about it.
func pauseWhy(p *desk.Progress) string {
	if p.Reason == "" || string(p.Reason) == p.Note {
		return p.Note
	}
	return string(p.Reason) + ": " + p.Note
}

// outcome says what became of what was sent.
func outcome(o store.Outcome) string {
	share := func(n int, what string) string {
		return fmt.Sprintf(", %d %s (%.0f %%)", n, what, 100*float64(n)/math.Max(1, float64(o.Sent)))
	}
	return fmt.Sprintf("%d sent", o.Sent) + share(o.Delivered, "delivered") + share(o.Read, "read") + share(o.Replied,
		"replied") + share(o.OptedOut, "opted out")
}

// guardLine says how the guard stands.
func guardLine(p *desk.Progress) string {
	g := p.Guard
	says := fmt.Sprintf("%s, %d of %d reacted badly, complaint risk %.2g (pauses at %.0f)",
		cmp.Or(string(g.Level), "calm"), g.Figures.People, g.Figures.Sent, g.Odds, p.Odds)
	if g.Wait != "" {
		says += fmt.Sprintf("; %s%s", g.Wait, text.Until(g.Until, p.Location))
	}
	return says
}

// progressLine is one line for a pipe.
func progressLine(p *desk.Progress) string {
	parts := []string{string(p.Status) + text.Brackets(string(p.Reason)), p.Counts(), "guard " +
		cmp.Or(string(p.Guard.Level), "calm")}
	if p.Guard.Wait != "" {
		parts = append(parts, "waits"+text.Until(p.Guard.Until, p.Location))
	}
	if !p.Over.IsZero() {
		parts = append(parts, "done about "+text.When(p.Over, p.Location))
	}
	return fmt.Sprintf("%s %s", p.Broadcast, strings.Join(parts, "; "))
}

// watch shows an occurrence whenever something about it changes, until it is over or the operator
// has seen enough.
func watch(ctx context.Context, a *App, d *desk.Desk, n config.Number, o bot.Occurrence, asJSON bool) error {
	w, err := d.Store.Watch(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	last := ""
	for {
		changed, err := w.Changed(ctx)
		if err != nil {
			return seenEnough(ctx, err)
		}
		if changed || last == "" {
			p, err := d.Again(ctx, n, o)
			if err != nil {
				return seenEnough(ctx, err)
			}
			if last, err = showProgress(a, p, last, asJSON); err != nil || p.Ended() {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// seenEnough is nil where the operator has ended it.
func seenEnough(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// showProgress prints what has changed since last: anew on a terminal, as one line in a pipe. It
// returns what it has shown.
func showProgress(a *App, p *desk.Progress, last string, asJSON bool) (string, error) {
	var now bytes.Buffer
	switch {
	case asJSON:
		if err := json.NewEncoder(text.JSON(&now)).Encode(p); err != nil {
			return "", err
		}
	case terminal(a.out):
		w := a.page()
		w.Writer = &now
		printProgress(w, p)
	default:
		fmt.Fprintln(&now, progressLine(p))
	}
	if now.String() == last {
		return last, nil
	}
	if !asJSON {
		if err := a.clear(); err != nil {
			return "", err
		}
	}
	_, err := a.out.Write(now.Bytes())
	return now.String(), err
}

// watchEvery is how often a watch looks whether anybody has written.
const watchEvery = 250 * time.Millisecond

// warnOfArmedNames says what the audience names that nobody has, of what is armed and has not
// begun.
func warnOfArmedNames(ctx context.Context, a *App, d *desk.Desk, o bot.Occurrence) error {
	if !o.PlannedAt.IsZero() || o.Status == bot.OccurrenceCancelled {
		return nil
	}
	b, err := d.ArmedNow(o)
	if err != nil {
		return nil // what does not fit today's flow is paused with a notice
	}
	strange, err := d.StrangeNames(ctx, o.Number, b)
	printStrangeNames(a.pageOn(a.err), o.Broadcast, strange)
	return err
}
