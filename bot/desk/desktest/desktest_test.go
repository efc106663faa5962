package desktest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// TestAShop: people write to it, the operator schedules, time passes, and the store says what came
// of it.
func TestAShop(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Files: map[string]string{"flows/broadcasts/later.yaml": "at: 2026-03-02 16:00\ntext: {en: Hi!, pt: Oi!, es: Hola}\n"}})
	s.Start()
	s.Plays("Ana +447700900001 > I want promotions", "+31m")
	if got := s.Got("Ana"); len(got) == 0 || !strings.Contains(strings.Join(got, " "), "offers") {
		t.Errorf("Ana got %q", got)
	}
	p, err := s.Preview(s.Ctx, desktest.Main, "later", desk.PreviewOptions{})
	if err != nil || p.People != 1 || !p.Due.Equal(desktest.Begin.Add(2*time.Hour)) {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := s.Schedule(s.Ctx, desktest.Main, "later", desk.ScheduleOptions{}, p.Version); err != nil {
		t.Fatal(err)
	}
	s.Plays("+2h")
	if got := s.Got("Ana"); len(got) != 1 || !strings.Contains(got[0], "Hi!") || s.Statuses("later") != "done" {
		t.Errorf("Ana got %q, and it is %s", got, s.Statuses("later"))
	}
	if d := s.Delivery(s.Occurrences("later")[0].ID, "Ana"); d == nil || !d.Status.Sent() {
		t.Errorf("%+v", d)
	}
	if other := s.Reopen(); other.Machine(desktest.Main).Version() != s.Machine(desktest.Main).Version() {
		t.Error("another process speaks another flow")
	}
}

// TestAShopSleeps: nothing happens until the clock is moved again.
func TestAShopSleeps(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Files: map[string]string{"flows/broadcasts/later.yaml": "at: 2026-03-02 16:00\ntext: {en: Hi!, pt: Oi!, es: Hola}\n"}})
	s.Plays("Ana +447700900001 > I want promotions")
	p, err := s.Preview(s.Ctx, desktest.Main, "later", desk.PreviewOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Arm(s.Ctx, p); err != nil {
		t.Fatal(err)
	}
	s.Sleeps(20 * time.Hour)
	if s.Promotions() != 0 || s.Statuses("later") != "scheduled" {
		t.Errorf("it is %s", s.Statuses("later"))
	}
	s.Plays("+1s")
	if s.Statuses("later") != "late" || !slices.ContainsFunc(s.Notices(), func(text string) bool { return strings.Contains(text, "later") }) {
		t.Errorf("it is %s; the operator was told %q", s.Statuses("later"), s.Notices())
	}
}

// TestO3TheScanFinds shows that the scan of every test's log would find something.
func TestO3TheScanFinds(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"level=INFO msg=number phone=+5511900000001": true, "level=WARN text=\"I want promotions\"": true, "to 447700900001@s.whatsapp.net": true,
		"level=INFO msg=serving number=main id=3EB0724306BAF15A1DBC41": false, "time=2026-11-27T19:42:20.345Z contact=12": false,
		`{"time":"2026-11-29T17:19:30.551195114Z","msg":"connected","id":"3EB0551190000000155111"}`: false,
		`{"time":"2026-11-29T17:19:30.551195114Z","msg":"to +5511900000001"}`:                       true,
		"version=a5511900001b43f0e2d95511900001b4":                                                  false, "jid=12125550101:3@s.whatsapp.net": true,
	} {
		if found := desktest.Personal(line) != ""; found != want {
			t.Errorf("%q: found %v", line, found)
		}
	}
}
