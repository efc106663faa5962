package desk_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot/desk"
	"optinbot/store"
)

// A dailyShop is a shop with a daily backup.
type dailyShop struct {
	*shop
	daily  *desk.Daily
	folder string
}

func newDailyShop(t *testing.T, settings string) *dailyShop {
	t.Helper()
	s := newShop(t, "zone: Europe/Lisbon\nbackup: {"+settings+"}\n"+oneNumber)
	s.writes(ana, phrase)
	daily, err := s.Daily()
	must(t, err)
	return &dailyShop{s, daily, s.Path("backups")}
}

// at lets the running bot look for a backup that is due, at a time of the shop.
func (s *dailyShop) at(clock string) {
	s.t.Helper()
	zone, err := time.LoadLocation("Europe/Lisbon")
	must(s.t, err)
	now, err := time.ParseInLocation("2006-01-02 15:04", clock, zone)
	must(s.t, err)
	s.Plays("at " + now.UTC().Format(time.RFC3339))
	s.daily.Look(s.Ctx)
}

// days are the days of the daily backups, oldest first. What else is there stands with its name.
func (s *dailyShop) days() (days []string) {
	for _, name := range anyNamesIn(s.folder) {
		if rest, ok := strings.CutPrefix(name, "optinbot-daily-"); ok {
			name = rest[:len(time.DateOnly)]
		}
		days = append(days, name)
	}
	slices.Sort(days)
	return days
}

// TestNoDailyBackup: none is made where config.yaml names no folder.
func TestNoDailyBackup(t *testing.T) {
	t.Parallel()
	if daily, err := newShop(t, oneNumber).Daily(); daily != nil || err != nil {
		t.Errorf("%+v %v", daily, err)
	}
}

// TestB7ADailyBackup: one a day at the shop's hour, also after the bot was off then. As many as it
// says are kept, and nothing goes that the bot did not make.
func TestB7ADailyBackup(t *testing.T) {
	t.Parallel()
	s := newDailyShop(t, `folder: backups, at: "03:30", keep: 2`)
	s.Save("backups/mine.tar.gz", "")
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
		if s.at(step.clock); !slices.Equal(s.days(), step.days) {
			t.Errorf("%s: %v, want %v", step.clock, s.days(), step.days)
		}
	}
	row, err := s.Store.Number(s.Ctx, "main")
	must(t, err)
	if row.BackedUpAt.Format(time.DateOnly) != "2026-12-05" {
		t.Errorf("the last backup was written at %s", row.BackedUpAt)
	}
	f, err := os.Open(filepath.Join(s.folder, s.daily.Plan.Name("2026-12-05")))
	must(t, err)
	defer f.Close()
	if r, err := store.Restore(s.Ctx, t.TempDir(), f, "", s.Envs, s.Now()); err != nil || r.Subscribed != 1 {
		t.Errorf("%+v %v", r, err)
	}
}

// TestB7AFailedDailyBackupIsTold: once a day, and it is tried again.
func TestB7AFailedDailyBackupIsTold(t *testing.T) {
	t.Parallel()
	s := newDailyShop(t, `folder: backups`)
	s.Save("backups", "") // a file in its place
	told := func() (texts []string) {
		for _, text := range s.Notices() {
			if strings.HasPrefix(text, "the backup of ") {
				texts = append(texts, text)
			}
		}
		return texts
	}
	if s.at("2026-12-01 03:30"); len(told()) != 1 || !strings.Contains(told()[0], "the backup of 2026-12-01 could not be written to") {
		t.Fatalf("%q", told())
	}
	if s.at("2026-12-01 09:00"); len(told()) != 1 {
		t.Errorf("the same day again: %q", told())
	}
	if s.at("2026-12-02 03:30"); len(told()) != 2 {
		t.Errorf("the next day: %q", told())
	}
	s.Remove("backups")
	if s.at("2026-12-02 03:40"); len(s.days()) > 0 {
		t.Error("it knocks all the time")
	}
	if s.at("2026-12-02 03:46"); !slices.Equal(s.days(), []string{"2026-12-02"}) {
		t.Errorf("it was not tried again: %v", s.days())
	}
}

// TestB7DailyBackupsAreEncrypted: the recipients of the configuration are those of the daily backup
// too. There is one a day of these as well.
func TestB7DailyBackupsAreEncrypted(t *testing.T) {
	t.Parallel()
	_, recipient := madeKey(t)
	s := newDailyShop(t, "folder: backups, recipients: ["+recipient+"]")
	s.at("2026-12-01 12:00")
	names := namesIn(t, s.folder)
	if len(names) != 1 || !strings.HasSuffix(names[0], ".tar.gz.age") || !strings.HasPrefix(s.Read("backups/"+names[0]), desk.SealedBegins) {
		t.Errorf("%v", names)
	}
	s.at("2026-12-01 12:01")
	if again := namesIn(t, s.folder); len(again) != 1 {
		t.Errorf("%v", again)
	}
}

// TestDoctorKnowsADailyBackup: where one is made every day, two days without are too long.
func TestDoctorKnowsADailyBackup(t *testing.T) {
	t.Parallel()
	s := newDailyShop(t, `folder: backups`)
	if found := s.finding("main backup"); found.OK || found.Says != "there has been none" || !strings.Contains(found.Do, "could not make one") {
		t.Errorf("%+v", found)
	}
	s.at("2026-12-01 12:00")
	if found := s.finding("main backup"); !found.OK {
		t.Errorf("%+v", found)
	}
	s.later(desk.DailyOld)
	if found := s.finding("main backup"); !found.OK {
		t.Errorf("%+v", found)
	}
	s.later(time.Second)
	if found := s.finding("main backup"); found.OK || found.Says != "the last one is 2 days old" {
		t.Errorf("%+v", found)
	}
}

// TestNamesIn: files only, and an error that says where there is no folder.
func TestNamesIn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "sub", "x"), "")
	write(t, filepath.Join(folder, "one"), "")
	if got := namesIn(t, folder); !slices.Equal(got, []string{"one"}) {
		t.Errorf("%v", got)
	}
	if names, err := desk.NamesIn(filepath.Join(folder, "nowhere")); !errors.Is(err, os.ErrNotExist) || names != nil {
		t.Errorf("%v %v", names, err)
	}
}
