package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite" // and the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// How SQLite syncs, as PRAGMA synchronous has it.
const (
	synced   = "2" // FULL: an acknowledged "2" is never lost
	unsynced = "0" // OFF: for a copy that goes away with the process
)

// A sqliteDatabase is a file of SQLite's. Other processes may have it open too. Whoever writes has
// the whole of it, so all writes of the process wait in one queue.
type sqliteDatabase struct {
	db       *sql.DB
	file     string
	log      string // optouts.log
	sync     string // synced or unsynced
	readOnly bool
	fault    func(statement string) error

	conn   *sql.Conn // of all writes
	stmts  map[string]*sql.Stmt
	files  opened
	writer *writer
}

// openSQLite opens bot.db in folder, and makes it if need be. used reports whether it is there
// already, with something in it.
func openSQLite(folder, sync string, fault func(string) error) (d *sqliteDatabase, used bool, err error) {
	if err := Lost(folder); err != nil {
		return nil, false, err
	}
	file := filepath.Join(folder, databaseName)
	used = fileSize(file) > 0
	err = touch(file)
	readOnly := used && (errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission))
	if err != nil && !readOnly {
		return nil, used, err
	}
	name := dsn(file, sync)
	if readOnly {
		name = readOnlyDSN(file)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, used, err
	}
	return &sqliteDatabase{
		db: db, file: file, log: filepath.Join(folder, optoutsName), sync: sync, readOnly: readOnly, fault: fault,
		stmts: map[string]*sql.Stmt{},
	}, used, nil
}

// dsn puts every pragma where each connection of the pool gets it. _txlock=immediate: a transaction
// that reads and then writes must not fail half-way because another process wrote in between.
func dsn(file, sync string) string {
	path := (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath() // a folder may have # or ? in its name
	return "file:" + path + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)" +
		"&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(" + sync + ")&_pragma=secure_delete(1)&_pragma=temp_store(MEMORY)"
}

// readOnlyDSN is for a folder that cannot be written, as when its disk has become read-only.
// Without a write-ahead log nobody has the file open, and SQLite needs no files beside it.
func readOnlyDSN(file string) string {
	path := (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath()
	name := "file:" + path + "?mode=ro&_pragma=busy_timeout(10000)&_pragma=temp_store(MEMORY)"
	if fileSize(file+"-wal") < 0 {
		name += "&immutable=1"
	}
	return name
}

func (d *sqliteDatabase) pool() *sql.DB { return d.db }

// provider: SQLite has to have taken the durability settings.
func (d *sqliteDatabase) provider(ctx context.Context) (*goose.Provider, error) {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": d.sync, "foreign_keys": "1",
		"busy_timeout": "10000"} {
		if d.readOnly {
			break // nothing is written that would have to last
		}
		var got string
		if err := d.db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return nil, err
		}
		if got != want {
			return nil, fmt.Errorf("SQLite did not take %s=%s, it says %s: is the folder on a file system that "+
				"supports it?", pragma, want, got)
		}
	}
	return sqliteProvider(d.db)
}

func sqliteProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrate")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files)
}

func (d *sqliteDatabase) open(context.Context) error { return nil }

func (d *sqliteDatabase) appliedLog(ctx context.Context) (length int64, hash string, err error) {
	err = d.db.QueryRowContext(ctx, "SELECT optouts_length, optouts_hash FROM files WHERE id = 1").Scan(&length, &hash)
	return length, hash, err
}

func (d *sqliteDatabase) bytewise() string { return "BINARY" }

func (d *sqliteDatabase) begin(ctx context.Context) (err error) {
	if d.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	d.writer = newWriter(d.transaction)
	if !d.readOnly {
		for _, trigger := range keptForGood {
			if _, err := d.conn.ExecContext(ctx, trigger); err != nil {
				return err
			}
		}
	}
	d.files, err = openedFiles(d.file)
	return err
}

func (d *sqliteDatabase) write(ctx context.Context, about scope, do func(*batch) error, after func()) error {
	return d.writer.write(ctx, about, do, after)
}

func (d *sqliteDatabase) transaction(jobs []*job) (err error) {
	ctx := context.Background() // a cancelled context must not tear a transaction that others share
	b := &batch{ctx: ctx, line: d, fault: d.fault, log: d.log}
	if err := b.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := attempt(j, b); err != nil {
			return errors.Join(err, d.rollback())
		}
	}
	err = d.files.same()
	if err == nil {
		err = b.keepOptouts()
	}
	if err == nil {
		err = b.exec("COMMIT")
	}
	if err != nil {
		return errors.Join(err, d.rollback(), d.takeBack(b.appended))
	}
	for _, j := range jobs {
		if j.after != nil {
			j.after()
		}
	}
	return nil
}

func (d *sqliteDatabase) rollback() error {
	_, err := d.conn.ExecContext(context.Background(), "ROLLBACK")
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil // SQLite has rolled back by itself, as it does when the disk is full
	}
	return err
}

// takeBack takes out of the log what a transaction wrote that did not commit. Another process may
// have written since, and the commit may have failed after all was done: then the lines stay, and
// the next start carries them out, which errs on the side of a stop.
func (d *sqliteDatabase) takeBack(p logPiece) error {
	if p.to == 0 {
		return nil
	}
	ctx := context.Background()
	if _, err := d.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	var applied int64
	err := d.conn.QueryRowContext(ctx, "SELECT optouts_length FROM files WHERE id = 1").Scan(&applied)
	size, sizeErr := logSize(d.log)
	if err = errors.Join(err, sizeErr); err == nil && applied <= p.from && size == p.to {
		err = os.Truncate(d.log, p.from)
	}
	return errors.Join(err, d.rollback())
}

// ExecContext runs a statement of the transaction, which is prepared once.
func (d *sqliteDatabase) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := d.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// QueryContext runs a query of the transaction, which is prepared once.
func (d *sqliteDatabase) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := d.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (d *sqliteDatabase) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := d.stmts[query]; ok {
		return s, nil
	}
	s, err := d.conn.PrepareContext(ctx, query)
	if err == nil {
		d.stmts[query] = s
	}
	return s, err
}

// nextContact: SQLite gives the ID of whoever came last again once they are gone, so a trigger keeps
// the highest of those.
func (d *sqliteDatabase) nextContact() string {
	return "SELECT 1 + MAX(COALESCE((SELECT MAX(id) FROM contacts), 0), (SELECT last_contact FROM files WHERE id = 1))"
}

func (d *sqliteDatabase) present() error { return d.files.same() }

func (d *sqliteDatabase) check(ctx context.Context) error {
	found, err := column[string](readerOf(ctx, d.db), "PRAGMA quick_check")
	if err == nil && (len(found) != 1 || found[0] != "ok") {
		err = errors.New(strings.Join(found, "; "))
	}
	return err
}

// settle: freed pages are overwritten as they are freed (secure_delete), and the journal, which
// still has the pages of before, is emptied.
func (d *sqliteDatabase) settle(ctx context.Context) error {
	for range settleTries {
		var busy, frames, done int
		if err := d.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done); err != nil {
			return err
		}
		if busy == 0 {
			return nil
		}
	}
	return fmt.Errorf("everything is erased, but another process reads bot.db, so its journal bot.db-wal still " +
		"holds old pages; they go when `run` next starts, or give the command again")
}

const settleTries = 2

func (d *sqliteDatabase) copyTo(ctx context.Context, file string) error {
	if _, err := d.db.ExecContext(ctx, "VACUUM INTO $1", file); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// watch asks PRAGMA data_version, which SQLite keeps per connection.
func (d *sqliteDatabase) watch(ctx context.Context) (*Watch, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &Watch{
		version: func(ctx context.Context) (v int64, err error) {
			return v, conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&v)
		},
		close: conn.Close,
	}, nil
}

func (d *sqliteDatabase) close() (err error) {
	if d.writer != nil {
		d.writer.close()
	}
	for _, s := range d.stmts {
		err = errors.Join(err, s.Close())
	}
	if d.conn != nil {
		err = errors.Join(err, d.conn.Close())
	}
	return errors.Join(err, d.db.Close())
}

// damaged marks what SQLite says of a file that is no database, or not a whole one.
func damaged(err error) error {
	var from *sqlite.Error
	if !errors.As(err, &from) {
		return err
	}
	if primary := from.Code() & 0xff; primary == sqlite3.SQLITE_CORRUPT || primary == sqlite3.SQLITE_NOTADB {
		return unusable{err}
	}
	return err
}

// touch makes the file with mode 0600 before SQLite would make it with a wider one, and says whether
// it may be written. A file that is there is not opened: to close it would take this process's locks
// on it away, on which SQLite relies (https://sqlite.org/howtocorrupt.html, 2.2). Another process
// would then take the write-ahead log away under a store that is open here already.
func touch(file string) error {
	if _, err := os.Stat(file); err == nil {
		if err := writable(file); err != nil {
			return fmt.Errorf("open the database: %w", err)
		}
		return nil
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return f.Close()
}
