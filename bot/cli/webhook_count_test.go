package cli

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/web/metrics"
	"optinbot/bot/webhook"
	"optinbot/store"
)

// TestEveryAttemptOfAWebhookIsCounted: by how it ended.
func TestEveryAttemptOfAWebhookIsCounted(t *testing.T) {
	t.Parallel()
	none := func(context.Context) ([]desk.NumberFigures, error) { return nil, nil }
	m := metrics.New(none, "v1", "w1", time.Now)
	answers := []webhook.Answer{{Status: 204}, {Status: 500, Failed: "it answered 500"}, {Failed: "no answer"}}
	post := countedPost(func(context.Context, store.Endpoint, webhook.Request) webhook.Answer {
		answer := answers[0]
		answers = answers[1:]
		return answer
	}, m)
	for range len(answers) {
		post(t.Context(), store.Endpoint{}, webhook.Request{})
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	for _, line := range []string{
		`optinbot_webhook_deliveries_total{outcome="delivered"} 1`, `optinbot_webhook_deliveries_total{outcome="failed"} 2`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("no line %s in\n%s", line, w.Body)
		}
	}
}
