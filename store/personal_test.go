package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// personalColumns say that a table has a person in it. "number" and "name" are names of the shop.
var personalColumns = []string{"contact_id", "phone", "lid", "jid", "address", "operator", "who", "text", "personal", "hash", "password"}

// notPersonal are columns of these names that are about nobody.
var notPersonal = []string{"numbers.jid", "numbers.phone", "media.hash", "ledger.hash", "endpoints.personal", "templates.hash"}

// TestSecurityEveryTableWithAPersonIsOnTheList: whoever adds a table, or a column, with a person in it
// has to say what an erasure does with it.
func TestSecurityEveryTableWithAPersonIsOnTheList(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	listed := map[string]bool{}
	for _, p := range personalTables {
		listed[p.table] = true
	}
	columns := columnsOf(t, s)
	for table, all := range columns {
		for _, column := range all {
			if slices.Contains(personalColumns, column) && !listed[table] && !slices.Contains(notPersonal, table+"."+column) {
				t.Errorf("%s.%s: a person may be in it; put the table into personalTables", table, column)
			}
		}
	}
	for table := range listed {
		if columns[table] == nil {
			t.Errorf("there is no table %s", table)
		}
	}
}

func columnsOf(t *testing.T, s *Store) map[string][]string {
	t.Helper()
	tables, err := column[string](s.query(t.Context()), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, table := range tables {
		if all[table], err = column[string](s.query(t.Context()), "SELECT name FROM pragma_table_info($1)", table); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestSecurityAnErasureWalksTheList: wherever a contact can stand, nobody stands after an erasure, and
// after a merge only the one who is kept does.
func TestSecurityAnErasureWalksTheList(t *testing.T) {
	for name, end := range map[string]func(*tx) error{
		"erased": func(t *tx) error { return t.execAll(forgetRows, int64(7)) },
		"merged": func(t *tx) error { return t.moveTo(8, 7) },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s, err := Open(t.Context(), folder, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var stands []string
			for table, columns := range columnsOf(t, s) {
				if slices.Contains(columns, "contact_id") {
					stands = append(stands, table)
				}
			}
			if len(stands) < 12 {
				t.Fatalf("contacts stand in %v", stands)
			}
			for _, table := range append(stands, "contacts") {
				standIn(t, folder, table, 7)
			}
			standIn(t, folder, "contacts", 8)
			if err := s.write(t.Context(), everyNumber, end); err != nil {
				t.Fatal(err)
			}
			for _, table := range stands {
				left, err := column[int](s.query(t.Context()), "SELECT contact_id FROM "+table+" WHERE contact_id = 7")
				if err != nil || len(left) > 0 {
					t.Errorf("%s: %d rows are left, %v", table, len(left), err)
				}
			}
			if left, err := column[int](s.query(t.Context()), "SELECT id FROM contacts WHERE id = 7"); err != nil || len(left) > 0 {
				t.Errorf("the contact is left, %v", err)
			}
		})
	}
}

// standIn puts a row about a contact into a table, with anything in its other columns.
func standIn(t *testing.T, folder, table string, contact int64) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, databaseName)+"?_pragma=foreign_keys(0)&_pragma=ignore_check_constraints(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT name, type FROM pragma_table_info($1)", table)
	if err != nil {
		t.Fatal(err)
	}
	var names, values []string
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		value := "'x'"
		switch {
		case name == "contact_id" || table == "contacts" && name == "id":
			value = fmt.Sprint(contact)
		case name == "doc":
			value = "'{}'"
		case kind != "TEXT" && kind != "BLOB":
			value = "1"
		}
		names, values = append(names, name), append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, strings.Join(names, ", "),
		strings.Join(values, ", ")))
	if err != nil {
		t.Fatalf("%s: %v", table, err)
	}
}

// TestActsAndSessionsHaveAnAge: once a day the acts and sessions go that are older than the retention
// says, and no others.
func TestActsAndSessionsHaveAnAge(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.EnsureNumber(t.Context(), "main", "shop", "flow@1"); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, age := range []time.Duration{time.Hour, 99 * time.Hour} {
		err := s.AddAct(t.Context(), ActRow{At: now.Add(-age), Who: "marta", Act: "reply", Result: ActDone})
		if err == nil {
			err = s.write(t.Context(), noNumber, func(t *tx) error {
				return t.addSession(Session{Hash: age.String(), Operator: "marta", Created: now.Add(-age), Seen: now.Add(-age), Ends: now.Add(-age).Add(336 * time.Hour)})
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	retention := bot.Retention{Acts: 48 * time.Hour, Sessions: 48 * time.Hour}
	if err := s.Forget(t.Context(), "main", retention, now, func(string) bot.Env { return bot.Env{Now: now} }); err != nil {
		t.Fatal(err)
	}
	acts, err := s.Acts(t.Context(), ActFilter{Limit: 9})
	if err != nil || len(acts) != 1 || !acts[0].At.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v, %v", acts, err)
	}
	sessions, err := s.Sessions(t.Context(), "")
	if err != nil || len(sessions) != 1 || sessions[0].Hash != "1h0m0s" {
		t.Errorf("%+v, %v", sessions, err)
	}
}
