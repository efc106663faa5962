package pump_test

import (
	"errors"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
)

// TestARecurringBroadcastIsAskedAboutAtEachFiring: where nobody can tell it waits, and is asked about
// again, not at every look. Once it is late it waits for the operator.
func TestARecurringBroadcastIsAskedAboutAtEachFiring(t *testing.T) {
	t.Parallel()
	var asked int
	var fails error
	n := pumptest.New(t, pumptest.Shipped(t), func(c *pump.Config) {
		c.Asks = func(bot.Schedule) error { asked++; return fails }
	})
	first := n.Now().Add(time.Hour)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(n.Store.ArmSchedule(t.Context(), bot.Schedule{
		Number: pumptest.Name, Broadcast: "weekly", Cron: "0 * * * *", Zone: "UTC", Content: "text: {en: Hello}\n", Version: "1", NextAt: first,
	}, n.Now()))
	looks := func(after time.Duration, wantAsked, wantMade int, wantStatus bot.OccurrenceStatus) {
		t.Helper()
		n.Pass(after)
		must(n.Pump.Tick(t.Context()))
		made, err := n.Store.Occurrences(t.Context(), pumptest.Name, "weekly")
		must(err)
		if asked != wantAsked || len(made) != wantMade || wantMade > 0 && made[0].Status != wantStatus {
			t.Fatalf("asked %d times, made %d: %+v", asked, len(made), made)
		}
	}
	looks(time.Minute, 0, 0, "")
	fails = errors.New("no line")
	looks(time.Hour, 1, 0, "")
	looks(time.Second, 1, 0, "")
	looks(time.Minute, 2, 0, "")
	fails = nil
	looks(time.Minute, 3, 1, bot.OccurrenceDone)
	fails = errors.New("no line")
	looks(time.Hour, 4, 1, bot.OccurrenceDone)
	n.Limits.Grace = time.Minute
	looks(10*time.Minute, 4, 2, bot.OccurrenceLate)
}
