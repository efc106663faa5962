package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
)

const receiver = "https://crm.example/hook"

// secrets are what a receiver signs with.
var secrets = regexp.MustCompile(`whsec_[A-Za-z0-9+/=&#;]+`)

// TestWebhooksOnThePage: an owner adds a receiver, sees the secret once, tests it, gives it a new
// secret, lets events go out again, and removes it.
func TestWebhooksOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"})
	s.get("/webhooks").is(http.StatusOK).says("No program is told of anything", "Nothing was tried yet")
	add := s.get("/webhooks").fields("/webhooks/add")
	add.Set("url", "http://crm.example/hook")
	add.Set("type", "unsubscribed")
	if said := s.post("/webhooks/add", add).is(http.StatusConflict).says("use https"); !strings.Contains(said.body, `value="http://crm.example/hook"`) {
		t.Errorf("what was typed is gone: %s", said.body)
	}
	add.Set("url", " "+receiver+" ")
	add.Set("of", "main")
	page := s.post("/webhooks/add", add).is(http.StatusOK).says("This is shown once")
	secret := secrets.FindString(page.body)
	if secret == "" {
		t.Fatalf("no secret is shown: %s", page.text())
	}
	if again := s.post("/webhooks/add", add).is(http.StatusOK); secrets.FindString(again.body) != secret { // pressed twice
		t.Errorf("a second press shows %q, want the secret of the first", secrets.FindString(again.body))
	}
	s.Plays("+2m")
	s.post("/webhooks/add", add).goesTo("/webhooks")
	s.get("/webhooks").says("One program is told", receiver, "on", "never").lacks(secret)
	s.get("/webhooks/1").says(receiver, "unsubscribed", "by the bot's own ID only").lacks("preference_changed", secret)

	s.Plays("Ana +447700900001 > I want promotions", "Ana > 2", "Ben +447700900002 > 2")
	answers := desk.WebhookAnswer{Status: 204}
	s.Desk.PostWebhook = func(context.Context, store.Endpoint, string, []byte) desk.WebhookAnswer { return answers }
	s.post("/webhooks/1/test", s.get("/webhooks/1/test").fields("/webhooks/1/test")).is(http.StatusOK).says("It answered 204")
	answers = desk.WebhookAnswer{Status: 500, Failed: "it answered 500", Answer: hostile + "\u202e"}
	s.post("/webhooks/1/test", nil).is(http.StatusOK).says("not delivered", "it answered 500", hostile).lacks(hostile, "\u202e")

	rotate := s.get("/webhooks/1/rotate").fields("/webhooks/1/rotate")
	rotated := s.post("/webhooks/1/rotate", rotate).is(http.StatusOK)
	made := secrets.FindString(rotated.body)
	if again := secrets.FindString(s.post("/webhooks/1/rotate", rotate).is(http.StatusOK).body); made == "" || made == secret || again != made {
		t.Errorf("the new secret is %q, and %q when its button is pressed twice", made, again)
	}
	rotated.says("This is shown once", "The one before signs too until tomorrow")
	s.post("/webhooks/1/rotate", nil).is(http.StatusConflict).says("within the last day").lacks("whsec_")

	s.post("/webhooks/1/remove", s.get("/webhooks/1/remove").says("would be dropped").fields("/webhooks/1/remove")).goesTo("/webhooks?done=webhook_removed")
	s.get("/webhooks/1").is(http.StatusNotFound)
	s.post("/webhooks/1/remove", nil).is(http.StatusNotFound)
	s.post("/webhooks/1/explode", nil).is(http.StatusNotFound)
	s.get("/webhooks/x/test").is(http.StatusNotFound)
}

// TestWhatWasTriedOnThePage: what a receiver answered is shown and harms nobody, and each event can be
// sent again.
func TestWhatWasTriedOnThePage(t *testing.T) {
	s := open(t, desktest.Setup{})
	added, err := s.AddWebhook(s.Ctx, desk.WebhookToAdd{URL: receiver + "?" + strings.Repeat("x", 200)})
	told(t, err)
	s.Plays("Ana +447700900001 > I want promotions", "Ben +447700900002 > 2")
	s.attempts(added.ID, store.AttemptRow{Seq: 1, Type: bot.EventSubscribed, Failed: "it answered 500", Status: 500, Answer: hostile})
	s.get("/webhooks/1").says("failing", "Nothing has arrived for", "it answered 500", hostile).lacks(hostile)
	s.get("/webhooks").says(hostile).lacks(hostile)

	again := s.get("/webhooks/1").body
	link := regexp.MustCompile(`/webhooks/1/replay\?[^"]*from=1"`).FindString(again)
	if link == "" {
		t.Fatalf("no event can be sent again: %s", again)
	}
	form := s.get("/webhooks/1/replay?of=main&from=1")
	if !strings.Contains(form.body, `name="from" inputmode="numeric" autocomplete="off" value="1"`) {
		t.Errorf("the event is not in the form: %s", form.body)
	}
	ask := func(from, to string) answer {
		fields := form.fields("/webhooks/1/replay")
		fields.Set("from", from)
		fields.Set("to", to)
		fields.Set("once", from+"-"+to)
		return s.post("/webhooks/1/replay", fields)
	}
	ask("", "").is(http.StatusConflict).says("nothing was given up")
	ask("one", "").is(http.StatusConflict).says("whole number")
	ask("", "2").is(http.StatusConflict).says("name the first event too")
	ask("0", "2").is(http.StatusConflict).says("a seq is at least 1")
	ask("90", "91").is(http.StatusConflict).says("there is no event from 90 to 91")
	told(t, s.Store.NoteSent(s.Ctx, store.Sent{Endpoint: added.ID, Cursors: map[string]int64{"main": 2}}))
	ask("1", "").is(http.StatusOK).says("One event goes out again")
	ask("1", "2").is(http.StatusOK).says("2 events go out again")

	told(t, s.Store.DisableEndpoint(s.Ctx, added.ID, "main", "it answered 410: "+hostile, "it is off", s.Desk.Now()))
	s.get("/webhooks/1").says("It has been off since", hostile).lacks(hostile)
	s.get("/webhooks").says("off")
	s.post("/webhooks/1/enable", s.get("/webhooks/1/enable").fields("/webhooks/1/enable")).goesTo("/webhooks/1?done=webhook_enabled")
	s.post("/webhooks/1/enable", nil).is(http.StatusConflict).says("webhook 1 is on")

	many := make([]store.AttemptRow, attemptsOfOne+5)
	for i := range many {
		many[i] = store.AttemptRow{Seq: 1, Type: bot.EventSubscribed, Status: 204, Took: time.Second}
	}
	many[0].Status, many[0].Failed = 418, "it answered 418"
	s.attempts(added.ID, many...)
	s.get("/webhooks/1").says("All that are kept").lacks("it answered 418")
	s.get("/webhooks/1?all").says("it answered 418", hostile).lacks("All that are kept")
}

// attempts are what a sender has tried.
func (s *site) attempts(endpoint int64, rows ...store.AttemptRow) {
	s.t.Helper()
	sent := store.Sent{Endpoint: endpoint}
	for _, row := range rows {
		row.Endpoint, row.Number, row.At = endpoint, "main", s.Desk.Now()
		sent.Attempts = append(sent.Attempts, row)
		if row.Failed != "" {
			sent.Failed, sent.Since = row.At, row.At
		}
	}
	told(s.t, s.Store.NoteSent(s.Ctx, sent))
}

// TestWebhooksAreForOwners: nobody else sees them, nor a way to them.
func TestWebhooksAreForOwners(t *testing.T) {
	s := open(t, desktest.Setup{})
	_, err := s.AddWebhook(s.Ctx, desk.WebhookToAdd{URL: receiver})
	told(t, err)
	s.get("/").says("Webhooks")
	s.people["ou"] = desk.Who{Name: "ou", Via: desk.ViaWeb, Role: desk.Owner, Fresh: true, Numbers: []string{"main"}}
	for _, who := range []string{"rui", "vera", "ou"} {
		s.ask(who, http.MethodGet, "/", nil).is(http.StatusOK).lacks(`href="/webhooks"`)
		for _, path := range []string{"/webhooks", "/webhooks/1", "/webhooks/1/rotate"} {
			s.ask(who, http.MethodGet, path, nil).is(http.StatusForbidden).lacks(receiver)
		}
		for _, path := range []string{"/webhooks/add", "/webhooks/1/test", "/webhooks/1/rotate", "/webhooks/1/replay", "/webhooks/1/enable", "/webhooks/1/remove"} {
			s.ask(who, http.MethodPost, path, url.Values{"url": {receiver + "2"}}).is(http.StatusForbidden)
		}
	}
	s.people["stale"] = desk.Who{Name: "stale", Via: desk.ViaWeb, Role: desk.Owner}
	form := url.Values{"url": {receiver + "2"}, "type": {"subscribed", "number"}}
	for _, path := range []string{"/webhooks/add", "/webhooks/1/rotate"} {
		asked := s.ask("stale", http.MethodPost, path, form).is(http.StatusForbidden).says("password").lacks("whsec_")
		if strings.Count(asked.body, `name="type"`) != 2 {
			t.Errorf("the form is not kept: %s", asked.body)
		}
	}
}

// TestBrowserWebhooks: the screens of webhooks, wide and narrow: axe finds nothing.
func TestBrowserWebhooks(t *testing.T) {
	s := open(t, desktest.Setup{})
	added, err := s.AddWebhook(s.Ctx, desk.WebhookToAdd{URL: receiver + "/" + strings.Repeat("long", 50)})
	told(t, err)
	s.attempts(added.ID, store.AttemptRow{Seq: 1, Type: bot.EventSubscribed, Failed: "it answered 500", Status: 500, Answer: strings.Repeat("no", 100)})
	told(t, s.Store.DisableEndpoint(s.Ctx, added.ID, "main", "nothing has arrived for five days", "it is off", s.Desk.Now()))
	pages := map[string]string{"webhooks": "/webhooks", "webhook": "/webhooks/1"}
	for act := range webhookActs {
		pages["webhook-"+act] = "/webhooks/1/" + act
	}
	s.looksAt(pages)
}

// TestAReceiverOfABackupIsSwitchedOnElsewhere: the page says so before anybody presses a button.
func TestAReceiverOfABackupIsSwitchedOnElsewhere(t *testing.T) {
	s := open(t, desktest.Setup{})
	_, err := s.AddWebhook(s.Ctx, desk.WebhookToAdd{URL: receiver})
	told(t, err)
	s.change("UPDATE endpoints SET off_at = 1, off_why = 'failed for 5 days'")
	s.get("/webhooks/1").says("failed for 5 days").lacks("optinbot webhook enable").says("Switch on…")
	s.change("UPDATE endpoints SET off_why = '" + store.OffByRestore + "'")
	s.get("/webhooks/1").says("optinbot webhook enable 1").lacks(`href="/webhooks/1/enable"`)
	s.get("/webhooks/1/enable").says("optinbot webhook enable 1")
}
