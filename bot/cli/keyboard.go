package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
)

// A keyboard is standard input. A read of it ends as soon as the program is told to end, whatever
// verb waits there: the system's own read would go on until somebody presses Enter.
type keyboard struct {
	ctx  context.Context
	from *os.File
}

// Read reads what was typed, or returns the error of the context. Nothing reads on after that
// error.
func (k *keyboard) Read(p []byte) (int, error) {
	type read struct {
		n   int
		err error
	}
	buffer, done := make([]byte, len(p)), make(chan read, 1)
	go func() {
		n, err := k.from.Read(buffer)
		done <- read{n, err}
	}()
	select {
	case r := <-done:
		return copy(p, buffer[:r.n]), r.err
	case <-k.ctx.Done():
		return 0, k.ctx.Err()
	}
}

// answer reads one line of what is typed. It reads no further, so that whoever reads next finds the
// next line.
func (a *App) answer() (string, error) {
	var line strings.Builder
	for one := make([]byte, 1); ; {
		n, err := a.in.Read(one)
		if n == 1 && one[0] != '\n' {
			line.WriteByte(one[0])
			continue
		}
		if errors.Is(err, io.EOF) || n == 1 {
			return strings.TrimSpace(line.String()), nil
		}
		if err != nil {
			return "", err
		}
	}
}
