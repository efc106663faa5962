package store

import (
	"strings"
	"testing"
)

// TestAFullDiskIsSaidInWords: whoever runs out of room reads that, and what to do; not how SQLite
// ended the transaction.
func TestAFullDiskIsSaidInWords(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.base.(*sqliteDatabase).conn.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil { // it stays at what there is
		t.Fatal(err)
	}
	err = s.EnsureNumber(t.Context(), "main", strings.Repeat("x", 1<<20), "1")
	if err == nil || !strings.HasPrefix(err.Error(), "the disk of the data folder is full: make room") || strings.Contains(err.Error(), "rollback") {
		t.Error(err)
	}
	if err := s.base.(*sqliteDatabase).rollback(); err != nil {
		t.Errorf("SQLite had rolled back by itself: %v", err)
	}
	if _, err := s.base.(*sqliteDatabase).conn.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000"); err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureNumber(t.Context(), "main", "x", "1"); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
