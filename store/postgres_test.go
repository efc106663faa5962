package store_test

import (
	"sync"
	"testing"

	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

// children are the programs that a test of this package starts itself as. Each returns whether this is one,
// after it has ended.
var children = []func() (is bool){childOfMove}

func TestMain(m *testing.M) {
	for _, child := range children {
		if child() {
			return
		}
	}
	postgrestest.Main(m)
}

// TestPostgres is the suite that SQLite passes too. -short leaves it out.
func TestPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("a database for each of some hundred tests")
	}
	var mu sync.Mutex
	urls := map[string]string{}
	storetest.Exercise(t, func(t *testing.T, place string, o store.Options) *store.Store {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if urls[place] == "" {
			urls[place] = postgrestest.Database(t, storetest.PostgresTables)
		}
		o.URL = urls[place]
		s, err := store.Open(t.Context(), place, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
