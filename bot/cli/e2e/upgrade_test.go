package e2e

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/store"
)

// builtVerbIn is verbIn with the built program, which may be one of before. It reaches nobody: the test server that it is told of is not
// there.
func builtVerbIn(t *testing.T, dir string, args ...string) (code int, out, errs string) {
	t.Helper()
	file, err := program()
	must(t, err)
	cmd := exec.CommandContext(patient(t), file, append([]string{"--config", filepath.Join(dir, "config.yaml")}, args...)...)
	cmd.Env = append(os.Environ(), "OPTINBOT_WHATSAPP_TEST_SERVER="+filepath.Join(dir, "nowhere.json"))
	var printed, failed strings.Builder
	cmd.Stdout, cmd.Stderr = &printed, &failed
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), printed.String(), failed.String()
}

// TestO5AnOlderFolderOpens: the folder of an earlier version opens in this one: the same people, the same chain, the same broadcasts.
func TestO5AnOlderFolderOpens(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	const head = "7fcfc38f48ff5ef0a26d199a629d1cc1efac73ed81fdb9da7bdeb309874687a7" // noted when the folder was made
	dir := olderFolder(t)
	for _, look := range []struct {
		verb string
		has  []string
	}{
		{"consent verify --head " + head, []string{"9 entries hold"}},
		{"consent verify --backup ../testdata/upgrade/backup-2cfbdc0.tar.gz", []string{"9 entries hold"}},
		{"status", []string{"2 subscribed, 1 pending, 0 new, 1 unsubscribed", "new-year scheduled"}},
		{"contacts list", []string{"+12125550101", "+12125550102", "+12125550103", "+12125550104"}},
		{"contacts show +12125550103", []string{"unsubscribed"}},
		{"broadcast status new-year", []string{"2031"}},
	} {
		code, out, errs := builtVerbIn(t, dir, strings.Fields(look.verb)...)
		if code != exitDone {
			t.Errorf("%s: exit code %d: %s%s", look.verb, code, out, errs)
		}
		for _, part := range look.has {
			if !strings.Contains(out, part) {
				t.Errorf("%s does not say %q:\n%s", look.verb, part, out)
			}
		}
	}
}

// TestO5ANewerDatabaseIsRefused: no verb works on a database of a later version of the program.
func TestO5ANewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	dir := olderFolder(t)
	if code, _, errs := builtVerbIn(t, dir, "status"); code != exitDone { // brings it up to date
		t.Fatal(errs)
	}
	file := filepath.Join(dir, "data", "bot.db")
	db, err := sql.Open("sqlite", file)
	must(t, err)
	for _, change := range []string{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		_, err = db.Exec(change)
		must(t, err)
	}
	must(t, db.Close())
	before, err := os.ReadFile(file)
	must(t, err)
	for _, verb := range []string{
		"run", "link", "status", "contacts list", "contacts show +12125550101", "contacts waiting", "contacts erase +12125550101 --yes",
		"optout +12125550101 --reason said-so", "reply +12125550101 hello", "consent verify", "consent export", "backup " + filepath.Join(t.TempDir(), "b.tar.gz"),
		"broadcast list", "broadcast status new-year", "broadcast cancel new-year --yes", "broadcast preview weekend-offer", "number release --yes",
		"simulate", "flow reload", "invite --source door",
	} {
		want := exitRefused
		if verb == "run" {
			want = exitFile
		}
		code, out, errs := builtVerbIn(t, dir, strings.Fields(verb)...)
		if code != want || !strings.Contains(errs, store.ErrNewer.Error()) || !strings.Contains(errs, "99999") {
			t.Errorf("%s: exit code %d: %s%s", verb, code, out, errs)
		}
	}
	if code, out, _ := builtVerbIn(t, dir, "doctor"); code != exitFailed || !strings.Contains(out, "run the version of optinbot that made it") {
		t.Errorf("doctor: exit code %d: %s", code, out)
	}
	after, err := os.ReadFile(file)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("the database was changed")
	}
}
