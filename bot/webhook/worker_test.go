package webhook

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
	"optinbot/store/storetest"
)

// A rig is a worker for one endpoint, whose clock and receiver the test is.
type rig struct {
	t      *testing.T
	ctx    context.Context
	s      *store.Store
	db     *sql.DB
	now    time.Time
	e      store.Endpoint
	w      *worker
	flying []flight // in the order in which they began
	next   time.Time
}

// A flight is an attempt under way.
type flight struct {
	result
	Request
}

func newRig(t *testing.T, types ...bot.EventType) *rig {
	t.Helper()
	dir := t.TempDir()
	o := storetest.In(t, dir)
	o.Strict = true
	s, err := store.Open(t.Context(), dir, o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	db, err := storetest.Beside(dir)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	r := &rig{t: t, ctx: t.Context(), s: s, db: db, now: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)}
	must(t, s.EnsureNumber(t.Context(), "shop", "", ""))
	if types == nil {
		types = bot.EventTypes()
	}
	id, err := s.AddEndpoint(t.Context(), store.Endpoint{URL: "https://crm.example", Secret: "whsec_c2VjcmV0", Types: types,
		Created: r.now})
	must(t, err)
	r.e, err = s.Endpoint(t.Context(), id)
	must(t, err)
	r.begin()
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// begin begins a worker, as after a crash: what the one before had in its memory is lost.
func (r *rig) begin() {
	r.t.Helper()
	e, err := r.s.Endpoint(r.ctx, r.e.ID)
	must(r.t, err)
	r.flying = nil
	r.w = newWorker(Options{Store: r.s, Now: func() time.Time { return r.now }, Random: func() float64 { return 0.5 },
		Log: slog.New(slog.DiscardHandler)}, e)
}

// happens writes down that something happened to people: 1 or more, in order.
func (r *rig) happens(kind bot.EventType, people ...int64) {
	r.t.Helper()
	for _, p := range people {
		_, err := r.db.Exec(`
			INSERT INTO changes (number, seq, at, type, contact_id, what)
			VALUES ('shop', (SELECT COALESCE(MAX(seq), 0) + 1 FROM changes), $1, $2, $3, '')`, r.now.UnixMilli(), kind, p)
		must(r.t, err)
	}
	r.step()
}

// step lets the worker start what it may.
func (r *rig) step() {
	r.t.Helper()
	var err error
	r.next, err = r.w.step(r.ctx, func(_ context.Context, res result, req Request) {
		r.flying = append(r.flying, flight{res, req})
	})
	must(r.t, err)
}

// answer lets the attempt at an event end.
func (r *rig) answer(seq int64, a Answer) {
	r.t.Helper()
	i := slices.IndexFunc(r.flying, func(f flight) bool { return f.event.Seq == seq })
	if i < 0 {
		r.t.Fatalf("event %d is not in flight, but %v", seq, r.inFlight())
	}
	f := r.flying[i]
	r.flying = slices.Delete(r.flying, i, i+1)
	f.answer = a
	r.w.settle(f.result)
	if r.w.offWhy == "" {
		r.step()
	}
}

func (r *rig) inFlight() (seqs []int64) {
	for _, f := range r.flying {
		seqs = append(seqs, f.event.Seq)
	}
	slices.Sort(seqs)
	return seqs
}

func (r *rig) wantFlying(seqs ...int64) {
	r.t.Helper()
	if got := r.inFlight(); !slices.Equal(got, seqs) {
		r.t.Fatalf("in flight: %v, want %v", got, seqs)
	}
}

// pass lets time pass until the worker wants to look again.
func (r *rig) pass(until time.Time) {
	r.t.Helper()
	if until.IsZero() {
		r.t.Fatal("the worker waits for nothing")
	}
	r.now = until
	r.step()
}

func (r *rig) state() store.EndpointState {
	r.t.Helper()
	st, err := r.s.EndpointState(r.ctx, r.e.ID)
	must(r.t, err)
	return st
}

var (
	ok     = Answer{Status: 204}
	failed = Answer{Status: 500, Failed: "it answered 500"}
)

// TestAFailedEventHoldsBackItsPersonOnly: the others overtake it, and its person's come after it, in
// order.
func TestAFailedEventHoldsBackItsPersonOnly(t *testing.T) {
	r := newRig(t)
	r.happens(bot.EventSubscribed, 1, 2, 1, 1)
	r.wantFlying(1, 2)
	r.answer(2, ok)
	r.answer(1, failed)
	r.wantFlying()
	r.happens(bot.EventUnsubscribed, 2, 1)
	r.wantFlying(5)
	r.answer(5, ok)
	if st := r.state(); st.Waits != 4 || st.Behind != 0 {
		t.Fatalf("after a failure: %+v, want 4 events of one person waiting apart", st)
	}
	r.pass(r.now.Add(delays[0]))
	for _, seq := range []int64{1, 3, 4, 6} {
		r.wantFlying(seq)
		r.answer(seq, ok)
	}
	r.wantFlying()
	if st := r.state(); st.Waits+st.Dead+st.Behind != 0 {
		t.Errorf("at the end: %+v", st)
	}
}

// TestAnEventIsTriedForThreeDays, the last of ten times. Then it is given up and its person's next
// one has its turn.
func TestAnEventIsTriedForThreeDays(t *testing.T) {
	r := newRig(t)
	r.happens(bot.EventSubscribed, 1, 1, 2)
	began := r.now
	r.answer(3, ok)
	var id string
	for attempt := range attemptsAtMost {
		if attempt > 0 {
			r.pass(r.now.Add(delays[attempt-1] - time.Millisecond))
			r.wantFlying()
			r.pass(r.now.Add(time.Millisecond))
		}
		r.wantFlying(1)
		if id == "" {
			id = r.flying[0].ID
		}
		if r.flying[0].ID != id {
			t.Errorf("attempt %d has the webhook-id %s, and the first had %s", attempt, r.flying[0].ID, id)
		}
		r.answer(1, failed)
	}
	if took := r.now.Sub(began); took < 3*24*time.Hour || took > 4*24*time.Hour {
		t.Errorf("it was tried for %s", took)
	}
	r.wantFlying(2)
	r.answer(2, ok)
	if st := r.state(); st.Dead != 1 || st.Waits != 0 {
		t.Errorf("at the end: %+v, want one that was given up", st)
	}
	if n, err := r.s.ReplayDead(r.ctx, r.e.ID, "another number"); n != 0 || err != nil {
		t.Errorf("%d of another number are replayed: %v", n, err)
	}
	n, err := r.s.ReplayDead(r.ctx, r.e.ID, "shop")
	must(t, err)
	r.step()
	if r.wantFlying(1); n != 1 || r.flying[0].ID != id {
		t.Errorf("%d are replayed; webhook-id %s, want %s", n, r.flying[0].ID, id)
	}
}

func TestDelaysJitter(t *testing.T) {
	for i, d := range delays {
		if low, high := delay(i+1, 0), delay(i+1, 0.999999); low != d*9/10 || high <= d || high > d*11/10 {
			t.Errorf("after attempt %d: between %s and %s, of %s", i+1, low, high, d)
		}
	}
}

func TestEightInFlight(t *testing.T) {
	r := newRig(t)
	r.happens(bot.EventSubscribed, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	r.wantFlying(1, 2, 3, 4, 5, 6, 7, 8)
	r.answer(5, ok)
	r.wantFlying(1, 2, 3, 4, 6, 7, 8, 9)
}

// TestNothingIsLostByACrash: what was in flight goes out again, and nothing that was noted does.
func TestNothingIsLostByACrash(t *testing.T) {
	r := newRig(t)
	r.happens(bot.EventSubscribed, 1, 2, 3, 1)
	r.answer(2, failed)
	r.answer(3, ok)
	r.begin()
	r.step()
	r.wantFlying(1, 3) // 3 arrives twice: it was behind 1, whose end nobody knew
	r.answer(1, ok)
	r.answer(3, ok)
	r.answer(4, ok)
	r.wantFlying()
	r.begin()
	r.step()
	r.wantFlying()
	r.pass(r.now.Add(delays[0]))
	r.wantFlying(2)
}

func TestABusyReceiverIsSpared(t *testing.T) {
	for name, c := range map[string]struct {
		answer Answer
		rests  time.Duration
	}{
		"429, Retry-After": {Answer{Status: 429, Failed: "x", RetryAfter: 90 * time.Second}, 90 * time.Second},
		"429":              {Answer{Status: 429, Failed: "x"}, busySpared},
		"502":              {Answer{Status: 502, Failed: "x"}, busySpared},
		"504":              {Answer{Status: 504, Failed: "x"}, busySpared},
		"Retry-After":      {Answer{Status: 500, Failed: "x", RetryAfter: time.Hour}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.happens(bot.EventSubscribed, 1)
			r.answer(1, c.answer)
			r.happens(bot.EventSubscribed, 2, 3)
			r.wantFlying()
			if want := r.now.Add(c.rests); !r.next.Equal(want) {
				t.Errorf("it is asked again at %s, want %s", r.next, want)
			}
			r.pass(r.next.Add(-time.Millisecond))
			r.wantFlying()
			r.pass(r.next)
			if len(r.flying) != 1 {
				t.Fatalf("after its rest it gets %v, want one to try", r.inFlight())
			}
			r.answer(r.flying[0].event.Seq, ok)
			if len(r.flying) == 0 {
				t.Error("when it is well again it gets no more")
			}
		})
	}
}

// TestOnePersonsFailureSparesNobodyElse: an endpoint rests where many people's events fail and none
// arrives.
func TestOnePersonsFailureSparesNobodyElse(t *testing.T) {
	r := newRig(t)
	for p := range int64(manyFail - 1) {
		r.happens(bot.EventSubscribed, p+1)
		r.answer(p+1, failed)
	}
	r.happens(bot.EventSubscribed, 100)
	r.wantFlying(manyFail)
	r.answer(manyFail, failed)
	r.happens(bot.EventSubscribed, 101)
	r.wantFlying()
	r.pass(r.now.Add(firstSpared))
	if len(r.flying) != 1 {
		t.Errorf("after its rest it gets %v, want one to try", r.inFlight())
	}
}

func TestAReceiverThatIsGoneIsSwitchedOff(t *testing.T) {
	r := newRig(t, bot.EventSubscribed)
	r.happens(bot.EventSubscribed, 1, 2)
	r.answer(1, Answer{Status: 410, Failed: "it answered 410"})
	r.w.leave(r.ctx)
	r.wantOff("410")
	done, err := r.s.EnableEndpoint(r.ctx, r.e.ID)
	must(t, err)
	r.begin()
	r.step()
	if r.wantFlying(2); !done { // the first waits apart
		t.Error("it cannot be switched on again")
	}
}

func (r *rig) wantOff(why string) {
	r.t.Helper()
	e, err := r.s.Endpoint(r.ctx, r.e.ID)
	must(r.t, err)
	if e.Off.IsZero() || !strings.Contains(e.OffWhy, why) {
		r.t.Errorf("the endpoint is off since %s: %q", e.Off, e.OffWhy)
	}
	notices, err := r.s.Notices(r.ctx, "shop", 10)
	must(r.t, err)
	if len(notices) != 1 || notices[0].Kind != string(bot.NoticeWebhook) || !strings.Contains(notices[0].Text, why) {
		r.t.Errorf("the operator was told %+v", notices)
	}
}

// TestAReceiverThatFailsForFiveDaysIsSwitchedOff, also over restarts. One success begins anew.
func TestAReceiverThatFailsForFiveDaysIsSwitchedOff(t *testing.T) {
	r := newRig(t)
	r.happens(bot.EventSubscribed, 1)
	r.answer(1, failed)
	for day := range 12 {
		r.now = r.now.Add(24 * time.Hour)
		r.begin()
		r.happens(bot.EventSubscribed, int64(100+day))
		for r.w.offWhy == "" && len(r.flying) > 0 {
			a := failed
			if day == 4 {
				a = ok
			}
			r.answer(r.flying[0].event.Seq, a)
		}
		if off := r.w.offWhy != ""; off != (day == 10) {
			t.Fatalf("day %d: %q", day, r.w.offWhy)
		}
		if r.w.leave(r.ctx); day == 10 {
			break
		}
	}
	r.wantOff("5 days")
}

// TestOnlyWhatIsAskedFor: other types and numbers pass by, and the cursor with them.
func TestOnlyWhatIsAskedFor(t *testing.T) {
	r := newRig(t, bot.EventUnsubscribed)
	r.happens(bot.EventSubscribed, 1, 2, 3)
	r.happens(bot.EventUnsubscribed, 4)
	r.wantFlying(4)
	r.answer(4, ok)
	r.begin()
	r.step()
	if r.wantFlying(); r.state().Behind != 0 {
		t.Errorf("it is behind: %+v", r.state())
	}
}

func TestReplayARange(t *testing.T) {
	r := newRig(t)
	r.happens(bot.EventSubscribed, 1, 2, 1, 3)
	for len(r.flying) > 0 {
		r.answer(r.flying[0].event.Seq, ok)
	}
	n, err := r.s.ReplayEvents(r.ctx, r.e, "shop", 2, 9)
	must(t, err)
	if n != 3 {
		t.Errorf("%d are replayed", n)
	}
	r.step()
	r.wantFlying(2, 3, 4)
}

// TestTheBodyNamesNobody, unless the endpoint is to know who people are.
func TestTheBodyNamesNobody(t *testing.T) {
	r := newRig(t)
	_, err := r.db.Exec(`INSERT INTO contacts (id, number, consent, state, language, created_at, updated_at, doc)
		VALUES (7, 'shop', 'unsubscribed', '', 'en', 0, 0, $1)`,
		`{"identities":[{"kind":"phone","value":"+12125550101"},{"kind":"lid","value":"1001"}],"name":"Ana"}`)
	must(t, err)
	r.happens(bot.EventUnsubscribed, 7, -8)
	for i, want := range []string{
		`{"type":"unsubscribed","number":"shop","contact":7,"at":"2026-03-02T14:00:00Z","seq":1}`,
		`{"type":"unsubscribed","number":"shop","contact":8,"at":"2026-03-02T14:00:00Z","seq":2}`,
	} {
		if got := string(r.flying[i].Body); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	r.e.Personal = true
	req, err := request(r.ctx, r.s, r.e, r.flying[0].event.EventRow)
	must(t, err)
	var b bot.EventBody
	must(t, json.Unmarshal(req.Body, &b))
	if b.Phone != "+12125550101" || b.LID != "1001" || strings.Contains(string(req.Body), "Ana") {
		t.Errorf("to who may know: %s", req.Body)
	}
}

// TestTheBodyNamesWhoHasNoPhone: whoever may know who people are gets the BSUID of somebody on the Cloud
// API who shows no phone, in each outcome too.
func TestTheBodyNamesWhoHasNoPhone(t *testing.T) {
	r := newRig(t)
	_, err := r.db.Exec(`INSERT INTO contacts (id, number, consent, state, language, created_at, updated_at, doc)
		VALUES (7, 'shop', 'subscribed', '', 'en', 0, 0, '{"identities":[{"kind":"bsuid","value":"9001/US.1a2b"}]}')`)
	must(t, err)
	r.happens(bot.EventSubscribed, 7)
	if body := string(r.flying[0].Body); strings.Contains(body, "1a2b") {
		t.Errorf("to who may not know: %s", body)
	}
	r.e.Personal = true
	req, err := request(r.ctx, r.s, r.e, r.flying[0].event.EventRow)
	must(t, err)
	want := `{"type":"subscribed","number":"shop","contact":7,"at":"2026-03-02T14:00:00Z","seq":1,"bsuid":"9001/US.1a2b"}`
	if string(req.Body) != want {
		t.Errorf("to who may know: %s, want %s", req.Body, want)
	}
}

// becomes makes one contact of two, or an erased one of somebody, as the store writes it down.
func (r *rig) becomes(from, to int64) {
	r.t.Helper()
	for _, table := range []string{"changes", "endpoint_waits"} {
		_, err := r.db.Exec("UPDATE "+table+" SET contact_id = $1 WHERE contact_id = $2", to, from)
		must(r.t, err)
	}
}

// TestEventsFollowTheirPerson: whoever an event was about when the worker read it, it keeps the order
// of the person whom it is about now.
func TestEventsFollowTheirPerson(t *testing.T) {
	for name, to := range map[string]int64{"merged": 2, "erased": -1} {
		t.Run(name+" while something waits apart", func(t *testing.T) {
			r := newRig(t)
			r.happens(bot.EventSubscribed, 100, 101, 102, 103, 104, 105, 106) // one place is left
			r.happens(bot.EventSubscribed, 1)
			r.happens(bot.EventPreferenceChanged, 1)
			r.answer(8, Answer{Status: 503, Failed: "x"}) // it rests, so that 9 is not looked at
			r.becomes(1, to)
			r.happens(bot.EventUnsubscribed, to)
			r.answer(1, ok)
			r.wantFlying(2, 3, 4, 5, 6, 7)
			if st := r.state(); st.Waits != 3 {
				t.Errorf("%d events wait, want those of one person, behind the one that failed", st.Waits)
			}
		})
		t.Run(name+" while something is in flight", func(t *testing.T) {
			r := newRig(t)
			r.happens(bot.EventSubscribed, 1)
			r.wantFlying(1)
			r.becomes(1, to)
			r.happens(bot.EventUnsubscribed, to)
			r.wantFlying(1)
			r.answer(1, ok)
			r.wantFlying(2)
		})
	}
}

// TestAnEventOfSomebodyWhoIsGone goes out, also to who may know who people are.
func TestAnEventOfSomebodyWhoIsGone(t *testing.T) {
	r := newRig(t)
	r.e.Personal = true
	_, err := request(r.ctx, r.s, r.e, store.EventRow{Event: bot.Event{Type: bot.EventSubscribed}, Number: "shop", Seq: 1, Contact: 9})
	must(t, err)
}

// TestWhatIsForgottenIsNotSent: an event whose age is over goes out of the worker's memory too.
func TestWhatIsForgottenIsNotSent(t *testing.T) {
	r := newRig(t)
	r.happens(bot.EventSubscribed, 1)
	r.happens(bot.EventUnsubscribed, 1, 2)
	_, err := r.db.Exec("DELETE FROM changes WHERE seq <= 2")
	must(t, err)
	r.answer(1, ok)
	r.wantFlying(3)
	r.answer(3, ok)
	if r.state().Behind != 0 {
		t.Errorf("it is behind: %+v", r.state())
	}
}

// TestAMergeIsTold: of the ID that has gone, of the one that has its person now, and not as if that
// person had left.
func TestAMergeIsTold(t *testing.T) {
	r := newRig(t)
	r.e.Personal = true
	_, err := r.db.Exec(`INSERT INTO contacts (id, number, consent, state, language, created_at, updated_at, doc)
		VALUES (7, 'shop', 'subscribed', '', 'en', 0, 0, '{"identities":[{"kind":"phone","value":"+12125550101"}]}')`)
	must(t, err)
	_, err = r.db.Exec(`INSERT INTO changes (number, seq, at, type, contact_id, known_as, what)
		VALUES ('shop', 1, 0, 'unsubscribed', 7, 8, 'merged'), ('shop', 2, 0, 'subscribed', 7, 8, '')`)
	must(t, err)
	r.step()
	for seq, want := range map[int64]string{
		1: `{"type":"unsubscribed","number":"shop","contact":8,"into":7,"at":"1970-01-01T00:00:00Z","seq":1,"what":"merged"}`,
		2: `{"type":"subscribed","number":"shop","contact":8,"at":"1970-01-01T00:00:00Z","seq":2,"phone":"+12125550101"}`,
	} {
		e, _, err := r.s.Event(r.ctx, "shop", seq)
		must(t, err)
		e.At = time.UnixMilli(0).UTC()
		req, err := request(r.ctx, r.s, r.e, e)
		must(t, err)
		if got := string(req.Body); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestTheLogIsShort: an endpoint keeps its last attempts, and no more.
func TestTheLogIsShort(t *testing.T) {
	r := newRig(t)
	for i := range int64(230) {
		r.happens(bot.EventSubscribed, i+1)
		r.answer(i+1, ok)
		r.now = r.now.Add(2 * time.Second)
	}
	r.w.leave(r.ctx)
	log, err := r.s.Attempts(r.ctx, r.e.ID, 1000)
	must(t, err)
	if len(log) != 200 || log[0].Seq != 230 {
		t.Errorf("%d attempts, the last at event %d", len(log), log[0].Seq)
	}
}

func Example_body() {
	b, _ := json.Marshal(bot.EventBody{Type: bot.EventUnsubscribed, Number: "main", Contact: 17, Seq: 42,
		At: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)})
	fmt.Println(string(b))
	// Output: {"type":"unsubscribed","number":"main","contact":17,"at":"2026-03-02T14:00:00Z","seq":42}
}
