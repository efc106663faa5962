package desk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"optinbot/bot/lock"
)

// A scratch folder holds a simulation, a conversation or a chat while it is played, or a backup
// while it is made. Each has a lock, which the system frees when its process dies.
const (
	scratchPrefix = "playing-"
	scratchLock   = "lock"
	ScratchRoom   = 8 << 20 // bytes that a conversation needs, with a margin
)

// A NoScratch error says that there is no place for a copy to work on. It is nobody's conversation
// that is wrong.
type NoScratch struct{ error }

func (e NoScratch) Unwrap() error { return e.error }

// ScratchFolders are the places for what is played, best first. Nobody else can read the data
// folder, and it is there in a container without a folder for temporary files. It is not made for
// this: whoever plays may be another user than the one who runs the bot.
func (f *Files) ScratchFolders() (folders []string) {
	if data := f.Config.Path(f.Config.Data); !f.Config.BuiltIn() && isFolder(data) {
		folders = append(folders, data)
	}
	return append(folders, os.TempDir(), f.Config.Path("."))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Scratch makes a folder in the first of some places that can be written and has room. done takes
// it away. A noScratch error says why none of them would do. It may be repeated.
func Scratch(places []string, room uint64) (dir string, done func() error, err error) {
	var why []string
	for _, place := range places {
		if dir, done, err = scratchIn(place, room); err == nil {
			return dir, done, nil
		}
		why = append(why, err.Error())
	}
	return "", nil, NoScratch{fmt.Errorf("there is no place for a copy to work on (%s): make room, "+
		"or set TMPDIR to a folder that can be written", strings.Join(why, "; "))}
}

func scratchIn(place string, room uint64) (dir string, done func() error, err error) {
	if free, err := FreeBytes(place); err == nil && free < room {
		return "", nil, fmt.Errorf("%s: only %d MB are free", ShownPath(place), free>>20)
	}
	if dir, err = os.MkdirTemp(place, scratchPrefix); err != nil {
		return "", nil, err
	}
	release, err := lock.Take(filepath.Join(dir, scratchLock))
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, func() error { return errors.Join(release(), os.RemoveAll(dir)) }, nil
}
