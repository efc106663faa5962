package store

import (
	"database/sql"
	"io/fs"
	"maps"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// TestO1AnOlderDatabaseIsBroughtUpToDate: a folder, or a backup, of an earlier version is opened like a new one, from each version on.
func TestO1AnOlderDatabaseIsBroughtUpToDate(t *testing.T) {
	folder := t.TempDir()
	want := schemaOf(t, folder)
	if len(want) < 20 {
		t.Fatalf("%d tables and indexes", len(want))
	}
	files, err := fs.Sub(migrations, "migrate")
	if err != nil {
		t.Fatal(err)
	}
	all, err := fs.ReadDir(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	for version := 1; version < len(all); version++ {
		db, err := sql.Open("sqlite", filepath.Join(folder, "bot.db"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.DownTo(t.Context(), int64(version)); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := schemaOf(t, folder); !maps.Equal(got, want) {
			t.Errorf("from version %d on: %v, a new one: %v", version, got, want)
		}
	}
}

// schemaOf opens a folder and returns how its tables and indexes are made.
func schemaOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	s, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	schema := map[string]string{}
	err = s.all(t.Context(), "SELECT name, COALESCE(sql, '-') FROM sqlite_master", nil, func(scan func(...any) error) error {
		var name, sql string
		err := scan(&name, &sql)
		schema[name] = sql
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
