package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/stdlib"
)

// MoveToFolder moves the shop of a database of PostgreSQL to a folder, which has its key and its
// optouts.log already.
func MoveToFolder(ctx context.Context, m Move) (moved Moved, err error) {
	from, err := m.open(ctx)
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	base, state, id, note := from.base, from.state, from.id, from.note
	ours := note != nil && note.Arriving && note.Move == id
	switch {
	case state == stateLeft && (ours || note == nil && fileSize(filepath.Join(m.Folder, databaseName)) > 0):
		moved.Already = true
		return moved, m.forgetNote()
	case state != "" && state != stateLeaving:
		return moved, closedFor(state)
	case state == stateLeaving && !ours:
		return moved, fmt.Errorf("%w (to another folder than this one)", closedFor(state))
	}
	if state == "" {
		if err := m.free(); err != nil {
			return moved, err
		}
		id = newMove()
	}
	if err := m.step("note"); err != nil {
		return moved, err
	}
	if err := m.note(id, true); err != nil {
		return moved, err
	}
	if err := m.step("close the database"); err != nil {
		return moved, err
	}
	if err := base.changeState(ctx, stateLeaving, id, from.unserved(state)); err != nil {
		return moved, err
	}
	if err := from.bring(ctx, m, &moved); err != nil {
		return moved, err
	}
	if err := m.step("leave the database"); err != nil {
		return moved, err
	}
	if err := base.changeState(ctx, stateLeft, id, nil); err != nil {
		return moved, err
	}
	if err := m.step("open the folder"); err != nil {
		return moved, err
	}
	if err := m.forgetNote(); err != nil {
		return moved, err
	}
	return moved, m.step("done")
}

// free refuses a folder that has a database or a session of its own.
func (m Move) free() error {
	if err := noDatabase(m.Folder); err != nil {
		return fmt.Errorf("%w: %w", ErrOccupied, err)
	}
	files, err := filepath.Glob(filepath.Join(m.Folder, sessionFiles))
	if err == nil && len(files) > 0 {
		err = fmt.Errorf("%w: %s is a WhatsApp session; move it away first", ErrOccupied, files[0])
	}
	return err
}

func (m Move) forgetNote() error {
	if err := os.Remove(filepath.Join(m.Folder, movedName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return SyncFolder(m.Folder)
}

// StayOnServer ends a move to a folder that was broken off, and opens the database again. It reports
// false where there is none, and changes nothing then.
func StayOnServer(ctx context.Context, m Move) (ended bool, err error) {
	s, err := m.open(ctx)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.state != stateLeaving {
		return false, closedFor(s.state)
	}
	if s.note == nil || s.note.Move != s.id {
		return false, fmt.Errorf("%w (from another folder than this one)", closedFor(s.state))
	}
	if err := m.note(s.id, false); err != nil { // this folder stays closed
		return false, err
	}
	if err := m.clear(ctx, s.Store); err != nil {
		return false, err
	}
	return true, s.base.changeState(ctx, "", s.id, nil)
}

// clear takes away what a move to the folder has left that was broken off.
func (m Move) clear(ctx context.Context, from *Store) error {
	names, err := column[string](from.query(ctx), "SELECT name FROM numbers")
	if err != nil {
		return err
	}
	files := []string{databaseName}
	for _, name := range names {
		files = append(files, "session-"+name+".db")
	}
	for _, file := range files {
		for _, part := range sqliteParts {
			if err := os.Remove(filepath.Join(m.Folder, file+part)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	dirs, err := filepath.Glob(filepath.Join(m.Folder, "moving-*"))
	for _, dir := range dirs {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// bring copies the shop of a closed database beside the files of a folder, compares the two, and puts
// the copy into its place. The folder is closed, too.
func (s *Store) bring(ctx context.Context, m Move, moved *Moved) (err error) {
	if err := m.clear(ctx, s); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(m.Folder, "moving-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for _, name := range besideDatabase {
		if err := copyFile(filepath.Join(m.Folder, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if err := m.step("copy"); err != nil {
		return err
	}
	original, err := s.base.(*postgresDatabase).bring(ctx, filepath.Join(dir, databaseName))
	if err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	if err := m.step("copy sessions"); err != nil {
		return err
	}
	files := []string{}
	err = s.asMover(ctx, m, func(owner Owner) error {
		file, err := s.bringSession(ctx, m, owner, dir)
		if file != "" {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := m.step("compare"); err != nil {
		return err
	}
	if err := moved.compareFile(ctx, s, dir, original); err != nil {
		return err
	}
	moved.Sessions = len(files)
	for _, name := range append(files, databaseName) { // which comes last: without it nobody opens the folder
		if err := m.step("put " + name + " into its place"); err != nil {
			return err
		}
		if err := syncFile(filepath.Join(dir, name)); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(m.Folder, name)); err != nil {
			return err
		}
	}
	return SyncFolder(m.Folder)
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// bring copies all rows into a new file.
func (d *postgresDatabase) bring(ctx context.Context, file string) (original map[string]digest, err error) {
	if err := touch(file); err != nil {
		return nil, err
	}
	db, err := openUnchecked(file, unsynced)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := sqliteProvider(db)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, p); err != nil {
		return nil, err
	}
	return d.rowsInto(ctx, db)
}

// rowsInto copies all rows, as they are at one moment, into a file that has the tables.
func (d *postgresDatabase) rowsInto(ctx context.Context, db *sql.DB) (map[string]digest, error) {
	from, err := d.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer from.Rollback()
	if _, err := from.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0"); err != nil {
		return nil, err
	}
	return rowsIntoFile(ctx, from, db)
}

func (m *Moved) compareFile(ctx context.Context, from *Store, dir string, original map[string]digest) error {
	to, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	tables, err := copiedTables(ctx, to.db)
	if err == nil {
		var copied map[string]digest
		if copied, err = digests(ctx, to.db, tables); err == nil {
			err = sameRows(tables, original, copied)
		}
	}
	if err == nil {
		err = m.compare(ctx, from, to, original)
	}
	if err == nil {
		err = to.startLogAgain(ctx)
	}
	return errors.Join(err, to.Close())
}

// startLogAgain lets all of optouts.log be carried out again where it is another one than that with
// which the shop left for the database, as on another machine.
func (s *Store) startLogAgain(ctx context.Context) error {
	state, err := s.logNow(ctx)
	if err != nil || state.fault == "" {
		return err
	}
	return s.write(ctx, everyNumber, func(t *tx) error { return t.setApplied(0, "") })
}

// bringSession copies a number's WhatsApp session into a new file in dir. file is "" where it has none.
func (s *Store) bringSession(ctx context.Context, m Move, owner Owner, dir string) (file string, err error) {
	base := s.base.(*postgresDatabase)
	var there bool
	schema := sessionSchema(owner.Number)
	if err := base.db.QueryRowContext(ctx, `
		SELECT EXISTS (
			SELECT 1
			FROM pg_class
			WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND relname = 'whatsmeow_device'
		)`, schema).Scan(&there); err != nil || !there {
		return "", err
	}
	file = "session-" + owner.Number + ".db"
	if err := m.MakeFile(ctx, owner.Number, filepath.Join(dir, file)); err != nil {
		return "", err
	}
	db, err := openUnchecked(filepath.Join(dir, file), synced)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	config := base.config.Copy()
	config.RuntimeParams["search_path"] = quoted(schema)
	pool := sql.OpenDB(readable{stdlib.GetConnector(*config)})
	defer pool.Close()
	original, err := (&postgresDatabase{db: pool}).rowsInto(ctx, db)
	if err != nil {
		return "", err
	}
	tables, err := copiedTables(ctx, db)
	if err != nil {
		return "", err
	}
	copied, err := digests(ctx, db, tables)
	if err != nil {
		return "", err
	}
	return file, sameRows(tables, original, copied)
}
