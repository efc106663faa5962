package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"optinbot/bot"
)

// A writer commits the decisions of this process one batch at a time. It gathers whatever happens to wait (turns of other
// numbers, receipts, outcomes), never waiting for more: the commit is what costs, so it is shared. A job must be repeatable:
// when one of a batch fails, the batch is rolled back and every job of it is run again alone.
type writer struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	fault func(statement string) error
	same  func() error // whether the database is still the file of the folder; see opened
	log   string       // optouts.log
	jobs  chan job
	stop  chan struct{} // closed by close
	done  chan struct{} // closed when run has returned
}

type job struct {
	ctx    context.Context
	do     func(*tx) error
	result chan error
}

// maxBatch bounds how many jobs share a commit, so that none waits long.
const maxBatch = 128

func newWriter(ctx context.Context, db *sql.DB, fault func(string) error, log string) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, stmts: map[string]*sql.Stmt{}, fault: fault, same: func() error { return nil }, log: log, jobs: make(chan job, maxBatch), stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w, nil
}

// errClosed is what a write gets after Close.
var errClosed = errors.New("the store is closed")

// write runs do in a transaction and returns when it is committed and durable.
func (w *writer) write(ctx context.Context, do func(*tx) error) error {
	j := job{ctx: ctx, do: do, result: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-w.stop:
		return errClosed
	}
	select {
	case err := <-j.result:
		return err
	case <-w.done:
		return errClosed
	}
}

func (w *writer) close() error {
	close(w.stop)
	<-w.done
	for _, s := range w.stmts {
		s.Close()
	}
	return w.conn.Close()
}

func (w *writer) run() {
	defer close(w.done)
	for {
		select {
		case <-w.stop:
			return
		case j := <-w.jobs:
			w.commit(w.gather(j))
		}
	}
}

// gather takes what waits beside first, and does not wait for more. Those whose write was just committed get the processor once,
// so that what they have ready comes into this batch and not into the one after.
func (w *writer) gather(first job) []job {
	runtime.Gosched()
	batch := []job{first}
	for len(batch) < maxBatch {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction; if anything fails, each job alone.
func (w *writer) commit(batch []job) {
	err := w.transaction(batch)
	if err == nil || len(batch) == 1 {
		for _, j := range batch {
			j.result <- err
		}
		return
	}
	for _, j := range batch {
		j.result <- w.transaction([]job{j})
	}
}

func (w *writer) transaction(batch []job) (err error) {
	ctx := context.Background() // a cancelled context must not tear a transaction that others share
	t := &tx{ctx: ctx, w: w}
	if err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, j := range batch {
		if err := attempt(j, t); err != nil {
			return errors.Join(err, w.rollback())
		}
	}
	err = w.same()
	if err == nil {
		err = t.keepOptouts()
	}
	if err == nil {
		err = t.exec("COMMIT")
	}
	if err != nil {
		return errors.Join(err, w.rollback(), w.takeBack(t.appended))
	}
	return nil
}

func (w *writer) rollback() error {
	_, err := w.conn.ExecContext(context.Background(), "ROLLBACK")
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil // SQLite has rolled back by itself, as it does when the disk is full
	}
	return err
}

// attempt runs one job; a panic in a decision becomes an error, so that the message is not acknowledged and nothing is lost.
func attempt(j job, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a decision: %v\n%s", p, debug.Stack())
		}
	}()
	if err := j.ctx.Err(); err != nil {
		return err
	}
	t.changes, t.failed = nil, nil
	return j.do(t)
}

// tx is a write transaction under way. Statements are prepared once per connection.
type tx struct {
	ctx      context.Context
	w        *writer
	changes  []bot.Change // deliveries that the job in hand took back
	optouts  []optoutLine // of the whole batch
	appended logPiece     // of the log, by the whole batch
	failed   error        // a look-up that a decision asked for failed
}

func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if err := t.w.fault(query); err != nil {
		return nil, err
	}
	if s, ok := t.w.stmts[query]; ok {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, statementError(err, query)
	}
	t.w.stmts[query] = s
	return s, nil
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.execCount(query, args...)
	return err
}

// execCount returns how many rows were changed.
func (t *tx) execCount(query string, args ...any) (int64, error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, statementError(err, query)
	}
	return r.RowsAffected()
}

// row scans the one row of a query; found is false when there is none.
func (t *tx) row(query string, args []any, into ...any) (found bool, err error) {
	s, err := t.stmt(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(t.ctx, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, statementError(err, query)
	}
	return true, nil
}

// rows calls each for every row of a query.
func (t *tx) rows(query string, args []any, each func(scan func(...any) error) error) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return statementError(err, query)
	}
	return drain(rows, each)
}

func drain(rows *sql.Rows, each func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// all reads rows outside a write, on a connection of the pool.
func (s *Store) all(ctx context.Context, query string, args []any, each func(scan func(...any) error) error) error {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return statementError(err, query)
	}
	return drain(rows, each)
}
