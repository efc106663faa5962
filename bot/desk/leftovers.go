package desk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"optinbot/bot/lock"
)

// leftovers are the copies of the database that killed processes have left. Those of this program
// lie beside the database. Those of any version lie among the temporary files, where the key in
// them tells whose they are. An erasure has to reach them, and they fill the disk.
func (f *Files) leftovers() (found []string) {
	data := f.Config.Path(f.Config.Data)
	for _, prefix := range []string{scratchPrefix, "backup-", "restore-"} {
		for _, dir := range folders(data, prefix) {
			dead := prefix == "backup-" // of earlier versions, which had no lock
			switch prefix {
			case scratchPrefix:
				dead = abandoned(dir)
			case "restore-":
				dead = !f.runs() // a restore keeps the lock of `run`
			}
			if dead {
				found = append(found, dir)
			}
		}
	}
	if folder := f.Config.Backup.Folder; folder != "" {
		found = append(found, unfinished(f.Config.Path(folder))...)
	}
	key, err := os.ReadFile(filepath.Join(data, "secret.key"))
	if err != nil {
		return found
	}
	for _, prefix := range []string{scratchPrefix, "optinbot-"} {
		for _, dir := range folders(os.TempDir(), prefix) {
			there, err := os.ReadFile(filepath.Join(dir, "secret.key"))
			if err == nil && bytes.Equal(there, key) && (prefix != scratchPrefix || abandoned(dir)) {
				found = append(found, dir)
			}
		}
	}
	return found
}

// folders are those in a folder whose names begin so.
func folders(parent, prefix string) (dirs []string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil // whoever opens it says what is wrong
	}
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), prefix) {
			dirs = append(dirs, filepath.Join(parent, entry.Name()))
		}
	}
	return dirs
}

// abandoned reports whether the process that worked in a folder of scratch is gone.
func abandoned(dir string) bool {
	file := filepath.Join(dir, scratchLock)
	info, err := os.Stat(file)
	return err == nil && info.Size() > 0 && !lock.Taken(file)
}

// Sweep takes the leftovers away. Its error names what stays.
func (f *Files) Sweep() (err error) {
	for _, dir := range f.leftovers() {
		if failed := os.RemoveAll(dir); failed != nil {
			err = errors.Join(err, fmt.Errorf("a copy of the database that a killed process has left "+
				"cannot be taken away; do that by hand: rm -r %s (%w)", ShownPath(dir), failed))
		}
	}
	return err
}

// RunLock is the file that says that `run` runs in a folder: it serves numbers that nobody holds
// yet.
func (f *Files) RunLock() string {
	return f.Config.Path(f.Config.Data) + string(os.PathSeparator) + "run.lock"
}

// runs reports whether `run` runs in the folder.
func (f *Files) runs() bool { return lock.Taken(f.RunLock()) }
