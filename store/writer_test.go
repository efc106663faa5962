package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAQueuedWriteEndsWithItsContext: whoever has stopped waiting is answered while another write
// goes on, and nothing of theirs is written. A write that has begun is waited for: only its commit
// says how it ended.
func TestAQueuedWriteEndsWithItsContext(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begun, release := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		first <- s.write(ctx, only("a"), func(tx *tx) error {
			close(begun)
			<-release
			return tx.exec("INSERT INTO numbers (name) VALUES ('a')")
		})
	}()
	<-begun
	queued := make(chan error, 1)
	go func() {
		queued <- s.write(ctx, only("b"), func(tx *tx) error {
			return tx.exec("INSERT INTO numbers (name) VALUES ('b')")
		})
	}()
	for len(s.base.(*sqliteDatabase).writer.jobs) == 0 {
		runtime.Gosched()
	}
	cancel()
	select {
	case err := <-queued:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the one that waited: %v", err)
		}
	case <-time.After(2 * time.Minute):
		t.Error("the one that waited waits on")
	}
	select {
	case err := <-first:
		t.Errorf("the one that has begun was left: %v", err)
	default:
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	numbers, err := s.Numbers(t.Context())
	if err != nil || len(numbers) != 1 || numbers[0].Name != "a" {
		t.Errorf("%+v, %v", numbers, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

// TestAFlowIsSwappedBetweenWrites: a turn before it has the old flow, one after it the new one, and
// where it is not written nothing is swapped.
func TestAFlowIsSwappedBetweenWrites(t *testing.T) {
	broken := false
	s, err := Open(t.Context(), t.TempDir(), Options{Faults: func(statement string) error {
		if broken && statement == "COMMIT" {
			return errors.New("no")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var all sync.WaitGroup
	begun, release := make(chan struct{}), make(chan struct{})
	all.Go(func() {
		err := s.write(t.Context(), noNumber, func(*tx) error {
			close(begun)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	version, seen := 1, map[string]int{}
	queue := func(queued int, write func() error) {
		all.Go(func() {
			if err := write(); err != nil {
				t.Error(err)
			}
		})
		for len(s.base.(*sqliteDatabase).writer.jobs) < queued {
			runtime.Gosched()
		}
	}
	turn := func(name string) func() error {
		return func() error {
			return s.write(t.Context(), only("a"), func(*tx) error { seen[name] = version; return nil })
		}
	}
	accept := func(swap func()) func() error {
		return func() error {
			return s.AcceptFlow(t.Context(), "a", "brand", FlowVersion{Flow: "f", Version: "2"}, nil, swap)
		}
	}
	queue(1, turn("before"))
	queue(2, accept(func() { version++ }))
	queue(3, turn("after"))
	close(release)
	all.Wait()
	if version != 2 || seen["before"] != 1 || seen["after"] != 2 {
		t.Errorf("version %d, the turns have seen %v", version, seen)
	}
	broken = true
	if err := accept(func() { version++ })(); err == nil || version != 2 {
		t.Errorf("what was not written: %v, version %d", err, version)
	}
}

// TestAnErrorNamesTheStatementOnly: the operator reads what failed, and not all of the SQL.
func TestAnErrorNamesTheStatementOnly(t *testing.T) {
	for query, want := range map[string]string{
		"\n\t\tUPDATE outbox\n\t\tSET status = 'x'\n\t\tWHERE id = $1":   "UPDATE outbox",
		"INSERT INTO notices (id) VALUES (1)":                            "INSERT INTO notices",
		"DELETE FROM timers WHERE number = $1":                           "DELETE FROM timers",
		"SELECT COUNT(*) FROM (SELECT 1 FROM outbox LIMIT 1) AS waiting": "SELECT FROM outbox",
		"SELECT EXISTS (SELECT 1 FROM numbers)":                          "SELECT FROM numbers",
		"COMMIT":                                                         "COMMIT",
		"BEGIN IMMEDIATE":                                                "BEGIN IMMEDIATE",
		"":                                                               "nothing",
	} {
		if got := summary(query); got != want {
			t.Errorf("%q is named %q", query, got)
		}
	}
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.base.(*sqliteDatabase).conn.ExecContext(t.Context(), "DROP TABLE notices"); err != nil {
		t.Fatal(err)
	}
	err = s.Notify(t.Context(), "a", "number", "text", time.Now())
	if err == nil || !strings.HasPrefix(err.Error(), "database: INSERT INTO notices: ") || strings.Contains(err.Error(), "COALESCE") {
		t.Errorf("%v", err)
	}
	if _, err := s.Number(t.Context(), "a"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), `no number "a"`) {
		t.Errorf("a number that is not there: %v", err)
	}
	if _, err := s.Media(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
	_, err = s.Act(t.Context(), "a", 7, nil, nil)
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("a contact that is not there: %v", err)
	}
}

// TestACommittedWriteIsNotToldThatTheStoreIsClosed: its result is in when the writer ends, so both
// are there to be read.
func TestACommittedWriteIsNotToldThatTheStoreIsClosed(t *testing.T) {
	w := &writer{done: make(chan struct{})}
	close(w.done)
	for range 200 { // a select takes either
		j := &job{ctx: t.Context(), result: make(chan error, 1)}
		j.result <- nil
		if err := w.result(j); err != nil {
			t.Fatal(err)
		}
	}
	queued := &job{ctx: t.Context(), result: make(chan error, 1)}
	if err := w.result(queued); !errors.Is(err, errClosed) {
		t.Errorf("one that never began: %v", err)
	}
}

// TestAnUnknownCommitIsNotRunAgain: what may have happened is told as it is, to each of its batch. What
// has failed for certain is run again, each alone.
func TestAnUnknownCommitIsNotRunAgain(t *testing.T) {
	for err, want := range map[error]int{fmt.Errorf("%w: the line is cut", errUnknownCommit): 1, errors.New("one is wrong"): 3} {
		runs := 0
		w := &writer{transaction: func([]*job) error { runs++; return err }}
		jobs := []*job{{result: make(chan error, 1)}, {result: make(chan error, 1)}}
		w.commit(jobs)
		if first, second := <-jobs[0].result, <-jobs[1].result; first != err || second != err || runs != want {
			t.Errorf("%v: told %v and %v, %d runs, want %d", err, first, second, runs, want)
		}
	}
}

// TestABegunWriteIsWrittenThoughItsContextEnds: its batch is committed in one piece.
func TestABegunWriteIsWrittenThoughItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var begins int
	s, err := Open(t.Context(), t.TempDir(), Options{Faults: func(statement string) error {
		if statement == "BEGIN IMMEDIATE" {
			if begins++; begins == 2 {
				cancel() // what is in the second batch has begun
			}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begins = 0
	var all sync.WaitGroup
	begun, release := make(chan struct{}), make(chan struct{})
	write := func(ctx context.Context, name string, before func()) {
		all.Go(func() {
			err := s.write(ctx, only(name), func(tx *tx) error {
				before()
				return tx.exec("INSERT INTO numbers (name) VALUES ($1)", name)
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	write(t.Context(), "a", func() { close(begun); <-release })
	<-begun
	for queued, name := range []string{"b", "c", "d"} {
		write(ctx, name, func() {})
		for len(s.base.(*sqliteDatabase).writer.jobs) <= queued {
			runtime.Gosched()
		}
	}
	close(release)
	all.Wait()
	numbers, err := s.Numbers(t.Context())
	if err != nil || len(numbers) != 4 {
		t.Errorf("%+v, %v", numbers, err)
	}
	if begins != 2 {
		t.Errorf("%d transactions, want 2", begins)
	}
}
