package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"optinbot/bot/desk"
)

// sealedShop is the folder of an earlier version, a key, and an encrypted backup of it.
func sealedShop(t *testing.T) (dir, key, recipient, backup string) {
	t.Helper()
	dir, beside := olderFolder(t), t.TempDir()
	key, backup = filepath.Join(beside, "optinbot.key"), filepath.Join(beside, "monday.tar.gz.age")
	code, out, errs := verbIn(t, dir, "backup", "--keygen", key)
	recipient = regexp.MustCompile(`age1[0-9a-z]+`).FindString(out)
	if code != exitDone || recipient == "" {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	if code, out, errs := verbIn(t, dir, "backup", backup, "--recipient", recipient); code != exitDone || !strings.Contains(out, "It is encrypted") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	return dir, key, recipient, backup
}

// TestB7AnEncryptedBackup: nobody reads it without its key. Without that it is refused with what to do, and nothing is written; with it,
// everything is as with another backup.
func TestB7AnEncryptedBackup(t *testing.T) {
	dir, key, recipient, backup := sealedShop(t)
	text := readAll(t, backup)
	if !strings.HasPrefix(string(text), desk.SealedBegins) || bytes.Contains(text, []byte("bot.db")) {
		t.Error("the backup is not encrypted")
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("others can read the key", err)
	}
	other := filepath.Join(filepath.Dir(key), "other.key")
	if code, _, errs := verbIn(t, dir, "backup", "--keygen", other); code != exitDone {
		t.Fatal(errs)
	}
	broken := filepath.Join(filepath.Dir(key), "broken.age")
	text[len(text)/2] ^= 1
	must(t, os.WriteFile(broken, text, 0o600))
	data := filepath.Join(dir, "data")
	must(t, os.RemoveAll(data))
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"restore " + backup + " --yes", exitRefused, "is encrypted: name the file of a key that it was encrypted for with --identity"},
		{"restore " + backup + " --yes --identity " + other, exitRefused, "is encrypted, and not for the key in"},
		{"restore " + backup + " --yes --identity " + backup, exitRefused, "is not the file of a key of age"},
		{"restore " + broken + " --yes --identity " + key, exitFailed, "file may be corrupted"},
	} {
		code, _, errs := verbIn(t, dir, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit code %d: %s", c.args, code, errs)
		}
		left, err := filepath.Glob(filepath.Join(data, "*"))
		must(t, err)
		for _, file := range left {
			if filepath.Base(file) != "run.lock" {
				t.Errorf("%s left %s", c.args, file)
			}
		}
	}
	for _, args := range []string{
		"restore " + backup + " --yes --identity " + other + " --identity " + key,
		"consent verify --backup " + backup + " --identity " + key,
	} {
		if code, out, errs := verbIn(t, dir, strings.Fields(args)...); code != exitDone {
			t.Errorf("%s: exit code %d: %s%s", args, code, out, errs)
		}
	}
	if code, out, errs := verbIn(t, dir, "status"); code != exitDone || !strings.Contains(out, "2 subscribed, 1 pending, 0 new, 1 unsubscribed") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if code, _, errs := verbIn(t, dir, "consent", "verify", "--backup", backup); code != exitRefused || !strings.Contains(errs, "--identity") {
		t.Errorf("consent verify without the key: exit code %d: %s", code, errs)
	}
	if code, _, errs := verbIn(t, dir, "backup", filepath.Join(dir, "x.tar.gz"), "--recipient", recipient[:20]); code != exitRefused || !strings.Contains(errs, "is no recipient of age") {
		t.Errorf("a wrong recipient: exit code %d: %s", code, errs)
	}
}

// TestB7BackupsForTheRecipientsOfTheConfiguration: with recipients in config.yaml no backup is readable, and each of them can restore it.
func TestB7BackupsForTheRecipientsOfTheConfiguration(t *testing.T) {
	dir, key, recipient, _ := sealedShop(t)
	second := filepath.Join(filepath.Dir(key), "second.key")
	_, out, _ := verbIn(t, dir, "backup", "--keygen", second, "--json")
	config := filepath.Join(dir, "config.yaml")
	text := string(readAll(t, config)) + "\nbackup:\n  recipients: [" + recipient + ", " + regexp.MustCompile(`age1[0-9a-z]+`).FindString(out) + "]\n"
	must(t, os.WriteFile(config, []byte(text), 0o600))
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	here, err := os.Getwd()
	must(t, err)
	folder := t.TempDir()
	t.Chdir(folder)
	var said strings.Builder
	a := newApp(t.Context(), defaults)
	a.out, a.err, a.environ = &said, &said, map[string]string{}
	if code := a.run(t.Context(), []string{"backup", "--config", config}); code != exitDone || !strings.Contains(said.String(), "2 recipients") {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	t.Chdir(here)
	made, err := filepath.Glob(filepath.Join(folder, "*"))
	must(t, err)
	if len(made) != 1 || !strings.HasSuffix(made[0], ".tar.gz.age") {
		t.Fatal(made)
	}
	for _, file := range []string{key, second} {
		must(t, os.RemoveAll(filepath.Join(dir, "data")))
		if code, out, errs := verbIn(t, dir, "restore", made[0], "--yes", "--identity", file); code != exitDone {
			t.Errorf("exit code %d: %s%s", code, out, errs)
		}
	}
	must(t, os.WriteFile(config, []byte(strings.Replace(text, recipient, "age1nobody", 1)), 0o600))
	if code, _, errs := verbIn(t, dir, "status"); code != exitFailed || !strings.Contains(errs, "backup.recipients.0") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestBackupIsWholeOrNotThere: under its name a backup is whole. What a kill has left is taken away by the next one, which leaves alone
// what somebody is writing.
func TestBackupIsWholeOrNotThere(t *testing.T) {
	dir, folder := olderFolder(t), t.TempDir()
	name := filepath.Join(folder, "optinbot-2026-03-02.tar.gz")
	left := filepath.Join(folder, "optinbot-2026-03-01.tar.gz.part")
	must(t, os.WriteFile(left, []byte("cut"), 0o600))
	if code, out, errs := verbIn(t, dir, "backup", name); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	there, err := filepath.Glob(filepath.Join(folder, "*"))
	must(t, err)
	if len(there) != 1 || there[0] != name {
		t.Errorf("there is %v", there)
	}
	before := readAll(t, name)
	if code, _, errs := verbIn(t, dir, "backup", name); code != exitFailed || !strings.Contains(errs, "is there already") || !bytes.Equal(before, readAll(t, name)) {
		t.Errorf("again: exit code %d: %s", code, errs)
	}
	if code, _, _ := verbIn(t, dir, "backup", filepath.Join(folder, "nowhere", "x.tar.gz")); code != exitFailed {
		t.Errorf("into no folder: exit code %d", code)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Error("what a kill has left is still there")
	}
}

// TestB7ABackupThatNobodyCouldRestoreIsNotMade: a line of optouts.log that is none would keep the backup from being restored.
func TestB7ABackupThatNobodyCouldRestoreIsNotMade(t *testing.T) {
	t.Parallel()
	dir := olderFolder(t)
	log := filepath.Join(dir, "data", "optouts.log")
	must(t, os.WriteFile(log, append(readAll(t, log), "hello\n"...), 0o600))
	file := filepath.Join(t.TempDir(), "b.tar.gz")
	if code, _, errs := verbIn(t, dir, "backup", file); code != exitFailed || !strings.Contains(errs, "nobody could restore it: optouts.log, line ") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a backup was made")
	}
}
