package store_test

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

// restored restores a backup to the database.
func (m aMove) restored(ctx context.Context, to store.Move, newer string) (r store.Restored, err error) {
	var e fleetEnv
	if err := e.load("BACK"); err != nil {
		return r, err
	}
	backup, err := os.Open(m.Backup)
	if err != nil {
		return r, err
	}
	defer backup.Close()
	return store.RestoreShared(ctx, to, backup, newer, e.envs, restoring)
}

// restoring is when the backups of these tests are restored.
var restoring = time.Now().Add(24 * time.Hour)

// backsUp writes a backup of a shop.
func backsUp(t *testing.T, s *store.Store) (file string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "backup.tar.gz"))
	if err == nil {
		_, err = s.Backup(t.Context(), t.TempDir(), f, time.Now())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func (m aMove) opened(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), m.Folder, store.Options{URL: m.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// ofShop are the rows of a shop, but for salts, and with them the hashes, which chance makes.
func (m aMove) ofShop(t *testing.T, tables map[string][]string) map[string][]string {
	t.Helper()
	var db *sql.DB
	if m.URL != "" {
		db = opened(t, "pgx", m.URL)
	} else {
		db = opened(t, "sqlite", filepath.Join(m.Folder, "bot.db"))
	}
	defer db.Close()
	if len(tables) == 0 {
		maps.Copy(tables, tablesOf(t, db))
		tables["ledger"] = []string{"number", "seq"}
		delete(tables, "ledger_personal")
		delete(tables, "files") // how far optouts.log is carried out lies elsewhere in a fleet
	}
	return rows(t, db, tables)
}

// TestF4ABackupIsTheSameOnBothDatabases: a backup of a folder restored to a server is what it is restored
// to a folder, row by row, and so is one of a server. It is in safe mode, unlinked, and knows the stops of
// optouts.log.
func TestF4ABackupIsTheSameOnBothDatabases(t *testing.T) {
	shop := movingShop(t, 12)
	s := shop.opened(t)
	backup := backsUp(t, s)
	f := &fleet{t: t, folder: shop.Folder}
	f.must(f.load("LATE"))
	turn, err := s.HandleMessage(t.Context(), "main", f.message("2", personOf(5)), f.envs) // known from optouts.log alone
	f.must(err)
	log := filepath.Join(shop.Folder, "optouts.log")
	f.must(s.Close())

	inFolder := aMove{Folder: t.TempDir()}
	text, err := os.Open(backup)
	f.must(err)
	defer text.Close()
	want, err := store.Restore(t.Context(), inFolder.Folder, text, log, f.envs, restoring)
	f.must(err)
	onServer := aMove{Folder: t.TempDir(), URL: postgrestest.Database(t, storetest.PostgresTables), Backup: backup}
	got, err := onServer.restored(t.Context(), onServer.move(), log)
	f.must(err)
	if !slices.Equal(want.Heads, got.Heads) || got.OptedOut != 1 || got.Unknown == 0 || got.Held != 0 {
		t.Errorf("restored to the folder: %+v\nto the server: %+v", want, got)
	}
	want.Heads, got.Heads = nil, nil
	tables := map[string][]string{}
	rowsWanted := inFolder.ofShop(t, tables)
	sameEverything(t, map[string]map[string][]string{"the shop": rowsWanted},
		map[string]map[string][]string{"the shop": onServer.ofShop(t, tables)})

	s = onServer.opened(t)
	c, err := s.Contact(t.Context(), "main", personOf(5).Value)
	f.must(err)
	numbers, err := s.Numbers(t.Context())
	f.must(err)
	if turn.Contact.Consent != bot.Unsubscribed || c.Consent != bot.Unsubscribed || len(numbers) != 2 {
		t.Errorf("who left after the backup is %s, of %d numbers", c.Consent, len(numbers))
	}
	for _, n := range numbers {
		if v, err := s.Verify(t.Context(), n.Name, ""); err != nil || !v.Holds() || !n.SafeMode || n.JID != "" {
			t.Errorf("%+v, %+v, %v", n, v, err)
		}
	}
	f.people(s, "main", 2_000_000, 12) // serial numbers go on where they have to
	_, err = s.ReleaseNumber(t.Context(), "main", "looked", true, f.envs)
	f.must(err)

	// And back: what was served since comes in a backup of the server to a folder, and to a server.
	again := backsUp(t, s)
	f.must(s.Close())
	for _, to := range []aMove{{Folder: t.TempDir()}, {Folder: t.TempDir(), URL: postgrestest.Database(t, storetest.PostgresTables)}} {
		text, err := os.Open(again)
		f.must(err)
		defer text.Close()
		var r store.Restored
		if to.Backup = again; to.URL == "" {
			r, err = store.Restore(t.Context(), to.Folder, text, "", f.envs, restoring)
		} else {
			r, err = to.restored(t.Context(), to.move(), "")
		}
		f.must(err)
		if !r.Fleet || r.Held == 0 || r.Held != r.Subscribed {
			t.Errorf("a backup of a fleet: %+v", r)
		}
		s := to.opened(t)
		c, err := s.Contact(t.Context(), "main", personOf(2_000_003).Value)
		f.must(err)
		if c.Consent != bot.Unsubscribed {
			t.Errorf("who left the server is %s", c.Consent)
		}
		f.must(s.Close())
	}
}

// TestF4ARestoreThatIsKilledCanBeGivenAgain: at each step the process is killed. Nobody can serve the
// database then, and the next try ends with everything.
func TestF4ARestoreThatIsKilledCanBeGivenAgain(t *testing.T) {
	shop := movingShop(t, 12)
	s := shop.opened(t)
	backup := backsUp(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tables := map[string][]string{}
	shop.ofShop(t, tables)
	var want map[string][]string
	for _, step := range []string{"", "close the database", "copy", "commit the copy", "copy sessions", "compare",
		"put the key and the log into their places", "open the database"} {
		t.Run(step, func(t *testing.T) {
			m := aMove{Folder: t.TempDir(), URL: postgrestest.Database(t, storetest.PostgresTables), Backup: backup}
			if step != "" {
				m.killed(t, step)
				other := aMove{Folder: shop.Folder, URL: m.URL} // which has the key
				if _, database := other.serves(t); database {
					t.Errorf("killed at %q, it serves", step)
				}
			}
			r, err := m.restored(t.Context(), m.move(), "")
			if err != nil {
				t.Fatalf("again after it was killed at %q: %v", step, err)
			}
			if r.Log || r.Held == 0 {
				t.Errorf("nobody knows who left since, and %+v", r)
			}
			got := m.ofShop(t, tables)
			if want == nil {
				want = got
			}
			sameEverything(t, map[string]map[string][]string{"the shop": want}, map[string]map[string][]string{"the shop": got})
			if _, err := m.restored(t.Context(), m.move(), ""); !errors.Is(err, store.ErrOccupied) {
				t.Errorf("over a shop: %v", err)
			}
		})
	}
}

// TestF4ARestoreTakesNobodysPlace: not that of a fleet that lives, nor that of a move that was broken off.
func TestF4ARestoreTakesNobodysPlace(t *testing.T) {
	shop := movingShop(t, 3)
	s := shop.opened(t)
	backup := backsUp(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f := newFleet(t)
	m := aMove{Folder: t.TempDir(), URL: f.url, Backup: backup}
	p := f.joins(f.opens(), "other", store.DefaultLease())
	if _, err := m.restored(t.Context(), m.move(), ""); !errors.Is(err, store.ErrServed) {
		t.Errorf("beside a fleet that lives: %v", err)
	}
	f.must(p.Leave(t.Context()))
	m.URL = postgrestest.Database(t, storetest.PostgresTables)
	shop.URL = m.URL
	shop.killed(t, "compare")
	if _, err := m.restored(t.Context(), m.move(), ""); !errors.Is(err, store.ErrMoved) {
		t.Errorf("over a move that was broken off: %v", err)
	}
	if _, err := os.Stat(filepath.Join(m.Folder, "secret.key")); err == nil {
		t.Error("a refused restore has left a key")
	}
	if _, err := shop.run(t.Context(), nil); err != nil {
		t.Errorf("the move given again: %v", err)
	}
}
