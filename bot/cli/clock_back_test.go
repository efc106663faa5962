package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// back sets the clock back an hour; restart: the bot is started again, as after a start of the machine.
func (r *rota) back(restart bool) {
	r.t.Helper()
	r.now = r.now.Add(-time.Hour)
	if restart {
		r.reopen()
	}
}

// noBurst checks that those sent from a number of them on kept the pace, on the clock as it was then.
func (r *rota) noBurst(from int) {
	r.t.Helper()
	for i := from + 1; i < len(r.times); i++ {
		if gap := r.times[i].Sub(r.times[i-1]); gap < 36*time.Second {
			r.t.Errorf("%s, and %s later %s", r.sent[i-1], gap, r.sent[i])
		}
	}
}

// TestB6ClockSetBack: the clock of the machine is set back an hour while a recurring broadcast is under way, with and without a restart, and
// whatever the operator does about it. The firing that comes again on the clock is not another occurrence, everybody gets it once and evenly, and
// the next day it goes out again.
func TestB6ClockSetBack(t *testing.T) {
	t.Parallel()
	phones := []string{lisbonPhone, "+351910000002", "+351910000003", "+351910000004", "+351910000005", "+351910000006"}
	for what, meanwhile := range map[string]func(*rota){
		"nothing else": func(*rota) {},
		"paused and resumed": func(r *rota) {
			must(r.t, BroadcastPauseCmd{Name: "weekly"}.Run(t.Context(), r.app))
			must(r.t, r.look())
			must(r.t, BroadcastResumeCmd{Name: "weekly"}.Run(t.Context(), r.app))
		},
		"armed again": func(r *rota) { r.arms() },
	} {
		for _, restart := range []bool{false, true} {
			t.Run(what, func(t *testing.T) {
				r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 12 * * *\"\n", phones...)
				r.arms()
				r.plays("2026-03-03T12:01:30Z")
				before := len(r.sent)
				if before == 0 || before == len(phones) {
					t.Fatalf("%d of them had it before", before)
				}
				r.back(restart)
				meanwhile(r)
				r.plays("2026-03-03T20:00:00Z")
				r.has("2026-03-03T12:00 done")
				r.everyOne(phones, 1)
				r.noBurst(before)
				if last := r.times[len(r.times)-1]; last.After(time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)) {
					t.Errorf("it went on at %s only", last)
				}
				r.plays("2026-03-04T20:00:00Z")
				r.has("2026-03-03T12:00 done", "2026-03-04T12:00 done")
				r.everyOne(phones, 2)
				if told := r.told(); len(told) > 0 {
					t.Errorf("notices %q", told)
				}
			})
		}
	}
}

// everyOne checks how often each phone got it.
func (r *rota) everyOne(phones []string, want int) {
	r.t.Helper()
	for _, phone := range phones {
		got := 0
		for _, s := range r.sent {
			if strings.HasPrefix(s, phone+" ") {
				got++
			}
		}
		if got != want {
			r.t.Errorf("%s got it %d times, want %d: %q", phone, got, want, r.sent)
		}
	}
}

// TestB5ClockSetBackOverMidnight: what has gone out on a day that had begun counts when the clock is set back to the day before, and when the
// day begins again.
func TestB5ClockSetBackOverMidnight(t *testing.T) {
	t.Parallel()
	phones := []string{tokyoPhone, "+819000000002", "+819000000003", "+819000000004"}
	r := newRota(t, "zone: America/Noronha\npace: {every: 36s, per_day: 2}", "cron: \"0 0 * * *\"\n", phones...) // eleven in the morning in Tokyo
	r.arms()
	r.plays("2026-03-03T02:00:00Z") // one is out
	r.back(false)
	for _, step := range []struct {
		to   string
		sent int
	}{{"2026-03-03T02:00:00Z", 2}, {"2026-03-04T01:59:59Z", 2}, {"2026-03-04T02:05:00Z", 4}} {
		if r.plays(step.to); len(r.sent) != step.sent {
			t.Errorf("2 a day, and until %s went out %q", step.to, r.sent)
		}
	}
}

// TestB6ClockSetBackWhileItRests: a number that rests for a second, because the connection was down, does not rest for the hour that the clock was
// set back.
func TestB6ClockSetBackWhileItRests(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 12 * * *\"\n", lisbonPhone)
	r.arms()
	r.now = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	r.answers = bot.SendNotTried
	must(t, r.look())
	r.answers = bot.SendAccepted
	r.back(false)
	must(t, r.look())
	if !slices.Equal(r.sent, []string{lisbonPhone + " at 03-03 12:00", lisbonPhone + " at 03-03 11:00"}) {
		t.Errorf("tried %q", r.sent)
	}
}
