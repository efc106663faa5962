package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// statementError says of a statement that failed what a person can do about it; where nobody but the program can, it names the statement.
func statementError(err error, query string) error {
	var from *sqlite.Error
	if errors.As(err, &from) {
		switch from.Code() & 0xff { // the rest of the code is a detail
		case sqlite3.SQLITE_FULL:
			return fmt.Errorf("the disk of the data folder is full: make room, and do it again. Nothing of it was kept (%w)", err)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("another program has held the database for more than 10 seconds, such as a database shell with an open transaction: "+
				"end that, and do it again. Nothing of it was kept (%w)", err)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return fmt.Errorf("the data folder cannot be written by this user, or its disk has become read-only: look at the disk, and do it again. "+
				"Nothing of it was kept (%w)", err)
		}
	}
	return fmt.Errorf("%w in: %s", err, query)
}
