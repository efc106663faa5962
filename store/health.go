package store

import (
	"context"
	"time"
)

// Check looks whether the database is whole. The error says what it found.
func (s *Store) Check(ctx context.Context) error {
	return s.base.check(ctx)
}

// Newest returns WhatsApp's server time of the newest message in the store. It is zero while there
// is none. A clock that is well behind it is wrong.
func (s *Store) Newest(ctx context.Context) (at time.Time, err error) {
	var newest int64
	err = s.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(server_time), 0) FROM inbox").Scan(&newest)
	return timeOf(newest), err
}

// BackedUp notes that a backup has been written and is on the disk.
func (s *Store) BackedUp(ctx context.Context, at time.Time) error {
	numbers, err := s.Numbers(ctx)
	if err != nil {
		return err
	}
	return s.write(ctx, everyNumber, func(t *tx) error {
		for _, n := range numbers {
			if err := t.exec("UPDATE numbers SET backed_up_at = $1 WHERE name = $2", millis(at), n.Name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Answers is an error where the database cannot be read.
func (s *Store) Answers(ctx context.Context) error {
	var one int
	return s.queryRow(ctx, "SELECT id FROM files WHERE id = 1").Scan(&one)
}

// TakesWrites is an error where nothing can be written durably: the disk is full or read-only, say.
// It writes what is there already.
func (s *Store) TakesWrites(ctx context.Context) error {
	return s.write(ctx, everyNumber, func(t *tx) error { return t.exec("UPDATE files SET key_check = key_check WHERE id = 1") })
}
