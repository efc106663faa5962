package store

import (
	"testing"
	"time"

	"optinbot/bot"
)

// TestC2TheLogsLastStopCounts: of several stops of a person whom a backup does not know, the last
// one binds.
func TestC2TheLogsLastStopCounts(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.EnsureNumber(t.Context(), "main", "shop", "flow@1"); err != nil {
		t.Fatal(err)
	}
	person := bot.Identity{Kind: bot.Phone, Value: "+12125550101"}
	first := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, order := range [][]time.Time{{first, first.Add(time.Hour)}, {first.Add(2 * time.Hour), first.Add(time.Hour)}} {
		var r Restored
		var since time.Time
		err := s.write(t.Context(), everyNumber, func(tx *tx) error {
			for _, at := range order {
				if err := tx.rememberHash(&r, optoutLine{at: at, kind: lineOptOut, number: "main", hash: s.key.keyed(person)}); err != nil {
					return err
				}
			}
			var err error
			since, err = tx.suppressedSince("main", []bot.Identity{person})
			return err
		})
		want := order[0]
		if order[1].After(want) {
			want = order[1]
		}
		if err != nil || !since.Equal(want) {
			t.Errorf("stops of %v: known as of %v: %v", order, since, err)
		}
	}
}
