package desk

import (
	"errors"
	"fmt"
	"testing"
)

// TestD3HowManyMayJoin: how many people more than the preview showed may get a broadcast.
func TestD3HowManyMayJoin(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ shown, most int }{
		{0, 0}, {1, 1}, {9, 9}, {10, 11}, {55, 60}, {100, 110}, {150, 160}, {1000, 1010}, {1099, 1109}, {2000, 2020}, {1_000_000, 1_010_000},
	} {
		version := fmt.Sprintf("draft.%d", row.shown)
		for _, people := range []int{0, row.shown, row.most} {
			if err := (&Preview{text: "draft", People: people}).showed(version); err != nil {
				t.Errorf("%d shown, %d now: %v", row.shown, people, err)
			}
		}
		if err := (&Preview{text: "draft", People: row.most + 1}).showed(version); !errors.As(err, new(MoreThanShownError)) {
			t.Errorf("%d shown, %d now: %v", row.shown, row.most+1, err)
		}
	}
}
