package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5/stdlib"

	"optinbot/bot"
)

// readable is a connector whose connections make a text of each string that goes to the database.
// PostgreSQL refuses NUL and what is no UTF-8 (SQLSTATE 22021), whoever wrote it, and with it the
// whole transaction. SQLite takes both.
type readable struct{ driver.Connector }

// Connect opens a connection.
func (r readable) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	pgx, ok := conn.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("the driver of PostgreSQL is a %T", conn)
	}
	return readableConn{pgx, &lookedLine{numbers: map[string]bool{}}}, nil
}

type readableConn struct {
	*stdlib.Conn
	looked *lookedLine
}

// CheckNamedValue is asked about each argument of a statement.
func (c readableConn) CheckNamedValue(v *driver.NamedValue) error {
	if s := reflect.ValueOf(v.Value); s.Kind() == reflect.String {
		v.Value = bot.Readable(s.String())
	}
	return c.Conn.CheckNamedValue(v)
}
