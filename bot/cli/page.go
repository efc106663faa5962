package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/term"

	"optinbot/bot/text"
)

// A page prints for people. On a terminal a line is broken between words, so that it fits, and what
// follows begins below the words of the first line. In a pipe every line stays whole.
type page struct {
	io.Writer
	paint
	columns int // of the terminal. 0: no terminal
	rows    int
}

// page is standard output as people read it.
func (a *App) page() *page { return a.pageOn(a.out) }

// pageOn is a stream as people read it.
func (a *App) pageOn(w io.Writer) *page {
	p := &page{Writer: w, paint: paint(a.colours(w))}
	p.columns, p.rows = a.sizeOf(w)
	return p
}

// colours reports whether a stream is a terminal that shows colours, for somebody who wants them.
func (a *App) colours(w io.Writer) bool {
	return a.moves(w) && a.environ["NO_COLOR"] == ""
}

// moves reports whether a stream is a terminal whose cursor can be moved.
func (a *App) moves(w io.Writer) bool { return terminal(w) && a.environ["TERM"] != "dumb" }

// The size of a terminal that does not tell it.
const (
	usualColumns = 80
	usualRows    = 24
)

// sized is a terminal that knows its size by itself.
type sized interface{ size() (columns, rows int) }

// sizeOf is the size of a terminal: as COLUMNS and LINES say, else as the terminal does. It is 0, 0
// for what is no terminal.
func (a *App) sizeOf(w io.Writer) (columns, rows int) {
	if !terminal(w) {
		return 0, 0
	}
	if s, ok := w.(*text.Screen); ok {
		w = s.To
	}
	switch s := w.(type) {
	case sized:
		columns, rows = s.size()
	case interface{ Fd() uintptr }:
		columns, rows, _ = term.GetSize(int(s.Fd()))
	}
	said := func(name string, otherwise, usual int) int {
		if n, err := strconv.Atoi(a.environ[name]); err == nil && n > 0 {
			return n
		}
		if otherwise > 0 {
			return otherwise
		}
		return usual
	}
	return said("COLUMNS", columns, usualColumns), said("LINES", rows, usualRows)
}

// say prints a paragraph.
func (p *page) say(format string, args ...any) { p.below("", format, args...) }

// below prints a paragraph behind a lead, and each further line of it below where it began.
func (p *page) below(lead, format string, args ...any) {
	p.after(lead, strings.Repeat(" ", text.Columns(lead)), fmt.Sprintf(format, args...))
}

// after prints what is said behind a lead, and each further line of it behind another one.
func (p *page) after(lead, further, says string) {
	fmt.Fprintln(p, strings.Join(p.lines(lead, further, says), "\n"))
}

// lines are the lines of what is said behind a lead.
func (p *page) lines(lead, further, says string) []string {
	lines := strings.Split(says, "\n")
	if p.columns > 0 {
		says = strings.ReplaceAll(says, "\t", "    ")
		lines = text.Wrap(says, p.room(lead))[:1]
		if rest := says[len(lines[0]):]; rest != "" {
			rest, broken := strings.CutPrefix(rest, "\n")
			if !broken { // between two words
				rest = strings.TrimLeft(rest, " ")
			}
			lines = append(lines, text.Wrap(rest, p.room(further))...)
		}
	}
	for i, line := range lines {
		if i > 0 {
			lead = further
		}
		lines[i] = lead + line
		if p.columns > 0 {
			lines[i] = strings.TrimRight(lines[i], " ")
		}
	}
	return lines
}

// room is how many columns are left behind a lead.
func (p *page) room(lead string) int { return max(p.columns-text.Columns(lead), p.columns/4) }

// unbroken keeps on a terminal what stands between two commas on one line.
func (p *page) unbroken(s string) string {
	if p.columns == 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, " ", "\u00a0"), ",\u00a0", ", ")
}
