package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"

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
	s, err := d.BroadcastStatus(ctx, n, c.Name, c.Occurrence)
	switch {
	case err != nil:
		return err
	case s.Coming != nil && c.JSON:
		return printJSON(a.out, s.Coming)
	case s.Coming != nil:
		printSchedules(a.page(), []desk.ScheduleView{s.Coming.Schedule})
		return nil
	case c.Watch:
		last := ""
		return d.WatchBroadcast(ctx, n, s.ID, c.Name, func(p *desk.Progress) (err error) {
			last, err = showProgress(a, p, last, c.JSON)
			return err
		})
	case c.JSON:
		return printJSON(a.out, s.Progress)
	}
	printProgress(a.page(), s.Progress)
	printStrangeNames(a.pageOn(a.err), s.Broadcast, s.Strange)
	return nil
}

func printProgress(w *page, p *desk.Progress) {
	w.after("", "  ", fmt.Sprintf("%s (number %d): %s%s, due %s", w.bold(p.Broadcast), p.ID, p.Status,
		text.Brackets(text.Line(p.PausedBecause())), p.Due(p.Location)))
	if p.Schedule != nil {
		w.below("  ", "recurring, %s", p.Schedule.Says)
	}
	printBar(w, p)
	for _, c := range p.People {
		says := string(c.Status)
		if c.Reason != "" {
			says += fmt.Sprintf(", %s: %s", c.Reason, c.Reason.Info().Says)
		}
		w.below(fmt.Sprintf("  %6d ", c.People), "%s", says)
	}
	for _, v := range p.Variants {
		w.below(fmt.Sprintf("  variant %d: ", v.Variant), "%s", w.unbroken(outcome(v)))
	}
	for _, v := range p.Hours {
		w.below(fmt.Sprintf("  %s: ", v.Hour.In(p.Location).Format("2006-01-02 15:04")), "%s",
			w.unbroken(outcome(v)))
	}
	if says := leftLine(p); says != "" {
		w.below("  ", "%s", says)
	}
	if c := p.Cost; c != nil {
		printCost(w, c, chargedLine(c))
	}
	w.below("  guard: ", "%s", guardLine(p))
}

// chargedLine says how many messages WhatsApp has charged for.
func chargedLine(c *desk.Cost) string {
	return fmt.Sprintf("WhatsApp has charged for %d of %d that arrived, which is", c.Paid(), c.Messages)
}

// barColumns is how long the bar is at most.
const barColumns = 40

// printBar draws on a terminal how far an occurrence is.
func printBar(w *page, p *desk.Progress) {
	if w.columns == 0 || p.Of == 0 {
		return
	}
	length := min(barColumns, max(w.columns/2, 4))
	done := length * p.Sent / p.Of
	w.below("  ", "%s%s  %s", w.green(strings.Repeat("█", done)), strings.Repeat("░", length-done), sentLine(p))
}

// sentLine says how many have it, and how fast it goes.
func sentLine(p *desk.Progress) string {
	says := fmt.Sprintf("%d of %d sent", p.Sent, p.Of)
	if p.Rate > 0 {
		says += fmt.Sprintf(", %s a minute", figure(p.Rate))
	}
	return says
}

// figure is a number with two digits as people write it: 0.35, 1.7, 12, and 120 rather than 1.2e+02.
func figure(n float64) string {
	if n >= 10 {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.2g", n)
}

// leftLine says who has not got it, and when it is done: at the number's pace as `broadcast preview`
// says, and later for those who wait for something of their own. It is "" where nobody is left.
func leftLine(p *desk.Progress) string {
	if p.DoneAbout.IsZero() {
		return ""
	}
	says := fmt.Sprintf("%d left, done about %s", p.ToGo, text.When(p.DoneAbout, p.Location))
	if p.NotTime > 0 {
		says += fmt.Sprintf(", of whom %d will NOT be reached before it expires", p.NotTime)
	}
	if latest := p.Latest(); !latest.IsZero() {
		says += fmt.Sprintf("; who waits for something else may get it until %s", text.When(latest, p.Location))
	}
	return says
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
	says := fmt.Sprintf("%s, %d of %d reacted badly, complaint risk %s (pauses at %.0f)",
		g.Level.String(), g.Figures.People, g.Figures.Sent, figure(g.Odds), p.Odds)
	if g.Wait != "" {
		says += fmt.Sprintf("; %s%s", g.Wait, text.Until(g.Until, p.Location))
	}
	return says
}

// progressLine is one line for a pipe.
func progressLine(p *desk.Progress) string {
	parts := []string{string(p.Status) + text.Brackets(string(p.Reason)), p.Counts(), "guard " +
		p.Guard.Level.String()}
	if p.Guard.Wait != "" {
		parts = append(parts, "waits"+text.Until(p.Guard.Until, p.Location))
	}
	if p.Of > 0 {
		parts = append(parts, sentLine(p))
	}
	if c := p.Cost; c != nil && c.Unknown == "" && c.Messages > 0 {
		parts = append(parts, "cost "+c.Sum+" "+c.Currency)
	}
	if !p.DoneAbout.IsZero() {
		parts = append(parts, "done about "+text.When(p.DoneAbout, p.Location))
	}
	return fmt.Sprintf("%s %s", p.Broadcast, strings.Join(parts, "; "))
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
