package cli

import (
	"bytes"
	"strings"
	"testing"

	"optinbot/bot/text"
)

// A window is a terminal of a size, in a test. What it shows can be read.
type window struct {
	bytes.Buffer
	columns, rows int
}

func (w *window) size() (columns, rows int) { return w.columns, w.rows }

// fits tells whether everything that was printed fits the window, colours aside.
func (w *window) fits(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(w.String()) {
		if n := text.Columns(strings.TrimSuffix(line, "\n")); n > w.columns {
			t.Errorf("a line has %d columns of %d: %s", n, w.columns, line)
		}
	}
}

func TestAPageIsAsWideAsItsTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		says          string
		out           any
		environ       map[string]string
		columns, rows int
	}{
		{"a pipe", &bytes.Buffer{}, map[string]string{"COLUMNS": "40"}, 0, 0},
		{"a terminal", &window{columns: 120, rows: 40}, nil, 120, 40},
		{"as COLUMNS says", &window{columns: 120, rows: 40}, map[string]string{"COLUMNS": "66", "LINES": "20"}, 66, 20},
		{"COLUMNS is no number", &window{columns: 120, rows: 40}, map[string]string{"COLUMNS": "wide"}, 120, 40},
		{"a terminal that does not tell", &window{}, nil, 80, 24},
		{"behind the door of strangers' texts", &text.Screen{To: &window{columns: 100, rows: 30}}, nil, 100, 30},
	} {
		a := &App{environ: c.environ}
		switch out := c.out.(type) {
		case *bytes.Buffer:
			a.out = out
		case *window:
			a.out = out
		case *text.Screen:
			a.out = out
		}
		if p := a.page(); p.columns != c.columns || p.rows != c.rows {
			t.Errorf("%s: %d x %d, want %d x %d", c.says, p.columns, p.rows, c.columns, c.rows)
		}
	}
}

func TestAPageBreaksLinesBetweenWords(t *testing.T) {
	t.Parallel()
	w := &window{columns: 30, rows: 24}
	p := (&App{out: w, environ: map[string]string{"NO_COLOR": "1"}}).page()
	p.say("a short line")
	p.below("  phone:  ", "last seen long ago, open %s on it now", "WhatsApp")
	p.after("> ", "| ", "one\ntwo\tthree and four and five and six")
	p.below("  head:  ", "%s", strings.Repeat("0123456789abcdef", 3))
	want := `a short line
  phone:  last seen long ago,
          open WhatsApp on it
          now
> one
| two    three and four and
| five and six
  head:  0123456789abcdef01234
         56789abcdef0123456789
         abcdef
`
	if w.String() != want {
		t.Errorf("got\n%s\nwant\n%s", w, want)
	}
	w.fits(t)
}

func TestAPipeGetsWholeLines(t *testing.T) {
	t.Parallel()
	var pipe bytes.Buffer
	p := (&App{out: &pipe, environ: map[string]string{"COLUMNS": "20"}}).page()
	p.below("  phone:  ", "%s", strings.Repeat("word ", 30)+"end")
	if want := "  phone:  " + strings.Repeat("word ", 30) + "end\n"; pipe.String() != want {
		t.Errorf("got %q", pipe.String())
	}
}

func TestFiguresAreWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]string{0.354: "0.35", 1.667: "1.7", 9.96: "10", 12.4: "12", 120: "120", 4600: "4600"} {
		if got := figure(n); got != want {
			t.Errorf("%g: %s, want %s", n, got, want)
		}
	}
}

func TestLengthsOfTimeAreWrittenAsPeopleDo(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]string{"1h0m0s": "1h", "33m0s": "33m", "27m36s": "27m36s", "0s": "0s"} {
		if got := plainly(says); got != want {
			t.Errorf("%s: %s, want %s", says, got, want)
		}
	}
}

func TestAQuestionFitsTheTerminal(t *testing.T) {
	t.Parallel()
	w := &window{columns: 40, rows: 24}
	a := &App{in: &window{Buffer: *bytes.NewBufferString("y\n")}, out: w}
	must(t, Confirmed{}.confirm(t.Context(), a, "The same draft is under way already: people would get it twice. Schedule it all the same?"))
	w.fits(t)
	if !strings.HasSuffix(w.String(), "[y/N] ") {
		t.Errorf("the question ends with %q", w.String())
	}
}

func TestADumbTerminalGetsNoEscapes(t *testing.T) {
	t.Parallel()
	for term, want := range map[string]string{"xterm": "\x1b[H\x1b[2J\x1b[1mx\x1b[0m\n", "dumb": "x\n"} {
		w := &window{columns: 80, rows: 24}
		a := &App{out: &text.Screen{To: w, Colour: true}, environ: map[string]string{"TERM": term}}
		must(t, a.clear())
		p := a.page()
		p.say("%s", p.bold("x"))
		if got := w.String(); got != want {
			t.Errorf("%s: %q, want %q", term, got, want)
		}
	}
}
