package cli

import (
	"context"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// WebhookReplayCmd is `webhook replay`.
type WebhookReplayCmd struct {
	ForWebhook
	Number string `help:"Only events of this number. Without it: what was given up of all of them, or a range of the first that the webhook gets." placeholder:"NAME"`
	From   *int64 `help:"The first event of a range, by its seq. Without it: all that were given up." placeholder:"SEQ"`
	To     *int64 `help:"The last one. Without it: only the first." placeholder:"SEQ"`
}

func (WebhookReplayCmd) Example() string {
	return "optinbot webhook replay 1\noptinbot webhook replay 1 --from 120 --to 140"
}

// Run lets events go out again.
func (c WebhookReplayCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := d.ReplayWebhook(ctx, c.ID, desk.WebhookReplay{Number: c.Number, From: c.From, To: c.To})
	if err != nil {
		return err
	}
	a.page().say("%s will go out to webhook %d again, while `optinbot run` runs.", text.Plural(n, "event", "events"), c.ID)
	return nil
}

// WebhookEnableCmd is `webhook enable`.
type WebhookEnableCmd struct{ ForWebhook }

func (WebhookEnableCmd) Example() string { return "optinbot webhook enable 1" }

// Run switches a receiver on again.
func (c WebhookEnableCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	v, err := d.EnableWebhook(ctx, c.ID)
	if err != nil {
		return err
	}
	a.page().say("Webhook %d is on. What it has not got (%s) goes out now, while `optinbot run` runs.", v.ID,
		text.Plural(v.Backlog(), "event", "events"))
	return nil
}

// WebhookRemoveCmd is `webhook remove`.
type WebhookRemoveCmd struct {
	Confirmed
	ForWebhook
}

func (WebhookRemoveCmd) Example() string { return "optinbot webhook remove 1" }

// Run asks, and removes a receiver.
func (c WebhookRemoveCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	v, err := d.Webhook(ctx, c.ID)
	if err != nil {
		return err
	}
	if err := a.ask(ctx, c.Confirmed, v.RemovalQuestions()); err != nil {
		return err
	}
	if err := d.RemoveWebhook(ctx, c.ID); err != nil {
		return err
	}
	a.page().say("Webhook %d is removed.", c.ID)
	return nil
}
