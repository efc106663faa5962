package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot/desk"
)

// TestO4LeftoversOfTheKilled: copies of the database that killed processes have left, of this version or an earlier one, are named by
// `doctor` and taken away by the next verb that makes such a copy, and by an erasure. What somebody works on stays, and so does what
// is another shop's.
func TestO4LeftoversOfTheKilled(t *testing.T) {
	for _, verb := range []string{"backup {beside}/b.tar.gz", "simulate", "contacts erase +12125550101 --yes"} {
		t.Run(strings.Fields(verb)[0], func(t *testing.T) {
			dir, beside, tmp := olderFolder(t), t.TempDir(), t.TempDir()
			t.Setenv("TMPDIR", tmp)
			data := filepath.Join(dir, "data")
			key := string(readAll(t, filepath.Join(data, "secret.key")))
			living, done, err := desk.Scratch([]string{data}, 0)
			must(t, err)
			left := []string{filepath.Join(data, "playing-1"), filepath.Join(data, "backup-2"), filepath.Join(data, "restore-3"),
				filepath.Join(tmp, "optinbot-4"), filepath.Join(tmp, "playing-5")}
			foreign := filepath.Join(tmp, "optinbot-6")
			for _, folder := range append(left, foreign) {
				must(t, os.Mkdir(folder, 0o700))
				for name, text := range map[string]string{"bot.db": "names and messages", "lock": "1\n", "secret.key": key} {
					if folder == foreign && name == "secret.key" {
						text = strings.Repeat("ab", 32) + "\n"
					}
					must(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
				}
			}
			_, out, _ := verbIn(t, dir, "doctor")
			for _, folder := range left {
				if !strings.Contains(out, folder) {
					t.Errorf("doctor does not name %s:\n%s", folder, out)
				}
			}
			if code, out, errs := verbIn(t, dir, strings.Fields(strings.ReplaceAll(verb, "{beside}", beside))...); code != exitDone {
				t.Fatalf("exit code %d: %s%s", code, out, errs)
			}
			for _, folder := range left {
				if _, err := os.Stat(folder); err == nil {
					t.Errorf("%s is still there", folder)
				}
			}
			for _, folder := range []string{living, foreign} {
				if _, err := os.Stat(folder); err != nil {
					t.Error(err)
				}
			}
			must(t, done())
			if _, out, _ := verbIn(t, dir, "doctor"); strings.Contains(out, "leftovers") {
				t.Error(out)
			}
		})
	}
}
