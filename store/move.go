package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A move takes a shop from a folder to a database of PostgreSQL, or back. It can be killed at any
// moment and begun again, and never are there two places that both serve. So each side says for
// itself that it may not be served: the database by store_identity.state, which every write asks for,
// and the folder by a file. The place that the shop leaves is closed before the other one is opened.

// What store_identity.state says of a database. "" is one that may be served.
const (
	stateCopying = "copying" // a folder is moved here, or a backup restored
	stateLeaving = "leaving" // the shop is being moved from here to a folder
	stateLeft    = "left"    // it has been
)

// movedName is the file that says that the shop of a folder is somewhere else.
const movedName = "moved.json"

// A movedNote is what it says.
type movedNote struct {
	Move     string `json:"move"`               // which one, as store_identity.move has it
	To       string `json:"to"`                 // the database, without a password
	Arriving bool   `json:"arriving,omitempty"` // the shop is being moved from there to this folder
}

// movedAside is what the files of a folder are called whose shop was moved to a database. Versions
// that do not know of movedName find no database then, and refuse, too.
const movedAside = ".moved"

// ErrMoved is the error of Open for a place that the shop has left, or has not reached yet. Nothing
// was changed.
var ErrMoved error = unusable{errors.New("the shop is not here")}

// A Move says what is to be moved. The folder is locked by whoever calls: nobody serves it, or links.
type Move struct {
	Folder string // the data folder
	URL    string // of the database
	Shown  string // the same, without a password
	Host   string // of this machine

	// MakeFile makes a WhatsApp session's file with its tables, and brings one of before up to date.
	MakeFile func(ctx context.Context, number, file string) error
	// MakeSchema makes the same tables in a database.
	MakeSchema func(ctx context.Context, number string, session *WhatsAppSession) error

	// Step is called before each step, for tests. An error ends the move. Nil: nobody wants to know.
	Step func(step string) error
}

// A Moved is what was moved, after it was compared.
type Moved struct {
	Numbers  []MovedNumber `json:"numbers"`
	Rows     int64         `json:"rows"`     // of all tables
	Sessions int           `json:"sessions"` // of WhatsApp
	Already  bool          `json:"already"`  // an earlier try had moved everything
}

// A MovedNumber is a number with what the two places were compared by.
type MovedNumber struct {
	Number       string `json:"number"`
	Contacts     int64  `json:"contacts"`
	Entries      int64  `json:"entries"` // of the ledger
	Head         string `json:"head"`
	Suppressions int64  `json:"suppressions"`
	problems     string // of its ledger
}

func (m Move) step(name string) error {
	if m.Step == nil {
		return nil
	}
	return m.Step(name)
}

func (m Move) note(id string, arriving bool) error {
	text, err := json.Marshal(movedNote{Move: id, To: m.Shown, Arriving: arriving})
	if err != nil {
		return err
	}
	made := filepath.Join(m.Folder, movedName+".new")
	f, err := os.OpenFile(made, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(made, filepath.Join(m.Folder, movedName)); err != nil {
		return err
	}
	return SyncFolder(m.Folder)
}

// readNote is nil where the shop of a folder was never moved.
func readNote(folder string) (*movedNote, error) {
	text, err := os.ReadFile(filepath.Join(folder, movedName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var n movedNote
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", movedName, err)
	}
	return &n, nil
}

// movedAway is ErrMoved for a folder whose shop is somewhere else.
func movedAway(folder string) error {
	n, err := readNote(folder)
	if err != nil || n == nil {
		return err
	}
	if n.Arriving {
		return fmt.Errorf("%w: it is being moved from %s to this folder, and that has not ended. Give `optinbot "+
			"move` again, with store.url as it was", ErrMoved, n.To)
	}
	return fmt.Errorf("%w: it was moved to %s. Set store.url in config.yaml to that. Where the move was "+
		"broken off, give `optinbot move --to` again first", ErrMoved, n.To)
}

// closedFor is why a database in that state may not be served.
func closedFor(state string) error {
	switch state {
	case "":
		return nil
	case stateLeft:
		return fmt.Errorf("%w: it was moved from this database to a folder. Take store.url out of config.yaml there", ErrMoved)
	case stateLeaving:
		return fmt.Errorf("%w: it is being moved from this database to a folder, and that has not ended. Give "+
			"`optinbot move` again where it was begun", ErrMoved)
	}
	return fmt.Errorf("%w: it is being moved to this database, or restored, and that has not ended. Give "+
		"`optinbot move` or `optinbot restore` again where it was begun", ErrMoved)
}

// A movingStore is the database of a move, open in whatever state it is, and what both places say.
type movingStore struct {
	*Store
	base  *postgresDatabase
	state string     // of the database
	id    string     // of the move that changed the state last
	note  *movedNote // of the folder. Nil: it has none
}

func (m Move) open(ctx context.Context) (*movingStore, error) { return m.openFor(ctx, nil) }

// openFor opens the database for a shop with that key, whatever key it was used with. Nil: its own.
func (m Move) openFor(ctx context.Context, key hashKey) (s *movingStore, err error) {
	s = &movingStore{Store: &Store{folder: m.Folder, common: &common{}, moving: true, key: key}}
	if _, err := s.openPostgres(ctx, Options{URL: m.URL}); err != nil {
		return nil, err
	}
	s.base = s.Store.base.(*postgresDatabase)
	err = s.base.db.QueryRowContext(ctx, "SELECT state, move FROM store_identity WHERE id = 1").Scan(&s.state, &s.id)
	if err == nil {
		s.note, err = readNote(m.Folder)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// mayServe is an error where nobody may take a number: the shop is moved away, or is on its way.
func (d *postgresDatabase) mayServe(ctx context.Context, by line) error {
	state, _, err := first(readerOf(ctx, by), value[string], "SELECT state FROM store_identity WHERE id = 1")
	if err != nil || d.moving {
		return err
	}
	return closedFor(state)
}

// gate is how long a change of the state waits for the writes under way.
const gate = "30s"

// changeState lets no write in, and nobody take a number, until it has committed, after those under
// way have ended. allowed may refuse it. Nil: it is allowed.
func (d *postgresDatabase) changeState(ctx context.Context, state, move string, allowed func(context.Context) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range []string{
		"SET LOCAL lock_timeout = '" + gate + "'",
		"SET LOCAL idle_in_transaction_session_timeout = 0",
		"LOCK TABLE store_identity IN ACCESS EXCLUSIVE MODE",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if allowed != nil {
		if err := allowed(ctx); err != nil {
			return err
		}
	}
	ends := state == "" || state == stateLeft
	done, err := tx.ExecContext(ctx, `
		UPDATE store_identity
		SET state = $1, move = $2
		WHERE id = 1 AND (move = $2 OR NOT $3)`, state, move, ends)
	if err != nil {
		return err
	}
	if changed, err := done.RowsAffected(); err != nil || changed == 0 {
		return errors.Join(err, errElse)
	}
	return tx.Commit()
}

// nobodyServes refuses while a process of the fleet lives.
func (s *Store) nobodyServes(ctx context.Context) error {
	members, _, err := s.Fleet(ctx, DefaultLease())
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Alive && m.ID != s.base.(*postgresDatabase).process {
			return fmt.Errorf("%w: `optinbot run` on %s", ErrServed, m.Host)
		}
	}
	return nil
}

// unserved refuses while a process of the fleet lives. Where the database is closed already only an
// earlier try of the same move may be one.
func (s *Store) unserved(state string) func(context.Context) error {
	if state == stateCopying || state == stateLeaving {
		return nil
	}
	return s.nobodyServes
}

// ErrServed is the error of a move from or to a database that somebody serves. Nothing was changed.
var ErrServed = errors.New("the database is served; stop that first, and wait some seconds")

// ErrOccupied is the error of a move to a place that has a shop already. Nothing was changed.
var ErrOccupied = errors.New("there is a shop already")

func newMove() string {
	id := make([]byte, 8)
	rand.Read(id)
	return hex.EncodeToString(id)
}

// MoveToServer moves the shop of a folder to a database of PostgreSQL. secret.key and optouts.log stay.
func MoveToServer(ctx context.Context, m Move) (moved Moved, err error) {
	to, err := m.open(ctx)
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if to.note != nil {
		moved.Already = true
		return moved, m.finishThere(ctx, to)
	}
	if err := to.empty(ctx, to.state); err != nil {
		return moved, err
	}
	from, err := Open(ctx, m.Folder, Options{})
	if err != nil {
		return moved, err
	}
	closed := false
	closing := func() error {
		if closed {
			return nil
		}
		closed = true
		return from.Close()
	}
	defer func() { err = errors.Join(err, closing()) }()
	id, err := to.fillAs(ctx, newMove(), from, m, &moved, to.unserved(to.state))
	if err != nil {
		return moved, err
	}
	// What is there is all that there is: this folder is closed, and then the database is opened.
	if err := m.step("note"); err != nil {
		return moved, err
	}
	if err := m.note(id, false); err != nil {
		return moved, err
	}
	if err := closing(); err != nil {
		return moved, err
	}
	return moved, m.putAside(ctx, to.base, id)
}

// empty refuses a database that has a shop which is not a half moved one.
func (s *Store) empty(ctx context.Context, state string) error {
	if state == stateCopying || state == stateLeft {
		return nil
	}
	var numbers int
	err := s.db.QueryRowContext(ctx, "SELECT (SELECT COUNT(*) FROM numbers) + (SELECT COUNT(*) FROM contacts)").Scan(&numbers)
	if err == nil && (numbers > 0 || state != "") {
		err = fmt.Errorf("%w in the database; name an empty one", ErrOccupied)
	}
	return err
}

// fillAs copies the shop of a folder into a database, and compares the two. The database is closed
// meanwhile, and after it, in the name of the move id. Nobody else can write to the folder's until it
// returns.
func (s *Store) fillAs(
	ctx context.Context, id string, from *Store, m Move, moved *Moved, allowed func(context.Context) error,
) (_ string, err error) {
	base := s.base.(*postgresDatabase)
	if err := m.step("close the database"); err != nil {
		return "", err
	}
	if err := base.changeState(ctx, stateCopying, id, allowed); err != nil {
		return "", err
	}
	db, err := openUnchecked(from.base.(*sqliteDatabase).file, synced)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	file, err := db.BeginTx(ctx, nil) // immediate: nobody else writes
	if err != nil {
		return "", err
	}
	defer file.Rollback()
	if err := m.step("copy"); err != nil {
		return "", err
	}
	original, err := base.replace(ctx, file, m, id)
	if err != nil {
		return "", fmt.Errorf("copy the database: %w", err)
	}
	if err := m.step("copy sessions"); err != nil {
		return "", err
	}
	if strings.HasPrefix(id, restoreMark) {
		err = s.dropSessions(ctx)
	} else {
		moved.Sessions, err = s.takeSessions(ctx, m)
	}
	if err != nil {
		return "", err
	}
	if err := m.step("compare"); err != nil {
		return "", err
	}
	tables, err := copiedTables(ctx, file)
	if err != nil {
		return "", err
	}
	copied, err := digests(ctx, s.db, tables)
	if err != nil {
		return "", err
	}
	if err := sameRows(tables, original, copied); err != nil {
		return "", err
	}
	return id, moved.compare(ctx, from, s, original)
}

// replace replaces all rows of the database, in one transaction. Where a move is named, the database
// is closed in its name until that has committed.
func (d *postgresDatabase) replace(
	ctx context.Context, file line, m Move, move string,
) (original map[string]digest, err error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	for _, statement := range []string{"BEGIN", "SET LOCAL idle_in_transaction_session_timeout = 0"} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	original, err = rowsIntoPostgres(ctx, file, conn)
	if err == nil {
		err = m.step("commit the copy")
	}
	if err == nil && move != "" {
		err = stillClosed(ctx, conn, move)
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		return nil, errors.Join(err, rollback(conn))
	}
	_, err = d.db.ExecContext(ctx, "ANALYZE")
	return original, err
}

// stillClosed is an error where somebody else has begun to move or restore a shop to the database.
// Nobody can, until the transaction is over.
func stillClosed(ctx context.Context, conn *sql.Conn, move string) error {
	_, found, err := first(readerOf(ctx, conn), value[string], `
		SELECT state
		FROM store_identity
		WHERE id = 1 AND state = $1 AND move = $2
		FOR SHARE`, stateCopying, move)
	if err == nil && !found {
		err = errElse
	}
	return err
}

// errElse is the error of a move or a restore that another one has overtaken. The other one goes on.
var errElse = fmt.Errorf("%w by somebody else, who moves or restores a shop to it", ErrServed)

// compare compares two places, and notes what they have.
func (m *Moved) compare(ctx context.Context, from, to *Store, rows map[string]digest) error {
	before, err := from.toCompare(ctx)
	if err != nil {
		return err
	}
	after, err := to.toCompare(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(before, after) {
		return errors.New("the ledgers, contacts or suppressions of the copy are not those of the original")
	}
	m.Numbers, m.Rows = before, 0
	for _, d := range rows {
		m.Rows += d.rows
	}
	return nil
}

func (s *Store) toCompare(ctx context.Context) ([]MovedNumber, error) {
	all, err := collect(s.query(ctx), func(scan scanner) (n MovedNumber, err error) {
		return n, scan(&n.Number, &n.Contacts, &n.Suppressions)
	}, `
		SELECT n.name,
			(SELECT COUNT(*) FROM contacts c WHERE c.number = n.name),
			(SELECT COUNT(*) FROM suppressions s WHERE s.number = n.name)
		FROM numbers n
		ORDER BY n.name COLLATE `+s.base.bytewise())
	for i := range all {
		n := &all[i]
		v, failed := s.verifyChain(ctx, n.Number, "")
		if failed == nil {
			failed = s.verifyContacts(ctx, &v)
		}
		n.Entries, n.Head, n.problems = v.Entries, v.Head, strings.Join(v.Problems, "\n")
		err = errors.Join(err, failed)
	}
	return all, err
}

// finishThere ends a move that was compared already.
func (m Move) finishThere(ctx context.Context, to *movingStore) error {
	switch {
	case to.note.Arriving || to.note.Move != to.id:
		return movedAway(m.Folder)
	case to.state == stateCopying:
		return m.putAside(ctx, to.base, to.id)
	}
	return closedFor(to.state)
}

// putAside renames the files of a folder whose shop is in the database, and opens that.
func (m Move) putAside(ctx context.Context, base *postgresDatabase, id string) error {
	files, err := filepath.Glob(filepath.Join(m.Folder, sessionFiles))
	if err != nil {
		return err
	}
	for _, file := range append(files, filepath.Join(m.Folder, databaseName)) {
		if err := m.step("put " + filepath.Base(file) + " aside"); err != nil {
			return err
		}
		for _, part := range sqliteParts {
			if err := os.Rename(file+part, file+movedAside+part); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if err := SyncFolder(m.Folder); err != nil {
		return err
	}
	if err := m.step("open the database"); err != nil {
		return err
	}
	if err := base.changeState(ctx, "", id, nil); err != nil {
		return err
	}
	return m.step("done")
}

// sqliteParts are what the files of a database of SQLite's end in.
var sqliteParts = []string{"-wal", "-shm", "-journal", ""}

// asMover lets do act as the owner of each number, in turn: nobody else writes its session then.
func (s *Store) asMover(ctx context.Context, m Move, do func(Owner) error) error {
	p, err := s.Join(m.Host, DefaultLease())
	if err != nil {
		return err
	}
	defer func() { _ = p.Leave(context.WithoutCancel(ctx)) }()
	names, err := column[string](s.query(ctx), "SELECT name FROM numbers")
	if err != nil {
		return err
	}
	for _, number := range names {
		if err := p.Heartbeat(ctx); err != nil {
			return err
		}
		owner, err := p.takeWaiting(ctx, number)
		if err != nil {
			return err
		}
		err = do(owner)
		if err = errors.Join(err, p.Release(context.WithoutCancel(ctx), owner)); err != nil {
			return fmt.Errorf("the WhatsApp session of %s: %w", number, err)
		}
	}
	return nil
}

// takeWaiting takes a number as soon as its owner, an earlier try that was killed, is over.
func (p *Process) takeWaiting(ctx context.Context, number string) (o Owner, err error) {
	until := time.Now().Add(p.lease.Silent + p.lease.Look)
	for {
		free, err := p.Takeable(ctx, []string{number})
		if err != nil {
			return o, err
		}
		if len(free) > 0 {
			if o, err = p.Take(ctx, free[0]); !errors.Is(err, errTaken) {
				return o, err
			}
		}
		if time.Now().After(until) {
			return o, fmt.Errorf("%w: number %s", ErrServed, number)
		}
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-time.After(takePause):
		}
		if err := p.Heartbeat(ctx); err != nil {
			return o, err
		}
	}
}

const takePause = 100 * time.Millisecond

// takeSessions copies the WhatsApp sessions of a folder into the database, in the place of whatever
// sessions are there.
func (s *Store) takeSessions(ctx context.Context, m Move) (sessions int, err error) {
	err = s.asMover(ctx, m, func(owner Owner) error {
		if _, err := s.db.ExecContext(ctx, "DROP SCHEMA IF EXISTS "+quoted(sessionSchema(owner.Number))+" CASCADE"); err != nil {
			return err
		}
		file := filepath.Join(m.Folder, "session-"+owner.Number+".db")
		if fileSize(file) <= 0 {
			return nil
		}
		sessions++
		if err := m.MakeFile(ctx, owner.Number, file); err != nil {
			return err
		}
		session, err := s.WhatsAppSession(ctx, owner)
		if err != nil {
			return err
		}
		if err := m.MakeSchema(ctx, owner.Number, session); err != nil {
			return err
		}
		return session.replace(ctx, file, m)
	})
	return sessions, err
}

func (x *WhatsAppSession) replace(ctx context.Context, file string, m Move) (err error) {
	db, err := openUnchecked(file, synced)
	if err != nil {
		return err
	}
	from, err := db.BeginTx(ctx, nil)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	defer func() { err = errors.Join(err, from.Rollback(), db.Close()) }()
	pool := sql.OpenDB(x.Connector())
	defer pool.Close()
	to := &postgresDatabase{db: pool}
	original, err := to.replace(ctx, from, Move{}, "")
	if err != nil {
		return err
	}
	tables, err := copiedTables(ctx, from)
	if err != nil {
		return err
	}
	copied, err := digests(ctx, pool, tables)
	if err != nil {
		return err
	}
	return sameRows(tables, original, copied)
}
