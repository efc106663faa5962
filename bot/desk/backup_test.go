package desk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/lock"
)

// namesIn are the names of what lies in a folder.
func namesIn(t *testing.T, folder string) []string {
	t.Helper()
	names, err := desk.NamesIn(folder)
	must(t, err)
	slices.Sort(names)
	return names
}

// TestBackUp: a backup under the name that the operator gives. It says what is in it, `doctor` knows
// of it, and nothing else of the shop changes.
func TestBackUp(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	head, err := s.Store.Head(s.Ctx, "main")
	must(t, err)
	folder := t.TempDir()
	before := s.held()
	for _, name := range []string{"one.tar.gz", "two.tar.gz"} { // it may be repeated, under another name
		file := filepath.Join(folder, name)
		made, err := s.BackUp(s.Ctx, desk.BackupOrder{File: file})
		must(t, err)
		if made.File != file || made.Recipients != 0 || made.Heads["main"] != head || made.OptoutsLog != s.data("optouts.log") {
			t.Errorf("%+v", made)
		}
	}
	if got := namesIn(t, folder); !slices.Equal(got, []string{"one.tar.gz", "two.tar.gz"}) {
		t.Errorf("there is %v", got)
	}
	for line := range strings.SplitSeq(difference(before, s.held()), "\n") {
		if line != "" && !strings.HasPrefix(line[2:], "numbers: ") {
			t.Errorf("it changed %s", line)
		}
	}
	if row, err := s.Store.Number(s.Ctx, "main"); err != nil || !row.BackedUpAt.Equal(s.Now()) {
		t.Errorf("backed up at %s: %v", row.BackedUpAt, err)
	}
}

// TestBackUpNamesItself: without a name it lies in the folder of the process, by the time.
func TestBackUpNamesItself(t *testing.T) {
	s := newShop(t, oneNumber)
	folder := t.TempDir()
	t.Chdir(folder)
	_, key := madeKey(t)
	for _, to := range [][]string{nil, {key}} {
		_, err := s.BackUp(s.Ctx, desk.BackupOrder{Recipients: to})
		must(t, err)
	}
	if got := namesIn(t, "."); !slices.Equal(got, []string{"optinbot-2026-03-02-1400.tar.gz", "optinbot-2026-03-02-1400.tar.gz.age"}) {
		t.Errorf("there is %v", got)
	}
	_, err := s.BackUp(s.Ctx, desk.BackupOrder{})
	says(t, err, "optinbot-2026-03-02-1400.tar.gz is there already; nothing was written over it")
}

// TestBackupIsWholeOrNotThere: under its name a backup is whole. What a kill has left is taken away
// by the next one, which leaves alone what somebody is writing. Nothing is written over.
func TestBackupIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	folder := t.TempDir()
	name, left := filepath.Join(folder, "optinbot-2026-03-02.tar.gz"), filepath.Join(folder, "optinbot-2026-03-01.tar.gz.part")
	written := filepath.Join(folder, "optinbot-2026-02-28.tar.gz.part")
	write(t, left, "cut")
	release, err := lock.Take(written)
	must(t, err)
	_, err = s.BackUp(s.Ctx, desk.BackupOrder{File: name})
	must(t, err)
	if got := namesIn(t, folder); !slices.Equal(got, []string{filepath.Base(written), filepath.Base(name)}) {
		t.Errorf("there is %v", got)
	}
	must(t, release())
	before := readAll(t, name)
	s.unchanged("a second one of that name", func() {
		_, err = s.BackUp(s.Ctx, desk.BackupOrder{File: name})
		says(t, err, "is there already; nothing was written over it")
	})
	if !bytes.Equal(before, readAll(t, name)) {
		t.Error("it was written over")
	}
	s.unchanged("a backup into no folder", func() {
		if _, err = s.BackUp(s.Ctx, desk.BackupOrder{File: filepath.Join(folder, "nowhere", "x.tar.gz")}); err == nil {
			t.Error("into no folder")
		}
	})
}

// TestB7ABackupThatNobodyCouldRestoreIsNotMade: a line of optouts.log that is none would keep the
// backup from being restored.
func TestB7ABackupThatNobodyCouldRestoreIsNotMade(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	s.writes(ana, "stop")
	s.Save("data/optouts.log", s.Read("data/optouts.log")+"hello\n")
	folder := t.TempDir()
	_, err := s.BackUp(s.Ctx, desk.BackupOrder{File: filepath.Join(folder, "b.tar.gz")})
	says(t, err, "nobody could restore it: optouts.log, line ")
	if got := namesIn(t, folder); len(got) > 0 {
		t.Errorf("there is %v", got)
	}
}

// madeKey is the file of a new key, and the recipient whom it lets read.
func madeKey(t *testing.T) (file, recipient string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "optinbot.key")
	made, err := desk.MakeBackupKey(file, desktest.Begin)
	must(t, err)
	return made.File, made.Recipient
}

// TestMakeBackupKey: only its owner can read it, age knows it, and a file that is there is left
// alone.
func TestMakeBackupKey(t *testing.T) {
	t.Parallel()
	file, recipient := madeKey(t)
	text := string(readAll(t, file))
	if want := "# created: 2026-03-02T14:00:00Z\n# public key: " + recipient + "\nAGE-SECRET-KEY-1"; !strings.HasPrefix(text, want) {
		t.Errorf("the file is\n%s\nwant\n%s", strings.Split(text, "AGE")[0], want)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the key: %v", err)
	}
	_, err := desk.MakeBackupKey(file, desktest.Begin)
	if !errors.Is(err, desk.ErrRefused) || string(readAll(t, file)) != text {
		t.Errorf("a second key in the same file: %v", err)
	}
	if _, err := desk.MakeBackupKey(filepath.Join(filepath.Dir(file), "no", "x.key"), desktest.Begin); err == nil {
		t.Error("a key in no folder")
	}
}

// TestB7AnEncryptedBackup: nobody reads it without its key. Without that it is refused with what to
// do, and nothing is written; with it, everything is as with another backup.
func TestB7AnEncryptedBackup(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.writes(ana, phrase)
	key, recipient := madeKey(t)
	other, _ := madeKey(t)
	for _, wrong := range []string{recipient[:20], "nobody"} {
		s.refused("is no recipient of age", func() error {
			_, err := s.BackUp(s.Ctx, desk.BackupOrder{File: filepath.Join(t.TempDir(), "x"), Recipients: []string{wrong}})
			return err
		})
	}
	file := s.backedUp(recipient)
	text := readAll(t, file)
	if !strings.HasPrefix(string(text), desk.SealedBegins) || bytes.Contains(text, []byte("bot.db")) {
		t.Error("the backup is not encrypted")
	}
	for name, c := range map[string]struct {
		edit    func([]byte) []byte
		keys    []string
		says    string
		refused bool
	}{
		"no key":         {nil, nil, "is encrypted: name the file of a key that it was encrypted for with --identity", true},
		"another key":    {nil, []string{other}, "is encrypted, and not for the key in " + other, true},
		"no key in it":   {nil, []string{file}, "is not the file of a key of age", true},
		"no such key":    {nil, []string{key + ".not"}, "no such file", false},
		"a broken bit":   {func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, []string{key}, "copy.age is damaged: it was changed or cut after it was made", false},
		"a broken begin": {func(b []byte) []byte { return bytes.Replace(b, []byte("X25519"), []byte("X25518"), 1) }, []string{key}, "not for the key", true},
		"cut":            {func(b []byte) []byte { return b[:60] }, []string{key}, "is damaged", false},
		"cut in half":    {func(b []byte) []byte { return b[:len(b)/2] }, []string{key}, " is damaged: it was changed or cut after it was made", false},
	} {
		t.Run(name, func(t *testing.T) {
			copied := file
			if c.edit != nil {
				copied = filepath.Join(t.TempDir(), "copy.age")
				write(t, copied, string(c.edit(bytes.Clone(text))))
			}
			o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
			err := restoredInto(t, o, desk.RestoreOrder{File: copied, Identities: c.keys})
			says(t, err, c.says)
			if errors.Is(err, desk.ErrRefused) != c.refused {
				t.Errorf("refused: %v", err)
			}
			for _, name := range anyNamesIn(o.Config.Path("data")) {
				if name != "run.lock" {
					t.Errorf("it left %s", name)
				}
			}
		})
	}
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	must(t, restoredInto(t, o, desk.RestoreOrder{File: file, Identities: []string{other, key}}))
}

// anyNamesIn are the names of what lies in a folder that may not be there.
func anyNamesIn(folder string) []string {
	names, _ := desk.NamesIn(folder)
	return names
}

// restoredInto opens a backup and restores it.
func restoredInto(t *testing.T, o desk.Options, order desk.RestoreOrder) error {
	t.Helper()
	r, err := desk.OpenRestore(t.Context(), o, order)
	if err != nil {
		return err
	}
	_, err = r.Restore(t.Context())
	return errors.Join(err, r.Close())
}

// TestB7BackupsForTheRecipientsOfTheConfiguration: with recipients in config.yaml no backup is
// readable, and each of them can restore it.
func TestB7BackupsForTheRecipientsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	first, one := madeKey(t)
	second, two := madeKey(t)
	s := newShop(t, fmt.Sprintf("backup: {recipients: [%s, %s]}\n%s", one, two, oneNumber))
	made, err := s.BackUp(s.Ctx, desk.BackupOrder{File: filepath.Join(t.TempDir(), "b.age")})
	must(t, err)
	if made.Recipients != 2 {
		t.Errorf("%d recipients", made.Recipients)
	}
	for _, key := range []string{first, second} {
		o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
		must(t, restoredInto(t, o, desk.RestoreOrder{File: made.File, Identities: []string{key}}))
	}
}

// TestOpenBackup: a backup that is not encrypted is read as it is, whoever has a key.
func TestOpenBackup(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "x", "age", "something else that is longer"} {
		file := filepath.Join(t.TempDir(), "b")
		write(t, file, content)
		r, err := desk.OpenBackup(file, []string{"no such key"})
		must(t, err)
		got, err := io.ReadAll(r)
		must(t, errors.Join(err, r.Close()))
		if string(got) != content {
			t.Errorf("%q is read as %q", content, got)
		}
	}
	if _, err := desk.OpenBackup(t.TempDir(), nil); err == nil {
		t.Error("a folder is a backup")
	}
}

// TestBackUpWithoutRoom: where neither the data folder nor the folder of temporary files can hold a
// copy, no backup is made, and the error says why.
func TestBackUpWithoutRoom(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	_, _, err := desk.Scratch([]string{file, filepath.Join(file, "x")}, 0)
	var none desk.NoScratch
	if !errors.As(err, &none) {
		t.Fatal(err)
	}
	says(t, err, "there is no place for a copy to work on (")
	says(t, err, "set TMPDIR to a folder that can be written")
	_, _, err = desk.Scratch([]string{t.TempDir()}, 1<<62)
	says(t, err, "MB are free")
}

// TestScratch: a folder of its own in the first place that can be written, each time. done takes it
// away.
func TestScratch(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	one, done, err := desk.Scratch([]string{filepath.Join(place, "nowhere"), place, t.TempDir()}, 0)
	must(t, err)
	two, doneTwo, err := desk.Scratch([]string{place}, 0)
	must(t, err)
	if filepath.Dir(one) != place || filepath.Dir(two) != place || one == two {
		t.Errorf("%s and %s", one, two)
	}
	if !lock.Taken(filepath.Join(one, "lock")) {
		t.Error("it is not locked")
	}
	must(t, errors.Join(done(), doneTwo()))
	if entries, err := os.ReadDir(place); err != nil || len(entries) > 0 {
		t.Errorf("%v %v", entries, err)
	}
}

// TestScratchFolders: the data folder first where there is one, and never one that would have to be
// made.
func TestScratchFolders(t *testing.T) {
	t.Parallel()
	o := desktest.Folder(t, desktest.Setup{Config: oneNumber})
	shop := o.Config.Path(".")
	if got := o.Files.ScratchFolders(); !slices.Equal(got, []string{os.TempDir(), shop}) {
		t.Errorf("%v", got)
	}
	must(t, os.Mkdir(filepath.Join(shop, "data"), 0o700))
	if got := o.Files.ScratchFolders(); !slices.Equal(got, []string{filepath.Join(shop, "data"), os.TempDir(), shop}) {
		t.Errorf("%v", got)
	}
	if free, err := desk.FreeBytes(shop); err != nil || free == 0 {
		t.Errorf("%d bytes are free: %v", free, err)
	}
	if _, err := desk.FreeBytes(filepath.Join(shop, "nowhere")); err == nil {
		t.Error("a folder that is not there has room")
	}
}

// TestO4LeftoversOfTheKilled: copies of the database that killed processes have left, of this
// version or an earlier one, are named by `doctor` and taken away by the next backup, and by an
// erasure. What somebody works on stays, and so does what is another shop's.
func TestO4LeftoversOfTheKilled(t *testing.T) {
	for name, act := range map[string]func(*testing.T, *shop){
		"backup": func(_ *testing.T, s *shop) { s.backedUp() },
		"erase": func(t *testing.T, s *shop) {
			shown, err := s.PreviewErase(s.Ctx, ana)
			must(t, err)
			_, err = s.ErasePerson(s.Ctx, ana, shown.Version)
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, tmp := newShop(t, "backup: {folder: backups}\n"+oneNumber), t.TempDir()
			t.Setenv("TMPDIR", tmp)
			s.writes(ana, phrase)
			key := s.Read("data/secret.key")
			living, done, err := desk.Scratch([]string{s.Path("data")}, 0)
			must(t, err)
			left := []string{s.data("playing-1"), s.data("backup-2"), s.data("restore-3"), filepath.Join(tmp, "optinbot-4"), filepath.Join(tmp, "playing-5")}
			foreign := filepath.Join(tmp, "optinbot-6")
			for _, folder := range append(left, foreign) {
				write(t, filepath.Join(folder, "bot.db"), "names and messages")
				write(t, filepath.Join(folder, "lock"), "1\n")
				write(t, filepath.Join(folder, "secret.key"), key)
			}
			write(t, filepath.Join(foreign, "secret.key"), strings.Repeat("ab", 32)+"\n")
			cut := s.Path("backups/optinbot-daily-2026-01-01-1f3a9c.tar.gz.part")
			write(t, cut, "cut")
			left = append(left, cut)
			found := s.finding("leftovers")
			for _, folder := range left {
				if !strings.Contains(found.Do, folder) {
					t.Errorf("doctor does not name %s: %+v", folder, found)
				}
			}
			if strings.Contains(found.Do, living) || strings.Contains(found.Do, foreign) {
				t.Errorf("doctor would take away what is somebody's: %+v", found)
			}
			act(t, s)
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
			if found := s.finding("leftovers"); found.Check != "" {
				t.Errorf("doctor still says %+v", found)
			}
		})
	}
}

// TestARestoreIsNoLeftover: while `run` has the folder, what a restore works on may be its own.
func TestARestoreIsNoLeftover(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	write(t, s.data("restore-1/bot.db"), "x")
	release, err := lock.Take(s.Files.RunLock())
	must(t, err)
	must(t, s.Files.Sweep())
	if found := s.finding("leftovers"); found.Check != "" {
		t.Errorf("%+v", found)
	}
	must(t, release())
	must(t, s.Files.Sweep())
	if _, err := os.Stat(s.data("restore-1")); err == nil {
		t.Error("it is still there")
	}
	must(t, s.Files.Sweep()) // it may be repeated
}
