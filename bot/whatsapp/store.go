package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"modernc.org/sqlite" // and the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A SharedSession is where the session of a number lives whose process is one of several: in tables
// of its own in a PostgreSQL database, beside those of other numbers.
type SharedSession struct {
	// Connector opens connections that find and make tables in the number's own schema, as the one
	// who serves the number.
	Connector driver.Connector
	// Fence is called once all tables are there. From then on the database refuses what anybody
	// writes who does not serve the number.
	Fence func(context.Context) error
}

// sessionStore holds the keys of this number's WhatsApp session, in a file of SQLite or in
// PostgreSQL. It is never part of a backup: an old ratchet is a broken one.
type sessionStore struct {
	db      *sql.DB
	dialect dialect
	devices *sqlstore.Container
	plain   bool // without caches
	test    bool // for a test server

	wire atomic.Pointer[wire] // of the connection that is there or being made. Nil: none was yet

	mu     sync.Mutex
	caches map[string]*sessionCache // by JID

	saving sync.Mutex      // held while a device is saved or forgotten
	ended  map[string]bool // by JID: forgotten, and not to be saved again
}

// A lastingContainer saves devices, but none that WhatsApp has ended: what the library still has in
// hand then (a name that it learns from the phone's settings) would bring the session back.
type lastingContainer struct {
	store.DeviceContainer
	of *sessionStore
}

func (c lastingContainer) PutDevice(ctx context.Context, device *store.Device) error {
	c.of.saving.Lock()
	defer c.of.saving.Unlock()
	if device.ID == nil || c.of.ended[device.ID.String()] {
		return store.ErrDeviceDeleted
	}
	return c.DeviceContainer.PutDevice(ctx, device)
}

// pragmas are asserted after opening: an option that a driver does not understand is ignored in
// silence.
var pragmas = []struct{ name, set, want string }{
	{"foreign_keys", "1", "1"}, // sqlstore refuses to work without (Upgrade in store/sqlstore/container.go)
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "FULL", "2"}, // a ratchet that went back after a power cut cannot read what follows
	{"busy_timeout", "10000", "10000"},
	{"secure_delete", "1", "1"}, // what is deleted is overwritten: somebody may have been erased
}

// A dialect is what differs between the databases that a session can live in.
type dialect struct {
	name   string // as the library calls it
	bytes  string // the type of bytes
	serial string // more columns of a table whose rows are read as they came, and
	order  string // the column for that
}

var (
	inFile   = dialect{name: "sqlite", bytes: "BLOB", order: "rowid"}
	inShared = dialect{
		name: "postgres", bytes: "BYTEA", serial: "seq BIGINT GENERATED ALWAYS AS IDENTITY,", order: "seq",
	}
)

// ownTables makes the tables of this package beside whatsmeow's. There they live and die with the
// session.
func (d dialect) ownTables() string {
	return `
CREATE TABLE IF NOT EXISTS optinbot_number (
	name TEXT NOT NULL PRIMARY KEY,
	jid  TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS optinbot_history (` + d.serial + `
	id           TEXT NOT NULL PRIMARY KEY,
	jid          TEXT NOT NULL,
	notification ` + d.bytes + ` NOT NULL
);
CREATE TABLE IF NOT EXISTS optinbot_home (
	"only" BIGINT NOT NULL PRIMARY KEY,
	home TEXT NOT NULL
);`
}

// openStore opens the session: the file, which it creates readable by its owner only, or the shared
// database.
func openStore(ctx context.Context, o Options, log *slog.Logger) (*sessionStore, error) {
	s := &sessionStore{
		plain:  o.plain,
		test:   o.TestServer != nil,
		caches: map[string]*sessionCache{},
		ended:  map[string]bool{},
	}
	place, err := s.open(o)
	if err != nil {
		return nil, fmt.Errorf("open the WhatsApp session %s: %w", place, err)
	}
	if err = s.prepare(ctx, o, log); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the WhatsApp session %s: %w", place, err), s.db.Close())
	}
	return s, nil
}

// open opens the database without asking it anything. place is where it is, for people.
func (s *sessionStore) open(o Options) (place string, err error) {
	if o.Shared != nil {
		s.dialect = inShared
		s.db = sql.OpenDB(watched{o.Shared.Connector, s.failed})
		s.db.SetMaxOpenConns(sharedConns)
		s.db.SetConnMaxIdleTime(time.Minute)
		return "of " + o.Number, nil
	}
	if err := createPrivate(o.Store); err != nil {
		return o.Store, err
	}
	named, err := sql.Open(o.driver, "") // connects to nothing
	if err != nil {
		return o.Store, err
	}
	_ = named.Close()
	s.dialect = inFile
	s.db = sql.OpenDB(watched{dsnConnector{named.Driver(), dsn(o.Store)}, s.failed})
	// One connection: deferred readers that turn writers would fail with SQLITE_BUSY_SNAPSHOT,
	// which busy_timeout does not cure, and a failed write while decrypting is a lost message. It
	// also was the faster way.
	s.db.SetMaxOpenConns(1)
	return o.Store, nil
}

// sharedConns is how many connections a number has to a shared database: one that decrypts and one
// that sends.
const sharedConns = 2

func (s *sessionStore) prepare(ctx context.Context, o Options, log *slog.Logger) error {
	if s.dialect == inFile {
		if err := s.checkPragmas(ctx); err != nil {
			return err
		}
	}
	s.devices = sqlstore.NewWithDB(s.db, s.dialect.name, newLibraryLog(log, "store", o.LibraryLog))
	if err := s.devices.Upgrade(ctx); err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, s.dialect.ownTables()); err != nil {
		return err
	}
	switch {
	case o.Shared != nil:
		return o.Shared.Fence(ctx)
	case o.SetAside:
		return s.whole(ctx)
	}
	return nil
}

func (s *sessionStore) checkPragmas(ctx context.Context) error {
	for _, pragma := range pragmas {
		var got string
		if err := s.db.QueryRowContext(ctx, "PRAGMA "+pragma.name).Scan(&got); err != nil {
			return err
		}
		if got != pragma.want {
			return fmt.Errorf("PRAGMA %s is %q, want %q", pragma.name, got, pragma.want)
		}
	}
	return nil
}

// failed ends the connection: what it is about to acknowledge may not be stored.
func (s *sessionStore) failed(err error) {
	if w := s.wire.Load(); w != nil {
		w.abandon(fmt.Errorf("%w: %w", errSessionFailed, err))
	}
}

// errSessionFailed is why a connection was ended that the session's database could not follow.
var errSessionFailed = errors.New("the WhatsApp session cannot be read or written")

var errDamaged = errors.New("the file is damaged")

// whole lets SQLite look through the file.
func (s *sessionStore) whole(ctx context.Context) error {
	var found string
	if err := s.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, masked(found))
	}
	return nil
}

// isBroken tells whether SQLite says that a file is none of its own, or damaged.
func isBroken(err error) bool {
	var problem *sqlite.Error
	if !errors.As(err, &problem) {
		return errors.Is(err, errDamaged)
	}
	switch problem.Code() & 0xff { // extended codes have the plain one in their last byte
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// setAside renames a broken session's file, with those that SQLite puts beside it, and returns its
// new name.
func setAside(path string, now time.Time) (string, error) {
	aside := path + ".broken-" + now.UTC().Format("20060102-150405")
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("set the broken WhatsApp session aside: %w", err)
		}
	}
	return aside, nil
}

// closing is how long what the library still does with the file may take.
const closing = 5 * time.Second

// close closes the file and waits until nobody uses it any more: what the library does beside us
// gives its connection back late.
func (s *sessionStore) close() error {
	err := s.db.Close()
	for until := time.Now().Add(closing); s.db.Stats().OpenConnections > 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	return err
}

// device returns the device of jid, or nil where there is none.
func (s *sessionStore) device(ctx context.Context, jid string) (*store.Device, error) {
	if jid == "" {
		return nil, nil
	}
	parsed, err := types.ParseJID(jid)
	if err != nil {
		return nil, fmt.Errorf("the remembered WhatsApp address of the number is not one: %s", masked(err.Error()))
	}
	device, err := s.devices.GetDevice(ctx, parsed)
	if device != nil {
		device.Container = lastingContainer{device.Container, s}
	}
	if device != nil && !s.plain {
		s.cache(jid).attach(device)
	}
	return device, err
}

// cache returns the one of a device, however often the device is read.
func (s *sessionStore) cache(jid string) *sessionCache {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.caches[jid] == nil {
		s.caches[jid] = newSessionCache()
	}
	return s.caches[jid]
}

// forgetCache lets a device begin anew: its rows may have been deleted and written beside the
// cache.
func (s *sessionStore) forgetCache(jid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.caches, jid)
}

// linked returns the JID that was paired under this number's name. It is written by link, so that a
// crash between the pairing and the bot's own note of it does not lose the session.
func (s *sessionStore) linked(ctx context.Context, name string) (string, error) {
	var jid string
	err := s.db.QueryRowContext(ctx, `SELECT jid FROM optinbot_number WHERE name = $1`, name).Scan(&jid)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return jid, err
}

func (s *sessionStore) setLinked(ctx context.Context, name, jid string) error {
	s.forgetCache(jid)
	s.saving.Lock()
	delete(s.ended, jid)
	s.saving.Unlock()
	_, err := s.db.ExecContext(ctx, `INSERT INTO optinbot_number (name, jid) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET jid = excluded.jid`, name, jid)
	return errors.Join(err, s.settle(ctx))
}

// forget deletes a device with everything that is kept for it.
func (s *sessionStore) forget(ctx context.Context, jid string) error {
	parsed, err := types.ParseJID(jid)
	if err != nil {
		return err
	}
	s.forgetCache(jid)
	s.saving.Lock()
	defer s.saving.Unlock()
	s.ended[jid] = true
	err = s.devices.DeleteDevice(ctx, &store.Device{ID: &parsed}) // its other tables follow
	for _, table := range []string{"optinbot_number", "optinbot_history"} {
		_, failed := s.db.ExecContext(ctx, "DELETE FROM "+table+" WHERE jid = $1", jid)
		err = errors.Join(err, failed)
	}
	return err
}

// A pendingHistory is one history notification that has been acknowledged and not yet worked
// through.
type pendingHistory struct {
	id           string
	notification []byte
}

func (s *sessionStore) addHistory(ctx context.Context, jid string, h pendingHistory) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO optinbot_history (id, jid, notification) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO NOTHING`, h.id, jid, h.notification)
	return err
}

func (s *sessionStore) pendingHistory(ctx context.Context, jid string) ([]pendingHistory, error) {
	rows, err := s.db.QueryContext(
		ctx,
		`SELECT id, notification FROM optinbot_history WHERE jid = $1 ORDER BY `+s.dialect.order,
		jid,
	)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []pendingHistory
	for rows.Next() {
		var h pendingHistory
		if err := rows.Scan(&h.id, &h.notification); err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, rows.Err()
}

func (s *sessionStore) doneHistory(ctx context.Context, id string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM optinbot_history WHERE id = $1`, id)
	return err
}

// dsn spells the path as SQLite's URI with every pragma in it, so that each connection of the pool
// has them.
func dsn(path string) string {
	var query []string
	for _, pragma := range pragmas {
		query = append(query, "_pragma="+pragma.name+"("+pragma.set+")")
	}
	query = append(query, "_txlock=immediate") // a transaction that will write takes its turn at its start
	escaped := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	return "file:" + escaped + "?" + strings.Join(query, "&")
}

// createPrivate makes sure that the file exists and that only its owner can read it: it holds
// private keys. SQLite gives the mode on to the files it puts beside it.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create the folder of the WhatsApp session: %w", err)
	}
	// A file that is there is not opened: to close it would take the locks of this process on it away,
	// on which SQLite relies (https://sqlite.org/howtocorrupt.html, 2.2).
	if _, err := os.Stat(path); err == nil {
		return os.Chmod(path, 0o600)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("create the WhatsApp session: %w", err)
	}
	return errors.Join(file.Close(), os.Chmod(path, 0o600))
}
