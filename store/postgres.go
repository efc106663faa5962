package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// A postgresDatabase is a database of a PostgreSQL server, which many processes write to. Each write
// first locks the rows of the numbers that it is about. So the transactions of a number come one
// after the other, as all of them do in SQLite: under READ COMMITTED each statement sees what
// committed before the lock was granted. Writes of the process about one number wait in one queue
// and share a commit. Those of different numbers go on beside each other.
type postgresDatabase struct {
	db      *sql.DB
	config  *pgx.ConnConfig // of every connection
	process string          // tells this process, since it opened the database, from every other one
	log     string          // optouts.log
	fault   func(statement string) error
	witness *witness
	// synchronous: a standby that takes over has what was acknowledged, as the operator says
	synchronous bool
	place       atomic.Pointer[string] // where the last connection led. Nil: none was asked

	moving bool // its writes are those of a move: the database may be closed

	mu      sync.Mutex
	writers map[string]*writer // by queue
	closed  bool
	logging sync.Mutex // one transaction at a time appends to optouts.log
}

// poolSize is how many connections a process has at most, for reads and writes together.
const poolSize = 24

// openPostgres prepares connections to a database. It does not connect yet.
func openPostgres(url, folder string, fault func(string) error) (*postgresDatabase, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, unusable{errors.New("store.url is not the URL of a PostgreSQL database, such as " +
			"postgres://optinbot@db.example/optinbot")} // what pgx says may quote a password
	}
	seen, err := loadWitness(folder)
	if err != nil {
		return nil, err
	}
	process := newProcess()
	for setting, value := range map[string]string{
		"application_name":                    applicationName(process),
		"timezone":                            "UTC",
		"default_transaction_isolation":       "read committed",
		"idle_in_transaction_session_timeout": "10s", // a process that hangs keeps nobody's number locked
	} {
		config.RuntimeParams[setting] = value
	}
	config.DialFunc = dialer().DialContext
	db := sql.OpenDB(readable{stdlib.GetConnector(*config)})
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	db.SetConnMaxIdleTime(time.Minute)
	return &postgresDatabase{
		db: db, config: config, process: process, witness: seen,
		log: filepath.Join(folder, optoutsName), fault: fault, writers: map[string]*writer{},
	}, nil
}

// noTable reports whether PostgreSQL has no such table: nothing was stored yet.
func noTable(err error) bool {
	var from *pgconn.PgError
	return errors.As(err, &from) && from.Code == "42P01"
}

// refusedLogin adds to the server's word that it does not let us in what can be done about it.
func refusedLogin(err error) error {
	var from *pgconn.PgError
	if errors.As(err, &from) && strings.HasPrefix(from.Code, "28") {
		return fmt.Errorf("%w. The password of store.url comes from the file that OPTINBOT_STORE_PASSWORD_FILE names, "+
			"from OPTINBOT_STORE_PASSWORD, or from ~/.pgpass", err)
	}
	return err
}

// deadLine is how long a connection may be silent that has something to say.
const deadLine = 9 * time.Second

// dialer makes connections that notice that the other side is gone: without it a write would wait for
// a quarter of an hour after a cable was pulled.
func dialer() *net.Dialer {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 3 * time.Second, Interval: time.Second, Count: 3,
	}}
	if control := giveUp(deadLine); control != nil {
		d.Control = func(network, address string, c syscall.RawConn) error {
			if !strings.HasPrefix(network, "tcp") {
				return nil
			}
			return control(network, address, c)
		}
	}
	return &d
}

func (d *postgresDatabase) pool() *sql.DB { return d.db }

// demanded are the settings of the server without which an acknowledged "2" could be lost, or a
// text be read as another.
var demanded = []struct {
	setting string
	fits    func(string) bool
	why     string
}{
	{"fsync", func(v string) bool { return v == "on" }, "what is committed would be lost with the machine"},
	{"full_page_writes", func(v string) bool { return v == "on" }, "a crash could damage the database"},
	{"synchronous_commit", func(v string) bool { return v != "off" && v != "local" },
		"what is committed would be lost with the machine, or with its standby"},
	{"server_encoding", func(v string) bool { return v == "UTF8" }, "names and texts could not be stored"},
}

// provider: the server has to keep what is committed.
func (d *postgresDatabase) provider(ctx context.Context) (*goose.Provider, error) {
	for _, s := range demanded {
		var value string
		if err := d.db.QueryRowContext(ctx, "SELECT current_setting($1)", s.setting).Scan(&value); err != nil {
			return nil, fmt.Errorf("ask the database about itself: %w", err)
		}
		if !s.fits(value) {
			return nil, fmt.Errorf("the database has %s = %s: %s. Change that setting of the server", s.setting, value, s.why)
		}
	}
	var standby bool
	if err := d.db.QueryRowContext(ctx, "SELECT pg_is_in_recovery()").Scan(&standby); err != nil {
		return nil, err
	}
	if standby {
		return nil, errors.New("the database is a standby, which takes no writes: name the primary in store.url")
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrate")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, d.db, forPostgres{files}, goose.WithSessionLocker(locker))
}

// open: the shop may have been moved away, or be on its way here.
func (d *postgresDatabase) open(ctx context.Context) error {
	return d.mayServe(ctx, d.db)
}

func (d *postgresDatabase) bytewise() string { return `"C"` }

func (d *postgresDatabase) begin(ctx context.Context) error { return nil }

// A queue is where a write waits: with the others about its number, or with those about all or none.
// What is written as the owner of a number does not wait with what anybody may write.
func (about scope) queue() string {
	switch about.reach {
	case reachNone:
		return "none" + about.ownersKey()
	case reachAll:
		return "all" + about.ownersKey()
	}
	return "number " + about.number + about.ownersKey()
}

func (d *postgresDatabase) write(ctx context.Context, about scope, do func(*batch) error, after func()) error {
	w, err := d.writer(about.queue())
	if err != nil {
		return err
	}
	return w.write(ctx, about, do, after)
}

func (d *postgresDatabase) writer(queue string) (*writer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed
	}
	w := d.writers[queue]
	if w == nil {
		w = newWriter(d.transaction)
		d.writers[queue] = w
	}
	return w, nil
}

// endWriters ends the queues of an owner that writes no more.
func (d *postgresDatabase) endWriters(o Owner) {
	key := scope{owners: []Owner{o}}.ownersKey()
	d.mu.Lock()
	var over []*writer
	for queue, w := range d.writers {
		if strings.HasSuffix(queue, key) {
			over = append(over, w)
			delete(d.writers, queue)
		}
	}
	d.mu.Unlock()
	for _, w := range over {
		w.close()
	}
}

// errWider is what a write gets that turns out to touch other numbers of its brand. It is run again
// with all of them locked.
var errWider = errors.New("the write touches other numbers of its brand")

// transactionTries is how often a transaction is begun anew that did not begin, or that PostgreSQL has
// broken off because of another.
const transactionTries = 5

// transaction runs jobs about the same numbers.
func (d *postgresDatabase) transaction(jobs []*job) (err error) {
	wide := false
	for range transactionTries {
		err = d.try(jobs, wide)
		if errors.Is(err, errWider) {
			if len(jobs) > 1 {
				return err // each is run alone
			}
			wide = true
			continue
		}
		var from *pgconn.PgError
		if !errors.Is(err, errNotBegun) && (!errors.As(err, &from) || from.Code != "40P01" && from.Code != "40001") {
			return err
		}
	}
	return err
}

// errNotBegun marks the error of a transaction that did not begin, as on a connection that the server
// has ended. Another one may do.
var errNotBegun = errors.New("no transaction was begun")

func (d *postgresDatabase) try(jobs []*job, wide bool) (err error) {
	ctx := context.Background() // a cancelled context must not tear a transaction that others share
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return statementError(err, "BEGIN")
	}
	defer conn.Close()
	looked, err := lineOf(ctx, conn)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotBegun, statementError(err, "BEGIN"))
	}
	d.place.Store(&looked.place)
	b := &batch{ctx: ctx, line: conn, fault: d.fault, log: d.log, moving: d.moving, looked: looked, witness: d.witness,
		synchronous: d.synchronous}
	if err := d.fault("BEGIN"); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("%w: %w", errNotBegun, statementError(err, "BEGIN"))
	}
	about := jobs[0].about
	about.claims = slices.ContainsFunc(jobs, func(j *job) bool { return j.about.claims })
	id, err := lockNumbers(b, about, wide)
	if err != nil {
		return errors.Join(err, rollback(conn))
	}
	b.oneNumber = about.reach != reachAll && !wide
	for _, j := range jobs {
		if err := attempt(j, b); err != nil {
			return errors.Join(err, rollback(conn))
		}
	}
	if len(b.optouts) > 0 {
		d.logging.Lock()
		_, _, err = appendOptouts(d.log, b.optouts)
		d.logging.Unlock()
		if err != nil {
			return errors.Join(err, rollback(conn))
		}
	}
	if err := d.fault("COMMIT"); err != nil {
		return errors.Join(err, rollback(conn))
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		if err = d.committed(ctx, id, err); err != nil {
			return errors.Join(statementError(err, "COMMIT"), rollback(conn))
		}
	}
	d.witness.acknowledged(b)
	for _, number := range b.lookedAt {
		looked.numbers[number] = true
	}
	for _, j := range jobs {
		if j.after != nil {
			j.after()
		}
	}
	return nil
}

// lockNumbers locks the numbers that a write is about, in the order of their names, looks whether it
// may write, and returns the ID of the transaction. The others of a brand are locked only if wide,
// for most messages end nobody's consent.
func lockNumbers(b *batch, about scope, wide bool) (id string, err error) {
	const lock = " ORDER BY name COLLATE \"C\" FOR NO KEY UPDATE"
	query, args := "", []any{about.number}
	switch {
	case about.reach == reachAll:
		query, args = "SELECT name FROM numbers"+lock, nil
	case about.reach == reachNone:
	case wide:
		query = `
			SELECT name
			FROM numbers
			WHERE name = $1 OR brand IN (SELECT brand FROM numbers WHERE name = $1 AND brand <> '')` + lock
	default:
		query = "SELECT name FROM numbers WHERE name = $1" + lock
	}
	if query != "" {
		if _, err := column[string](b.rows, query, args...); err != nil {
			return "", err
		}
	}
	return begun(b, about)
}

func rollback(conn *sql.Conn) error {
	_, err := conn.ExecContext(context.Background(), "ROLLBACK")
	if errors.Is(err, sql.ErrConnDone) || conn.PingContext(context.Background()) != nil {
		return nil // the connection is gone, and with it the transaction
	}
	return err
}

// committed tells what became of a commit whose answer did not come: it asks the database, on
// another connection. It returns cause where the transaction was not committed.
func (d *postgresDatabase) committed(ctx context.Context, id string, cause error) error {
	var from *pgconn.PgError
	if errors.As(cause, &from) {
		return cause // the server has said it
	}
	for range commitLooks {
		var status sql.NullString
		err := d.db.QueryRowContext(ctx, "SELECT pg_xact_status(CAST($1 AS xid8))", id).Scan(&status)
		switch {
		case err == nil && status.String == "committed":
			return nil
		case err == nil && status.String == "aborted":
			return cause
		}
		time.Sleep(commitPause)
	}
	return fmt.Errorf("%w: %w", errUnknownCommit, cause)
}

// How often a lost commit is asked for, and how long between.
const (
	commitLooks = 20
	commitPause = 250 * time.Millisecond
)

func (d *postgresDatabase) nextContact() string { return "SELECT nextval('contacts_id_seq')" }

func (d *postgresDatabase) present() error { return nil }

// check: PostgreSQL looks at its pages as it reads them. That it answers is all that can be asked.
func (d *postgresDatabase) check(ctx context.Context) error { return d.db.PingContext(ctx) }

// settle has nothing to do: what was deleted goes when PostgreSQL uses the page again.
func (d *postgresDatabase) settle(context.Context) error { return nil }

// copyTo reads all tables at one moment.
func (d *postgresDatabase) copyTo(ctx context.Context, file string) error {
	if _, err := d.bring(ctx, file); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// watch asks for the newest transaction of the server.
func (d *postgresDatabase) watch(context.Context) (*Watch, error) {
	return &Watch{
		version: func(ctx context.Context) (v int64, err error) {
			err = d.db.QueryRowContext(ctx,
				"SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)").Scan(&v)
			return v, err
		},
		close: func() error { return nil },
	}, nil
}

func (d *postgresDatabase) close() error {
	d.mu.Lock()
	d.closed = true
	writers := d.writers
	d.mu.Unlock()
	for _, w := range writers {
		w.close()
	}
	return errors.Join(d.witness.keep(), d.db.Close())
}

// appliedLog is about the optouts.log of this machine.
func (d *postgresDatabase) appliedLog(context.Context) (length int64, hash string, err error) {
	if place := d.place.Load(); place != nil {
		length, hash = d.witness.logOn(*place)
	}
	return length, hash, nil
}
