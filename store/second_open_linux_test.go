package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestASecondOpenTakesNoLockAway: a process that opens the store a second time keeps the lock by which
// other processes see that the database is in use. A process loses its locks on a file when it closes
// any descriptor of it, so nothing but SQLite may open the database.
func TestASecondOpenTakesNoLockAway(t *testing.T) {
	folder := t.TempDir()
	first, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := first.EnsureNumber(t.Context(), "main", "", ""); err != nil {
		t.Fatal(err)
	}
	if !locked(t, filepath.Join(folder, databaseName)) {
		t.Fatal("an open store holds no lock, so this test sees nothing")
	}
	second, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if !locked(t, filepath.Join(folder, databaseName)) {
		t.Error("the lock of the store that is open is gone")
	}
}

// locked reports whether any process holds a lock on a file.
func locked(t *testing.T, file string) bool {
	t.Helper()
	found, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Skip("this system does not say who holds locks")
	}
	return strings.Contains(string(locks), fmt.Sprintf(":%d ", found.Sys().(*syscall.Stat_t).Ino))
}
