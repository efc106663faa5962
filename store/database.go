package store

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// A database is what lies under a store: SQLite's file, or a database of a PostgreSQL server. Here
// is all in which the two differ. The text of the SQL is the same.
type database interface {
	// pool has the connections for what is read.
	pool() *sql.DB

	// provider makes sure that the database keeps what is committed, and returns what migrates its
	// tables.
	provider(ctx context.Context) (*goose.Provider, error)

	// open is an error where the shop is not in this database, or not yet.
	open(ctx context.Context) error

	// begin prepares for writes, once the tables are up to date.
	begin(ctx context.Context) error

	// write runs do in a transaction and returns when that is committed and durable. On an error
	// nothing of it is written. do may run again. See writer.write.
	write(ctx context.Context, about scope, do func(*batch) error, after func()) error

	// nextContact is the query of an ID that no contact ever had.
	nextContact() string

	// bytewise names the collation that compares bytes.
	bytewise() string

	// appliedLog returns how much of optouts.log the database has carried out: so many bytes, with that
	// hash.
	appliedLog(ctx context.Context) (length int64, hash string, err error)

	// present is an error once the database that was opened has been taken away.
	present() error

	// check looks whether the database is whole. The error says what it found.
	check(ctx context.Context) error

	// settle makes the files hold nothing of what was deleted, as far as the database can.
	settle(ctx context.Context) error

	// copyTo writes the database as it is at one moment into an empty file of SQLite's.
	copyTo(ctx context.Context, file string) error

	// watch begins to watch for the writes of others.
	watch(ctx context.Context) (*Watch, error)

	close() error
}
