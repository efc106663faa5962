package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
	"optinbot/store/storetest"
)

// readingVerbs change nothing. The exports among them leave a row that says who has the data now, so they wait for the lock
// as a verb that changes something does, and go on where nothing can be written at all.
var readingVerbs = []string{
	"status", "status --json", "doctor", "contacts list", "contacts show +12125550101", "contacts show +12125550101 --as-test", "contacts waiting", "contacts export --vcard", "contacts export +12125550101",
	"contacts zone +12125550101", "consent show +12125550101", "consent export", "consent verify", "flow check", "flow versions", "flow diff",
	"broadcast list", "broadcast preview weekend-offer", "broadcast status weekend-offer", "broadcast why weekend-offer +12125550101", "simulate --all",
}

// TestReadingNeedsNoLock: while another program holds the write lock of the database, every verb that leaves nothing says what it ever says,
// and does not wait.
func TestReadingNeedsNoLock(t *testing.T) {
	if testing.Short() {
		t.Skip("tries many verbs")
	}
	for name, prepare := range map[string]func(*testing.T, string){
		"all is carried out": upToDate,
		"optouts.log has lines that the database does not know": func(t *testing.T, dir string) {
			if code, _, errs := verbIn(t, dir, "status"); code != exitDone { // the tables are of this version
				t.Fatal(errs)
			}
			change(t, dir, "UPDATE files SET optouts_length = 0, optouts_hash = ''")
		},
	} {
		t.Run(name, func(t *testing.T) { readsUnderALock(t, prepare) })
	}
}

func readsUnderALock(t *testing.T, prepare func(*testing.T, string)) {
	dir := olderFolder(t)
	prepare(t, dir)
	db, err := storetest.Beside(filepath.Join(dir, "data"))
	must(t, err)
	defer db.Close()
	shell, err := db.Conn(t.Context())
	must(t, err)
	defer shell.Close()
	for _, verb := range readingVerbs {
		if strings.Contains(verb, " export") {
			continue
		}
		code, want, _ := verbIn(t, dir, strings.Fields(verb)...)
		_, err := shell.ExecContext(t.Context(), "BEGIN IMMEDIATE")
		must(t, err)
		locked, got, errs := withoutWaiting(t, dir, verb)
		_, err = shell.ExecContext(context.Background(), "ROLLBACK")
		must(t, err)
		if locked != code || sameMinute(got) != sameMinute(want) {
			t.Errorf("%s: exit code %d and not %d: %s\n%s\n%s", verb, locked, code, errs, got, want)
		}
	}
}

// withoutWaiting runs a verb while somebody holds the lock, for which SQLite would wait ten seconds. A
// verb that takes so long may be one on a slow machine: one that waits does it each time.
func withoutWaiting(t *testing.T, dir, verb string) (code int, out, errs string) {
	t.Helper()
	for range 4 {
		begun := time.Now()
		code, out, errs = verbIn(t, dir, strings.Fields(verb)...)
		if time.Since(begun) < 10*time.Second {
			return code, out, errs
		}
	}
	t.Errorf("%s waits for the lock", verb)
	return code, out, errs
}

// upToDate leaves a folder as `run` does.
func upToDate(t *testing.T, dir string) {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(dir, "data"), store.Options{})
	must(t, err)
	_, err = s.ApplyOptouts(t.Context(), func(string) bot.Env { return bot.Env{Now: time.Now()} }, time.Now())
	must(t, errors.Join(err, s.Close()))
	if code, _, errs := verbIn(t, dir, "status"); code != exitDone {
		t.Fatal(errs)
	}
}

// sameMinute takes out of an output what the clock or the disk changes from one moment to the next.
func sameMinute(out string) string {
	var lines []string
	for line := range strings.Lines(out) {
		if !strings.Contains(line, "MB are free") && !strings.Contains(line, "played on a copy") && !strings.Contains(line, `"now"`) && !strings.Contains(line, "xported") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// TestReadingFromADiskThatCannotBeWritten: a disk that went read-only, as disks do when they break, still tells who is there, and a backup
// is made of it. Verbs that would write say what is the matter.
func TestReadingFromADiskThatCannotBeWritten(t *testing.T) {
	for name, leave := range map[string]bool{"closed well": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			dir := olderFolder(t)
			upToDate(t, dir)
			if leave { // a write-ahead log with something in it
				db, err := storetest.Beside(filepath.Join(dir, "data"))
				must(t, err)
				defer db.Close()
				_, err = db.Exec("UPDATE numbers SET status_detail = 'in the log'")
				must(t, err)
			}
			disk := readOnlyCopy(t, dir)
			for _, verb := range readingVerbs {
				code, want, _ := verbIn(t, dir, strings.Fields(verb)...)
				read, got, errs := verbIn(t, disk, strings.Fields(verb)...)
				if verb == "doctor" {
					want, code = got, read // it has more to say
				}
				if verb == "flow check" || verb == "flow diff" { // they name the file
					want = strings.ReplaceAll(want, dir, disk)
				}
				if read != code || sameMinute(got) != sameMinute(want) {
					t.Errorf("%s: exit code %d and not %d: %s\n%s\n%s", verb, read, code, errs, got, want)
				}
			}
			file := filepath.Join(t.TempDir(), "b.tar.gz")
			if code, out, errs := verbIn(t, disk, "backup", file); code != exitDone || !strings.Contains(errs, "cannot be written") {
				t.Errorf("backup: exit code %d: %s%s", code, out, errs)
			}
			if _, err := os.Stat(file); err != nil {
				t.Error(err)
			}
			code, _, errs := verbIn(t, disk, "optout", "+12125550101", "--reason", "said-so")
			if code != exitFailed || !strings.Contains(errs, "read-only") {
				t.Errorf("optout: exit code %d: %s", code, errs)
			}
		})
	}
}
