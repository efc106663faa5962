package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// A scanner reads the row under way into places.
type scanner func(into ...any) error

// A reader runs a query and hands over its rows one by one, in a write or beside it.
type reader func(query string, args []any, each func(scanner) error) error

// query is the reader beside a write, on a connection of the pool.
func (s *Store) query(ctx context.Context) reader { return readerOf(ctx, s.db) }

// readerOf is the reader of a pool or of a transaction.
func readerOf(ctx context.Context, from interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) reader {
	return func(query string, args []any, each func(scanner) error) error {
		rows, err := from.QueryContext(ctx, query, args...)
		if err != nil {
			return statementError(err, query)
		}
		return drain(rows, query, each)
	}
}

// queryPrepared is the reader for what the loops ask all the time: SQLite compiles the text once.
// The query must be one of a few fixed texts.
func (s *Store) queryPrepared(ctx context.Context) reader {
	return func(query string, args []any, each func(scanner) error) error {
		stmt, err := s.statement(ctx, query)
		if err != nil {
			return err
		}
		rows, err := stmt.QueryContext(ctx, args...)
		if err != nil {
			return statementError(err, query)
		}
		return drain(rows, query, each)
	}
}

// queryRow reads one row beside a write. The query must be one of a few fixed texts, and has one
// row always.
func (s *Store) queryRow(ctx context.Context, query string, args ...any) row {
	stmt, err := s.statement(ctx, query)
	if err != nil {
		return row{err: err}
	}
	return row{from: stmt.QueryRowContext(ctx, args...), query: query}
}

// A row is the result of queryRow.
type row struct {
	from  *sql.Row
	query string
	err   error
}

// Scan reads it.
func (r row) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	if err := r.from.Scan(into...); err != nil {
		return statementError(err, r.query)
	}
	return nil
}

// statement returns the cached prepared statement for query.
func (s *Store) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.texts.Load(query); ok {
		return stmt.(*sql.Stmt), nil
	}
	made, err := s.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, statementError(err, query)
	}
	stmt, had := s.texts.LoadOrStore(query, made)
	if had {
		made.Close()
	}
	return stmt.(*sql.Stmt), nil
}

// drain reads rows to their end.
func drain(rows *sql.Rows, query string, each func(scanner) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return statementError(err, query)
	}
	return nil
}

// collect returns the rows of a query, each as of reads it. Without a row it returns nil.
func collect[T any](read reader, of func(scanner) (T, error), query string, args ...any) (all []T, err error) {
	err = read(query, args, func(scan scanner) error {
		one, err := of(scan)
		all = append(all, one)
		return err
	})
	return all, err
}

// first returns the first row of a query as of reads it. Without a row found is false and one is
// the zero value.
func first[T any](read reader, of func(scanner) (T, error), query string, args ...any) (one T, found bool, err error) {
	err = read(query, args, func(scan scanner) (err error) {
		if !found {
			one, err = of(scan)
			found = true
		}
		return err
	})
	return one, found, err
}

// column returns the rows of a query that has one column. Without a row it returns nil.
func column[T any](read reader, query string, args ...any) ([]T, error) {
	return collect(read, value[T], query, args...)
}

// value reads the only column of a row.
func value[T any](scan scanner) (v T, err error) {
	err = scan(&v)
	return v, err
}

// tally returns the rows of a query that has a key and how often it occurs. It is never nil.
func tally[K comparable](read reader, query string, args ...any) (map[K]int, error) {
	counts := map[K]int{}
	err := read(query, args, func(scan scanner) error {
		var key K
		var n int
		err := scan(&key, &n)
		counts[key] = n
		return err
	})
	return counts, err
}

// millis is how a time is stored. The zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// moment scans a stored time into t.
func moment(t *time.Time) sql.Scanner { return momentColumn{t} }

type momentColumn struct{ t *time.Time }

// Scan reads what millis wrote.
func (m momentColumn) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is a %T", v)
	}
	*m.t = timeOf(ms)
	return nil
}

// scanMoment reads a row that is one time.
func scanMoment(scan scanner) (at time.Time, err error) {
	err = scan(moment(&at))
	return at, err
}

// span scans a stored duration, in milliseconds, into d.
func span(d *time.Duration) sql.Scanner { return spanColumn{d} }

type spanColumn struct{ d *time.Duration }

// Scan reads milliseconds.
func (s spanColumn) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a duration is a %T", v)
	}
	*s.d = time.Duration(ms) * time.Millisecond
	return nil
}

// flag is how a bool is stored.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
