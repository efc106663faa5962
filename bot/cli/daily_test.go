package cli

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// dailyShop is a shop with a daily backup, and a clock that the test moves.
func dailyShop(t *testing.T, settings string) (d *desk.Daily, dir string, at func(string)) {
	t.Helper()
	dir = olderFolder(t)
	config := filepath.Join(dir, "config.yaml")
	text := regexp.MustCompile(`(?m)^zone:.*$`).ReplaceAllString(string(readAll(t, config)), "zone: Europe/Lisbon")
	must(t, os.WriteFile(config, []byte(text+"\nbackup: {"+settings+"}\n"), 0o600))
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	a := newApp(t.Context(), defaults)
	a.err, a.environ = &strings.Builder{}, map[string]string{}
	now := time.Time{}
	a.now = func() time.Time { return now }
	must(t, a.configure(&CLI{Config: config}))
	h, err := a.open(t.Context())
	must(t, err)
	t.Cleanup(func() { must(t, h.Close()) })
	d, err = h.Daily()
	must(t, err)
	zone, err := time.LoadLocation("Europe/Lisbon")
	must(t, err)
	return d, dir, func(clock string) {
		t.Helper()
		now, err = time.ParseInLocation("2006-01-02 15:04", clock, zone)
		must(t, err)
		now = now.UTC()
		d.Look(t.Context())
	}
}

// daysIn are the days of the daily backups in a folder, oldest first; what else is there stands with its name.
func daysIn(t *testing.T, folder string) (days []string) {
	t.Helper()
	names, err := desk.NamesIn(folder)
	if !errors.Is(err, os.ErrNotExist) {
		must(t, err)
	}
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, "optinbot-daily-"); ok {
			name = rest[:len(time.DateOnly)]
		}
		days = append(days, name)
	}
	slices.Sort(days)
	return days
}

// TestB7ADailyBackup: one a day at the shop's hour, also after the bot was off then; as many as it says are kept, and nothing goes that the
// bot did not make.
func TestB7ADailyBackup(t *testing.T) {
	d, dir, at := dailyShop(t, `folder: backups, at: "03:30", keep: 2`)
	folder := filepath.Join(dir, "backups")
	must(t, os.Mkdir(folder, 0o700))
	must(t, os.WriteFile(filepath.Join(folder, "mine.tar.gz"), nil, 0o600))
	for _, step := range []struct {
		clock string
		days  []string
	}{
		{"2026-12-01 02:00", []string{"2026-11-30", "mine.tar.gz"}}, // there was none yet
		{"2026-12-01 03:29", []string{"2026-11-30", "mine.tar.gz"}},
		{"2026-12-01 03:30", []string{"2026-11-30", "2026-12-01", "mine.tar.gz"}},
		{"2026-12-01 23:00", []string{"2026-11-30", "2026-12-01", "mine.tar.gz"}},
		{"2026-12-05 17:00", []string{"2026-12-01", "2026-12-05", "mine.tar.gz"}}, // off for days
		{"2026-12-05 17:01", []string{"2026-12-01", "2026-12-05", "mine.tar.gz"}},
		{"2026-12-06 02:00", []string{"2026-12-01", "2026-12-05", "mine.tar.gz"}},
	} {
		if at(step.clock); !slices.Equal(daysIn(t, folder), step.days) {
			t.Errorf("%s: %v, want %v", step.clock, daysIn(t, folder), step.days)
		}
	}
	row, err := d.Store.Number(t.Context(), "main")
	must(t, err)
	if row.BackedUpAt.Format(time.DateOnly) != "2026-12-05" {
		t.Errorf("the last backup was written at %s", row.BackedUpAt)
	}
	f, err := os.Open(filepath.Join(folder, d.Plan.Name("2026-12-05")))
	must(t, err)
	defer f.Close()
	if r, err := store.Restore(t.Context(), t.TempDir(), f, "", d.Envs, d.Now()); err != nil || r.Subscribed != 2 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestB7AFailedDailyBackupIsTold: once a day, and it is tried again.
func TestB7AFailedDailyBackupIsTold(t *testing.T) {
	d, dir, at := dailyShop(t, `folder: backups`)
	folder := filepath.Join(dir, "backups")
	must(t, os.WriteFile(folder, nil, 0o600)) // a file in its place
	told := func() (texts []string) {
		notices, err := d.Store.Notices(t.Context(), "main", 100)
		must(t, err)
		for _, n := range notices {
			if n.Kind == string(bot.NoticeBackup) {
				texts = append(texts, n.Text)
			}
		}
		return texts
	}
	if at("2026-12-01 03:30"); len(told()) != 1 || !strings.Contains(told()[0], "the backup of 2026-12-01 could not be written to") {
		t.Fatalf("%q", told())
	}
	if at("2026-12-01 09:00"); len(told()) != 1 {
		t.Errorf("the same day again: %q", told())
	}
	if at("2026-12-02 03:30"); len(told()) != 2 {
		t.Errorf("the next day: %q", told())
	}
	must(t, os.Remove(folder))
	if at("2026-12-02 03:40"); len(daysIn(t, folder)) > 0 {
		t.Error("it knocks all the time")
	}
	if at("2026-12-02 03:46"); !slices.Equal(daysIn(t, folder), []string{"2026-12-02"}) {
		t.Errorf("it was not tried again: %v", daysIn(t, folder))
	}
}

// TestB7DailyBackupsAreEncrypted: the recipients of the configuration are those of the daily backup too.
func TestB7DailyBackupsAreEncrypted(t *testing.T) {
	_, dir, at := dailyShop(t, `folder: backups, recipients: [age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p]`)
	at("2026-12-01 12:00")
	names, err := desk.NamesIn(filepath.Join(dir, "backups"))
	must(t, err)
	if len(names) != 1 || !strings.HasSuffix(names[0], ".tar.gz.age") || !strings.HasPrefix(string(readAll(t, filepath.Join(dir, "backups", names[0]))), desk.SealedBegins) {
		t.Errorf("%v", names)
	}
	at("2026-12-01 12:01")
	if again, err := desk.NamesIn(filepath.Join(dir, "backups")); err != nil || len(again) != 1 {
		t.Errorf("%v %v", again, err)
	}
}

// TestDoctorKnowsADailyBackup: where one is made every day, two days without are too long. One that a kill has cut short is named.
func TestDoctorKnowsADailyBackup(t *testing.T) {
	_, dir, at := dailyShop(t, `folder: backups`)
	cut := filepath.Join(dir, "backups", "optinbot-daily-2026-01-01-1f3a9c.tar.gz.part")
	must(t, os.Mkdir(filepath.Dir(cut), 0o700))
	must(t, os.WriteFile(cut, []byte("cut"), 0o600))
	if _, out, _ := verbIn(t, dir, "doctor"); !strings.Contains(out, cut) {
		t.Error(out)
	}
	at(time.Now().AddDate(0, 0, -3).Format("2006-01-02 15:04"))
	if _, out, _ := verbIn(t, dir, "doctor"); !strings.Contains(out, "could not make one") {
		t.Error(out)
	}
	if _, out, _ := verbIn(t, dir, "status"); !strings.Contains(out, "days ago: `optinbot doctor`") {
		t.Error(out)
	}
	at(time.Now().Format("2006-01-02 15:04"))
	if _, out, _ := verbIn(t, dir, "doctor"); strings.Contains(out, "could not make one") {
		t.Error(out)
	}
	if _, err := os.Stat(cut); err == nil {
		t.Error("what a kill has cut short is still there")
	}
}
