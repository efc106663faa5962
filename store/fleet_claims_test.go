package store_test

import (
	"database/sql"
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
