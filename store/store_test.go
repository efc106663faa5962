package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"optinbot/store"
	"optinbot/store/storetest"
)

func open(t *testing.T, place string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), place, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSQLite(t *testing.T) { storetest.Exercise(t, open) }

// TestK1NobodyIsWrittenToFirstBeyondTheLimit: a claim counts the people whom the numbers of the portfolio have written to
// first within a day (number_cap).
func TestK1NobodyIsWrittenToFirstBeyondTheLimit(t *testing.T) { storetest.Standings(t, open) }

func TestFilesAreTheOwnersOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes there")
	}
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir, store.Options{})
	defer s.Close()
	if err := s.EnsureNumber(t.Context(), "shop", "brand", "flow"); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", filepath.Base(path), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenedByManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s, err := store.Open(t.Context(), dir, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.EnsureNumber(t.Context(), "shop", "brand", "flow"); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, "secret.key*")); len(left) != 1 {
		t.Errorf("keys: %v", left)
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := open(t, t.TempDir(), store.Options{})
	if err := s.EnsureNumber(t.Context(), "shop", "brand", "flow"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBrokenKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.key"), []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(t.Context(), dir, store.Options{}); err == nil {
		s.Close()
		t.Fatal("opened with a key that is none")
	}
}
