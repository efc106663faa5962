package whatsapp

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A watched database tells of each failure before the library learns of it. Whatever fails while a
// message is decrypted, the library takes the message for one that cannot be read, and acknowledges
// it, unless its connection's context has ended (decryptMessages in message.go). So the connection
// has to be over by then: WhatsApp keeps the message, and delivers it again.
//
// It is a driver because nothing above sees all: the library's store reads rows, begins and commits
// by itself.
type watched struct {
	driver.Connector
	failed func(error)
}

// Connect opens a connection that is watched.
func (w watched) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := w.Connector.Connect(ctx)
	if err != nil {
		return nil, w.tell(ctx, err)
	}
	conn, ok := inner.(sessionConn)
	if !ok {
		return nil, errors.Join(errors.New("the database's driver lacks what a session needs"), inner.Close())
	}
	return watchedConn{conn, w}, nil
}

// tell tells of an error that is the database's own. One that comes from the end of the caller's
// context is none: a send whose time is over says nothing about the database. Nor is one that the
// same data would bring again: what WhatsApp delivers again for ever holds up all that comes after.
func (w watched) tell(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && !errors.Is(err, driver.ErrSkip) && !errors.Is(err, io.EOF) && !ofData(err) {
		w.failed(err)
	}
	return err
}

// ofData tells whether the database refuses the data of a statement, and not its work: PostgreSQL's
// classes 22 and 23 (https://www.postgresql.org/docs/current/errcodes-appendix.html), SQLite's
// constraints. So does what the library still writes for a device that has just been unlinked.
func ofData(err error) bool {
	var postgres interface{ SQLState() string }
	if errors.As(err, &postgres) {
		state := postgres.SQLState()
		return strings.HasPrefix(state, "22") || strings.HasPrefix(state, "23")
	}
	var file *sqlite.Error
	return errors.As(err, &file) && file.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}

// A sessionConn is what drivers of today can do. database/sql asks for each part.
type sessionConn interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
	driver.ConnBeginTx
}

// A watchedConn is one connection. Statements that are prepared first are not watched when they
// run: neither the library nor we prepare any.
type watchedConn struct {
	sessionConn
	of watched
}

// CheckNamedValue leaves arguments to the driver's own check, where it has one.
func (c watchedConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.sessionConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ResetSession makes the connection ready for whoever is next, where the driver has something to do.
func (c watchedConn) ResetSession(ctx context.Context) error {
	if resetter, ok := c.sessionConn.(driver.SessionResetter); ok {
		return resetter.ResetSession(ctx)
	}
	return nil
}

// IsValid tells whether the connection can be used again, where the driver knows.
func (c watchedConn) IsValid() bool {
	validator, ok := c.sessionConn.(driver.Validator)
	return !ok || validator.IsValid()
}

// ExecContext is the driver's.
func (c watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.sessionConn.ExecContext(ctx, query, args)
	return result, c.of.tell(ctx, err)
}

// QueryContext is the driver's.
func (c watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.sessionConn.QueryContext(ctx, query, args)
	if err != nil {
		return nil, c.of.tell(ctx, err)
	}
	return watchedRows{rows, ctx, c.of}, nil
}

// BeginTx is the driver's.
func (c watchedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.sessionConn.BeginTx(ctx, o)
	if err != nil {
		return nil, c.of.tell(ctx, err)
	}
	return watchedTx{tx, ctx, c.of}, nil
}

type watchedRows struct {
	driver.Rows
	ctx context.Context
	of  watched
}

// Next is the driver's.
func (r watchedRows) Next(dest []driver.Value) error { return r.of.tell(r.ctx, r.Rows.Next(dest)) }

type watchedTx struct {
	driver.Tx
	ctx context.Context
	of  watched
}

// Commit is the driver's. A transaction whose context has ended is rolled back before it comes here.
func (t watchedTx) Commit() error { return t.of.tell(t.ctx, t.Tx.Commit()) }

// A dsnConnector opens connections of a driver that is known by its name.
type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

// Connect opens a connection.
func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver is what opens them.
func (c dsnConnector) Driver() driver.Driver { return c.driver }
