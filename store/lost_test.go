package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/store"
)

// TestC2ALostDatabaseIsNotMadeAnew: an empty database in the place of the old one would know of
// nobody's stop. What lies beside it tells that there was one.
func TestC2ALostDatabaseIsNotMadeAnew(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string // "" is removed, as is what is not named
		lost  bool
	}{
		"nothing at all":                  {},
		"a key":                           {map[string]string{"secret.key": "used"}, true},
		"an empty database":               {map[string]string{"bot.db": ""}, false},
		"killed at the first start":       {map[string]string{"bot.db": "", "secret.key": "used"}, false},
		"an empty log":                    {map[string]string{"optouts.log": ""}, false},
		"a log":                           {map[string]string{"optouts.log": "x\n"}, true},
		"a session":                       {map[string]string{"session-main.db": ""}, true},
		"an empty database and a session": {map[string]string{"bot.db": "", "secret.key": "used", "session-main.db": ""}, true},
		"an empty database and a log":     {map[string]string{"bot.db": "", "secret.key": "used", "optouts.log": "x\n"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for file, content := range c.files {
				content = strings.Replace(content, "used", strings.Repeat("ab", 32)+"\n", 1)
				if err := os.WriteFile(filepath.Join(folder, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := store.Open(t.Context(), folder, store.Options{})
			if err == nil {
				err = s.Close()
				if c.lost {
					t.Error("a new database was made")
				}
			}
			if c.lost != errors.Is(err, store.ErrLost) || c.lost && !errors.Is(err, store.ErrUnusable) {
				t.Errorf("lost: %t, and Open says %v", c.lost, err)
			}
			if again := store.Lost(folder); c.lost != errors.Is(again, store.ErrLost) {
				t.Errorf("lost: %t, and Lost says %v", c.lost, again)
			}
		})
	}
}

// TestC2NothingIsWrittenToAFileWithoutAName: when bot.db or its write-ahead log is taken away while
// it is open, no write is said to be done. What was written before is in the file, wherever it is,
// once the store is closed.
func TestC2NothingIsWrittenToAFileWithoutAName(t *testing.T) {
	for name, c := range map[string]struct {
		take func(file string) error
		lost bool
		back func(file string) error
	}{
		"renamed":   {func(file string) error { return os.Rename(file, file+".old") }, true, func(file string) error { return os.Rename(file+".old", file) }},
		"exchanged": {exchange, true, func(file string) error { return os.Rename(file+".old", file) }},
		"the wal":   {func(file string) error { return os.Remove(file + "-wal") }, false, func(string) error { return nil }},
		"everything": {func(file string) error {
			return errors.Join(os.Remove(file), os.Remove(file+"-wal"), os.Remove(file+"-shm"))
		}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "bot.db")
			s := open(t, folder, store.Options{})
			if err := s.EnsureNumber(t.Context(), "before", "brand", "1"); err != nil {
				t.Fatal(err)
			}
			if err := s.Present(); err != nil {
				t.Fatal(err)
			}
			if err := c.take(file); err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{s.Present(), s.EnsureNumber(t.Context(), "after", "brand", "1")} {
				if err == nil || errors.Is(err, store.ErrLost) != c.lost {
					t.Errorf("lost: %t: %v", c.lost, err)
				}
			}
			_ = s.Close() // it may have nothing to close
			if c.back == nil {
				return
			}
			if err := c.back(file); err != nil {
				t.Fatal(err)
			}
			again := open(t, folder, store.Options{})
			numbers, err := again.Numbers(t.Context())
			if err != nil || len(numbers) != 1 || numbers[0].Name != "before" {
				t.Errorf("%+v, %v", numbers, err)
			}
			if err := errors.Join(again.Check(t.Context()), again.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// exchange puts another database in the place of one.
func exchange(file string) error {
	if err := os.Rename(file, file+".old"); err != nil {
		return err
	}
	return os.WriteFile(file, []byte("another one"), 0o600)
}
