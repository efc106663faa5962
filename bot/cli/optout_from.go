package cli

import (
	"context"
	"errors"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// list records the opt-outs of a file, as far as it can, and reports how far that is.
func (c OptoutCmd) list(ctx context.Context, a *App, reason string) error {
	d, n, err := a.openNumber(ctx, c.Number)
	if err != nil {
		return err
	}
	defer d.Close()
	s, err := a.readSheet(ctx, d, n.Name, c.From)
	if err != nil {
		return err
	}
	report, err := d.OptOutSheet(ctx, n.Name, s, c.Column, reason, a.tell)
	if report == nil {
		return err
	}
	if c.JSON {
		err = errors.Join(err, printJSON(a.out, report))
	} else {
		printListed(a.page(), report, s.Name)
	}
	if err == nil && report.Failed() {
		return errSilent
	}
	return err
}

func printListed(p *page, r *desk.OptOutReport, name string) {
	p.say("%s: %s unsubscribed, %s of nobody who has written (should they ever, they start as unsubscribed), "+
		"%d already out, %d refused.", text.Plural(r.Lines, "line", "lines"), text.People(r.Out),
		text.Plural(r.Stranger, "phone", "phones"), r.Already, len(r.Refused))
	if r.Out > 0 {
		p.say("Nothing that was waiting for them will be sent, and no goodbye either.")
	}
	printRefused(p, &r.SheetReport, name)
	printToAsk(p, r.ToAsk)
}
