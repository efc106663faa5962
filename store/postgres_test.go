package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"testing"

	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

func TestMain(m *testing.M) {
	if !childOfFleet() {
		postgrestest.Main(m)
	}
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
			urls[place] = postgrestest.Database(t, tables)
		}
		o.URL = urls[place]
		s, err := store.Open(t.Context(), place, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// tables makes the tables of a database that has no key yet.
func tables(url string) error {
	dir, err := os.MkdirTemp("", "optinbot")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	s, err := store.Open(ctx, dir, store.Options{URL: url})
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE files SET key_check = ''")
	return errors.Join(err, db.Close(), s.Close())
}
