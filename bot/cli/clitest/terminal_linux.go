package clitest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Person sits at a terminal of 80 columns and 24 lines.
type Person struct {
	Screen *os.File // the program's side: it reads there what is typed, and prints to it

	more chan struct{} // something came to the screen
	t    *testing.T
	keys *os.File // the person's side
	seen int      // how much of it was waited for

	mu   sync.Mutex
	read strings.Builder
}

// patience is how long something may take to come to the screen, on a machine that does more than
// this.
const patience = 2 * time.Minute

// AtATerminal opens a pseudo-terminal. See pts(4).
func AtATerminal(t *testing.T) *Person {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	raw, err := keys.SyscallConn()
	must(t, err)
	name := 0
	must(t, raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			name, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}))
	must(t, err)
	screen, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", name), os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	must(t, err)
	p := &Person{t: t, Screen: screen, keys: keys, more: make(chan struct{}, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buf := make([]byte, 4096); ; {
			n, err := keys.Read(buf)
			if err != nil { // it is closed
				return
			}
			p.mu.Lock()
			p.read.Write(buf[:n])
			p.mu.Unlock()
			select {
			case p.more <- struct{}{}:
			default: // it is known
			}
		}
	}()
	t.Cleanup(func() { keys.Close(); <-done; screen.Close() }) // in this order: a hang-up ends a read that waits
	return p
}

// Sees is what the screen shows, with what was typed.
func (p *Person) Sees() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.ReplaceAll(p.read.String(), "\r\n", "\n")
}

// Waits until the screen shows something, below what was waited for before.
func (p *Person) Waits(text string) {
	p.t.Helper()
	late := time.After(patience)
	for {
		if shown := p.Sees(); strings.Contains(shown[p.seen:], text) {
			p.seen += strings.Index(shown[p.seen:], text) + len(text)
			return
		}
		select {
		case <-p.more:
		case <-late:
			p.t.Fatalf("the screen does not show %q:\n%s", text, p.Sees())
		}
	}
}

// Types answers the question that the screen shows.
func (p *Person) Types(text string) {
	p.t.Helper()
	_, err := p.keys.WriteString(text)
	must(p.t, err)
}
