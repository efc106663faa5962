package cli

import (
	"context"
	"strings"

	"optinbot/bot/desk"
	"optinbot/bot/text"
)

// WebhookAddCmd is `webhook add`.
type WebhookAddCmd struct {
	AsJSON
	URL      string   `arg:"" help:"Where events are posted to: https://..."`
	Type     []string `help:"Only events of this type; several may be given (default: all but delivery)." placeholder:"TYPE" sep:"none"`
	Number   []string `help:"Only events of this number; several may be given (default: of all)." placeholder:"NAME" sep:"none"`
	Personal bool     `help:"Events name people by phone, LID and BSUID too. Without it only by the contact's ID."`
}

func (WebhookAddCmd) Example() string {
	return `optinbot webhook add https://crm.example.com/optinbot
optinbot webhook add https://crm.example.com/stops --type unsubscribed --personal`
}

// Run adds a receiver and shows its secret, this once.
func (c WebhookAddCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	added, err := d.AddWebhook(ctx, desk.WebhookToAdd{
		URL: c.URL, Types: commaSeparated(c.Type), Numbers: commaSeparated(c.Number), Personal: c.Personal,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, added)
	}
	p := a.page()
	p.say("Webhook %d is added. `optinbot run` tells it of what happens from now on. What it gets is signed with this "+
		"secret, which is shown this once:", added.ID)
	p.say("%s", added.Secret)
	p.say("`optinbot webhook test %d` posts a test; docs/webhooks.md says how the receiver checks the signature.", added.ID)
	return nil
}

// commaSeparated takes apart what was given with commas between. An empty one stays: a variable of a
// shell that is not set must not become "all of them".
func commaSeparated(given []string) (one []string) {
	for _, list := range given {
		one = append(one, strings.Split(list, ",")...)
	}
	return one
}

// WebhookRotateCmd is `webhook rotate`.
type WebhookRotateCmd struct {
	AsJSON
	ForWebhook
}

func (WebhookRotateCmd) Example() string { return "optinbot webhook rotate 1" }

// Run replaces a secret and shows the new one, this once.
func (c WebhookRotateCmd) Run(ctx context.Context, a *App) error {
	d, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	made, err := d.RotateWebhook(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.out, made)
	}
	p := a.page()
	p.say("Webhook %d has a new secret, which is shown this once:", made.ID)
	p.say("%s", made.Secret)
	p.say("The one before signs too until %s.", text.When(made.OldUntil, d.ShopZone()))
	return nil
}
