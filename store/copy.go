package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// copyIntoFile copies every row of a database into an empty file of SQLite's. The triggers there
// have counted already what they would count again, so they are made after it.
func copyIntoFile(ctx context.Context, from *sql.Tx, file string) (err error) {
	db, err := sql.Open("sqlite", dsn(file, unsynced)+"&_pragma=foreign_keys(0)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	p, err := sqliteProvider(db)
	if err != nil {
		return err
	}
	if err := migrate(ctx, p); err != nil {
		return err
	}
	to, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer to.Rollback()
	read := readerOf(ctx, to)
	triggers, err := collect(read, func(scan scanner) (t [2]string, err error) {
		return t, scan(&t[0], &t[1])
	}, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
	if err != nil {
		return err
	}
	for _, t := range triggers {
		if _, err := to.ExecContext(ctx, "DROP TRIGGER "+t[0]); err != nil {
			return err
		}
	}
	tables, err := column[string](read, `
		SELECT name
		FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite%'
			AND name NOT IN ('goose_db_version', 'processes', 'owners')`) // nobody serves the copy
	if err != nil {
		return err
	}
	for _, table := range tables {
		if err := copyTable(ctx, from, to, table); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	for _, t := range triggers {
		if _, err := to.ExecContext(ctx, t[1]); err != nil {
			return err
		}
	}
	return to.Commit()
}

// copyTable replaces the rows of a table.
func copyTable(ctx context.Context, from, to *sql.Tx, table string) error {
	columns, err := column[string](readerOf(ctx, to), "SELECT name FROM pragma_table_info($1) ORDER BY cid", table)
	if err != nil {
		return err
	}
	if _, err := to.ExecContext(ctx, "DELETE FROM "+table); err != nil {
		return err
	}
	places := make([]string, len(columns))
	for i := range columns {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	names := strings.Join(columns, ", ")
	put, err := to.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", table, names,
		strings.Join(places, ", ")))
	if err != nil {
		return err
	}
	defer put.Close()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	return readerOf(ctx, from)(fmt.Sprintf("SELECT %s FROM %s", names, table), nil, func(scan scanner) error {
		if err := scan(into...); err != nil {
			return err
		}
		_, err := put.ExecContext(ctx, values...)
		return err
	})
}
