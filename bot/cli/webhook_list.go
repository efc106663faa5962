package cli

import "context"

// WebhookListCmd is `webhook list`.
type WebhookListCmd struct{ AsJSON }

func (WebhookListCmd) Example() string { return "optinbot webhook list\noptinbot webhook list --json" }

// Run lists the receivers.
func (c WebhookListCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	list, err := d.ListWebhooks(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, list)
	}
	p := a.page()
	if len(list) == 0 {
		p.say("No webhook. `optinbot webhook add URL` adds one.")
		return nil
	}
	return printWebhooks(p, list, d.ShopZone())
}
