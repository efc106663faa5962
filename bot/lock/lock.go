// Package lock has locks that one process holds at a time: a file that stays, locked while the
// process lives. The system frees it when the process dies, however that happens.
//
// It is written by hand because the file names its holder, for the error message of the one who
// comes second. On Windows github.com/gofrs/flock locks the first byte of the file, and with it
// hides the name from others.
package lock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// ErrTaken says that another has the lock. The error that wraps it is a *TakenError.
var ErrTaken = errors.New("the lock is taken")

// TakenError tells who has a lock.
type TakenError struct {
	Holder string // "process 4711", "this process" or "another process"
	Path   string // the file of the lock
}

// Error names the holder, and what to do.
func (e *TakenError) Error() string { return "it is " + e.Held() + "; stop that one first" }

// Held is the holder with the file, for a sentence of the caller.
func (e *TakenError) Held() string { return fmt.Sprintf("%s (lock file %s)", e.Holder, e.Path) }

// Is makes every TakenError an ErrTaken.
func (*TakenError) Is(target error) bool { return target == ErrTaken }

// Take takes the lock of a file, which is created where it is missing. release frees the lock and
// leaves the file. After an error release is nil and the call may be repeated. A *TakenError says
// that another has the lock, this process included. Any other error says that the file cannot be
// opened or locked.
func Take(path string) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockPatiently(file); err != nil {
		defer file.Close()
		if errors.Is(err, errLocked) {
			return nil, &TakenError{Holder: readHolder(file), Path: path}
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// Who holds it is for the other's error message. Not being able to write it is no reason to
	// stop.
	if file.Truncate(0) == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return file.Close, nil
}

// Taken reports whether a process holds the lock of a file. Where the file cannot be opened, nobody
// does.
func Taken(path string) bool {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false // nobody ever did
	}
	defer file.Close() // and with it a lock that nobody else had
	return errors.Is(lockFile(file), errLocked)
}

// Taken holds a free lock for a moment, which must not look like somebody who keeps it.
const (
	lookTries = 20
	lookPause = 5 * time.Millisecond
)

func lockPatiently(file *os.File) (err error) {
	for range lookTries {
		if err = lockFile(file); !errors.Is(err, errLocked) {
			return err
		}
		time.Sleep(lookPause)
	}
	return err
}

func readHolder(file *os.File) string {
	content, _ := io.ReadAll(io.NewSectionReader(file, 0, 20))
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	switch {
	case err != nil:
		return "another process"
	case pid == os.Getpid():
		return "this process"
	}
	return "process " + strconv.Itoa(pid)
}
