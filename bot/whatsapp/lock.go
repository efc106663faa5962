package whatsapp

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// ErrInUse is what Open returns while another process, or another Client, has the number.
var ErrInUse = errors.New("the number is in use")

// A numberLock is the exclusive right to connect one number. Without it a second process would replace the first one's
// connection (events.StreamReplaced), and both would spoil each other's ratchets. The system frees it when we die.
type numberLock struct{ file *os.File }

// lockNumber takes the lock of a number: a file beside the session that stays, locked while we live.
func lockNumber(store, number string) (*numberLock, error) {
	path := lockPath(store, number)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock number %q: %w", number, err)
	}
	if err := lockFile(file); err != nil {
		holder := readHolder(file)
		file.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("%w: %q is held by %s (lock file %s); stop that one first", ErrInUse, number, holder, path)
		}
		return nil, fmt.Errorf("lock number %q with %s: %w", number, path, err)
	}
	// Who holds it, for the other's error message; not being able to write it is no reason to stop.
	if file.Truncate(0) == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &numberLock{file}, nil
}

// InUse reports whether a process serves or links a number now. store is the file of its session.
func InUse(store, number string) bool {
	file, err := os.OpenFile(lockPath(store, number), os.O_RDWR, 0)
	if err != nil {
		return false // nobody ever did
	}
	defer file.Close() // and with it a lock that nobody else had
	return errors.Is(lockFile(file), errLocked)
}

func lockPath(store, number string) string { return store + "." + url.PathEscape(number) + ".lock" }

func (l *numberLock) release() error { return l.file.Close() }

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
