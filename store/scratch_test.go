package store

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// TestAScratchDatabaseIsLikeANewOne: it has the same tables, and a key of its own.
func TestAScratchDatabaseIsLikeANewOne(t *testing.T) {
	t.Parallel()
	want, keys := schemaOf(t, t.TempDir()), map[string]bool{}
	for range 2 {
		folder := t.TempDir()
		s, err := OpenScratch(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if have := schemaOf(t, folder); !maps.Equal(have, want) {
			t.Errorf("%v, a new one: %v", have, want)
		}
		key, err := os.ReadFile(filepath.Join(folder, keyName))
		if err != nil || keys[string(key)] {
			t.Errorf("no key of its own: %v", err)
		}
		keys[string(key)] = true
	}
}

func BenchmarkOpenScratch(b *testing.B) {
	for b.Loop() {
		s, err := OpenScratch(b.Context(), b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
