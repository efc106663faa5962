package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBackupVerbs: a key is made, a backup is encrypted for it, and the verbs that read one take
// it. What the desk decides there is tested in bot/desk.
func TestBackupVerbs(t *testing.T) {
	dir, beside := olderFolder(t), t.TempDir()
	key, other := filepath.Join(beside, "optinbot.key"), filepath.Join(beside, "other.key")
	backup := filepath.Join(beside, "monday.tar.gz.age")
	verb := func(want int, says string, args ...string) string {
		t.Helper()
		code, out, errs := verbIn(t, dir, args...)
		if code != want || !strings.Contains(out+errs, says) {
			t.Fatalf("%s: exit code %d, want %d and %q: %s%s", strings.Join(args, " "), code, want, says, out, errs)
		}
		return out
	}
	recipient := regexp.MustCompile(`age1[0-9a-z]+`).FindString(verb(exitDone, "recipients: [age1", "backup", "--keygen", key))
	verb(exitDone, `"recipient": "age1`, "backup", "--keygen", other, "--json")
	verb(exitDone, "It is encrypted", "backup", backup, "--recipient", recipient)
	verb(exitFailed, "is there already", "backup", backup)
	verb(exitRefused, "--identity", "consent", "verify", "--backup", backup)
	verb(exitDone, "", "consent", "verify", "--backup", backup, "--identity", key)
	must(t, os.RemoveAll(filepath.Join(dir, "data")))
	verb(exitRefused, "and not for the key in", "restore", backup, "--yes", "--identity", other)
	verb(exitDone, "Restored", "restore", backup, "--yes", "--identity", other, "--identity", key)
	verb(exitDone, "2 subscribed, 1 pending, 0 new, 1 unsubscribed", "status")
	config := filepath.Join(dir, "config.yaml")
	text, err := os.ReadFile(config)
	must(t, err)
	must(t, os.WriteFile(config, append(text, "\nbackup: {recipients: [age1nobody]}\n"...), 0o600))
	verb(exitFailed, "backup.recipients.0", "status")
}
