package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"optinbot/bot"
)

// restoreMark begins store_identity.move where the database is being filled from a backup.
const restoreMark = "restore-"

// RestoreShared is Restore into an empty database of PostgreSQL. The backup is unpacked and made safe
// in to.Folder, as a file, and then copied to to.URL. Until all of it is there nobody can serve the
// database. Killed at any moment, it can be called again with the same backup.
func RestoreShared(
	ctx context.Context, to Move, backup io.Reader, newer string, envs bot.Envs, now time.Time,
) (r Restored, err error) {
	note, err := readNote(to.Folder)
	if err != nil {
		return r, err
	}
	if note != nil && note.Arriving { // the shop is on its way from a database to this folder
		return r, movedAway(to.Folder)
	}
	err = besideFolder(ctx, to.Folder, backup, newer, envs, now, func(dir string, settled Restored, log []byte) error {
		if err := to.restore(ctx, dir, log); err != nil {
			return err
		}
		r = settled
		return nil
	})
	return r, err
}

// restore copies a shop that was made safe in dir into the database, compares the two, and opens it.
func (m Move) restore(ctx context.Context, dir string, log []byte) (err error) {
	from, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := m.openFor(ctx, from.key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if to.state == stateLeaving || to.state == stateCopying && !strings.HasPrefix(to.id, restoreMark) {
		return closedFor(to.state)
	}
	id, err := to.fillAs(ctx, restoreMark+newMove(), from, m, &Moved{}, func(ctx context.Context) error {
		if unserved := to.unserved(to.state); unserved != nil {
			if err := unserved(ctx); err != nil {
				return err
			}
		}
		return to.empty(ctx, to.state)
	})
	if err != nil {
		return err
	}
	if err := m.step("put the key and the log into their places"); err != nil {
		return err
	}
	if err := m.settle(dir, log); err != nil {
		return err
	}
	if err := m.step("open the database"); err != nil {
		return err
	}
	if err := to.base.changeState(ctx, "", id, nil); err != nil {
		return err
	}
	return m.step("done")
}

// settle puts the key and the log beside a restored database. The log is that from before it was
// carried out, so that a restore which is given again decides the same. What machines saw of another
// database says nothing of this one.
func (m Move) settle(dir string, log []byte) error {
	if err := os.WriteFile(filepath.Join(dir, optoutsName), log, 0o600); err != nil {
		return err
	}
	for _, name := range besideDatabase {
		if err := syncFile(filepath.Join(dir, name)); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(m.Folder, name)); err != nil {
			return err
		}
	}
	if err := os.Remove(filepath.Join(m.Folder, seenName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return SyncFolder(m.Folder)
}

// dropSessions takes away the WhatsApp sessions that somebody left in a database: the numbers that come
// there are linked again, or bring theirs.
func (s *Store) dropSessions(ctx context.Context) error {
	names, err := column[string](s.query(ctx), `
		SELECT CAST(nspname AS TEXT)
		FROM pg_namespace
		WHERE nspname LIKE 'wa\_%' AND pg_get_userbyid(nspowner) = current_user
		ORDER BY nspname`)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := s.db.ExecContext(ctx, "DROP SCHEMA "+quoted(name)+" CASCADE"); err != nil {
			return fmt.Errorf("take away the WhatsApp session in %s: %w", name, err)
		}
	}
	return nil
}
