package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

// TestC2AStopIsNotAcknowledgedWhileTheSessionCannotBeRead: a database that fails anywhere in the
// decryption of a stop does not lose it. The library would acknowledge it then, though nobody has
// read it (decryptMessages in message.go): WhatsApp has to keep it, and delivers it again.
func TestC2AStopIsNotAcknowledgedWhileTheSessionCannotBeRead(t *testing.T) {
	faulty := newFaultyDriver()
	_, ana, h := greeted(t, func(o *Options) { o.driver = faulty.name })
	for k, done := 1, false; !done; k++ {
		before := times(h, bot.NumberConnected)
		faulty.failNext(k)
		id := ana.Send("2")
		if m := h.message(t, id, ""); m.Kind != bot.KindText || m.Text != "2" {
			t.Fatalf("statement %d failed: %s came as %+v", k, id, m)
		}
		if err := ana.WaitAcknowledged(within(t), id); err != nil {
			t.Fatal(err)
		}
		if done = !faulty.hasFailed(); !done {
			h.number(t, bot.NumberConnected, before+1)
			continue
		}
		if k < 5 {
			t.Errorf("the decryption of a message has %d statements, the test must see more", k-1)
		}
	}
}

// greeted is a number that connects again at once, and somebody whose first message it has read: that
// one has other statements than those that follow.
func greeted(t *testing.T, change func(*Options)) (*whatsapptest.Server, *whatsapptest.Contact, *recorder) {
	t.Helper()
	srv, _, h := connected(t, func(o *Options) {
		o.TestServer.Waits = Waits{FirstPause: time.Millisecond, LongestPause: 10 * time.Millisecond}
		change(o)
	})
	ana := srv.Contact("+5511900000001")
	h.message(t, ana.Send("oi"), bot.KindText)
	return srv, ana, h
}

// TestC2AStopWaitsWhileTheDiskIsFull: an outage of the session's database that lasts is
// told to the operator, and what came meanwhile is read when it is over.
func TestC2AStopWaitsWhileTheDiskIsFull(t *testing.T) {
	faulty := newFaultyDriver()
	srv, ana, h := greeted(t, func(o *Options) { o.driver = faulty.name })
	faulty.down.Store(true)
	id := ana.Send("2")
	h.number(t, bot.NumberTrouble, 1)
	if srv.Phone().Waiting() == 0 {
		t.Fatal("acknowledged though nobody has read it")
	}
	faulty.down.Store(false)
	if m := h.message(t, id, ""); m.Kind != bot.KindText || m.Text != "2" {
		t.Fatalf("%+v", m)
	}
	if n := times(h, bot.NumberTrouble); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// TestWhatTheDataForbidsEndsNoConnection: the library still writes for a device that was unlinked. That
// is no trouble with the database, and what a message brings again and again must not end each
// connection.
func TestWhatTheDataForbidsEndsNoConnection(t *testing.T) {
	c := open(t, testOptions(t, nil))
	w := newWire(nil)
	c.store.wire.Store(w)
	const ofNobody = `INSERT INTO whatsmeow_sessions (our_jid, their_id, session) VALUES ('nobody', 'they', x'00')`
	if _, err := c.store.db.ExecContext(t.Context(), ofNobody); err == nil || w.abandoned() != nil {
		t.Errorf("%v; abandoned for %v", err, w.abandoned())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := c.store.db.ExecContext(ended, "SELECT 1"); err == nil || w.abandoned() != nil {
		t.Errorf("%v; abandoned for %v", err, w.abandoned())
	}
	if _, err := c.store.db.ExecContext(t.Context(), "DROP TABLE whatsmeow_sessions"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.store.db.ExecContext(t.Context(), ofNobody); err == nil || w.abandoned() == nil {
		t.Errorf("%v; abandoned for %v", err, w.abandoned())
	}
}

// TestPostgresC2AStopOutlivesItsConnection: the server ends the connections of a number while a
// stop is being decrypted. WhatsApp keeps the stop.
func TestPostgresC2AStopOutlivesItsConnection(t *testing.T) {
	shared := inPostgres(t)
	var db *sql.DB
	_, ana, h := greeted(t, func(o *Options) {
		shared(o)
		db = sql.OpenDB(o.Shared.Connector)
	})
	t.Cleanup(func() { _ = db.Close() })
	for _, table := range []string{"whatsmeow_sessions", "whatsmeow_event_buffer"} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("LOCK TABLE " + table); err != nil {
			t.Fatal(err)
		}
		before := times(h, bot.NumberConnected)
		id := ana.Send("2")
		for ended := 0; ended == 0; {
			if err := db.QueryRowContext(within(t), `
				SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&ended); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		h.number(t, bot.NumberConnected, before+1)
		if m := h.message(t, id, ""); m.Kind != bot.KindText || m.Text != "2" {
			t.Errorf("%s: %+v", table, m)
		}
	}
}

// inPostgres puts the session into a database that processes share, of which this one serves the
// number.
func inPostgres(t *testing.T) func(*Options) {
	t.Helper()
	if testing.Short() {
		t.Skip("talks to a WhatsApp server")
	}
	ctx := within(t)
	s, err := store.Open(ctx, t.TempDir(), store.Options{URL: postgrestest.Database(t, storetest.PostgresTables)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.EnsureNumber(ctx, "shop", "casa aurora", "v1"); err != nil {
		t.Fatal(err)
	}
	process, err := s.Join("here", store.DefaultLease())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Leave(context.Background()) })
	if err := process.Heartbeat(ctx); err != nil {
		t.Fatal(err)
	}
	owner, err := process.Take(ctx, store.Seat{Owner: store.Owner{Number: "shop"}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.WhatsAppSession(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *Options) {
		o.Store, o.Shared = "", &SharedSession{Connector: session.Connector(), Fence: session.Fence}
		o.MayConnect = s.Owned(owner).StillOwner
	}
}

// A faultyDriver is SQLite's, and fails when it is told to.
type faultyDriver struct {
	name  string
	inner driver.Driver
	left  atomic.Int64 // statements until one fails. 0: none does
	down  atomic.Bool  // each statement fails
}

var (
	faultyDrivers atomic.Int64
	errFull       = errors.New("database or disk is full (13)")
)

func newFaultyDriver() *faultyDriver {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	f := &faultyDriver{name: fmt.Sprintf("sqlite-faulty-%d", faultyDrivers.Add(1)), inner: db.Driver()}
	sql.Register(f.name, f)
	return f
}

// failNext lets the k-th statement from now on fail, and no other.
func (f *faultyDriver) failNext(k int) { f.left.Store(int64(k)) }

// hasFailed tells whether it did.
func (f *faultyDriver) hasFailed() bool { return f.left.Load() <= 0 }

func (f *faultyDriver) fails() error {
	if f.down.Load() || f.left.Load() > 0 && f.left.Add(-1) == 0 {
		return errFull
	}
	return nil
}

// Open is the driver's.
func (f *faultyDriver) Open(dsn string) (driver.Conn, error) {
	inner, err := f.inner.Open(dsn)
	if err != nil {
		return nil, err
	}
	return &faultyConn{inner.(sqliteConn), f}, nil
}

type faultyConn struct {
	sqliteConn
	of *faultyDriver
}

// ExecContext fails before it writes.
func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.of.fails(); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

// QueryContext fails before it reads.
func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.of.fails(); err != nil {
		return nil, err
	}
	return c.sqliteConn.QueryContext(ctx, query, args)
}

// BeginTx fails before it begins.
func (c *faultyConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if err := c.of.fails(); err != nil {
		return nil, err
	}
	tx, err := c.sqliteConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &faultyTx{tx, c.of}, nil
}

type faultyTx struct {
	driver.Tx
	of *faultyDriver
}

// Commit fails, and what it was to commit is rolled back.
func (t *faultyTx) Commit() error {
	if err := t.of.fails(); err != nil {
		return errors.Join(err, t.Rollback())
	}
	return t.Tx.Commit()
}
