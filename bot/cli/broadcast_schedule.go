package cli

import (
	"context"
	"fmt"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// BroadcastScheduleCmd is `broadcast schedule`.
type BroadcastScheduleCmd struct {
	ForNumber
	AsJSON
	Confirmed
	Name  string `arg:"" help:"The draft."`
	Now   bool   `help:"Now, whatever the draft says."`
	Again bool   `help:"Even if the same draft is under way or has just gone out: everybody gets it twice."`
}

func (BroadcastScheduleCmd) Example() string {
	return "optinbot broadcast schedule weekend-offer\noptinbot broadcast schedule weekend-offer --now --yes"
}

// samplesAsked is how many texts are shown before the question.
const samplesAsked = 2

// Run shows the preview, asks, and schedules what the preview showed.
func (c BroadcastScheduleCmd) Run(ctx context.Context, a *App) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	p, err := d.Preview(ctx, n.Name, c.Name, desk.PreviewOptions{Now: c.Now, Samples: samplesAsked})
	if err != nil {
		return err
	}
	printWarnings(a.pageOn(a.err), p)
	if !c.JSON {
		printPreview(a.page(), p)
	}
	asked, o, err := p.Questions(desk.ScheduleOptions{Now: c.Now, Again: c.Again, Samples: samplesAsked})
	if err != nil {
		return err
	}
	if err := a.ask(ctx, c.Confirmed, asked); err != nil {
		return err
	}
	s, err := d.Schedule(ctx, n.Name, c.Name, o, p.Version)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, s)
	}
	as := fmt.Sprintf("as number %d: it goes out %s, to %s", s.ID, s.When, text.People(s.Plan.People))
	if s.Plan.Cron != "" {
		as = "again and again, first for " + s.When
	}
	a.page().say("\nScheduled %s. `optinbot broadcast status %s` shows how it goes.", as, c.Name)
	return nil
}
