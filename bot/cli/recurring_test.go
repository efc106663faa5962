package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// TestB6RecurringOnceOverDaylightSaving: a weekly broadcast goes out at its wall time, once a week, over a change to summer time,
// with restarts, and with the clock set back an hour after it went out and before.
func TestB6RecurringOnceOverDaylightSaving(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * 5\"\n", lisbonPhone)
	r.arms()
	r.plays("2026-03-20T09:59:59Z")
	r.got(lisbonPhone+" at 03-06 10:00", lisbonPhone+" at 03-13 10:00")
	r.reopen()
	r.plays("2026-03-20T10:30:00Z")
	r.jumps("2026-03-20T09:30:00Z") // set back
	r.reopen()
	r.plays("2026-03-20T10:10:00Z")
	r.plays("2026-03-27T09:50:00Z")
	r.jumps("2026-03-27T08:50:00Z") // set back before
	r.plays("2026-04-03T12:00:00Z")
	r.got(lisbonPhone+" at 03-06 10:00", lisbonPhone+" at 03-13 10:00", lisbonPhone+" at 03-20 10:00", lisbonPhone+" at 03-27 10:00", lisbonPhone+" at 04-03 09:00")
	r.has("2026-03-06T10:00 done", "2026-03-13T10:00 done", "2026-03-20T10:00 done", "2026-03-27T10:00 done", "2026-04-03T10:00 done")
	if told := r.told(); len(told) > 0 {
		t.Errorf("notices %q", told)
	}
}

// TestB6AWallTimeThatComesTwice: at 02:30 on the day on which 02:30 comes twice, and set back on top of it, there is one occurrence.
func TestB6AWallTimeThatComesTwice(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Berlin", "cron: \"30 2 25 10 *\"\n", lisbonPhone)
	r.jumps("2026-10-24T20:00:00Z")
	r.arms()
	r.plays("2026-10-25T00:45:00Z")
	r.jumps("2026-10-24T23:50:00Z")
	r.arms() // even when it is armed again
	r.plays("2026-10-25T06:00:00Z")
	if keys := r.keys(); len(keys) != 1 || !strings.HasPrefix(keys[0], "2026-10-25T02:30 ") {
		t.Errorf("occurrences %q", keys)
	}
}

// TestB6KilledWhilePlanning kills the bot at every statement between a firing and the claims, and lets it start again: one occurrence,
// one message to each.
func TestB6KilledWhilePlanning(t *testing.T) {
	t.Parallel()
	kills := 0
	for at := 1; ; at++ {
		r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * 5\"\n", lisbonPhone, tokyoPhone)
		r.arms()
		r.now = time.Date(2026, 3, 6, 10, 0, 0, 0, time.UTC)
		n, died := 0, false
		r.faults = func(string) error {
			if n++; n >= at {
				died = true
				return errDied
			}
			return nil
		}
		err := r.engine.Tick(r.Ctx)
		r.faults = nil
		if died != (err != nil) {
			t.Fatalf("died %v, and the tick says %v", died, err)
		}
		r.reopen()
		r.plays("2026-03-07T12:00:00Z")
		r.has("2026-03-06T10:00 done")
		r.got(lisbonPhone+" at 03-06 10:00", tokyoPhone+" at 03-06 10:00")
		if !died {
			break
		}
		kills++
	}
	if kills < 5 {
		t.Errorf("died at %d statements only", kills)
	}
}

// TestB7MissedOccurrencesWait: of three that were missed the newest waits for the operator, one notice says how many there were, and
// the release sends it; the next one goes out by itself.
func TestB7MissedOccurrencesWait(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\ngrace: 3h\n", lisbonPhone)
	r.arms()
	r.jumps("2026-03-05T13:00:01Z") // off since Tuesday
	r.has("2026-03-05T10:00 late")
	r.got()
	told := r.told()
	if len(told) != 1 || !strings.Contains(told[0], "missed 3 times") || !strings.Contains(told[0], "broadcast release weekly") {
		t.Fatalf("told %q", told)
	}
	list, err := r.Store.Occurrences(r.Ctx, "main", "weekly")
	must(t, err)
	_, err = r.Store.Resume(r.Ctx, list[0].Number, list[0].ID, r.now)
	must(t, err)
	r.plays("2026-03-05T14:00:00Z")
	r.got(lisbonPhone + " at 03-05 13:00")
	r.jumps("2026-03-07T12:59:00Z") // off again; within the grace
	r.has("2026-03-05T10:00 done", "2026-03-06T10:00 late", "2026-03-07T10:00 done")
	r.got(lisbonPhone+" at 03-05 13:00", lisbonPhone+" at 03-07 12:59")
}

// TestB7DisconnectedForDays: the bot runs, but the number is not connected: each firing becomes late in its turn, and only the newest
// waits.
func TestB7DisconnectedForDays(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\n", lisbonPhone)
	r.arms()
	r.connect(bot.NumberDisconnected)
	for _, to := range []string{"2026-03-03T10:00:00Z", "2026-03-03T12:01:00Z", "2026-03-04T10:00:00Z", "2026-03-04T12:01:00Z"} {
		r.plays(to)
	}
	r.has("2026-03-03T10:00 cancelled", "2026-03-04T10:00 late")
	if told := r.told(); len(told) != 2 || !strings.Contains(told[0]+told[1], "missed 2 times") {
		t.Errorf("told %q", told)
	}
	r.connect(bot.NumberSynced)
	r.plays("2026-03-05T09:00:00Z")
	r.got()

	r = newRota(t, "zone: Europe/Lisbon", "cron: \"0 * * * *\"\n", lisbonPhone)
	r.arms()
	r.connect(bot.NumberDisconnected)
	for hour := range 39 { // from Tuesday to Wednesday night
		r.plays(fmt.Sprintf("2026-03-%02dT%02d:01:00Z", 3+(9+hour)/24, (9+hour)%24))
	}
	if told := r.told(); len(told) != 2 || !strings.Contains(told[0], "missed 24 times") {
		t.Errorf("every hour, over two days: told %q", told)
	}

	r = newRota(t, "zone: Europe/Lisbon", "cron: \"30 0 * * *\"\n", lisbonPhone)
	r.jumps("2026-03-28T00:10:00Z")
	r.arms()
	r.connect(bot.NumberDisconnected)
	for _, to := range []string{"2026-03-28T00:31:00Z", "2026-03-28T02:31:00Z", "2026-03-29T00:31:00Z", "2026-03-29T02:31:00Z", "2026-03-29T23:31:00Z", "2026-03-30T01:31:00Z"} {
		r.plays(to)
	}
	if told := r.told(); len(told) != 3 {
		t.Errorf("every day, over one of 23 hours: told %q", told)
	}
}

// TestB7AnEditDisarmsTheSchedule: before an occurrence nothing goes out any more, and the operator hears of it once; during one it
// finishes with the text as it was armed.
func TestB7AnEditDisarmsTheSchedule(t *testing.T) {
	t.Parallel()
	for _, seen := range []bool{true, false} { // by the watch of the files; when the next one is due
		r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\n", lisbonPhone, newYorkPhone)
		r.arms()
		r.plays("2026-03-03T10:00:01Z") // New York sleeps still
		r.got(lisbonPhone + " at 03-03 10:00")
		r.write("# another thought\ncron: \"0 11 * * *\"\n")
		if seen {
			must(t, r.DisarmEdited(t.Context(), r.Numbers["main"]))
			must(t, r.DisarmEdited(t.Context(), r.Numbers["main"]))
		}
		r.plays("2026-03-05T20:00:00Z")
		r.got(lisbonPhone+" at 03-03 10:00", newYorkPhone+" at 03-03 14:00")
		r.has("2026-03-03T10:00 done")
		if told := r.told(); len(told) != 1 || !strings.Contains(told[0], "was edited") || r.status() != bot.ScheduleDisarmed {
			t.Errorf("seen %v: told %q, %s", seen, told, r.status())
		}
		r.arms()
		r.plays("2026-03-06T12:00:00Z")
		r.has("2026-03-03T10:00 done", "2026-03-06T11:00 running")
	}
}

// TestB7PauseResumeCancel apply to the schedule and to the occurrence under way.
func TestB7PauseResumeCancel(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * *\"\n", lisbonPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-03T10:00:01Z")
	must(t, BroadcastPauseCmd{Name: "weekly"}.Run(t.Context(), r.app))
	r.plays("2026-03-04T12:00:00Z")
	r.has("2026-03-03T10:00 paused")
	must(t, BroadcastResumeCmd{Name: "weekly"}.Run(t.Context(), r.app))
	if r.status() != bot.ScheduleArmed {
		t.Fatal(r.status())
	}
	r.plays("2026-03-05T10:00:01Z") // what fell into the pause is over
	r.has("2026-03-03T10:00 done", "2026-03-05T10:00 running")
	must(t, BroadcastCancelCmd{Name: "weekly", Confirmed: Confirmed{Yes: true}}.Run(t.Context(), r.app))
	r.plays("2026-03-09T10:00:01Z")
	r.has("2026-03-03T10:00 done", "2026-03-05T10:00 cancelled")
	if r.status() != bot.ScheduleCancelled {
		t.Error(r.status())
	}
}

// TestB7ARecurringOneComesAgainAfterACancel: who got it last week, before it was cancelled half-way, gets it when it is armed again.
func TestB7ARecurringOneComesAgainAfterACancel(t *testing.T) {
	t.Parallel()
	r := newRota(t, "zone: Europe/Lisbon", "cron: \"0 10 * * 5\"\n", lisbonPhone, newYorkPhone)
	r.arms()
	r.plays("2026-03-06T10:00:01Z")
	must(t, BroadcastCancelCmd{Name: "weekly", Confirmed: Confirmed{Yes: true}}.Run(t.Context(), r.app))
	r.arms()
	r.plays("2026-03-13T20:00:00Z")
	r.got(lisbonPhone+" at 03-06 10:00", lisbonPhone+" at 03-13 10:00", newYorkPhone+" at 03-13 13:00")
}
