package storetest

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"optinbot/store"
)

// PostgresTables makes the tables of a database that has no key yet.
func PostgresTables(url string) error {
	dir, err := os.MkdirTemp("", "optinbot")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	s, err := store.Open(ctx, dir, store.Options{URL: url})
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "UPDATE files SET key_check = ''")
	return errors.Join(err, db.Close(), s.Close())
}
