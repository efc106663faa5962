package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"optinbot/bot/cli/clitest"
	"optinbot/bot/whatsapp/whatsapptest"
)

var webhookKills = flag.Int("webhook.kills", 100, "how often the long form of the webhooks' test kills the program")

// A receiver of webhooks is what another program of the shop would be.
type receiver struct {
	t    testing.TB
	hook *standardwebhooks.Webhook
	url  string

	mu     sync.Mutex
	got    []hookEvent     // in the order in which they first came
	ids    map[string]bool // of got
	again  int             // requests that had come before
	change chan struct{}   // closed when something comes
	answer func(w http.ResponseWriter, r *http.Request, e hookEvent, first bool)
}

// A hookEvent is what a request tells.
type hookEvent struct {
	ID      string `json:"-"`
	Type    string
	Number  string
	Contact int64
	At      time.Time
	Seq     int64
}

// receives adds a webhook of the program, and whoever takes what it sends. A nil answer is 204.
func (b *binary) receives(answer func(w http.ResponseWriter, r *http.Request, e hookEvent, first bool), args ...string) *receiver {
	b.t.Helper()
	r := &receiver{t: b.t, ids: map[string]bool{}, change: make(chan struct{}), answer: answer}
	srv := httptest.NewServer(r)
	b.t.Cleanup(srv.Close)
	b.t.Cleanup(srv.CloseClientConnections) // of what hangs
	r.url = srv.URL
	if !slices.Contains(b.env, "OPTINBOT_WEBHOOKS_ALLOW=127.0.0.1/32") {
		b.env = append(b.env, "OPTINBOT_WEBHOOKS_ALLOW=127.0.0.1/32")
	}
	var added struct {
		ID     int64
		Secret string
	}
	must(b.t, json.Unmarshal([]byte(b.do(append([]string{"webhook", "add", "--json", r.url}, args...)...)), &added))
	hook, err := standardwebhooks.NewWebhook(added.Secret)
	must(b.t, err)
	r.hook = hook
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the program was killed
	}
	if err := r.hook.Verify(body, req.Header); err != nil {
		r.t.Errorf("a request that is not the program's: %v", err)
		return
	}
	e := hookEvent{ID: req.Header.Get("webhook-id")}
	if err := json.Unmarshal(body, &e); err != nil {
		r.t.Errorf("%v: %s", err, body)
		return
	}
	r.mu.Lock()
	first := !r.ids[e.ID]
	if first {
		r.ids[e.ID] = true
		r.got = append(r.got, e)
	} else {
		r.again++
	}
	close(r.change)
	r.change = make(chan struct{})
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(w, req, e, first)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) events() []hookEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// wait waits until what has come is enough.
func (r *receiver) wait(ctx context.Context, enough func([]hookEvent) bool) error {
	for {
		r.mu.Lock()
		change, got := r.change, slices.Clone(r.got)
		r.mu.Unlock()
		if enough(got) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-change:
		}
	}
}

// happened are the changes of consent that the program wrote down.
func (b *binary) happened() (all []hookEvent) {
	b.t.Helper()
	db := b.database()
	defer db.Close()
	rows, err := db.Query("SELECT type, number, contact_id, seq FROM changes WHERE type IN ('subscribed', 'unsubscribed') ORDER BY seq")
	must(b.t, err)
	defer rows.Close()
	for rows.Next() {
		var e hookEvent
		must(b.t, rows.Scan(&e.Type, &e.Number, &e.Contact, &e.Seq))
		all = append(all, e)
	}
	must(b.t, rows.Err())
	return all
}

// missing are the events that have not come.
func missing(want, got []hookEvent) (left []hookEvent) {
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g hookEvent) bool {
			return g.Number == w.Number && g.Seq == w.Seq && g.Type == w.Type && g.Contact == w.Contact
		}) {
			left = append(left, w)
		}
	}
	return left
}

// inOrder fails where an event of somebody came before an earlier one of theirs.
func (r *receiver) inOrder() {
	r.t.Helper()
	last := map[int64]int64{}
	for _, e := range r.events() {
		if e.Contact != 0 && e.Seq < last[e.Contact] {
			r.t.Errorf("event %d of contact %d came after event %d", e.Seq, e.Contact, last[e.Contact])
		}
		last[e.Contact] = max(last[e.Contact], e.Seq)
	}
}

// TestD6WebhooksOutliveKills: each opt-in and each stop reaches a receiver that now and then answers 500, at least once and in order for
// each person, while the program is killed at random moments.
func TestD6WebhooksOutliveKills(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	webhooksKilled(scene(t), t, 3)
}

// TestD6WebhooksOutliveKillsLong is the same at length.
func TestD6WebhooksOutliveKillsLong(t *testing.T) {
	clitest.Long(t)
	webhooksKilled(within(t, longest), t, *webhookKills)
}

func webhooksKilled(ctx context.Context, t *testing.T, kills int) {
	t.Helper()
	srv, b := linked(t)
	r := b.receives(func(w http.ResponseWriter, _ *http.Request, e hookEvent, first bool) {
		if first && e.Seq%5 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}, "--type", "subscribed", "--type", "unsubscribed")
	kill := b.start()
	random := rand.New(rand.NewPCG(*crashSeed, 0))
	const each = 6 // people who join between two kills
	var people []*whatsapptest.Contact
	for k := range kills + 1 {
		for _, p := range people[max(0, len(people)-each):] {
			p.Send("2")
		}
		for i := range each {
			p := srv.Contact(fmt.Sprintf("+1212555%04d", k*each+i))
			p.Send("I want promotions")
			people = append(people, p)
		}
		if k == kills {
			break
		}
		target := len(r.events()) + random.IntN(2*each)
		soon, stop := context.WithTimeout(ctx, 3*time.Second) // the moment of the kill is any
		_ = r.wait(soon, func(got []hookEvent) bool { return len(got) >= target })
		stop()
		kill()
		kill = b.start()
	}
	// What they hear is no sign: an answer that was in flight at two kills is not sent a third time.
	err := eventually(ctx, func() bool { return len(b.happened()) >= 2*len(people)-each })
	want := b.happened()
	if err != nil || len(want) != 2*len(people)-each {
		t.Fatalf("%d changes of consent were written down of %d people, all of whom joined and all but %d left",
			len(want), len(people), each)
	}
	err = r.wait(ctx, func(got []hookEvent) bool { return len(missing(want, got)) == 0 })
	if err != nil {
		t.Fatalf("never came: %+v", missing(want, r.events()))
	}
	kill()
	r.inOrder()
	if unknown := missing(r.events(), want); len(unknown) > 0 {
		t.Errorf("came, and never happened: %+v", unknown)
	}
	t.Logf("%d events, %d kills; %d requests came again", len(want), kills, r.again)
}

// TestWebhooksOfBadReceivers: one that hangs, one that answers 500 for one person, one that redirects to the addresses of a cloud's
// machine, and one that sends a gigabyte cost the people, the bot and the other receivers nothing.
func TestWebhooksOfBadReceivers(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	types := []string{"--type", "subscribed", "--type", "unsubscribed"}
	good := b.receives(nil, types...)
	over := make(chan struct{})
	defer close(over)
	b.receives(func(_ http.ResponseWriter, r *http.Request, _ hookEvent, _ bool) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}, types...)
	picky := b.receives(func(w http.ResponseWriter, _ *http.Request, e hookEvent, _ bool) {
		if e.Contact == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}, types...)
	b.receives(func(w http.ResponseWriter, r *http.Request, _ hookEvent, _ bool) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
	}, types...)
	endless := b.receives(func(w http.ResponseWriter, _ *http.Request, _ hookEvent, _ bool) {
		for piece, n := make([]byte, 1<<20), 0; n < 1<<30; n += len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
		t.Error("somebody has read a gigabyte")
	}, types...)
	kill := b.start()
	var people []*whatsapptest.Contact
	for i := range 12 {
		p := srv.Contact(fmt.Sprintf("+1212555%04d", i))
		people = append(people, p)
		p.Send("I want promotions")
	}
	for i, p := range people {
		if _, err := p.WaitText(ctx, "You are in!"); err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
		p.Send("2")
	}
	for i, p := range people {
		if _, err := p.WaitText(ctx, "no more promotions"); err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
	}
	want := b.happened()
	if len(want) != 2*len(people) {
		t.Fatalf("%d changes of consent were written down of %d people", len(want), len(people))
	}
	for name, r := range map[string]*receiver{"the good one": good, "the endless one": endless} {
		if err := r.wait(ctx, func(got []hookEvent) bool { return len(missing(want, got)) == 0 }); err != nil {
			t.Errorf("%s never got %+v", name, missing(want, r.events()))
		}
		r.inOrder()
	}
	others := slices.DeleteFunc(slices.Clone(want), func(e hookEvent) bool { return e.Contact == 1 })
	if err := picky.wait(ctx, func(got []hookEvent) bool { return len(missing(others, got)) == 0 }); err != nil {
		t.Errorf("the others of the one that fails for one person: %+v never came", missing(others, picky.events()))
	}
	if slices.ContainsFunc(picky.events(), func(e hookEvent) bool { return e.Contact == 1 && e.Type == "unsubscribed" }) {
		t.Error("a later event of the person came while an earlier one fails")
	}
	redirected := func() bool { return strings.Contains(b.do("webhook", "log", "4"), "redirects are not followed") }
	if err := eventually(ctx, redirected); err != nil {
		t.Errorf("the log of the one that redirects:\n%s", b.do("webhook", "log", "4"))
	}
	kill()
}
