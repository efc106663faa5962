package storetest

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
)

// Edit changes the database of a store in a folder behind the store's back, as a fault or another
// program could.
func Edit(ctx context.Context, folder, statement string, args ...any) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "bot.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement, args...)
	return errors.Join(err, db.Close())
}
