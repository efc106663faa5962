package web

import (
	"slices"
	"strconv"
	"strings"

	"optinbot/bot"
	"optinbot/bot/desk"
)

// webhooks is which programs are told of what happens, and how each of them is doing.
func (s *Server) webhooks() screen {
	return screen{
		path: "/webhooks", name: "webhooks", area: "webhooks", show: showWebhooks,
		acts: map[string]func(*visit) (string, error){"add": addWebhook},
	}
}

// A webhooksView is all receivers, and the last attempts to reach any of them.
type webhooksView struct {
	Webhooks []desk.WebhookView
	Types    []bot.EventType
	Log      []desk.WebhookAttempt // also of those that were removed
}

// How many of the last attempts a screen has: of all receivers, and of one.
const (
	attemptsOfAll = 20
	attemptsOfOne = 50
)

func showWebhooks(v *visit) (any, error) {
	view := &webhooksView{Types: bot.EventTypes()}
	var err error
	if view.Webhooks, err = v.Desk.ListWebhooks(v); err != nil {
		return nil, err
	}
	view.Log, err = v.Desk.WebhookLog(v, 0, attemptsOfAll)
	return view, err
}

// Asked reports whether a receiver that is to be added asks for a type: as the form says, or else for
// what those get who choose nothing.
func (webhooksView) Asked(form map[string][]string, t bot.EventType) bool {
	if form["url"] == nil {
		return slices.Contains(desk.UsualEventTypes(), t)
	}
	for _, chosen := range form["type"] {
		if chosen == string(t) {
			return true
		}
	}
	return false
}

func addWebhook(v *visit) (string, error) {
	form := v.r.PostForm
	made, err := v.Desk.AddWebhook(v, desk.WebhookToAdd{
		URL: strings.TrimSpace(form.Get("url")), Types: form["type"], Numbers: form["of"], Personal: form.Get("personal") != "",
	})
	return v.once(made, err)
}

// webhook is one receiver: how it is doing, and what was tried.
func (s *Server) webhook() screen {
	return screen{path: "/webhooks/{id}", name: "webhook", area: "webhooks", show: showWebhook}
}

// A webhookView is one receiver, with what was tried.
type webhookView struct {
	desk.WebhookView
	Log  []desk.WebhookAttempt
	More bool // there are older ones
}

func showWebhook(v *visit) (any, error) {
	id, err := v.webhookID()
	if err != nil {
		return nil, err
	}
	view := &webhookView{}
	if view.WebhookView, err = v.Desk.Webhook(v, id); err != nil {
		return nil, err
	}
	if v.r.URL.Query().Has("all") {
		view.Log, err = v.Desk.WebhookLog(v, id, 0)
		return view, err
	}
	if view.Log, err = v.Desk.WebhookLog(v, id, attemptsOfOne+1); len(view.Log) > attemptsOfOne {
		view.Log, view.More = view.Log[:attemptsOfOne], true
	}
	return view, err
}

// webhookID is the receiver that the address names.
func (v *visit) webhookID() (int64, error) {
	id, err := strconv.ParseInt(v.r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, desk.ErrNotFound
	}
	return id, nil
}

// webhookAct asks before something is done to a receiver. Each act has an address of its own.
func (s *Server) webhookAct() screen {
	return screen{
		path: "/webhooks/{id}/{act}", name: "webhook_act", area: "webhooks", show: showWebhookAct,
		acts: map[string]func(*visit) (string, error){"": doWebhookAct},
	}
}

// A webhookActView is what there is to know before something is done to a receiver.
type webhookActView struct {
	desk.WebhookView
	Act     string
	Numbers []string // those of which it gets events
}

// webhookActs are what may be done to a receiver.
var webhookActs = map[string]func(*visit, int64) (string, error){
	"test": func(v *visit, id int64) (string, error) {
		found, err := v.Desk.TestWebhook(v, id)
		return v.once(found, err)
	},
	"rotate": func(v *visit, id int64) (string, error) {
		made, err := v.Desk.RotateWebhook(v, id)
		return v.once(made, err)
	},
	"replay": replayWebhook,
	"enable": func(v *visit, id int64) (string, error) {
		_, err := v.Desk.EnableWebhook(v, id)
		return done("/webhooks/"+v.r.PathValue("id"), "webhook_enabled"), err
	},
	"remove": func(v *visit, id int64) (string, error) {
		return done("/webhooks", "webhook_removed"), v.Desk.RemoveWebhook(v, id)
	},
}

func showWebhookAct(v *visit) (any, error) {
	id, err := v.webhookID()
	if err != nil {
		return nil, err
	}
	view := &webhookActView{Act: v.r.PathValue("act")}
	if _, ok := webhookActs[view.Act]; !ok {
		return nil, desk.ErrNotFound
	}
	if view.WebhookView, err = v.Desk.Webhook(v, id); err != nil {
		return nil, err
	}
	if view.Numbers = view.WebhookView.Numbers; len(view.Numbers) == 0 {
		view.Numbers = v.numbers()
	}
	return view, nil
}

func doWebhookAct(v *visit) (string, error) {
	id, err := v.webhookID()
	act, ok := webhookActs[v.r.PathValue("act")]
	if err != nil || !ok {
		return "", desk.ErrNotFound
	}
	return act(v, id)
}

// replayWebhook lets events go out again: what was given up, or a range.
func replayWebhook(v *visit, id int64) (string, error) {
	form := v.r.PostForm
	asked := desk.WebhookReplay{Number: form.Get("of")}
	for field, seq := range map[string]**int64{"from": &asked.From, "to": &asked.To} {
		typed := strings.TrimSpace(form.Get(field))
		if typed == "" {
			continue
		}
		n, err := strconv.ParseInt(typed, 10, 64)
		if err != nil {
			return "", inWords(v.lang.say("webhook.seq_how"))
		}
		*seq = &n
	}
	n, err := v.Desk.ReplayWebhook(v, id, asked)
	return v.once(v.lang.count("webhook.replayed", n), err)
}
