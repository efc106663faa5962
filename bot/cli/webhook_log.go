package cli

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"optinbot/bot/text"
)

// WebhookLogCmd is `webhook log`.
type WebhookLogCmd struct {
	AsJSON
	ID    int64 `arg:"" optional:"" help:"The webhook, by its number in 'webhook list' (default: all of them)."`
	Limit *uint `help:"At most so many; 0: all that are kept, 200 of each (default: as many as fit the terminal; all in a pipe and with --json)." placeholder:"N"`
}

func (WebhookLogCmd) Example() string {
	return "optinbot webhook log\noptinbot webhook log 1 --limit 50"
}

// Run shows the last attempts, the newest first.
func (c WebhookLogCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	p, most := a.page(), 0
	switch {
	case c.Limit != nil:
		most = int(*c.Limit)
	case p.rows > 0 && !c.JSON:
		most = max(p.rows-aroundTheList, 1)
	}
	log, err := d.WebhookLog(ctx, c.ID, most)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, log)
	}
	if len(log) == 0 {
		p.say("Nothing was tried yet.")
		return nil
	}
	zone := d.ShopZone()
	columns := []column{{head: "WHEN"}, {head: "ID"}, {head: "NUMBER", gives: 3}, {head: "SEQ"}, {head: "TYPE"},
		{head: "TOOK", gives: 3}, {head: "OUTCOME", least: 12, gives: 2}, {head: "ANSWER", least: 8, gives: 1}}
	var rows [][]string
	for _, at := range log {
		rows = append(rows, []string{text.When(at.At, zone), fmt.Sprint(at.Webhook), at.Number, fmt.Sprint(at.Seq),
			string(at.Type), text.Duration(time.Duration(at.TookMS) * time.Millisecond),
			answered(at.Status, at.Failed), cmp.Or(text.Fit(text.Line(at.Answer), 40), "-")})
	}
	return p.table(columns, rows)
}
