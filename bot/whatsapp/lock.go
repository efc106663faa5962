package whatsapp

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
)

// A numberLock is the exclusive right to connect one number. Without it a second process would replace the first one's
// connection (events.StreamReplaced), and both would spoil each other's ratchets. The system frees it when we die.
type numberLock struct{ file *os.File }

// lockNumber takes the lock of a number: a file beside the session that stays, locked while we live.
func lockNumber(store, number string) (*numberLock, error) {
	file, err := lock(lockPath(store, number))
	if errors.Is(err, errHeld) {
		return nil, fmt.Errorf("%w: %q is held by %w; stop that one first", bot.ErrInUse, number, err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock number %q: %w", number, err)
	}
	return &numberLock{file}, nil
}

// errHeld says that another has a lock.
var errHeld = errors.New("lock file")

// lock takes the lock of a file.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockPatiently(file); err != nil {
		defer file.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("%s (%w %s)", readHolder(file), errHeld, path)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// Who holds it, for the other's error message; not being able to write it is no reason to stop.
	if file.Truncate(0) == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return file, nil
}

// Whoever looks whether a lock is held (Locked) holds it for that moment, which must not look like somebody who keeps it.
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

// Lock takes a lock for something that one process does at a time. The system frees it when we die.
func Lock(path string) (release func() error, err error) {
	file, err := lock(path)
	if errors.Is(err, errHeld) {
		return nil, fmt.Errorf("it is %w; stop that one first", err)
	}
	if err != nil {
		return nil, err
	}
	return file.Close, nil
}

// Locked reports whether a process holds the lock of a file.
func Locked(path string) bool {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return false // nobody ever did
	}
	defer file.Close() // and with it a lock that nobody else had
	return errors.Is(lockFile(file), errLocked)
}

// InUse reports whether a process serves or links a number now. store is the file of its session.
func InUse(store, number string) bool { return Locked(lockPath(store, number)) }

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
