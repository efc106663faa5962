package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot/whatsapp/whatsapptest"
)

var (
	pagesPeople = flag.Int("pages.people", 2000, "subscribers of BenchmarkOpenPages")
	pagesOpen   = flag.Int("pages.open", 50, "pages that are open in BenchmarkOpenPages")
)

// BenchmarkOpenPages asks what open pages cost while a broadcast goes out. The built program sends the
// same broadcast with no page open and with many, half of them Today and half of them the broadcast. It
// reports the processor time (user and system, of /proc) that the pages took, as a share of one core
// while they were open, and how long a turn took beside them, against without them.
func BenchmarkOpenPages(b *testing.B) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	srv, p := linked(b)
	kill := p.start()
	defer kill()
	people := newCrowd(srv, *pagesPeople)
	people.optIn(ctx, b)
	session, writers := p.logIn(ctx), 0
	for b.Loop() {
		alone := p.broadcastBeside(ctx, b, srv, &writers)
		heard, stop := p.openPages(ctx, session, *pagesOpen)
		beside := p.broadcastBeside(ctx, b, srv, &writers)
		stop()
		b.ReportMetric(100*(beside.spent-alone.spent).Seconds()/beside.took.Seconds(), "%-of-a-core")
		b.ReportMetric(float64(alone.spent)/float64(beside.spent), "x-cpu-without")
		b.ReportMetric(alone.turn.Seconds()/beside.turn.Seconds(), "x-turn-without")
		b.ReportMetric(float64(heard())/1000/float64(*pagesOpen)/beside.took.Seconds(), "kB/s-a-page")
	}
	b.ReportMetric(0, "ns/op")
}

// A besideBroadcast is what was seen of the program while a broadcast went out.
type besideBroadcast struct {
	took, spent time.Duration
	turn        time.Duration // the median of the turns of strangers who write meanwhile
}

// broadcastBeside sends a broadcast while one stranger after the other writes.
func (b *binary) broadcastBeside(ctx context.Context, t *testing.B, srv *whatsapptest.Server, writers *int) (seen besideBroadcast) {
	t.Helper()
	start, before := time.Now(), processorTime(t, b.pid)
	b.do("broadcast", "schedule", "weekend-offer", "--now", "--again", "--yes")
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.waitDone(ctx, "weekend-offer")
	}()
	var turns []time.Duration
	for under := true; under; {
		*writers++
		writer, wrote := srv.Contact(fmt.Sprintf("+1212556%04d", *writers)), time.Now()
		writer.Send("hello")
		if _, err := writer.WaitFor(ctx, 1); err != nil {
			t.Fatal(err)
		}
		turns = append(turns, time.Since(wrote))
		select {
		case <-done:
			under = false
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-time.After(100 * time.Millisecond): // a person does not write without a pause
		}
	}
	slices.Sort(turns)
	return besideBroadcast{time.Since(start), processorTime(t, b.pid) - before, turns[len(turns)/2]}
}

// logIn makes an owner, who chooses a password on the page. It returns the cookie of the session.
func (b *binary) logIn(ctx context.Context) *http.Cookie {
	b.t.Helper()
	var link struct{ URL string }
	must(b.t, json.Unmarshal([]byte(b.do("operator", "add", "marta", "--role", "owner", "--json")), &link))
	_, token, _ := strings.Cut(link.URL, "#")
	const password = "three green coats and a hat"
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	said, err := client.PostForm(b.page(ctx)+"/welcome", url.Values{"token": {token}, "password": {password}, "again": {password}})
	must(b.t, err)
	must(b.t, said.Body.Close())
	for _, cookie := range said.Cookies() {
		if cookie.Name == "session" {
			return cookie
		}
	}
	b.t.Fatalf("logging in gave no session: %s", said.Status)
	return nil
}

// openPages opens pages, as so many browsers do: each reads what it is told until stop. heard returns
// how many bytes they were told.
func (b *binary) openPages(ctx context.Context, session *http.Cookie, n int) (heard func() int64, stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	var bytes atomic.Int64
	var reading sync.WaitGroup
	for i := range n {
		at := b.page(ctx) + []string{"/?live=", "/n/main/broadcasts/weekend-offer?live="}[i%2]
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
		must(b.t, err)
		r.AddCookie(session)
		said, err := http.DefaultClient.Do(r)
		must(b.t, err)
		if kind := said.Header.Get("Content-Type"); kind != "text/event-stream" {
			b.t.Fatalf("%s: %s %s", at, said.Status, kind)
		}
		reading.Go(func() {
			defer said.Body.Close()
			some := make([]byte, 64<<10)
			for {
				n, err := said.Body.Read(some)
				bytes.Add(int64(n))
				if err != nil {
					if ctx.Err() == nil {
						b.t.Errorf("a page was cut off: %v", err)
					}
					return
				}
			}
		})
	}
	return bytes.Load, func() { cancel(); reading.Wait() }
}
