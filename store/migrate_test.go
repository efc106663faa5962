package store

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
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
	err = s.query(t.Context())("SELECT name, COALESCE(sql, '-') FROM sqlite_master", nil, func(scan scanner) error {
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

// landed are the migrations that somebody's folder may have: they never change. A change of the tables is a new file.
var landed = map[string]string{
	"00001_init.sql":          "d0a0d7fab1842a67b481d851f3c4fffaa8261c7fc12035ee1f332bd80161c01a",
	"00002_planning.sql":      "3ea7346a21e1af70c882957e599f95ae7d2871464e752f761731d2dcad566a7f",
	"00003_order.sql":         "7bb97b1a1fe81e862233480db6378de0c60ceca95e97e1310b7ffb9fde0328dc",
	"00005_number_health.sql": "27875ec595ce8111f73d89eeafc13de84b808091a92950e5dbffdd920dbc1ea4",
	"00004_identity.sql":      "201ede35f47769d8518716f42f7a1afeafb774e19b30d746446cc2b99dd17fc6",
	"00007_proof.sql":         "d7d2f373851d02a9a96305d500e9741b4de5795df7d2579801ab08fe1d01c426",
	"00008_was_due.sql":       "51163e0316a90975b32ae38798f60705a6aa3965243d4bf3ce7208f1c6048e32",
	"00006_messages.sql":      "8748eedf1364316435a6e074711b35cb8c788d98ac742e532382448855d6a7a9",
}

// TestO5LandedMigrationsNeverChange: a migration that was edited in place would not run again on the folders that have it.
func TestO5LandedMigrationsNeverChange(t *testing.T) {
	for name, want := range landed {
		text, err := migrations.ReadFile("migrate/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(text)); got != want {
			t.Errorf("%s has changed (%s): undo that, and put the change into a migration of its own", name, got)
		}
	}
	all, err := migrations.ReadDir("migrate")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		if landed[file.Name()] == "" {
			t.Errorf("%s is new: write its hash into landed", file.Name())
		}
	}
}
