package store

import (
	"errors"
	"testing"
	"time"

	"optinbot/bot"
)

// newTold makes a store in which contact 7 is, and an endpoint that has been told of what happened.
func newTold(t *testing.T, types ...bot.EventType) (s *Store, folder string, endpoint int64) {
	t.Helper()
	folder = t.TempDir()
	s, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := errors.Join(s.EnsureNumber(t.Context(), "main", "shop", "flow@1"),
		s.EnsureNumber(t.Context(), "ma_n", "shop", "flow@1")); err != nil {
		t.Fatal(err)
	}
	endpoint, err = s.AddEndpoint(t.Context(), Endpoint{URL: "https://crm.example", Secret: "whsec_c2VjcmV0", Types: types, Numbers: []string{"main"}})
	if err != nil {
		t.Fatal(err)
	}
	standIn(t, folder, "contacts", 7)
	return s, folder, endpoint
}

func (s *Store) mustDo(t *testing.T, do func(*tx) error) {
	t.Helper()
	if err := s.write(t.Context(), everyNumber, do); err != nil {
		t.Fatal(err)
	}
}

// erases erases contact 7.
func (s *Store) erases(t *testing.T) {
	t.Helper()
	envs := func(string) bot.Env { return bot.Env{Now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)} }
	err := s.decide(t.Context(), everyNumber, envs, func(t *tx) error {
		return t.erase(&bot.Contact{ID: 7, Number: "main", Consent: bot.Unsubscribed})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSecurityAnErasureTakesAnswersWithThem: what a program was told, and may ask for again by its
// key, is kept neither where it is about who was erased nor where nobody knows whom it is about. That
// the request was carried out is still known.
func TestSecurityAnErasureTakesAnswersWithThem(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		contact int64
		acted   bool
		early   bool // it was answered before they were erased
		want    StoredAnswer
		begins  bool // sent again, it is carried out anew
	}{
		"about them":              {contact: 7, acted: true, early: true, begins: true},
		"about them, under way":   {contact: 7, acted: true, begins: true},
		"about somebody else":     {contact: 8, acted: true, early: true, want: StoredAnswer{Acted: true, Status: 200, Body: []byte("+12125550107")}},
		"about nobody":            {acted: true, early: true, want: StoredAnswer{Acted: true, Body: []byte{}}},
		"about nobody, under way": {acted: true, want: StoredAnswer{Acted: true, Body: []byte{}}},
		"about nobody, answered without a write of the store": {early: true, want: StoredAnswer{Acted: true, Body: []byte{}}},
		"about nobody, which has done nothing":                {begins: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, _ := newTold(t)
			begin := func() *StoredAnswer {
				t.Helper()
				known, err := s.BeginRequest(t.Context(), "crm", "K", "asks", now, now.Add(-time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				return known
			}
			answer := func() {
				t.Helper()
				if err := s.KeepAnswer(t.Context(), "crm", "K", 200, []byte("+12125550107")); err != nil {
					t.Fatal(err)
				}
			}
			begin()
			if c.acted {
				s.mustDo(t, func(t *tx) error {
					return t.exec("UPDATE answers SET acted = 1, contact_id = $1", c.contact)
				})
			}
			if c.early {
				answer()
			}
			s.erases(t)
			if !c.early {
				answer()
			}
			got := begin()
			if begins := got == nil || !got.Acted && got.Status == 0; begins != c.begins {
				t.Fatalf("sent again it finds %+v", got)
			}
			if !c.begins && (got.Acted != c.want.Acted || got.Status != c.want.Status || string(got.Body) != string(c.want.Body)) {
				t.Errorf("sent again it finds %+v, want %+v", got, c.want)
			}
			if c.begins {
				if answer(); begin().Status != 200 {
					t.Error("what it is told then is not kept")
				}
			}
		})
	}
}

// TestAnswersHaveAnAge, also where no program asks any more.
func TestAnswersHaveAnAge(t *testing.T) {
	s, _, _ := newTold(t)
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for key, age := range map[string]time.Duration{"old": 25 * time.Hour, "new": 23 * time.Hour} {
		if _, err := s.BeginRequest(t.Context(), "crm", key, "asks", now.Add(-age), now.AddDate(-1, 0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Forget(t.Context(), "main", bot.Retention{Answers: 24 * time.Hour}, now, func(string) bot.Env { return bot.Env{Now: now} }); err != nil {
		t.Fatal(err)
	}
	if left, err := column[string](s.query(t.Context()), "SELECT key FROM answers"); err != nil || len(left) != 1 || left[0] != "new" {
		t.Errorf("%v, %v", left, err)
	}
}

// TestSecurityNoReceiverSaysWhoWasErased: what receivers answered to an event about somebody is not
// kept after they were erased, whether it was noted before or after.
func TestSecurityNoReceiverSaysWhoWasErased(t *testing.T) {
	for name, erasedFirst := range map[string]bool{"noted before": false, "noted after": true} {
		t.Run(name, func(t *testing.T) {
			s, _, endpoint := newTold(t)
			s.mustDo(t, func(t *tx) error {
				return errors.Join(
					t.event("main", 7, bot.Event{Type: bot.EventSubscribed}, 1), t.event("main", 8, bot.Event{Type: bot.EventSubscribed}, 1),
					t.event("main", 0, bot.Event{Type: bot.EventDelivery}, 1), t.event("main", 0, bot.Event{Type: bot.EventDelivery}, 1),
					t.exec("INSERT INTO outcomes (number, seq, occurrence_id, contact_id, status, at) VALUES ('main', 3, 1, 7, 'sent', 1), ('main', 3, 1, 8, 'sent', 1), ('main', 4, 1, 8, 'sent', 1)"))
			})
			if erasedFirst {
				s.erases(t)
			}
			sent := Sent{Endpoint: endpoint}
			for seq, kind := range map[int64]bot.EventType{1: bot.EventSubscribed, 2: bot.EventSubscribed, 3: bot.EventDelivery, 4: bot.EventDelivery, 99: bot.EventSubscribed} {
				sent.Attempts = append(sent.Attempts, AttemptRow{Number: "main", Seq: seq, Type: kind, Failed: "it answered 500", Answer: "+12125550107"})
			}
			if err := s.NoteSent(t.Context(), sent); err != nil {
				t.Fatal(err)
			}
			if !erasedFirst {
				s.erases(t)
			}
			attempts, err := s.Attempts(t.Context(), endpoint, 10)
			if err != nil || len(attempts) != 4 { // one is about an event that is not kept any more
				t.Fatalf("%d attempts, %v", len(attempts), err)
			}
			for _, a := range attempts {
				if kept, want := a.Answer != "", a.Seq == 2 || a.Seq == 4; kept != want {
					t.Errorf("the answer to event %d: %q", a.Seq, a.Answer)
				}
			}
		})
	}
}

// TestOutcomesAreOfWhomIsAskedFor: what became of a promotion is kept for programs outside where one
// asks for it of that number, also while that is switched off, and not longer than they may wait.
func TestOutcomesAreOfWhomIsAskedFor(t *testing.T) {
	s, folder, endpoint := newTold(t, bot.EventDelivery)
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	standIn(t, folder, "deliveries", 7)
	outcomes := func(number string) int {
		t.Helper()
		s.mustDo(t, func(t *tx) error {
			return errors.Join(t.exec("UPDATE deliveries SET number = $1, status = 'sent', occurrence_id = 1, message_id = 'M'", number),
				t.exec("DELETE FROM outcomes"), t.outcome(number, "M", at), t.outcomeOf(number, 1, 7, at))
		})
		rows, err := column[string](s.query(t.Context()), "SELECT number FROM outcomes")
		if err != nil {
			t.Fatal(err)
		}
		return len(rows)
	}
	if n := outcomes("ma_n"); n != 0 {
		t.Errorf("%d outcomes of a number that nobody asks for", n)
	}
	if n := outcomes("main"); n != 1 {
		t.Errorf("%d outcomes of a number that somebody asks for", n)
	}
	if err := s.DisableEndpoint(t.Context(), endpoint, "main", "x", "x", at); err != nil {
		t.Fatal(err)
	}
	if n := outcomes("main"); n != 1 {
		t.Errorf("%d outcomes for who is switched off", n)
	}
	later := at.AddDate(0, 0, 31)
	if err := s.Forget(t.Context(), "main", bot.Retention{Events: 30 * 24 * time.Hour}, later, func(string) bot.Env { return bot.Env{Now: later} }); err != nil {
		t.Fatal(err)
	}
	if left, err := column[int](s.query(t.Context()), "SELECT 1 FROM outcomes"); err != nil || len(left) > 0 {
		t.Errorf("%d outcomes are kept that nobody gathered, %v", len(left), err)
	}
}

// TestNoEndpointHasTheIDOfAnother: a program that still knows a removed endpoint by its ID must not
// reach the one that came after it, also when what was tried of it is forgotten.
func TestNoEndpointHasTheIDOfAnother(t *testing.T) {
	s, _, first := newTold(t)
	if err := s.RemoveEndpoint(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	s.mustDo(t, func(t *tx) error { return t.exec("DELETE FROM endpoint_attempts") })
	id, err := s.AddEndpoint(t.Context(), Endpoint{URL: "https://till.example", Secret: "whsec_c2VjcmV0"})
	if err != nil || id <= first {
		t.Errorf("the endpoint after %d is %d: %v", first, id, err)
	}
}

// TestAnEndpointIsBehindOfItsOwnNumbers: the name of a number is no pattern, though it may have a _.
func TestAnEndpointIsBehindOfItsOwnNumbers(t *testing.T) {
	s, _, id := newTold(t, bot.EventDelivery)
	for _, number := range []string{"main", "ma_n", "ma_n"} {
		s.mustDo(t, func(t *tx) error { return t.event(number, 0, bot.Event{Type: bot.EventDelivery}, 1) })
	}
	if st, err := s.EndpointState(t.Context(), id); err != nil || st.Behind != 1 {
		t.Errorf("it is behind by %d events, want the one of main: %v", st.Behind, err)
	}
}
