package whatsapp

import (
	"context"
	"database/sql"
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
