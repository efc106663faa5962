package store_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
)

// watchClaims lets the database itself note who claims, and who owned the number at that moment: in
// the transaction of the claim, where an owner cannot change.
func watchClaims(t *testing.T, url string) {
	t.Helper()
	execute(t, url, `
		CREATE SCHEMA watched;
		CREATE TABLE watched.claims (number TEXT, by_whom TEXT, owner TEXT);
		CREATE FUNCTION watched.note() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			INSERT INTO watched.claims
			SELECT NEW.number, current_setting('application_name'), 'optinbot ' || process
			FROM owners
			WHERE number = NEW.number;
			RETURN NULL;
		END
		$$;
		CREATE TRIGGER note_delivery AFTER UPDATE ON deliveries
			FOR EACH ROW WHEN (NEW.status = 'claimed') EXECUTE FUNCTION watched.note();
		CREATE TRIGGER note_outbox AFTER UPDATE ON outbox
			FOR EACH ROW WHEN (NEW.status = 'claimed') EXECUTE FUNCTION watched.note();`)
	t.Cleanup(func() { execute(t, url, "DROP SCHEMA watched CASCADE") })
}

// countClaims returns how many claims there were, and of them by somebody else than the owner.
func countClaims(t *testing.T, url string) (claims, foreign int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.QueryRowContext(t.Context(), "SELECT COUNT(*), COUNT(*) FILTER (WHERE by_whom <> owner) FROM watched.claims").
		Scan(&claims, &foreign)
	if err != nil {
		t.Fatal(err)
	}
	return claims, foreign
}

func execute(t *testing.T, url, statements string) {
	t.Helper()
	db, err := sql.Open("pgx", url+"&default_query_exec_mode=simple_protocol")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}

// whatWaits says what is not done in a database, and what its connections do.
func whatWaits(t *testing.T, url string) (lines []string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range []string{
		"SELECT concat_ws(' | ', 'number', name, status, safe_mode, account_until, next_marketing_at) FROM numbers ORDER BY name",
		`SELECT concat_ws(' | ', 'occurrence', o.id, o.number, o.status, o.note, o.guard, o.guard_until, o.planned_at, d.status, d.detail, COUNT(*))
			FROM occurrences AS o
			LEFT JOIN deliveries AS d ON d.occurrence_id = o.id
			WHERE o.status <> 'done'
			GROUP BY o.id, d.status, d.detail
			ORDER BY o.id`,
		`SELECT concat_ws(' | ', 'connection', pid, application_name, state, wait_event, pg_blocking_pids(pid),
				clock_timestamp() - state_change, query)
			FROM pg_stat_activity
			WHERE datname = current_database()
			ORDER BY pid`,
	} {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			line := ""
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return lines
}
