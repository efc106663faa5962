package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"optinbot/store/postgrestest"
)

// TestD2TheRowIsInTheTransactionOfTheAct: an act whose row cannot be written is not carried out, and
// a row is written once, however many writes the act needs.
func TestD2TheRowIsInTheTransactionOfTheAct(t *testing.T) {
	broken := errors.New("no room")
	var failing bool
	s, err := Open(t.Context(), t.TempDir(), Options{Faults: func(statement string) error {
		if failing && strings.HasPrefix(statement, "INSERT INTO acts") {
			return broken
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.UnixMilli(1772445600000).UTC()
	row := ActRow{At: at, Who: "marta", Via: "web", Act: "flow reload", Number: "main"}
	number := func(name string) func(*tx) error {
		return func(t *tx) error { return t.exec("INSERT INTO numbers (name) VALUES ($1)", name) }
	}
	failing = true
	ctx, recording := Record(t.Context(), row)
	if err := s.write(ctx, everyNumber, number("main")); !errors.Is(err, broken) || recording.Written() {
		t.Errorf("the row failed: %v, written %v", err, recording.Written())
	}
	if numbers, err := s.Numbers(t.Context()); len(numbers) > 0 || err != nil {
		t.Errorf("the act was carried out without its row: %v, %v", numbers, err)
	}
	failing = false
	if err := s.write(Unrecorded(ctx), everyNumber, number("before")); err != nil || recording.Written() {
		t.Errorf("a write before the act: %v, written %v", err, recording.Written())
	}
	recording.About(7)
	for _, name := range []string{"main", "second"} {
		if err := s.write(ctx, everyNumber, number(name)); err != nil || !recording.Written() {
			t.Errorf("%v, written %v", err, recording.Written())
		}
	}
	acts, err := s.Acts(t.Context(), ActFilter{Limit: 9})
	row.ID, row.Contact, row.Result = 1, -7, ActDone // nobody has the ID 7 any more
	if err != nil || len(acts) != 1 || acts[0] != row {
		t.Errorf("%+v, %v", acts, err)
	}
}

// TestSecurityActsAreOnlyAdded: no statement of this program changes an act or takes one away before
// its age is over. Who erased somebody stays known, and whom the act was about does not.
func TestSecurityActsAreOnlyAdded(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { actsAreOnlyAdded(t, Options{}) })
	t.Run("PostgreSQL", func(t *testing.T) {
		actsAreOnlyAdded(t, Options{URL: postgrestest.Database(t, func(url string) error {
			s, err := Open(t.Context(), t.TempDir(), Options{URL: url})
			if err == nil {
				_, err = s.db.ExecContext(t.Context(), "UPDATE files SET key_check = ''")
				err = errors.Join(err, s.Close())
			}
			return err
		})})
	})
}

func actsAreOnlyAdded(t *testing.T, o Options) {
	s, err := Open(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begin := time.UnixMilli(1772445600000).UTC()
	for i := range 3 {
		row := ActRow{At: begin.Add(time.Duration(i) * time.Hour), Who: "marta", Act: "reply", Contact: 7, Result: ActDone}
		if err := s.AddAct(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		"UPDATE acts SET who = 'rui'",
		"UPDATE acts SET result = 'refused' WHERE id = 2",
		"UPDATE acts SET at = 0",
		"DELETE FROM acts",
		"DELETE FROM acts WHERE id = 3",
	} {
		if err := s.write(t.Context(), noNumber, func(t *tx) error { return t.exec(statement) }); err == nil {
			t.Errorf("%s: taken", statement)
		}
	}
	if err := s.write(t.Context(), noNumber, func(t *tx) error { return t.execAll(forgetRows, int64(7)) }); err != nil {
		t.Fatal(err)
	}
	if err := s.ForgetActs(t.Context(), begin.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.ForgetActs(t.Context(), begin.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	acts, err := s.Acts(t.Context(), ActFilter{Limit: 9})
	if err != nil || len(acts) != 2 || acts[0].ID != 3 || acts[1].ID != 2 || acts[0].Contact != -7 || acts[0].Who != "marta" {
		t.Errorf("%+v, %v", acts, err)
	}
}
