package whatsapp

import (
	"context"
	"database/sql"
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

// sessionStore is the SQLite file with the keys of this number's WhatsApp session. It is never part
// of a backup: an old ratchet is a broken one.
type sessionStore struct {
	db      *sql.DB
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

// ownTables are the tables of this package in whatsmeow's file. There they live and die with the
// session.
const ownTables = `
CREATE TABLE IF NOT EXISTS optinbot_number (
	name TEXT NOT NULL PRIMARY KEY,
	jid  TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS optinbot_history (
	id           TEXT NOT NULL PRIMARY KEY,
	jid          TEXT NOT NULL,
	notification BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS optinbot_home (
	only BIGINT NOT NULL PRIMARY KEY,
	home TEXT NOT NULL
);`

// openStore opens the file, creating it readable by its owner only.
func openStore(ctx context.Context, o Options, log *slog.Logger) (*sessionStore, error) {
	path := o.Store
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	named, err := sql.Open(o.driver, "") // connects to nothing
	if err != nil {
		return nil, fmt.Errorf("open the WhatsApp session %s: %w", path, err)
	}
	_ = named.Close()
	s := &sessionStore{
		plain:  o.plain,
		test:   o.TestServer != nil,
		caches: map[string]*sessionCache{},
		ended:  map[string]bool{},
	}
	s.db = sql.OpenDB(watched{dsnConnector{named.Driver(), dsn(path)}, s.failed})
	// One connection: deferred readers that turn writers would fail with SQLITE_BUSY_SNAPSHOT,
	// which busy_timeout does not cure, and a failed write while decrypting is a lost message. It
	// also was the faster way.
	s.db.SetMaxOpenConns(1)
	err = s.prepare(ctx, log, o.LibraryLog)
	if err == nil && o.SetAside {
		err = s.whole(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the WhatsApp session %s: %w", path, err), s.db.Close())
	}
	return s, nil
}

func (s *sessionStore) prepare(ctx context.Context, log *slog.Logger, debug bool) error {
	for _, pragma := range pragmas {
		var got string
		if err := s.db.QueryRowContext(ctx, "PRAGMA "+pragma.name).Scan(&got); err != nil {
			return err
		}
		if got != pragma.want {
			return fmt.Errorf("PRAGMA %s is %q, want %q", pragma.name, got, pragma.want)
		}
	}
	s.devices = sqlstore.NewWithDB(s.db, "sqlite", newLibraryLog(log, "store", debug))
	if err := s.devices.Upgrade(ctx); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, ownTables)
	return err
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
		`SELECT id, notification FROM optinbot_history WHERE jid = $1 ORDER BY rowid`,
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
