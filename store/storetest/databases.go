package storetest

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"optinbot/store"
	"optinbot/store/postgrestest"
)

// OnPostgres begins the names of the tests whose stores are in PostgreSQL. See Again.
const OnPostgres = "TestPostgres"

// folders are the folders whose store is in PostgreSQL: the URL of its database.
var folders sync.Map

// Again runs tests of a package once more, on PostgreSQL: wherever they open a store with the options
// of In. -short leaves them out. The package's TestMain has to be postgrestest.Main, or stop the
// server as that does.
func Again(t *testing.T, tests ...func(*testing.T)) {
	t.Helper()
	if testing.Short() {
		t.Skip("a second time, on PostgreSQL")
	}
	for _, test := range tests {
		name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
		t.Run(name[strings.LastIndex(name, ".")+1:], func(t *testing.T) {
			t.Cleanup(func() {
				if _, opened := onPostgres.Load(t.Name()); !opened && !t.Skipped() && !t.Failed() {
					t.Error("it opens no store with the options of In: on PostgreSQL it shows nothing")
				}
			})
			test(t)
		})
	}
}

// onPostgres are the names of the tests of Again that had a database of PostgreSQL.
var onPostgres sync.Map

// In are the options for a store in a folder of a test. Where the name of the test begins with
// OnPostgres they name a database that is that folder's until the test ends, and for SQLite's files
// everywhere else. It is for tests that do not depend on which of the two it is.
func In(t testing.TB, folder string) store.Options {
	t.Helper()
	if url, ok := folders.Load(folder); ok {
		return store.Options{URL: url.(string)}
	}
	o, done := InForNow(t, folder)
	t.Cleanup(done)
	return o
}

// InForNow is In for a folder of a part of a test, which calls done once the store is closed.
func InForNow(t testing.TB, folder string) (o store.Options, done func()) {
	t.Helper()
	if !strings.HasPrefix(t.Name(), OnPostgres) {
		return store.Options{}, func() {}
	}
	url, empty := postgrestest.ForNow(t, PostgresTables)
	folders.Store(folder, url)
	if names := strings.SplitN(t.Name(), "/", 3); len(names) > 1 {
		onPostgres.Store(names[0]+"/"+names[1], true)
	}
	return store.Options{URL: url}, func() {
		folders.Delete(folder)
		empty()
	}
}

// Beside opens the database of a store in a folder behind the store's back, as a fault or another
// program could: bot.db, or the one that In has given the folder. Its caller closes it.
func Beside(folder string) (*sql.DB, error) {
	if url, ok := folders.Load(folder); ok {
		return sql.Open("pgx", url.(string))
	}
	return sql.Open("sqlite", "file:"+filepath.Join(folder, "bot.db")+"?_pragma=busy_timeout(120000)")
}

// Edit changes the database of a store in a folder behind the store's back. See Beside.
func Edit(ctx context.Context, folder, statement string, args ...any) error {
	db, err := Beside(folder)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement, args...)
	return errors.Join(err, db.Close())
}
