package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// An ActRow is one act at the desk: who did what, when, by which door, and what came of it. It holds
// no words and no phones.
type ActRow struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Via     string    `json:"via"`
	Act     string    `json:"act"`
	Number  string    `json:"number,omitempty"`  // "" where it is about the whole shop
	Contact int64     `json:"contact,omitempty"` // 0: nobody. Negative: somebody who was erased since
	Result  string    `json:"result"`
}

// ActDone is the result of an act that was carried out.
const ActDone = "done"

// A Recording is an act under way, whose row comes into the transaction of the first write that is
// made with its context.
type Recording struct {
	mu      sync.Mutex
	row     ActRow
	written bool
	answers answerKey // of the request that the act carries out. Zero: none
}

type recordingKey struct{}

// Record returns a context with which the next write also writes the row of an act, once.
func Record(ctx context.Context, row ActRow) (context.Context, *Recording) {
	row.Result = ActDone
	r := &Recording{row: row, answers: answeredIn(ctx)}
	return context.WithValue(ctx, recordingKey{}, r), r
}

// Unrecorded returns a context for a write that prepares the act under way, and is not the act yet.
func Unrecorded(ctx context.Context) context.Context {
	return context.WithValue(ctx, recordingKey{}, (*Recording)(nil))
}

// RecordingOf is the act under way, or nil.
func RecordingOf(ctx context.Context) *Recording {
	r, _ := ctx.Value(recordingKey{}).(*Recording)
	return r
}

// About says whom the act is about, as soon as that is known.
func (r *Recording) About(contact int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.row.Contact = contact
}

// Written reports whether a write has written the row.
func (r *Recording) Written() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written
}

// Row is the row as it stands, with a result.
func (r *Recording) Row(result string) ActRow {
	r.mu.Lock()
	defer r.mu.Unlock()
	row := r.row
	row.Result = result
	return row
}

// recorded adds the row of the act under way to a write, unless that changes nothing: then it may
// be refused yet. done is called once it is committed.
func recorded(ctx context.Context, do func(*tx) error) (with func(*tx) error, done func()) {
	r := RecordingOf(ctx)
	if r == nil || r.Written() {
		return do, func() {}
	}
	added := false
	return func(t *tx) error {
			before := t.changed
			if err := do(t); err != nil {
				return err
			}
			if added = t.changed > before; !added {
				return nil
			}
			if err := t.addAct(r.Row(ActDone)); err != nil {
				return err
			}
			return t.acted(r)
		}, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.written = added
		}
}

// AddAct writes the row of an act that changed nothing in the store: one that was refused, or
// carried out elsewhere.
func (s *Store) AddAct(ctx context.Context, row ActRow) error {
	return s.write(Unrecorded(ctx), noNumber, func(t *tx) error { return t.addAct(row) })
}

// addAct adds the row of an act. Somebody who is erased by now gets the number that nobody has.
func (t *tx) addAct(row ActRow) error {
	return t.exec(`
		INSERT INTO acts (at, who, via, act, number, contact_id, result)
		SELECT $1, $2, $3, $4, $5,
			CASE WHEN $6 > 0 AND NOT EXISTS (SELECT 1 FROM contacts WHERE id = $6) THEN -$6 ELSE $6 END, $7`,
		millis(row.At), row.Who, row.Via, row.Act, row.Number, row.Contact, row.Result)
}

// An ActFilter says which acts are listed.
type ActFilter struct {
	Number string // "": any, and those about the whole shop
	Who    string // "": anybody
	Before int64  // only rows before this one. 0: from the newest on
	Limit  int
}

// Acts returns acts, the newest first.
func (s *Store) Acts(ctx context.Context, f ActFilter) ([]ActRow, error) {
	query, args := actsQuery(f)
	return collect(s.query(ctx), scanAct, query, args...)
}

// actsQuery asks for nothing that the filter does not ask: a condition that may be none uses no index.
func actsQuery(f ActFilter) (query string, args []any) {
	where := "id > 0"
	add := func(condition string, arg any) {
		args = append(args, arg)
		where += fmt.Sprintf(" AND %s $%d", condition, len(args))
	}
	if f.Number != "" {
		add("number =", f.Number)
	}
	if f.Who != "" {
		add("who =", f.Who)
	}
	if f.Before != 0 {
		add("id <", f.Before)
	}
	args = append(args, f.Limit)
	return fmt.Sprintf(`
		SELECT id, at, who, via, act, number, contact_id, result
		FROM acts
		WHERE %s
		ORDER BY id DESC
		LIMIT $%d`, where, len(args)), args
}

// ActsAbout returns the acts about one contact, the oldest first.
func (s *Store) ActsAbout(ctx context.Context, contact int64) ([]ActRow, error) {
	return collect(s.query(ctx), scanAct, `
		SELECT id, at, who, via, act, number, contact_id, result
		FROM acts
		WHERE contact_id = $1
		ORDER BY id`, contact)
}

func scanAct(scan scanner) (a ActRow, err error) {
	err = scan(&a.ID, moment(&a.At), &a.Who, &a.Via, &a.Act, &a.Number, &a.Contact, &a.Result)
	return a, err
}

// keptForGood makes the connection of the writer refuse every change of an act, and the removal of
// one that is not old enough. The triggers are of the connection and not of the file, for a backup
// with a trigger in it is refused.
var keptForGood = []string{
	`CREATE TEMP TRIGGER acts_stay
		BEFORE UPDATE OF id, at, who, via, act, number, result ON main.acts
		BEGIN SELECT RAISE(ABORT, 'an act is never changed'); END`,
	`CREATE TEMP TRIGGER acts_are_kept
		BEFORE DELETE ON main.acts
		WHEN OLD.at >= (SELECT acts_forgotten FROM main.files WHERE id = 1)
		BEGIN SELECT RAISE(ABORT, 'an act is kept until its age is over'); END`,
}

// ForgetActs removes the acts before a time.
func (s *Store) ForgetActs(ctx context.Context, before time.Time) error {
	return s.write(ctx, noNumber, func(t *tx) error {
		if err := t.exec(`
			UPDATE files
			SET acts_forgotten = $1
			WHERE id = 1 AND acts_forgotten < $1`, millis(before)); err != nil {
			return err
		}
		return t.exec("DELETE FROM acts WHERE at < $1", millis(before))
	})
}

// ReadOnly reports whether the folder cannot be written: acts leave no row then.
func (s *Store) ReadOnly() bool { return s.readOnly }
