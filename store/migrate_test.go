package store

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"optinbot/bot"
)

// TestO1AnOlderDatabaseIsBroughtUpToDate: a folder, or a backup, of an earlier version is opened
// like a new one, from each version on.
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
		if err := downTo(t, folder, version).Close(); err != nil {
			t.Fatal(err)
		}
		if got := schemaOf(t, folder); !maps.Equal(got, want) {
			t.Errorf("from version %d on: %v, a new one: %v", version, got, want)
		}
	}
}

// downTo takes the database of a folder back to a version of its tables.
func downTo(t *testing.T, folder string, version int) *sql.DB {
	t.Helper()
	files, err := fs.Sub(migrations, "migrate")
	if err != nil {
		t.Fatal(err)
	}
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
	return db
}

// TestO1HoldsAndStopsOutliveTheUpgrade: what a delivery has waited for, and that a stop overtook a
// message, are kept when a folder or a backup of a version that wrote them into other columns is
// brought up to date.
func TestO1HoldsAndStopsOutliveTheUpgrade(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.EnsureNumber(t.Context(), "main", "shop", "flow@1"), s.Close()); err != nil {
		t.Fatal(err)
	}
	db := downTo(t, folder, 8)
	for _, statement := range []string{
		`INSERT INTO occurrences (id, number, broadcast, key, due_at, status, content, version, armed_at)
			VALUES (1, 'main', 'weekly', 'k', 1, 'running', '', 'v', 1)`,
		`INSERT INTO deliveries (occurrence_id, contact_id, number, broadcast, status, planned_at, holds) VALUES
			(1, 7, 'main', 'weekly', 'sent', 1, 'awaiting_disclosure@1772445600000 quiet_hours@1772445600001 awaiting_disclosure@1772445600002 '),
			(1, 8, 'main', 'weekly', 'sent', 1, 'pace@1772445600000 '),
			(1, 9, 'main', 'weekly', 'sent', 1, ''),
			(1, -10, 'main', 'weekly', 'sent', 1, 'late@1772445600000 ')`,
		`INSERT INTO outbox (position, number, message_id, contact_id, kind, text, status, attempts, created_at) VALUES
			(1, 'main', 'A', 7, 'reply', '', 'claimed', 1001, 1),
			(2, 'main', 'B', 8, 'reply', '', 'claimed', 1, 1)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, optoutsName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	m, err := manifest(t.Context(), folder, filepath.Join(folder, databaseName), now)
	if err != nil {
		t.Fatal(err)
	}
	var backup bytes.Buffer
	if err := pack(&backup, folder, m); err != nil {
		t.Fatal(err)
	}
	restored := t.TempDir()
	envs := func(string) bot.Env { return bot.Env{Now: now} }
	if _, err := Restore(t.Context(), restored, &backup, "", envs, now); err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{"the folder": folder, "the backup": restored} {
		s, err := Open(t.Context(), folder, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		got := map[int64][]Held{}
		err = s.Deliveries(t.Context(), 1, 0, func(d Delivery) error { got[d.Contact] = d.Holds; return nil })
		if err != nil {
			t.Fatal(err)
		}
		at := func(ms int) time.Time { return time.UnixMilli(1772445600000 + int64(ms)).UTC() }
		want := map[int64][]Held{
			7:   {{bot.AwaitingDisclosure, at(0)}, {bot.QuietHours, at(1)}, {bot.AwaitingDisclosure, at(2)}},
			8:   {{bot.Pace, at(0)}},
			9:   nil,
			-10: {{bot.Late, at(0)}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if s, err = Open(t.Context(), folder, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	overtaken, err := column[int](s.query(t.Context()), "SELECT position FROM outbox WHERE overtaken = 1 AND attempts = 1")
	if err != nil || !slices.Equal(overtaken, []int{1}) {
		t.Errorf("messages that a stop overtook: %v, %v", overtaken, err)
	}
	if _, err := s.Recover(t.Context(), "main", now, func(string) bot.Env { return bot.Env{Now: now} }); err != nil {
		t.Fatal(err)
	}
	statuses, err := column[OutboxStatus](s.query(t.Context()), "SELECT status FROM outbox ORDER BY position")
	if err != nil || !slices.Equal(statuses, []OutboxStatus{OutboxUnknown, OutboxQueued}) {
		t.Errorf("after a crash the message that a stop overtook, and another: %v, %v", statuses, err)
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

// landed are the migrations that somebody's folder may have: they never change. A change of the
// tables is a new file.
var landed = map[string]string{
	"00001_init.sql":              "d0a0d7fab1842a67b481d851f3c4fffaa8261c7fc12035ee1f332bd80161c01a",
	"00002_planning.sql":          "3ea7346a21e1af70c882957e599f95ae7d2871464e752f761731d2dcad566a7f",
	"00003_order.sql":             "7bb97b1a1fe81e862233480db6378de0c60ceca95e97e1310b7ffb9fde0328dc",
	"00004_identity.sql":          "201ede35f47769d8518716f42f7a1afeafb774e19b30d746446cc2b99dd17fc6",
	"00005_number_health.sql":     "27875ec595ce8111f73d89eeafc13de84b808091a92950e5dbffdd920dbc1ea4",
	"00006_messages.sql":          "8748eedf1364316435a6e074711b35cb8c788d98ac742e532382448855d6a7a9",
	"00007_proof.sql":             "d7d2f373851d02a9a96305d500e9741b4de5795df7d2579801ab08fe1d01c426",
	"00008_was_due.sql":           "51163e0316a90975b32ae38798f60705a6aa3965243d4bf3ce7208f1c6048e32",
	"00009_holds.sql":             "3376378d80e6510fb10f43da36df4cab2bf84c13bbb76c8117dc99bb557f2196",
	"00010_operators.sql":         "0e0ada347b1d90ea8785a334405f8d9477f7a6a85edb1cd0f88ec7d325b6715b",
	"00011_counters.sql":          "14e23ab6adf50c1283393f7ae7cb172c322103bd7d7b48d788b39d26a9616d6e",
	"00012_passages.sql":          "c082dd127d5eb39a2cc85ff9d2d3a70b5ddbd5541d9fb6d15e0a87330046a86c",
	"00013_webhooks.sql":          "c0e483373bbbab9ba89787e718dabbc3c4addd1e64b244eedc884385c2d6defe",
	"00014_gone_contacts.sql":     "564d304b1e360de85b90b9501551c17198dbebc455bcad50203ba3a43a4211c3",
	"00015_standing.sql":          "80db5e0d2d8a4bffa3e31cdede9d14c3a9aeaeaf3a3e7a2490499e9cf9a6b97d",
	"00016_endpoints.sql":         "746f6828288072071d0c6bb9a3b3993daa552f24c112c09412f7a72d26cac900",
	"00018_moves.sql":             "9a8cc83ed3aedc33b3986b51c21be66615b1137a62f97afea5ffb1df8efa88a7",
	"00019_reply_picture.sql":     "8324a9fc7e74ffc5bceb5465abed6cf639b15ef5b44a44b8fdd747d45096a6f0",
	"00020_wire_id.sql":           "5da780888ab49872c120a2e28eb09d1aa9ce0b66630dea07df6f185154a30b71",
	"00021_bsuid.sql":             "629de6f68c71aba1634cf15cf954808401be5a33a6659387fa58b78e70fe1814",
	"00023_number_trouble.sql":    "a320c07737c5c06cf4c03d44b750470a79f94f30a3f29859b988fd10e763636a",
	"00024_buttons.sql":           "87283d78ad81c5a162771bf346f0e293cae5942da8833c7df906755121a4a8d3",
	"00025_cloud.sql":             "644c513aa9c496f99389345b82c1d18648b83e708d678e1df6e07379914ebd33",
	"00026_templates.sql":         "209523eeda702adaf0c8d985478360bea9c70e48f739113cd74b0916960a9caf",
	"00027_sources.sql":           "d128a6dcc719bc2ce090a433040cf376db76a07e4c265b0e30e0e56b686d0a4f",
	"00028_cost.sql":              "e8584b5b61722ac4ffb70c04bb48bf0a9205bde7f8d90c301d90e60a965cb143",
	"00029_portable_triggers.sql": "d48990e2c9737b79d21d9034fbc53021753a113cae71db6708128560fc743015",
	"00030_standing.sql":          "d39a57c74fa0e146ff67bd701fe8ab17180ad2d0b6fd49e9ef82a526b2434f16",
	"00031_contacts_by_state.sql": "df549fb39a4c76737abb12b48149f608c61f0a21c5d58da8c4c531134239746a",
	"00032_fleet.sql":             "908f1bc233768635bd5733dbf0f89ec3f019083f6f14807a8b1a6b554d644cf1",
	"00033_account_since.sql":     "4585b94fabad93971edeabed486ffc7492d5e0387e4ffa941cb4c8ac87930826",
	"00034_store_identity.sql":    "c2b599cf6f1ca01c4d0b122400a9afaf0d9b3534081f10ddd25f0295a11d696b",
	"00035_fleet_orders.sql":      "8a57084f72918806be14984e2d17b9a9a463bf644182720e9825a197294b7d19",
	"00036_claims.sql":            "3281b26466e26493304fe1424ca8405e4abde3903128fce1bf7c78f90f3b06c7",
}

// TestO5LandedMigrationsNeverChange: a migration that was edited in place would not run again on
// the folders that have it.
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

// TestO1SourcesAreCountedByTheUpgrade: who came by a tag before it was counted counts.
func TestO1SourcesAreCountedByTheUpgrade(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.EnsureNumber(t.Context(), "main", "shop", "flow@1"), s.Close()); err != nil {
		t.Fatal(err)
	}
	db := downTo(t, folder, 26)
	for _, statement := range []string{
		"INSERT INTO sources (number, tag, created_at) VALUES ('main', 'window', 1), ('main', 'window-2', 1), ('second', 'window', 1)",
		`INSERT INTO ledger (number, seq, contact_id, previous, hash, public, personal_hash) VALUES
			('main', 1, 1, '', '1', '{"from":"new","to":"subscribed","recorded":"2026-11-01T10:00:00Z","shown":"source:window"}', ''),
			('main', 2, 1, '', '2', '{"from":"subscribed","to":"subscribed","recorded":"2026-11-01T10:00:00Z","shown":"source:window"}', ''),
			('main', 3, 2, '', '3', '{"from":"unsubscribed","to":"subscribed","recorded":"2026-11-01T10:00:00Z","shown":"source:window ad:7"}', ''),
			('main', 4, 3, '', '4', '{"from":"new","to":"subscribed","recorded":"2026-11-01T10:00:00Z","shown":"source:window-2"}', ''),
			('main', 5, 4, '', '5', '{"from":"new","to":"subscribed","recorded":"2026-11-01T10:00:00Z","shown":"none"}', '')`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), folder, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got := map[string]int{}
	for _, number := range []string{"main", "second"} {
		sources, err := s.Sources(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			got[number+" "+source.Tag] = source.Came
		}
	}
	if want := map[string]int{"main window": 2, "main window-2": 1, "second window": 0}; !maps.Equal(got, want) {
		t.Errorf("%v came, want %v", got, want)
	}
}
