package bot

import (
	"slices"
	"testing"
	"time"
)

// TestDailyBackupDay: one backup a day, at the shop's hour; a bot that was off then owes it until
// the hour comes again. The day of a change of the clocks has one too.
func TestDailyBackupDay(t *testing.T) {
	t.Parallel()
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Fatal(err)
	}
	d := DailyBackup{At: 3*time.Hour + 30*time.Minute, Zone: lisbon, Keep: 2, Shop: "1f3a9c"}
	for now, want := range map[string]string{
		"2026-03-02 03:29": "2026-03-01", "2026-03-02 03:30": "2026-03-02", "2026-03-02 23:59": "2026-03-02", "2026-03-03 00:00": "2026-03-02",
		"2026-01-01 00:00": "2025-12-31", "2026-03-29 03:30": "2026-03-29", "2026-10-25 03:30": "2026-10-25",
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", now, lisbon)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Day(at.UTC()); got != want {
			t.Errorf("at %s the last backup is that of %s, want %s", now, got, want)
		}
	}
	// Minute by minute over a year the day never goes back, and leaves none out.
	last := ""
	for at := time.Date(2026, 1, 1, 12, 0, 0, 0, lisbon); at.Year() == 2026; at = at.Add(10 * time.Minute) {
		day := d.Day(at)
		if last != "" && day != last {
			before, _ := time.Parse(time.DateOnly, last)
			if before.AddDate(0, 0, 1).Format(time.DateOnly) != day {
				t.Errorf("after the backup of %s comes that of %s", last, day)
			}
		}
		last = day
	}
}

// TestDailyBackupKeeps: only files that the bot made for this shop go, the oldest first, and never
// today's.
func TestDailyBackupKeeps(t *testing.T) {
	t.Parallel()
	d := DailyBackup{At: 3 * time.Hour, Zone: time.UTC, Keep: 2, Shop: "1f3a9c"}
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	names := []string{
		"optinbot-daily-2026-03-04-1f3a9c.tar.gz.age", "optinbot-daily-2026-03-02-1f3a9c.tar.gz", "optinbot-daily-2026-03-03-1f3a9c.tar.gz",
		"optinbot-daily-2026-02-28-1f3a9c.tar.gz.age", "optinbot-daily-2030-01-01-1f3a9c.tar.gz",
		"optinbot-daily-2026-01-01-another.tar.gz", "optinbot-2026-01-01-0330.tar.gz", "optinbot-daily-2026-01-01-1f3a9c.tar.gz.part", "photo.jpg",
		"x-optinbot-daily-2026-01-01-1f3a9c.tar.gz",
	}
	if got, want := d.Surplus(names, now), []string{names[1], names[3]}; !slices.Equal(got, want) {
		t.Errorf("%v may go, want %v", got, want)
	}
	if !d.Made(names, now) || d.Made(names[1:], now) || d.Made(names, now.AddDate(0, 0, 1)) {
		t.Error("it does not know what is made")
	}
	d.Keep = 1
	if got := d.Surplus([]string{d.Name("2026-03-04"), d.Name("2030-01-01")}, now); len(got) > 0 {
		t.Errorf("%v may go", got)
	}
	if d.dayOf(d.Name("2026-03-04")) != "2026-03-04" || d.dayOf(d.Name("2026-03-04")+".age") != "2026-03-04" {
		t.Error("it does not know its own names")
	}
}
