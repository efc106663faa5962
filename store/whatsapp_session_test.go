package store_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"optinbot/store"
)

// TestF1AWhatsAppSessionIsTheOwners: what whatsmeow would write before a message leaves is refused
// once another process serves the number, on a line of before as well as on a new one.
func TestF1AWhatsAppSessionIsTheOwners(t *testing.T) {
	number := strings.Repeat("x", 70) + "'\"" // no number is called so, and none may share a schema
	f := newFleet(t, number, strings.Repeat("x", 70))
	first, second := f.opens(), f.opens()
	before := f.takes(f.joins(first, "a", store.DefaultLease()), number)
	own := f.session(first, before)
	f.must(keeps(t.Context(), own, "a ratchet"))

	line, err := own.Conn(t.Context())
	f.must(err)
	begun, err := own.BeginTx(t.Context(), nil)
	f.must(err)
	_, err = begun.Exec("INSERT INTO whatsmeow_sessions VALUES ('never')")
	f.must(err)
	after := f.takes(f.joins(second, "b", deadly()), number)
	if begun.Commit() == nil {
		t.Error("what was begun before the takeover was committed after it")
	}
	if _, err := line.ExecContext(t.Context(), "INSERT INTO whatsmeow_sessions VALUES ('on the same line')"); err == nil {
		t.Error("the owner before wrote on its line")
	}
	for _, statement := range []string{
		"INSERT INTO whatsmeow_sessions VALUES ('anew')", "UPDATE whatsmeow_sessions SET session = 'b'", "DELETE FROM whatsmeow_sessions",
	} {
		if _, err := own.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "does not serve the number") {
			t.Errorf("%s by the owner before: %v", statement, err)
		}
	}
	f.must(keeps(t.Context(), f.session(second, after), "a ratchet"))
	if _, err := first.WhatsAppSession(t.Context(), before); err == nil {
		t.Error("the owner before prepared a session")
	}
	rows := -1
	outlet := f.session(second, f.takes(f.joins(second, "b", deadly()), strings.Repeat("x", 70)))
	f.must(outlet.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM whatsmeow_sessions").Scan(&rows))
	if rows != 0 {
		t.Error("two numbers share a session")
	}
}

// session is what whatsmeow would have, with a table of its own.
func (f *fleet) session(s *store.Store, owner store.Owner) *sql.DB {
	f.t.Helper()
	session, err := s.WhatsAppSession(f.t.Context(), owner)
	f.must(err)
	db := sql.OpenDB(session.Connector())
	f.t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(f.t.Context(), "CREATE TABLE IF NOT EXISTS whatsmeow_sessions (session TEXT NOT NULL)")
	f.must(err)
	f.must(session.Fence(f.t.Context()))
	f.must(session.Fence(f.t.Context()))
	return db
}

// keeps writes a row where there is none, and makes sure that it is the only one.
func keeps(ctx context.Context, db *sql.DB, row string) error {
	if _, err := db.ExecContext(ctx, `INSERT INTO whatsmeow_sessions
		SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM whatsmeow_sessions)`, row); err != nil {
		return err
	}
	var session string
	return db.QueryRowContext(ctx, "SELECT session FROM whatsmeow_sessions").Scan(&session)
}
