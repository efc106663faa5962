package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
)

// CheckSession lets SQLite look whether a session file, which must exist, is whole, and whether it
// holds the device jid. It reads only, also while `run` has the file.
func CheckSession(ctx context.Context, file, jid string) (err error) {
	db, err := sql.Open("sqlite", readOnly(file))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return errors.New(masked(err.Error()))
	}
	if found != "ok" {
		return fmt.Errorf("SQLite says: %s", masked(found))
	}
	return holdsDevice(ctx, db, jid)
}

// CheckShared looks whether a session in a database that processes share holds the device jid. in is nil
// where there is no session.
func CheckShared(ctx context.Context, in driver.Connector, jid string) (err error) {
	if in == nil {
		return errors.New("the WhatsApp session is gone from the database")
	}
	db := sql.OpenDB(in)
	defer func() { err = errors.Join(err, db.Close()) }()
	return holdsDevice(ctx, db, jid)
}

func holdsDevice(ctx context.Context, db *sql.DB, jid string) error {
	var held int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM whatsmeow_device WHERE jid = $1",
		jid).Scan(&held); err != nil {
		return errors.New(masked(err.Error()))
	}
	if held == 0 {
		return errors.New("it does not hold the device that this number was linked as")
	}
	return nil
}

// readOnly is the address of a database file that must exist and is only read.
func readOnly(file string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath() + "?mode=ro&_pragma=busy_timeout(10000)"
}
