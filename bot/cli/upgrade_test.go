package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot/cli/clitest"
)

// olderFolder unpacks the working folder that the program of commit 2cfbdc0 made: three people opted in, one of them left, one only
// said hello, a stop came off WhatsApp, one broadcast is running and one is scheduled for 2031.
func olderFolder(t *testing.T) (dir string) {
	t.Helper()
	return clitest.Unpack(t, "testdata/upgrade/folder-2cfbdc0.tar.gz")
}

// verbIn runs a verb of the program in a folder and returns its exit code and what it printed.
func verbIn(t *testing.T, dir string, args ...string) (code int, out, errs string) {
	t.Helper()
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	var printed, failed strings.Builder
	a := newApp(context.Background(), defaults)
	a.in, a.out, a.err, a.environ = strings.NewReader(""), &printed, &failed, map[string]string{}
	code = a.run(t.Context(), append([]string{"--config", filepath.Join(dir, "config.yaml")}, args...))
	return code, printed.String(), failed.String()
}

// TestO6AnOlderBackupRestores: a backup of an earlier version restores into an empty folder.
func TestO6AnOlderBackupRestores(t *testing.T) {
	dir := olderFolder(t)
	must(t, os.RemoveAll(filepath.Join(dir, "data")))
	backup, err := filepath.Abs("testdata/upgrade/backup-2cfbdc0.tar.gz")
	must(t, err)
	if code, out, errs := verbIn(t, dir, "restore", backup, "--yes"); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if code, out, errs := verbIn(t, dir, "consent", "verify"); code != exitDone {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	code, out, _ := verbIn(t, dir, "status")
	if code != exitDone || !strings.Contains(out, "2 subscribed, 1 pending, 0 new, 1 unsubscribed") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
