package api

import (
	"context"
	"net/http"

	"optinbot/bot/desk"
)

// AboutWebhook is what is asked for about a receiver of webhooks.
type AboutWebhook struct {
	Webhook int64 `path:"webhook" minimum:"1" doc:"Its ID."`
}

// webhooks are the receivers that are told of what happens.
func (a *API) webhooks() {
	const tag, all, one = "webhooks", "/webhooks", "/webhooks/{webhook}"
	does(a, operation{tag: tag, method: "GET", path: all, id: "list-webhooks",
		summary: "The receivers, and how they are doing."},
		func(ctx context.Context, _ *struct{}) ([]desk.WebhookView, error) { return a.Desk.ListWebhooks(ctx) })
	does(a, operation{tag: tag, method: "POST", path: all, id: "add-webhook", status: http.StatusCreated, secret: true,
		summary: "Add a receiver. The answer has the secret that signs what it gets, this once."},
		func(ctx context.Context, in *struct {
			Body struct {
				URL      string   `json:"url" minLength:"1" maxLength:"2000" doc:"Where events are posted to: https://..."`
				Types    []string `json:"types,omitempty" nullable:"false" maxItems:"50" doc:"Only events of these types. All but delivery where there is none."`
				Numbers  []string `json:"numbers,omitempty" nullable:"false" maxItems:"100" doc:"Only events of these numbers. Of all where there is none."`
				Personal bool     `json:"personal,omitempty" doc:"Events name people by phone, LID and BSUID too. Without it only by the contact's ID."`
			}
		}) (desk.WebhookSecret, error) {
			b := in.Body
			return a.Desk.AddWebhook(ctx, desk.WebhookToAdd{URL: b.URL, Types: b.Types, Numbers: b.Numbers, Personal: b.Personal})
		})
	does(a, operation{tag: tag, method: "GET", path: one, id: "show-webhook", summary: "One receiver, and how it is doing."},
		func(ctx context.Context, in *AboutWebhook) (desk.WebhookView, error) {
			return a.Desk.Webhook(ctx, in.Webhook)
		})
	acts(a, operation{tag: tag, method: "DELETE", path: one, id: "remove-webhook",
		summary: "Remove a receiver, and what waits for it."},
		func(ctx context.Context, in *AboutWebhook) error { return a.Desk.RemoveWebhook(ctx, in.Webhook) })
	does(a, operation{tag: tag, method: "POST", path: one + "/rotate", id: "rotate-webhook", secret: true,
		summary: "Replace a secret. The answer has the new one, this once. For a day both sign."},
		func(ctx context.Context, in *AboutWebhook) (desk.WebhookSecret, error) {
			return a.Desk.RotateWebhook(ctx, in.Webhook)
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/enable", id: "enable-webhook",
		summary: "Switch a receiver on again. It goes on where it stood."},
		func(ctx context.Context, in *AboutWebhook) (desk.WebhookView, error) {
			return a.Desk.EnableWebhook(ctx, in.Webhook)
		})
	does(a, operation{tag: tag, method: "POST", path: one + "/test", id: "test-webhook",
		summary: "Post an event of the type test, once. The answer says what the receiver answered."},
		func(ctx context.Context, in *AboutWebhook) (desk.WebhookTest, error) {
			return a.Desk.TestWebhook(ctx, in.Webhook)
		})
	a.attempts(tag, all, one)
}

// attempts are the log of what was tried, and how events go out again.
func (a *API) attempts(tag, all, one string) {
	type Limited struct {
		Limit int `query:"limit" default:"50" minimum:"1" maximum:"1000" doc:"At most so many. 200 of each receiver are kept."`
	}
	does(a, operation{tag: tag, method: "GET", path: all + "/log", id: "list-attempts",
		summary: "The last attempts to reach any receiver, also those that were removed, the newest first."},
		func(ctx context.Context, in *Limited) ([]desk.WebhookAttempt, error) {
			return a.Desk.WebhookLog(ctx, 0, in.Limit)
		})
	does(a, operation{tag: tag, method: "GET", path: one + "/log", id: "list-webhook-attempts",
		summary: "The last attempts to reach a receiver, the newest first."},
		func(ctx context.Context, in *struct {
			AboutWebhook
			Limited
		}) ([]desk.WebhookAttempt, error) {
			return a.Desk.WebhookLog(ctx, in.Webhook, in.Limit)
		})
	type replayed struct {
		Events int `json:"events" doc:"So many go out again."`
	}
	does(a, operation{tag: tag, method: "POST", path: one + "/replay", id: "replay-webhook", status: http.StatusAccepted,
		summary: "Send events again: what was given up, or a range."},
		func(ctx context.Context, in *struct {
			AboutWebhook
			Body struct {
				Number string `json:"number,omitempty" maxLength:"100" doc:"Only events of this number. Without it: what was given up of all of them, or a range of the first that the webhook gets."`
				From   *int64 `json:"from,omitempty" doc:"The first event of a range, by its seq. Without it: all that were given up."`
				To     *int64 `json:"to,omitempty" doc:"The last one. Without it: only the first."`
			}
		}) (replayed, error) {
			b := in.Body
			n, err := a.Desk.ReplayWebhook(ctx, in.Webhook, desk.WebhookReplay{Number: b.Number, From: b.From, To: b.To})
			return replayed{n}, err
		})
}
