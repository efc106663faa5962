package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/web/metrics"
)

// asked is what a Prometheus server gets.
func asked(t *testing.T, m *metrics.Metrics) (code int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(text)
}

func says(t *testing.T, body string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+body, "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, body)
		}
	}
}

// TestMetrics: every name that alarms rest on is there, with its labels, in the form that
// Prometheus's own linter wants, and nothing about a person.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{})
	m := metrics.New(s.Figures, "v1", "w2", s.Now)
	const phone = "+12125550101"
	turn, err := s.Store.HandleMessage(t.Context(), "main", bot.Message{
		ID: "IN1", Kind: bot.KindText, Text: "I want promotions", Name: "Ana", At: s.Now(),
		Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}},
	}, s.Envs)
	if err != nil {
		t.Fatal(err)
	}
	m.Turned("main", turn, 20*time.Millisecond)
	left := bot.Turn{Effects: []bot.Effect{bot.Record{Entry: bot.Entry{Public: bot.Public{From: bot.Subscribed, To: bot.Unsubscribed}}}}}
	m.Turned("main", left, time.Second)
	m.Sent(bot.Claim{Number: "main", Kind: bot.SayBroadcast}, bot.SendResult{Status: bot.SendAccepted}, time.Second)
	m.Sent(bot.Claim{Number: "main", Kind: bot.SayReply}, bot.SendResult{Status: bot.SendAccepted}, time.Second)
	m.Webhook("delivered")
	m.Request("/n/{number}/people", 200)
	code, body := asked(t, m)
	if code != 200 {
		t.Fatal(code, body)
	}
	says(t, body,
		`optinbot_contacts{consent="subscribed",number="main"} 1`,
		`optinbot_contacts{consent="unsubscribed",number="main"} 0`,
		`optinbot_promotions_total{number="main",outcome="accepted"} 1`,
		`optinbot_opt_outs_total{number="main"} 1`,
		`optinbot_replies_total{number="main"} 1`,
		`optinbot_webhook_deliveries_total{outcome="delivered"} 1`,
		`optinbot_http_requests_total{code="200",route="/n/{number}/people"} 1`,
		`optinbot_turn_duration_seconds_count{number="main"} 2`,
		`optinbot_send_duration_seconds_count{number="main"} 2`,
		`optinbot_build_info{version="v1",whatsmeow="w2"} 1`,
		`optinbot_guard_level{level="calm",number="main"} 0`,
		`optinbot_guard_odds{number="main"} 0`,
	)
	for _, name := range []string{"number_connected{", "outbox_waiting{"} {
		if !strings.Contains(body, "\noptinbot_"+name) {
			t.Errorf("there is no %s", name)
		}
	}
	if strings.Contains(body, "Ana") || strings.Contains(body, "5550101") {
		t.Error("somebody is named in the figures")
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

// TestReadingIsKept: the database is read again after 15 seconds and no sooner, and an error is
// told.
func TestReadingIsKept(t *testing.T) {
	t.Parallel()
	now, reads, fails := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), 0, error(nil)
	m := metrics.New(func(context.Context) ([]desk.NumberFigures, error) {
		reads++
		f := desk.NumberFigures{RestrictedUntil: now.Add(time.Hour), Guards: []desk.GuardView{{Level: bot.GuardSlowed, Odds: 7}}}
		f.Name, f.Waiting, f.Holds = "main", reads, map[bot.Reason]int{bot.QuestionOpen: 3}
		f.Served, f.Status, f.BackedUp, f.PhoneAt = true, bot.NumberSynced, now, now
		return []desk.NumberFigures{f}, fails
	}, "v1", "w2", func() time.Time { return now })
	_, body := asked(t, m)
	says(t, body, `optinbot_outbox_waiting{number="main"} 1`, `optinbot_holds{number="main",reason="question_open"} 3`,
		`optinbot_number_connected{number="main"} 1`, `optinbot_guard_odds{number="main"} 7`,
		`optinbot_guard_level{level="slowed",number="main"} 1`, `optinbot_backup_timestamp_seconds{number="main"} 1.7724456e+09`,
		`optinbot_phone_seen_timestamp_seconds{number="main"} 1.7724456e+09`,
		`optinbot_number_restricted_until_timestamp_seconds{number="main"} 1.7724492e+09`)
	now = now.Add(14 * time.Second)
	_, body = asked(t, m)
	says(t, body, `optinbot_outbox_waiting{number="main"} 1`)
	now = now.Add(time.Second)
	_, body = asked(t, m)
	says(t, body, `optinbot_outbox_waiting{number="main"} 2`)
	now, fails = now.Add(time.Minute), errors.New("no")
	if code, body := asked(t, m); code != 500 {
		t.Error(code, body)
	}
}
