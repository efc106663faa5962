package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
)

// TestB1PhoneUnseen: WhatsApp logs linked devices out when the phone is not used for 14 days. After 12 days without a sign of it
// the operator is told once, and `status` shows it until the next sign.
func TestB1PhoneUnseen(t *testing.T) {
	a := testApp(t, "numbers:\n  - {name: main, flow: promotions}\n")
	seen := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	now := seen
	a.now = func() time.Time { return now }
	s := newPhoneHouse(t, a, seen)
	shows := func(want string, notices int) {
		t.Helper()
		must(t, s.Tick(t.Context()))
		var out bytes.Buffer
		a.out = &out
		must(t, StatusCmd{Notices: 10}.Run(t.Context(), a))
		if !strings.Contains(out.String(), want) || strings.Count(out.String(), "phone unseen") != notices {
			t.Errorf("%d notices wanted, and %q:\n%s", notices, want, out.String())
		}
	}
	shows("phone:       last seen 2026-03-02 14:00", 0)
	now = seen.Add(bot.PhoneNotice)
	shows("12 days ago: open WhatsApp on it", 1)
	now = now.Add(24 * time.Hour)
	shows("13 days ago", 1)
	must(t, s.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: now}))
	shows("phone:       last seen 2026-03-15 14:00", 1)
}

// A phoneHouse is a linked number whose phone was seen at a time: its store and its pump.
type phoneHouse struct {
	*desk.Desk
	*pump.Pump
}

func newPhoneHouse(t *testing.T, a *App, seen time.Time) phoneHouse {
	t.Helper()
	d, err := a.open(t.Context())
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	must(t, d.Store.Linked(t.Context(), "main", "1:1@s.whatsapp.net", "+15550000001", seen))
	s := &play.Simulation{Desk: d, NumberName: "main"}
	config := s.PumpConfig(&sim.World{Number: "main", Limits: d.Limits("main")})
	config.Now = a.now
	p := phoneHouse{d, pump.New(config)}
	must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberSynced, At: seen}))
	must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: seen}))
	return p
}

// TestB1PhoneIsNotMissedBeforeTheSync: a sign of it may be among what came while the bot was away.
func TestB1PhoneIsNotMissedBeforeTheSync(t *testing.T) {
	a := testApp(t, "numbers:\n  - {name: main, flow: promotions}\n")
	seen := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	now := seen.Add(2 * bot.PhoneNotice)
	a.now = func() time.Time { return now }
	p := newPhoneHouse(t, a, seen)
	must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberDisconnected, At: now}))
	must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberConnected, At: now}))
	must(t, p.Tick(t.Context()))
	must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: now.Add(-time.Hour)}))
	must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberSynced, At: now}))
	must(t, p.Tick(t.Context()))
	notices, err := p.Store.Notices(t.Context(), "main", 10)
	if err != nil || len(notices) > 0 {
		t.Errorf("%+v %v", notices, err)
	}
}

// TestB5PerHour: an hourly cap is kept evenly, whatever else is set.
func TestB5PerHour(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pace string
		each time.Duration
	}{
		{"{}", 36 * time.Second}, {"{per_hour: 100}", 36 * time.Second}, {"{per_hour: 60}", time.Minute}, {"{per_hour: 7}", 514_286 * time.Millisecond},
		{"{every: 500ms}", 500 * time.Millisecond}, {"{every: 500ms, per_hour: 7200}", 500 * time.Millisecond}, {"{every: 1s, per_hour: 1800}", 2 * time.Second},
	} {
		a := testApp(t, "pace: "+test.pace+"\n")
		if got := a.config.Limits(a.config.Numbers[0]).Every; got != test.each {
			t.Errorf("pace %s: one every %s, want %s", test.pace, got, test.each)
		}
	}
}
