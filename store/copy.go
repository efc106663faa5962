package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"optinbot/bot"
)

// Here is what copies a shop between a file of SQLite's and a database of PostgreSQL: for `move`,
// backups, restores and rehearsals. The file says which tables there are. Both have the same, for
// one text makes them.

// ofPlace are tables that belong to the place and not to the shop: nobody serves a copy.
var ofPlace = []string{"goose_db_version", "processes", "owners", "drained_hosts", "store_identity"}

// A copiedTable is a table of which every row is copied.
type copiedTable struct {
	name    string
	columns []string
	after   []string // tables that it refers to
}

func (t copiedTable) list() string { return strings.Join(quotedAll(t.columns), ", ") }

func quotedAll(names []string) (all []string) {
	for _, name := range names {
		all = append(all, quoted(name))
	}
	return all
}

// openUnchecked opens a file of SQLite's, to write rows into it in any order.
func openUnchecked(file, sync string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(file, sync)+"&_pragma=foreign_keys(0)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// copiedTables are the tables of a file that are copied, each after those that it refers to.
func copiedTables(ctx context.Context, file line) (tables []copiedTable, err error) {
	read := readerOf(ctx, file)
	names, err := column[string](read, `
		SELECT name
		FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite%'
		ORDER BY name`)
	if err != nil {
		return nil, err
	}
	waits := map[string]copiedTable{}
	for _, name := range names {
		if slices.Contains(ofPlace, name) {
			continue
		}
		t := copiedTable{name: name}
		if t.columns, err = column[string](read, "SELECT name FROM pragma_table_info($1) ORDER BY cid", name); err != nil {
			return nil, err
		}
		if t.after, err = column[string](read, `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`, name); err != nil {
			return nil, err
		}
		waits[name] = t
	}
	for len(waits) > 0 {
		before := len(tables)
		for _, name := range slices.Sorted(maps.Keys(waits)) {
			ready := !slices.ContainsFunc(waits[name].after, func(other string) bool {
				_, is := waits[other]
				return is && other != name
			})
			if ready {
				tables = append(tables, waits[name])
				delete(waits, name)
			}
		}
		if len(tables) == before {
			return nil, fmt.Errorf("tables refer to each other: %v", slices.Sorted(maps.Keys(waits)))
		}
	}
	return tables, nil
}

// A digest tells the rows of a table from others, in whatever order they come.
type digest struct {
	rows int64
	sum  uint64
}

// add counts a row in.
func (d *digest) add(values []any) {
	h := sha256.New()
	for _, v := range values {
		kind, text := byte('t'), ""
		switch v := v.(type) {
		case nil:
			kind = 'n'
		case string:
			text = bot.Readable(v)
		case []byte:
			text = string(v)
		case bool:
			text = strconv.Itoa(flag(v))
		default:
			text = fmt.Sprint(v)
		}
		var length [9]byte
		length[0] = kind
		binary.BigEndian.PutUint64(length[1:], uint64(len(text)))
		h.Write(length[:])
		h.Write([]byte(text))
	}
	d.rows++
	d.sum += binary.BigEndian.Uint64(h.Sum(nil))
}

// scanned reads rows with so many columns.
func scanned(columns int, each func([]any) error) func(scanner) error {
	values, into := make([]any, columns), make([]any, columns)
	for i := range values {
		into[i] = &values[i]
	}
	return func(scan scanner) error {
		if err := scan(into...); err != nil {
			return err
		}
		return each(values)
	}
}

// digests reads tables through.
func digests(ctx context.Context, from line, tables []copiedTable) (map[string]digest, error) {
	all := map[string]digest{}
	for _, t := range tables {
		var d digest
		err := readerOf(ctx, from)("SELECT "+t.list()+" FROM "+quoted(t.name), nil,
			scanned(len(t.columns), func(values []any) error { d.add(values); return nil }))
		if err != nil {
			return nil, err
		}
		all[t.name] = d
	}
	return all, nil
}

// sameRows is an error where a copy does not have the rows of the original.
func sameRows(tables []copiedTable, original, copied map[string]digest) error {
	for _, t := range tables {
		switch a, b := original[t.name], copied[t.name]; {
		case a.rows != b.rows:
			return fmt.Errorf("the copy has %d rows of table %s, and there are %d", b.rows, t.name, a.rows)
		case a != b:
			return fmt.Errorf("a row of table %s is another one in the copy", t.name)
		}
	}
	return nil
}

// rowsIntoFile replaces the rows of a file's tables by those of a database of PostgreSQL. The triggers
// there have counted already what they would count again, so they are made after it.
func rowsIntoFile(ctx context.Context, from line, db *sql.DB) (original map[string]digest, err error) {
	to, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer to.Rollback()
	read := readerOf(ctx, to)
	triggers, err := collect(read, func(scan scanner) (t [2]string, err error) {
		return t, scan(&t[0], &t[1])
	}, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
	if err != nil {
		return nil, err
	}
	for _, t := range triggers {
		if _, err := to.ExecContext(ctx, "DROP TRIGGER "+t[0]); err != nil {
			return nil, err
		}
	}
	tables, err := copiedTables(ctx, to)
	if err != nil {
		return nil, err
	}
	original = map[string]digest{}
	for _, t := range tables {
		if original[t.name], err = t.intoFile(ctx, from, to); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	for _, t := range triggers {
		if _, err := to.ExecContext(ctx, t[1]); err != nil {
			return nil, err
		}
	}
	return original, to.Commit()
}

// intoFile replaces the rows of a table in a file. Rows that a serial number of PostgreSQL orders are
// written in that order: SQLite's own comes of it.
func (t copiedTable) intoFile(ctx context.Context, from, to line) (d digest, err error) {
	if _, err := to.ExecContext(ctx, "DELETE FROM "+quoted(t.name)); err != nil {
		return d, err
	}
	var places []string
	for i := range t.columns {
		places = append(places, "$"+strconv.Itoa(i+1))
	}
	put, err := to.(*sql.Tx).PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", quoted(t.name), t.list(),
		strings.Join(places, ", ")))
	if err != nil {
		return d, err
	}
	defer put.Close()
	serials, err := column[string](readerOf(ctx, from), `
		SELECT CAST(attname AS TEXT)
		FROM pg_attribute
		WHERE attrelid = CAST($1 AS regclass) AND attidentity <> ''`, quoted(t.name))
	if err != nil {
		return d, err
	}
	order := ""
	for _, serial := range serials {
		order = " ORDER BY " + quoted(serial)
	}
	return d, readerOf(ctx, from)("SELECT "+t.list()+" FROM "+quoted(t.name)+order, nil,
		scanned(len(t.columns), func(values []any) error {
			d.add(values)
			_, err := put.ExecContext(ctx, values...)
			return err
		}))
}

// rowsIntoPostgres replaces the rows of a database's tables, in its current schema, by those of a file.
// It runs in a transaction of conn. Triggers that would count again what they have counted are off
// meanwhile, and whoever else writes waits until it is over.
func rowsIntoPostgres(ctx context.Context, from line, conn *sql.Conn) (original map[string]digest, err error) {
	tables, err := copiedTables(ctx, from)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range tables {
		names = append(names, quoted(t.name))
		if _, err := conn.ExecContext(ctx, "ALTER TABLE "+quoted(t.name)+" DISABLE TRIGGER USER"); err != nil {
			return nil, err
		}
	}
	if _, err := conn.ExecContext(ctx, "TRUNCATE "+strings.Join(names, ", ")); err != nil {
		return nil, err
	}
	original = map[string]digest{}
	for _, t := range tables {
		if original[t.name], err = t.intoPostgres(ctx, from, conn); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
		if _, err := conn.ExecContext(ctx, "ALTER TABLE "+quoted(t.name)+" ENABLE TRIGGER USER"); err != nil {
			return nil, err
		}
	}
	return original, goOnCounting(ctx, conn)
}

// intoPostgres copies a table's rows by COPY.
func (t copiedTable) intoPostgres(ctx context.Context, from line, conn *sql.Conn) (d digest, err error) {
	types := map[string]string{}
	err = readerOf(ctx, conn)(`
		SELECT CAST(attname AS TEXT), format_type(atttypid, NULL)
		FROM pg_attribute
		WHERE attrelid = CAST($1 AS regclass) AND attnum > 0 AND NOT attisdropped`, []any{quoted(t.name)},
		func(scan scanner) error {
			var name, kind string
			err := scan(&name, &kind)
			types[name] = kind
			return err
		})
	if err != nil {
		return d, err
	}
	rows, err := from.QueryContext(ctx, "SELECT "+t.list()+" FROM "+quoted(t.name))
	if err != nil {
		return d, err
	}
	defer rows.Close()
	source := &fileRows{Rows: rows, table: t, types: types, digest: &d}
	return d, conn.Raw(func(driver any) error {
		_, err := driver.(readableConn).Conn.Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, source)
		return err
	})
}

// fileRows are the rows of a file as COPY wants them.
type fileRows struct {
	*sql.Rows
	table  copiedTable
	types  map[string]string
	digest *digest
}

// Values returns the row under way.
func (r *fileRows) Values() (values []any, err error) {
	err = scanned(len(r.table.columns), func(v []any) error { values = v; return nil })(r.Scan)
	if err != nil {
		return nil, err
	}
	r.digest.add(values)
	for i, name := range r.table.columns {
		values[i] = inPostgresType(values[i], r.types[name])
	}
	return values, nil
}

// inPostgresType is a value of SQLite's, whose columns take any type, as the type of a column.
func inPostgresType(value any, kind string) any {
	switch v := value.(type) {
	case int64:
		if kind == "boolean" {
			return v != 0
		}
	case bool:
		if kind != "boolean" {
			return int64(flag(v))
		}
	case string:
		if kind == "bytea" {
			return []byte(v)
		}
		return bot.Readable(v)
	case []byte:
		if kind != "bytea" {
			return bot.Readable(string(v))
		}
	}
	return value
}

// goOnCounting lets every serial number go on after the highest that is there, and that of contacts
// after the highest that ever was.
func goOnCounting(ctx context.Context, conn *sql.Conn) error {
	serials, err := collect(readerOf(ctx, conn), func(scan scanner) (s [2]string, err error) {
		return s, scan(&s[0], &s[1])
	}, `
		SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT)
		FROM pg_attribute a
		JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = CAST(CAST(current_schema() AS TEXT) AS regnamespace) AND c.relkind = 'r' AND a.attidentity = 'd'`)
	if err != nil {
		return err
	}
	for _, s := range serials {
		highest := "COALESCE(MAX(" + quoted(s[1]) + "), 0)"
		if s[0] == "contacts" {
			highest = "GREATEST(" + highest + ", (SELECT last_contact FROM files WHERE id = 1))"
		}
		if _, err := conn.ExecContext(ctx, fmt.Sprintf(`
			SELECT setval(pg_get_serial_sequence($1, $2), GREATEST(highest, 1), highest > 0)
			FROM (SELECT %s AS highest FROM %s) AS counted`, highest, quoted(s[0])), quoted(s[0]), s[1]); err != nil {
			return err
		}
	}
	return nil
}
