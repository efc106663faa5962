package store

import (
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrNotFound marks every error that says that something is not in the store. Its text names what.
var ErrNotFound = errors.New("it is not in the store")

// missing is an error that ErrNotFound marks.
type missing struct{ error }

func (m missing) Unwrap() error { return m.error }

// Is reports whether target is ErrNotFound.
func (m missing) Is(target error) bool { return target == ErrNotFound }

// ErrScheduled marks the error of an occurrence that exists already. Its text says what to do.
var ErrScheduled = errors.New("it is scheduled already")

// scheduled is an error that ErrScheduled marks.
type scheduled struct{ error }

func (s scheduled) Unwrap() error { return s.error }

// Is reports whether target is ErrScheduled.
func (s scheduled) Is(target error) bool { return target == ErrScheduled }

func notFound(format string, args ...any) error { return missing{fmt.Errorf(format, args...)} }

// statementError says of a statement that failed what a person can do about it. Where nobody but
// the program can, it names what the statement does, and not all of its text.
func statementError(err error, query string) error {
	var from *sqlite.Error
	if errors.As(err, &from) {
		switch from.Code() & 0xff { // the rest of the code is a detail
		case sqlite3.SQLITE_FULL:
			return fmt.Errorf("the disk of the data folder is full: make room, and do it again. Nothing of it "+
				"was kept (%w)", err)
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return fmt.Errorf("another program has held the database for more than 10 seconds, such as a "+
				"database shell with an open transaction: "+
				"end that, and do it again. Nothing of it was kept (%w)", err)
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
			return fmt.Errorf("the data folder cannot be written by this user, or its disk has become "+
				"read-only: look at the disk, and do it again. "+
				"Nothing of it was kept (%w)", err)
		}
	}
	return fmt.Errorf("database: %s: %w", summary(query), err)
}

// summary is the verb of a statement and its first table, as in "UPDATE outbox".
func summary(query string) string {
	words := strings.Fields(query)
	if len(words) == 0 {
		return "nothing"
	}
	if words[0] != "SELECT" && words[0] != "DELETE" {
		return strings.Join(words[:min(len(words), 2+flag(words[0] == "INSERT"))], " ")
	}
	for i, word := range words[:len(words)-1] {
		if table := words[i+1]; word == "FROM" && !strings.HasPrefix(table, "(") {
			return words[0] + " FROM " + strings.Trim(table, "()")
		}
	}
	return words[0]
}
