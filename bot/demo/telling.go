package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"optinbot/bot/text"
)

// A telling is how a story goes over the screen. At reading pace its lines are broken at words, a
// rest follows each, and what is only counted is one line that changes. Into a pipe, or without the
// pace, it comes at once, and its lines are broken where the reader's screen ends.
type telling struct {
	out     io.Writer
	paint   text.Paint
	pace    *Pace // nil: none
	columns func(w io.Writer, rows [][]string) error
	counter string // the line that changes, where there is one
}

// A Pace is what it takes to tell a story at reading pace, on a terminal.
type Pace struct {
	Rest    func(context.Context, time.Duration) // waits, or until the context ends
	Replace func(line string)                    // replaces the line that the cursor is in
}

func (t *telling) paced() bool { return t.pace != nil }

// The reading pace.
const (
	tellingColumns = 80
	restOfLine     = 190 * time.Millisecond
	restOfHeading  = 450 * time.Millisecond
	restOfCounter  = 50 * time.Millisecond
	restOfRow      = 50 * time.Millisecond
	restToRead     = 1500 * time.Millisecond
)

func (t *telling) rests(ctx context.Context, d time.Duration) {
	if t.paced() {
		t.pace.Rest(ctx, d)
	}
}

// reads gives time to read what stands there.
func (t *telling) reads(ctx context.Context) { t.rests(ctx, restToRead) }

func (t *telling) gap() { fmt.Fprintln(t.out) }

// heading says what comes. It may begin with an empty line.
func (t *telling) heading(ctx context.Context, s string) {
	for rest, found := strings.CutPrefix(s, "\n"); found; rest, found = strings.CutPrefix(s, "\n") {
		t.gap()
		s = rest
	}
	t.lines(ctx, "", s, t.paint.Bold, restOfHeading)
}

// says says a line behind a lead, which is painted already.
func (t *telling) says(ctx context.Context, lead, s string, colour func(string) string) {
	t.lines(ctx, lead, s, colour, restOfLine)
}

func (t *telling) lines(ctx context.Context, lead, s string, colour func(string) string, rest time.Duration) {
	if colour == nil {
		colour = func(s string) string { return s }
	}
	if !t.paced() {
		fmt.Fprintln(t.out, lead+colour(s))
		return
	}
	indent := "        "
	if lead == "" {
		indent = ""
	}
	for i, line := range text.Wrap(s, tellingColumns-len(indent)) {
		if i > 0 {
			lead = indent
		}
		fmt.Fprintln(t.out, lead+colour(strings.TrimLeft(line, " ")))
		t.rests(ctx, rest)
	}
}

// counts changes the counter.
func (t *telling) counts(ctx context.Context, s string) {
	if !t.paced() {
		return
	}
	t.counter = s
	t.pace.Replace(s)
	t.rests(ctx, restOfCounter)
}

// counted leaves the counter as it is and goes to the next line.
func (t *telling) counted() {
	if t.counter == "" {
		return
	}
	t.counter = ""
	t.gap()
}

// interrupts takes the counter away for a line. It comes back when it counts again.
func (t *telling) interrupts() {
	if t.counter != "" {
		t.counter = ""
		t.pace.Replace("")
	}
}

// table shows rows in columns.
func (t *telling) table(ctx context.Context, rows [][]string) error {
	var all strings.Builder
	if err := t.columns(&all, rows); err != nil {
		return err
	}
	for line := range strings.Lines(all.String()) {
		fmt.Fprint(t.out, line)
		t.rests(ctx, restOfRow)
	}
	return nil
}
