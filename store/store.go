// Package store is what the bot remembers: contacts, inbox, outbox, ledger, broadcasts, timers and
// notices in one SQLite file (WhatsApp's session lies in another). Every decision of package bot is
// one transaction here. The text of the SQL is such that PostgreSQL understands it too.
package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	// and the driver "sqlite"
	"optinbot/bot"
)

//go:embed migrate/*.sql
var migrations embed.FS

// A Store is one open database of the bot. Several processes may have the same file open: `run` and
// the verbs of the command line. Within a process it is safe for concurrent use.
type Store struct {
	folder   string
	base     database
	db       *sql.DB // reads, the pool of base
	key      hashKey
	readOnly bool // the folder cannot be written: what is there can be read
	faults   func(statement string) error
	strict   bool             // see Options
	moving   bool             // what it opens may be closed: see move.go
	owners   map[string]Owner // see Owned. Nil: nothing is owned
	lost     func()           // called when the database has refused a write because of its owner. Nil: nobody asks
	*common
}

// A common is what a Store has in common with those that Owned makes of it.
type common struct {
	texts   sync.Map // query -> *sql.Stmt, see statement
	closing sync.Once
	closed  error // what Close said
}

// Options of Open. The zero value is right outside tests.
type Options struct {
	// Faults is called before every statement of a write, with its text on one line. An error
	// aborts the transaction as a crash would.
	Faults func(statement string) error
	// Strict makes a write fail that touches a number which it is not about.
	Strict bool
	// URL is that of a PostgreSQL database, which is used in the place of bot.db. secret.key and
	// optouts.log lie in the folder all the same.
	URL string
	// Synchronous says of that database that a standby which takes over has all that was acknowledged.
	Synchronous bool
}

// Open opens, and if need be creates, the database in folder: bot.db, secret.key and optouts.log,
// readable by their owner only. It brings the tables up to date and fails if SQLite did not take
// the durability settings, on which promises C2 and T1 rest.
func Open(ctx context.Context, folder string, o Options) (*Store, error) {
	return open(ctx, folder, o, synced)
}

func open(ctx context.Context, folder string, o Options, sync string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	s := &Store{folder: folder, faults: o.Faults, strict: o.Strict, common: &common{}}
	if o.URL != "" {
		return s.openPostgres(ctx, o)
	}
	base, used, err := openSQLite(folder, sync, s.fault)
	if err != nil {
		return nil, err
	}
	s.base, s.db, s.readOnly = base, base.pool(), base.readOnly
	if s.key, err = loadKey(filepath.Join(folder, keyName), used); err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(damaged(fmt.Errorf("open %s: %w", base.file, err)), base.close())
	}
	return s, nil
}

// openPostgres opens a database of a server. The key beside it is the same on every machine: the
// database knows whether it is, and none is made where there was one.
func (s *Store) openPostgres(ctx context.Context, o Options) (*Store, error) {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return nil, err
	}
	base, err := openPostgres(o.URL, s.folder, s.fault)
	if err != nil {
		return nil, err
	}
	base.moving, base.synchronous = s.moving, o.Synchronous
	s.base, s.db = base, base.pool()
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the PostgreSQL database: %w", refusedLogin(err)), base.close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	p, err := s.base.provider(ctx)
	if err != nil {
		return err
	}
	if err := migrate(ctx, p); err != nil {
		return err
	}
	if err := s.base.open(ctx); err != nil {
		return err
	}
	if !s.readOnly {
		if err := fillDerived(ctx, s.db); err != nil {
			return err
		}
	}
	if s.Shared() {
		if s.moving && s.key != nil { // of the shop that comes here, whatever was here before
			return s.base.begin(ctx)
		}
		if err := s.loadSharedKey(ctx); err != nil {
			return err
		}
	}
	if err := s.checkKey(ctx); err != nil {
		return err
	}
	return s.base.begin(ctx)
}

// loadSharedKey reads the key beside a database that several machines may share. It makes one only for
// a database that has none yet.
func (s *Store) loadSharedKey(ctx context.Context) error {
	kept, err := s.keptCheck(ctx)
	if err != nil {
		return err
	}
	file := filepath.Join(s.folder, keyName)
	if kept != "" && fileSize(file) < 0 {
		return unusable{fmt.Errorf("there is no %s here, and the database has one already: copy it from another machine "+
			"that uses the database, or from its backup. It is the same on all of them", file)}
	}
	s.key, err = loadKey(file, false)
	return err
}

func (s *Store) fault(statement string) error {
	if s.faults == nil {
		return nil
	}
	return s.faults(strings.Join(strings.Fields(statement), " "))
}

// ErrUnusable marks every error that stays until somebody has changed a file of the data folder:
// the database is lost, damaged, or of another program, or its key is not beside it. Opening it
// again changes nothing.
var ErrUnusable = errors.New("a file of the data folder cannot be used")

// unusable is an error that ErrUnusable marks. Its text is that of the error.
type unusable struct{ error }

func (e unusable) Unwrap() error { return e.error }

// Is reports whether target is ErrUnusable.
func (e unusable) Is(target error) bool { return target == ErrUnusable }

// ErrNewer is the error of Open and Restore for a database of a later version of the program.
// Nothing in it was changed.
var ErrNewer error = unusable{errors.New("a newer version of optinbot made this database")}

func migrate(ctx context.Context, p *goose.Provider) (err error) {
	// Another process that opens the same folder may be migrating it too. Whoever comes second
	// fails, changes nothing, and finds the work done when it looks again.
	for range migrateTries {
		if err = upgrade(ctx, p); err == nil || errors.Is(err, ErrNewer) {
			return err
		}
	}
	return fmt.Errorf("bring the tables up to date: %w", err)
}

// upgrade brings the tables to the version of this program. Tables of a later version are left
// alone: this program does not know what it would have to write there.
func upgrade(ctx context.Context, p *goose.Provider) error {
	current, known, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > known {
		return fmt.Errorf("%w: its tables have version %d, and this program knows version %d. Run the version "+
			"of optinbot that made it, "+
			"or a later one; or restore a backup that this version made into an empty data folder", ErrNewer,
			current, known)
	}
	_, err = p.Up(ctx)
	return err
}

const migrateTries = 5

// Close ends the store. What was committed stays. Again it does nothing.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.texts.Range(func(_, stmt any) bool {
			s.closed = errors.Join(s.closed,
				stmt.(*sql.Stmt).Close())
			return true
		})
		s.closed = errors.Join(s.closed, s.base.close())
	})
	return s.closed
}

// loadKey reads the key of the keyed hashes, or makes one, unless the database has been used: with
// another key the opt-outs in it would not be recognised.
func loadKey(file string, used bool) ([]byte, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && used {
		return nil, unusable{fmt.Errorf("%s is gone; restore it from the backup, without it old opt-outs are "+
			"not recognised", file)}
	}
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		return keepKey(file, key)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, unusable{fmt.Errorf("%s is not a key of 64 hex digits; restore it from the backup, without "+
			"it old opt-outs are not recognised", file)}
	}
	return key, nil
}

// keepKey writes a new key, durably, and returns the one that is there: another process may have
// been first.
func keepKey(file string, key []byte) ([]byte, error) {
	made := file + "." + hex.EncodeToString(key[:4])
	f, err := os.OpenFile(made, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the key: %w", err)
	}
	defer os.Remove(made)
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write the key: %w", err)
	}
	if err := os.Link(made, file); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(made, file); err != nil { // a file system without links
			return nil, fmt.Errorf("keep the key: %w", err)
		}
	}
	return loadKey(file, true)
}

// keyCheck is what the database keeps to tell its key from another. It says nothing about the key.
func keyCheck(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("the key of this database"))
	return hex.EncodeToString(mac.Sum(nil))
}

// checkKey refuses another key than the one with which the database was used first.
func (s *Store) checkKey(ctx context.Context) error {
	kept, err := s.keptCheck(ctx)
	if err != nil || kept == "" && s.readOnly {
		return err
	}
	if kept == "" {
		if _, err := s.db.ExecContext(ctx, `
			UPDATE files
			SET key_check = $1
			WHERE id = 1 AND key_check = ''`, keyCheck(s.key)); err != nil {
			return err
		}
		if kept, err = s.keptCheck(ctx); err != nil { // another process may have been first, with another key
			return err
		}
	}
	if kept != keyCheck(s.key) {
		return ErrOtherKey
	}
	return nil
}

// keptCheck is what the database keeps of its key. "": it has none yet.
func (s *Store) keptCheck(ctx context.Context) (kept string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT key_check FROM files WHERE id = 1").Scan(&kept)
	return kept, err
}

// ErrOtherKey is the error of Open where secret.key is not the key of the database. Nothing was
// changed.
var ErrOtherKey error = unusable{errors.New("secret.key is not the key of this database: with it nobody's old " +
	"opt-out would be recognised. " +
	"Bring back the secret.key that was beside it; every backup has it")}

// Shop tells this shop from others in the names of files. It says nothing of the key that it is
// made from, and outlives a restore.
func (s *Store) Shop() string { return keyCheck(s.key)[:6] }

// A hashKey makes the keyed hashes of the store.
type hashKey []byte

// keyed is the hash under which an identity is remembered after the person is gone: HMAC-SHA256
// with the key. It is still personal data, for whoever has the key can test phones, so the key lies
// outside the database.
func (k hashKey) keyed(id bot.Identity) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(id.String()))
	return hex.EncodeToString(mac.Sum(nil))
}
