package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"rsc.io/qr"

	"optinbot/bot/text"
)

// Widths of the white rim of a QR code, in squares. The standard asks for usualRim. Phones read
// codes with leastRim.
const (
	usualRim = 4
	leastRim = 2
)

// codeLines draws a QR code with two squares in a character, as terminals with light letters on a
// dark ground show it.
func codeLines(code *qr.Code, rim int) (lines []string) {
	for y := -rim; y < code.Size+rim; y += 2 {
		var line strings.Builder
		for x := -rim; x < code.Size+rim; x++ {
			// Below the last row there is nothing, which is dark.
			switch upper, lower := code.Black(x, y), code.Black(x, y+1) || y+1 >= code.Size+rim; {
			case upper && lower:
				line.WriteByte(' ')
			case upper:
				line.WriteRune('▄')
			case lower:
				line.WriteRune('▀')
			default:
				line.WriteRune('█')
			}
		}
		lines = append(lines, line.String())
	}
	return lines
}

// A linkCode shows the codes of `link`. On a terminal each takes the place of the one before, with
// the seconds that it is still good for. In a pipe, and on a dumb terminal, one follows the other.
type linkCode struct {
	app  *App
	verb string // which is to be called for a code to type

	mu            sync.Mutex
	code          *qr.Code
	shown         int       // codes so far
	until         time.Time // it is good
	drawn         int       // lines on the terminal
	columns, rows int       // of the terminal, when it was drawn
	stop          chan struct{}
	stopped       sync.WaitGroup
}

// show shows a code that is good for a while.
func (l *linkCode) show(code string, good time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.code, err = qr.Encode(code, qr.L); err != nil { // longer than any QR code
		fmt.Fprintln(l.app.out, code)
		return
	}
	l.shown++
	l.until = l.app.now().Add(good)
	if !l.app.moves(l.app.out) {
		l.line()
		return
	}
	l.draw()
	if l.stop == nil {
		l.stop = make(chan struct{})
		stop := l.stop
		l.stopped.Go(func() { l.count(stop) })
	}
}

// line shows the code below the one before.
func (l *linkCode) line() {
	says := "A new code; the one above no longer works:"
	if l.shown == 1 {
		says = whereToScan
	}
	fmt.Fprintf(l.app.out, "%s\n%s\n", says, strings.Join(codeLines(l.code, usualRim), "\n"))
}

const whereToScan = "Scan it with the phone: WhatsApp > Settings > Linked devices > Link a device."

// count draws the code anew each second, until it is taken away.
func (l *linkCode) count(stop <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		l.mu.Lock()
		l.draw()
		l.mu.Unlock()
	}
}

// draw draws over what was drawn before. What it writes goes past the door for strangers' texts,
// for it moves the cursor. All of it is ours.
func (l *linkCode) draw() {
	columns, rows := l.app.sizeOf(l.app.out)
	if columns != l.columns || rows != l.rows { // lines may have been broken
		if l.drawn > 0 {
			l.write("\x1b[H\x1b[2J")
		}
		l.columns, l.rows, l.drawn = columns, rows, 0
	}
	lines := l.lines(columns, rows)
	up := ""
	if l.drawn > 0 {
		up = fmt.Sprintf("\x1b[%dA\r", l.drawn)
	}
	l.write(up + strings.Join(lines, "\x1b[K\n") + "\x1b[K\n\x1b[J")
	l.drawn = len(lines)
}

// lines are the code and the words around it, for a terminal of a size. Where the code does not
// fit, they are what to do.
func (l *linkCode) lines(columns, rows int) []string {
	good := max(0, int(l.until.Sub(l.app.now()).Round(time.Second)/time.Second))
	head := text.Wrap(whereToScan, columns)
	foot := text.Wrap(fmt.Sprintf("Good for %d s. No camera? Ctrl-C, then: %s", good, l.verb), columns)
	for rim := usualRim; rim >= leastRim; rim-- {
		drawn := codeLines(l.code, rim)
		if len(head)+len(drawn)+len(foot) < rows && text.Columns(drawn[0]) <= columns {
			for i := range drawn {
				drawn[i] = l.onWhite(drawn[i])
			}
			return slices.Concat(head, drawn, foot)
		}
	}
	least := codeLines(l.code, leastRim)
	return slices.Concat(
		text.Wrap(fmt.Sprintf("The code to scan needs a window of %d columns and %d rows, and this one has %d and %d. "+
			"Make it larger, or its letters smaller: then the code appears here.",
			max(text.Columns(least[0]), min(columns, usualColumns)), len(head)+len(least)+len(foot)+1, columns, rows), columns),
		[]string{""},
		text.Wrap("Or type a code on the phone instead. End this with Ctrl-C, then call:", columns),
		[]string{"", "    " + l.verb, ""},
		text.Wrap(fmt.Sprintf("PHONE is the phone of the number. (The code to scan is good for %d s more; then another "+
			"one follows.)", good), columns))
}

// onWhite shows a line of a code dark on white, whatever the colours of the terminal.
func (l *linkCode) onWhite(line string) string {
	if l.app.environ["NO_COLOR"] != "" {
		return line
	}
	return "\x1b[38;5;231;48;5;16m" + line + "\x1b[0m"
}

// Write writes words, in the place of the code where one is drawn.
func (l *linkCode) Write(words []byte) (int, error) {
	l.end()
	return l.app.out.Write(words)
}

// end takes the code away.
func (l *linkCode) end() {
	l.mu.Lock()
	stop := l.stop
	l.stop = nil
	l.mu.Unlock()
	if stop != nil {
		close(stop)
		l.stopped.Wait()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drawn > 0 {
		l.write(fmt.Sprintf("\x1b[%dA\r\x1b[J", l.drawn))
	}
	l.drawn = 0
}

func (l *linkCode) write(s string) {
	var to io.Writer = l.app.out
	if s, ok := to.(*text.Screen); ok {
		to = s.To
	}
	_, _ = io.WriteString(to, s)
}

// newLinkCode shows the codes of a verb, which is named as it was called.
func (a *App) newLinkCode(verb string) *linkCode {
	return &linkCode{app: a, verb: "optinbot " + verb + " --phone-code PHONE"}
}
