package web

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
	"optinbot/store/storetest"
)

var millionPeople = flag.Int("million.people", 1_000_000, "contacts in BenchmarkPages")

// BenchmarkPages asks for every page of a shop with a million contacts, as its server answers it,
// and for what status and metrics read. ms is the time of the server for one, and kB what a browser
// gets, compressed. Making the shop takes some minutes, so it is made once.
func BenchmarkPages(b *testing.B) {
	s := open(b, desktest.Setup{})
	s.Plays("Ana +447700900001 > I want promotions", "Ana +447700900001 > 2", "Ben +447700900002 > I want promotions")
	data := s.Desk.Config.Path(s.Desk.Config.Data)
	like, err := s.Store.Contact(b.Context(), "main", "+447700900002")
	if err != nil {
		b.Fatal(err)
	}
	like.State, like.FlowQuestion, like.Holds = "member", nil, nil
	if err := storetest.FillPeople(b.Context(), data, "main", *like, *millionPeople, s.Now()); err != nil {
		b.Fatal(err)
	}
	filled, err := store.Open(b.Context(), data, store.Options{}) // which fills in what they are found by
	if err != nil {
		b.Fatal(err)
	}
	if err := filled.Close(); err != nil {
		b.Fatal(err)
	}
	s.planned(b)
	person := fmt.Sprintf("/n/main/people/%d", storetest.FirstPerson+*millionPeople/2)
	found := func(typed string) string { return "/n/main/people?s=" + s.server.searches.keep("marta", typed) }
	for _, path := range []string{
		"/", "/n/main/people", found("gabriela"), found("ana b"), found("5511900"), "/n/main/people?waiting=1",
		person, person + "/erase", "/n/main/broadcasts", "/n/main/broadcasts/weekend-offer", "/n/main/broadcasts/weekend-offer/draft",
		"/n/main/broadcasts/weekend-offer/draft/arm", "/n/main/new-broadcast", "/n/main/people?audience=consent:subscribed", "/n/main/people?state=member",
		"/n/main/people?state=nowhere", "/n/main/people?tag=vip", "/n/main/broadcasts/weekend-offer/people?status=planned",
		fmt.Sprintf("/n/main/proof?id=%d", storetest.FirstPerson+*millionPeople/2), "/n/main/flow", "/n/main/try", "/n/main/proof", "/n/main/number",
		"/operators", "/webhooks", "/settings", "/doctor", "/me",
	} {
		b.Run(strings.NewReplacer("/", "_", "?", "_").Replace(path), func(b *testing.B) {
			size := 0
			for b.Loop() {
				size = s.page(b, path)
			}
			reportPage(b)
			b.ReportMetric(float64(size)/1000, "kB")
		})
	}
	for name, read := range map[string]func(context.Context) error{
		"status":  func(ctx context.Context) error { _, err := s.Desk.Statuses(ctx, 5); return err },
		"figures": func(ctx context.Context) error { _, err := s.Desk.Figures(ctx); return err },
		"today":   func(ctx context.Context) error { _, err := s.Desk.Today(ctx, "main"); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			reportPage(b)
		})
	}
}

// planned plans a broadcast to everybody.
func (s *site) planned(b *testing.B) {
	b.Helper()
	ctx, limits := b.Context(), s.Desk.Limits("main")
	draft, err := s.Desk.Files.Draft(ctx, "weekend-offer", s.Desk.Machine("main").Flow)
	if err != nil {
		b.Fatal(err)
	}
	o, err := s.Store.Arm(ctx, bot.Occurrence{Number: "main", Broadcast: draft.Name, Key: "bench", DueAt: s.Now(), ArmedAt: s.Now(), Content: string(draft.Source), Version: draft.Version})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Store.Plan(ctx, o, s.Desk.ArmedNow, limits, s.Now()); err != nil {
		b.Fatal(err)
	}
}

// page asks for a page as Marta, without a network, and returns how many bytes it has on the way.
func (s *site) page(b *testing.B, path string) int {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://localhost"+path, nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: "marta"})
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.Len()
}

func reportPage(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed())/float64(time.Millisecond)/float64(b.N), "ms/op")
	b.ReportMetric(0, "ns/op")
}
