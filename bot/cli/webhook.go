package cli

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/text"
	"optinbot/bot/web/metrics"
	"optinbot/bot/webhook"
	"optinbot/store"
)

// WebhookCmd is `webhook`.
type WebhookCmd struct {
	Add    WebhookAddCmd    `cmd:"" help:"Add a receiver, and show the secret that signs what it gets."`
	List   WebhookListCmd   `cmd:"" help:"List the receivers, and how they are doing."`
	Test   WebhookTestCmd   `cmd:"" help:"Post a test to a receiver, and show what it answers."`
	Log    WebhookLogCmd    `cmd:"" help:"Show the last attempts."`
	Replay WebhookReplayCmd `cmd:"" help:"Send events again: what was given up, or a range."`
	Rotate WebhookRotateCmd `cmd:"" help:"Replace a secret. For a day both sign."`
	Enable WebhookEnableCmd `cmd:"" help:"Switch a receiver on again."`
	Remove WebhookRemoveCmd `cmd:"" help:"Remove a receiver, and what waits for it."`
}

// ForWebhook is embedded in verbs about one receiver.
type ForWebhook struct {
	ID int64 `arg:"" help:"The webhook, by its number in 'webhook list'."`
}

// webhooks is what `run` tells programs outside with. Each attempt is counted.
func (a *App) webhooks(m *metrics.Metrics) func(context.Context, *store.Store) error {
	post := webhook.NewPoster(a.config.Webhooks.Prefixes(), a.now).Post
	return func(ctx context.Context, s *store.Store) error {
		return webhook.New(webhook.Options{
			Store: s, Post: countedPost(post, m), Now: a.now, Random: rand.Float64, Log: a.log,
		}).Run(ctx)
	}
}

// A webhookPost posts one event.
type webhookPost = func(ctx context.Context, e store.Endpoint, r webhook.Request) webhook.Answer

// countedPost counts how each attempt ends.
func countedPost(post webhookPost, m *metrics.Metrics) webhookPost {
	return func(ctx context.Context, e store.Endpoint, r webhook.Request) webhook.Answer {
		answer := post(ctx, e, r)
		m.Webhook(answer.Outcome())
		return answer
	}
}

// postWebhook posts once.
func (a *App) postWebhook(ctx context.Context, e store.Endpoint, id string, body []byte) desk.WebhookAnswer {
	answer := webhook.NewPoster(a.config.Webhooks.Prefixes(), a.now).Post(ctx, e, webhook.Request{ID: id, Body: body})
	return desk.WebhookAnswer{Status: answer.Status, Failed: answer.Failed, Answer: answer.Body, Took: answer.Took}
}

// webhookState says in a few words how a receiver is doing.
func webhookState(v desk.WebhookView) string {
	if v.OffWhy != "" {
		return string(v.State()) + ": " + text.Line(v.OffWhy)
	}
	return string(v.State())
}

// printWebhooks lists receivers.
func printWebhooks(p *page, list []desk.WebhookView, zone *time.Location) error {
	columns := []column{{head: "ID"}, {head: "URL", least: 20, gives: 1}, {head: "STATE", least: 8, gives: 2},
		{head: "WAITING"}, {head: "GIVEN UP"}, {head: "LAST DELIVERED", gives: 3}, {head: "EVENTS", least: 12, gives: 1}}
	var rows [][]string
	for _, v := range list {
		var types []string
		for _, t := range v.Types {
			types = append(types, string(t))
		}
		of := ""
		if len(v.Numbers) > 0 {
			of = " of " + strings.Join(v.Numbers, ", ")
		}
		if v.Personal {
			of += ", with phones"
		}
		last := "-"
		if !v.LastDelivered.IsZero() {
			last = text.When(v.LastDelivered, zone)
		}
		rows = append(rows, []string{fmt.Sprint(v.ID), text.Line(v.URL), webhookState(v), fmt.Sprint(v.Backlog()),
			fmt.Sprint(v.Dead), last, strings.Join(types, ", ") + of})
	}
	return p.table(columns, rows)
}

// answered says how an attempt ended.
func answered(status int, failed string) string {
	if failed == "" {
		return fmt.Sprintf("delivered (%d)", status)
	}
	return cmp.Or(text.Line(failed), "failed")
}
