package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
)

// A writer commits writes of this process one batch at a time. It gathers whatever happens to wait
// (turns, receipts, outcomes) and never waits for more: the commit is what costs, so it is shared. A
// job must be repeatable: when one of a batch fails, the batch is rolled back and every job of it is
// run again alone.
type writer struct {
	// transaction runs jobs in one transaction. On an error nothing of them is written.
	transaction func(jobs []*job) error

	jobs    chan *job
	stop    chan struct{} // closed by close
	done    chan struct{} // closed when run has returned
	closing sync.Once
}

// A job is one write that waits for its commit.
type job struct {
	ctx    context.Context
	about  scope
	do     func(*batch) error
	after  func() // called once it is committed, before the next write begins, nil for most
	result chan error
	state  atomic.Int32
}

// The states of a job.
const (
	jobQueued    int32 = iota
	jobBegun           // the writer has it: how it ends is known by its result only
	jobWithdrawn       // its context ended before that: it never runs
)

// maxBatch bounds how many jobs share a commit, so that none waits long.
const maxBatch = 128

func newWriter(transaction func(jobs []*job) error) *writer {
	w := &writer{
		transaction: transaction,
		jobs:        make(chan *job, maxBatch),
		stop:        make(chan struct{}),
		done:        make(chan struct{}),
	}
	go w.run()
	return w
}

// errClosed is what a write gets after Close.
var errClosed = errors.New("the store is closed")

// write runs do in a transaction and returns when it is committed and durable. When ctx ends while
// the write waits for its turn, it returns the error of ctx and nothing is written. Once the write
// has begun, ctx no longer counts. after, unless nil, is called once that is committed, and before
// any write that comes later begins.
func (w *writer) write(ctx context.Context, about scope, do func(*batch) error, after func()) error {
	j := &job{ctx: ctx, about: about, do: do, after: after, result: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return errClosed
	}
	return w.result(j)
}

// result waits until a job has ended, or is withdrawn because its context has.
func (w *writer) result(j *job) error {
	select {
	case err := <-j.result:
		return err
	case <-w.done:
		return j.last()
	case <-j.ctx.Done():
		if j.state.CompareAndSwap(jobQueued, jobWithdrawn) {
			return j.ctx.Err()
		}
	}
	select {
	case err := <-j.result:
		return err
	case <-w.done:
		return j.last()
	}
}

// last returns how a job ended when the writer has. The writer gives every job that it began its
// result before it ends.
func (j *job) last() error {
	select {
	case err := <-j.result:
		return err
	default:
		return errClosed
	}
}

// begin takes a job for a batch. False: it is withdrawn, because its context has ended.
func (j *job) begin() bool {
	if err := j.ctx.Err(); err != nil {
		if j.state.CompareAndSwap(jobQueued, jobWithdrawn) {
			j.result <- err
		}
		return false
	}
	return j.state.CompareAndSwap(jobQueued, jobBegun)
}

// close waits for the write under way and ends the writer. It may be called again.
func (w *writer) close() {
	w.closing.Do(func() {
		close(w.stop)
		<-w.done
	})
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

// gather takes what waits beside first, and does not wait for more. Those whose write was just
// committed get the processor once, so that what they have ready comes into this batch and not into
// the one after. What is to happen after a job comes before all later ones, so such a job ends its
// batch.
func (w *writer) gather(first *job) (jobs []*job) {
	runtime.Gosched()
	for j := first; ; {
		if j.begin() {
			if jobs = append(jobs, j); j.after != nil || len(jobs) == maxBatch {
				return jobs
			}
		}
		select {
		case j = <-w.jobs:
		default:
			return jobs
		}
	}
}

// errUnknownCommit is the error of a transaction of which nobody can tell whether it was committed. Its
// jobs are not run again: they may have happened.
var errUnknownCommit = errors.New("whether it was committed is not known")

// commit runs jobs in one transaction. If anything fails, it runs each job alone.
func (w *writer) commit(jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	err := w.transaction(jobs)
	if err == nil || len(jobs) == 1 || errors.Is(err, errUnknownCommit) {
		for _, j := range jobs {
			j.result <- err
		}
		return
	}
	for _, j := range jobs {
		j.result <- w.transaction([]*job{j})
	}
}

// attempt runs one job. A panic in a decision becomes an error, so that the message is not
// acknowledged and nothing is lost.
func attempt(j *job, b *batch) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a decision: %v\n%s", p, debug.Stack())
		}
	}()
	return j.do(b)
}

// A batch is a transaction under way.
type batch struct {
	ctx      context.Context
	line     line
	fault    func(statement string) error
	log      string       // optouts.log
	optouts  []optoutLine // of all its jobs
	appended logPiece     // of the log, by all its jobs
	changed  int64        // rows, by all its jobs

	moving bool // see postgresDatabase

	// In a database that others share, see timeline.go:
	looked      *lookedLine         // the connection. Nil: it is SQLite's
	witness     *witness            // what was acknowledged before
	synchronous bool                // nothing that was acknowledged is lost by a failover
	seen        map[string]seenHead // is acknowledged with the transaction
	lookedAt    []string            // numbers that were compared in it
	moved       bool                // one of them was found elsewhere
	carried     *seenLog            // so much of optouts.log is carried out with it

	oneNumber bool // the others of the brand are not locked, see errWider
}

// A line is the connection of a transaction.
type line interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (b *batch) exec(query string, args ...any) error {
	_, err := b.execCount(query, args...)
	return err
}

// execAll runs statements that have the same arguments.
func (b *batch) execAll(queries []string, args ...any) error {
	for _, query := range queries {
		if err := b.exec(query, args...); err != nil {
			return err
		}
	}
	return nil
}

// execCount returns how many rows were changed.
func (b *batch) execCount(query string, args ...any) (int64, error) {
	if err := b.fault(query); err != nil {
		return 0, err
	}
	r, err := b.line.ExecContext(b.ctx, query, args...)
	if err != nil {
		return 0, statementError(err, query)
	}
	n, err := r.RowsAffected()
	b.changed += n
	return n, err
}

// row scans the one row of a query. found is false when there is none.
func (b *batch) row(query string, args []any, into ...any) (found bool, err error) {
	err = b.rows(query, args, func(scan scanner) error {
		if found {
			return nil
		}
		found = true
		return scan(into...)
	})
	return found, err
}

// rows calls each for every row of a query.
func (b *batch) rows(query string, args []any, each func(scanner) error) error {
	if err := b.fault(query); err != nil {
		return err
	}
	rows, err := b.line.QueryContext(b.ctx, query, args...)
	if err != nil {
		return statementError(err, query)
	}
	changes := !strings.HasPrefix(strings.TrimSpace(query), "SELECT")
	return drain(rows, query, func(scan scanner) error {
		if changes {
			b.changed++
		}
		return each(scan)
	})
}
