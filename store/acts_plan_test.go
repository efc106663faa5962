package store

import (
	"strings"
	"testing"
)

// TestActsAreFoundByAnIndex: those of one operator, or about one number, are read without the rest and
// without sorting.
func TestActsAreFoundByAnIndex(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for want, f := range map[string]ActFilter{
		"acts_by_number (number=?":                  {Number: "main", Before: 100, Limit: 5},
		"acts_by_who (who=?":                        {Who: "rui", Limit: 5},
		"INTEGER PRIMARY KEY (rowid>? AND rowid<?)": {Before: 100, Limit: 5},
		"INTEGER PRIMARY KEY (rowid>?)":             {Limit: 5},
	} {
		query, args := actsQuery(f)
		plan, err := planOf(t, s, query, args...)
		if err != nil || !strings.Contains(plan, want) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%+v: %v\n%s", f, err, plan)
		}
	}
}

// planOf is how SQLite goes about a statement.
func planOf(t *testing.T, s *Store, query string, args ...any) (plan string, err error) {
	t.Helper()
	err = s.query(t.Context())("EXPLAIN QUERY PLAN "+query, args, func(scan scanner) error {
		var id, parent, unused int
		var detail string
		err := scan(&id, &parent, &unused, &detail)
		plan += detail + "\n"
		return err
	})
	return plan, err
}

// TestAMessageOnTheWireIsFoundByAnIndex: each send and each status asks for one, and does not read all
// that a number has sent.
func TestAMessageOnTheWireIsFoundByAnIndex(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan, err := planOf(t, s, named, "wamid", "main", "id")
	if err != nil || strings.Count(plan, "message_id=?") != 1 || strings.Count(plan, "outbox_wire_id (number=? AND wire_id=?") != 1 {
		t.Errorf("%v\n%s", err, plan)
	}
}
