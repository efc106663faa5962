package whatsapp

import (
	"os"
	"regexp"
	"testing"
	"time"
)

// TestVersionIsThePinnedOne compares the fallback with go.mod.
func TestVersionIsThePinnedOne(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(regexp.QuoteMeta(library) + ` (v\S+)`).FindSubmatch(mod)
	if found == nil || string(found[1]) != pinnedLibrary {
		t.Errorf("go.mod has %q, version.go %q", found, pinnedLibrary)
	}
	version, date := Version()
	if version != pinnedLibrary || date.Format(time.DateOnly) != "2026-09-21" {
		t.Errorf("got %s of %s", version, date)
	}
	if !pseudoDate("v1.2.3").IsZero() || !pseudoDate("v1-x-y").IsZero() {
		t.Error("a date where there is none")
	}
}
