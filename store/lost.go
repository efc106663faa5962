package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLost is the error of Open where there was a database and is none, and of every write after the
// file of an open one was taken away. Nothing is made in its place: an empty database would know of
// nobody's stop.
var ErrLost error = unusable{errors.New("the database is lost")}

// sessionFiles are the WhatsApp sessions beside the database.
const sessionFiles = "session-*.db"

// Lost returns ErrLost if a folder has what lies beside a used database, and no database, and
// ErrMoved if its shop is somewhere else. It changes nothing.
func Lost(folder string) error {
	if err := movedAway(folder); err != nil {
		return err
	}
	// The evidence first: whoever makes a new database makes the key after it.
	var beside []string
	if fileSize(filepath.Join(folder, optoutsName)) > 0 {
		beside = append(beside, optoutsName)
	}
	sessions, err := filepath.Glob(filepath.Join(folder, sessionFiles))
	if err != nil {
		return err
	}
	for _, file := range sessions {
		beside = append(beside, filepath.Base(file))
	}
	key := fileSize(filepath.Join(folder, keyName)) >= 0
	info, err := os.Stat(filepath.Join(folder, databaseName))
	what := "is empty"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what = "is gone"
		if key {
			beside = append(beside, keyName)
		}
	case err != nil || info.Size() > 0:
		return err
	}
	if len(beside) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s %s, and %s beside it says that there was one. In it were who is subscribed and "+
		"who left, so nothing was made in its place. "+
		"Bring it back, with bot.db-wal if there is one; or restore a backup (`optinbot restore`), which obeys "+
		"the stops in %s. A new shop needs an empty data folder",
		ErrLost, filepath.Join(folder, databaseName), what, beside[0], optoutsName)
}

// fileSize is -1 where there is no such file.
func fileSize(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return -1
	}
	return info.Size()
}

// An opened database knows its files, to notice when they are taken away: SQLite goes on with a
// file that has no name any more, and all that is written then is lost when the process ends.
type opened struct {
	file     string
	bot, wal os.FileInfo // wal is nil where there was none
}

func openedFiles(file string) (o opened, err error) {
	o.file = file
	if o.bot, err = os.Stat(file); err != nil {
		return o, err
	}
	if o.wal, err = os.Stat(file + "-wal"); err != nil {
		o.wal = nil
	}
	return o, nil
}

// same looks whether the open files are still those of the folder. Without bot.db-wal nothing is
// lost when the database is closed, so that is not ErrLost.
func (o opened) same() error {
	if o.bot == nil {
		return nil // it is being opened
	}
	info, err := os.Stat(o.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: somebody took %s away, or renamed it, while it was in use. Bring that file "+
			"back: what was written to it until now is in it", ErrLost, o.file)
	case err != nil:
		return err
	case !os.SameFile(info, o.bot):
		return fmt.Errorf("%w: somebody put another %s in the place of the one that was in use. Look which of "+
			"them is the right one", ErrLost, o.file)
	}
	if o.wal != nil && !o.walIsOurs() {
		return fmt.Errorf("somebody took %s-wal away while it was in use. What was in it goes into bot.db when "+
			"the program ends, now; then start it again", o.file)
	}
	return nil
}

func (o opened) walIsOurs() bool {
	info, err := os.Stat(o.file + "-wal")
	return err == nil && os.SameFile(info, o.wal)
}

// Present looks whether the files of the database are still where they were when it was opened. Its
// error stays: open the store again.
func (s *Store) Present() error { return s.base.present() }
