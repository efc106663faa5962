package words

import (
	"maps"
	"slices"
	"testing"
)

// TestC3EveryTableOfRolesIsRead: each language that has words has roles, and no file of them has an
// error.
func TestC3EveryTableOfRolesIsRead(t *testing.T) {
	if have := slices.Sorted(maps.Keys(roleTables())); !slices.Equal(have, tableLanguages[:]) {
		t.Errorf("roles in %v, words in %v", have, tableLanguages)
	}
	for language, table := range roleTables() {
		if len(table().words) < 100 {
			t.Errorf("%s has roles of only %d words", language, len(table().words))
		}
	}
}
