package cli

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"optinbot/bot/text"
)

// aLinkCode is as long as those of WhatsApp: a reference and three keys.
var aLinkCode = "https://wa.me/settings/linked_devices#2@" + strings.Repeat("rEf0", 23) + strings.Repeat(","+strings.Repeat("kEy0", 11), 3) + ",1"

// linkWindow shows a code that is good for 19 seconds.
func linkWindow(columns, rows int) (*window, *linkCode) {
	w := &window{columns: columns, rows: rows}
	now := time.Date(2026, 12, 1, 14, 0, 0, 0, time.UTC)
	a := &App{out: &text.Screen{To: w, Colour: true}, environ: map[string]string{"NO_COLOR": "1"}, now: func() time.Time { return now }}
	return w, a.newLinkCode("link")
}

// TestLinkScreens: the code with what is to be done, and in a small window how to go on.
func TestLinkScreens(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}, {80, 34}} {
		w, code := linkWindow(size[0], size[1])
		code.code, code.until = mustEncode(t, aLinkCode), code.app.now().Add(19*time.Second)
		w.WriteString(strings.Join(code.lines(w.columns, w.rows), "\n") + "\n")
		if n := strings.Count(w.String(), "\n"); n >= w.rows {
			t.Errorf("%d lines in a window of %d: the first ones are gone when the cursor is below the last", n, w.rows)
		}
		w.golden(t, "link")
	}
}

func mustEncode(t *testing.T, code string) *qr.Code {
	t.Helper()
	c, err := qr.Encode(code, qr.L)
	must(t, err)
	return c
}

// TestTheCodeDrawnIsTheCode: read back from the characters, every square is right.
func TestTheCodeDrawnIsTheCode(t *testing.T) {
	t.Parallel()
	code := mustEncode(t, aLinkCode)
	for rim := leastRim; rim <= usualRim; rim++ {
		lines := codeLines(code, rim)
		for y := -rim; y < code.Size+rim; y++ {
			row := []rune(lines[(y+rim)/2])
			if len(row) != code.Size+2*rim {
				t.Fatalf("rim %d: a row of %d squares", rim, len(row))
			}
			for x := -rim; x < code.Size+rim; x++ {
				light := map[rune][2]bool{'█': {true, true}, '▀': {true, false}, '▄': {false, true}, ' ': {false, false}}[row[x+rim]]
				if dark := !light[(y+rim)%2]; dark != code.Black(x, y) {
					t.Fatalf("rim %d: the square %d, %d is wrong", rim, x, y)
				}
			}
		}
	}
}

// TestACodeOnADumbTerminal: where the cursor cannot be moved one code follows the other, as in a pipe.
func TestACodeOnADumbTerminal(t *testing.T) {
	t.Parallel()
	w, code := linkWindow(120, 40)
	code.app.environ["TERM"] = "dumb"
	code.show(aLinkCode, time.Minute)
	code.show(aLinkCode+"0", 20*time.Second)
	code.end()
	if got := w.String(); strings.Contains(got, "\x1b") || strings.Count(got, whereToScan) != 1 || strings.Count(got, "A new code") != 1 {
		t.Errorf("%q", got)
	}
}

// TestANewCodeTakesThePlaceOfTheOld: on a terminal the cursor goes back to where the code before
// began, and words take its place; in a pipe one code follows the other.
func TestANewCodeTakesThePlaceOfTheOld(t *testing.T) {
	t.Parallel()
	w, code := linkWindow(120, 40)
	code.show(aLinkCode, time.Minute)
	first := strings.Count(w.String(), "\n")
	code.show(aLinkCode+"0", 20*time.Second)
	if _, err := code.Write([]byte("The phone has accepted.\n")); err != nil {
		t.Fatal(err)
	}
	up := "\x1b[" + strconv.Itoa(first) + "A\r"
	if n := strings.Count(w.String(), up); n < 2 || !strings.HasSuffix(w.String(), up+"\x1b[JThe phone has accepted.\n") {
		t.Errorf("%d times back to the first line; it ends with %q", n, w.String()[w.Len()-60:])
	}
	if !strings.Contains(w.String(), "Good for 60 s.") || !strings.Contains(w.String(), "Good for 20 s.") {
		t.Error("how long it is good is not said")
	}

	var pipe bytes.Buffer
	code = (&App{out: &text.Screen{To: &pipe}, now: code.app.now}).newLinkCode("link")
	code.show(aLinkCode, time.Minute)
	code.show(aLinkCode, time.Minute)
	code.end()
	if strings.Contains(pipe.String(), "\x1b") || !strings.Contains(pipe.String(), "Linked devices > Link a device") ||
		!strings.Contains(pipe.String(), "the one above no longer works") {
		t.Errorf("in a pipe: %q", pipe.String())
	}
}

// TestALargerWindowShowsTheCode: whoever makes the window larger sees the code at the next second.
func TestALargerWindowShowsTheCode(t *testing.T) {
	t.Parallel()
	w, code := linkWindow(80, 24)
	code.code, code.until = mustEncode(t, aLinkCode), code.app.now().Add(time.Minute)
	code.draw()
	if strings.Contains(w.String(), "█") || !strings.Contains(w.String(), "--phone-code PHONE") {
		t.Errorf("in a small window:\n%s", w.String())
	}
	w.rows = 40
	code.draw()
	if !strings.Contains(w.String(), "\x1b[H\x1b[2J") || !strings.Contains(w.String(), "█") {
		t.Errorf("in a larger window:\n%s", w.String())
	}
}
