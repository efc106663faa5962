// Package text makes what strangers wrote fit to be shown: on a terminal, in a log, in a table, on a card. Pure.
//
// A name or a message can hold anything: sequences that write into the operator's clipboard or empty the screen, line
// breaks that forge a line of ours, signs that turn the reading direction, marks piled up over ten lines. Whatever
// comes from outside is printed only through this package.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// maxMarks is how many marks a character carries. Vietnamese, Thai, Hindi and pointed Hebrew need up to three.
const maxMarks = 3

// The joiners have no width of their own. Persian, Hindi and emoji of several people are written with them.
const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// Line returns s as one line that a terminal shows and does not obey: control characters as pictures (␛), white space of
// every kind as one space, no signs that change the reading direction, at most three marks on a character.
func Line(s string) string { return cleaned(s, false, picture) }

// Lines does the same and keeps line breaks, tabs and the number of spaces, for texts that may have several lines.
func Lines(s string) string { return cleaned(s, true, picture) }

// Name returns a person's name as it is remembered: one line, without any control character.
func Name(s string) string { return cleaned(s, false, func(rune) string { return "" }) }

// Fit is Line, cut to at most so many columns. What was cut ends with an ellipsis.
func Fit(s string, columns int) string {
	s = Line(s)
	if Columns(s) <= columns {
		return s
	}
	head, _ := Cut(s, columns-1)
	return strings.TrimRight(head, " ") + "…"
}

// Cut divides a line after at most so many columns, between two characters as people see them: a family of emoji, or a
// letter with its marks, stays whole.
func Cut(s string, columns int) (head, tail string) {
	used, rest := 0, s
	for rest != "" {
		c, n := character(rest)
		if used+n > columns {
			break
		}
		used, rest = used+n, rest[len(c):]
	}
	return s[:len(s)-len(rest)], rest
}

// Columns is how many columns of a terminal a line takes: two for a Chinese character or an emoji, however many signs
// that is joined from, and none for a mark or a colour.
func Columns(s string) (n int) {
	for s != "" {
		c, w := character(s)
		n, s = n+w, s[len(c):]
	}
	return n
}

// character is the first character of s as people see it, or the colour that is set there, and its columns.
func character(s string) (c string, columns int) {
	if s[0] >= ' ' && s[0] < 0x7f && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return s[:1], 1
	}
	if n := colour(s); n > 0 {
		return s[:n], 0
	}
	c, _, columns, _ = uniseg.FirstGraphemeClusterInString(s, -1)
	return c, columns
}

// joins reports whether a rune belongs to the character before it.
func joins(r rune) bool { return r == zwj || r == zwnj || unicode.In(r, unicode.Mn, unicode.Me) }

// Unsafe reports whether a rune has to be kept from a terminal: it controls, it is invisible and changes how its
// neighbours are read, or it breaks a line where nobody looks for that.
func Unsafe(r rune) bool {
	return r != zwj && r != zwnj && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// cleaned writes s anew, character by character. Of a body, which has lines, white space keeps its number.
func cleaned(s string, body bool, control func(rune) string) string {
	var b strings.Builder
	b.Grow(len(s))
	marks := maxMarks // a mark needs something to stand on
	space := false    // white space came last, and is not written yet
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case body && (r == '\n' || r == '\t'):
			b.WriteRune(r)
			marks = maxMarks
		case body && unicode.IsSpace(r):
			b.WriteByte(' ')
			marks = maxMarks
		case unicode.IsSpace(r) || unicode.In(r, unicode.Zl, unicode.Zp):
			space, marks = true, maxMarks
		case joins(r):
			if marks++; marks <= maxMarks {
				b.WriteRune(r)
			}
		case Unsafe(r) && !unicode.Is(unicode.Cc, r): // it has no shape that could be shown
		default:
			shown := string(r)
			if Unsafe(r) {
				shown = control(r)
			}
			if space && b.Len() > 0 && shown != "" {
				b.WriteByte(' ')
			}
			b.WriteString(shown)
			marks, space = 0, space && shown == ""
		}
	}
	return b.String()
}

// picture is the sign that Unicode has for a control character.
func picture(r rune) string {
	switch {
	case r < 0x20:
		return string(0x2400 + r)
	case r == 0x7f:
		return "␡"
	}
	return string(unicode.ReplacementChar)
}

// Wrap breaks text into lines of at most so many columns, at spaces. A word that is longer than a line, such as an
// address or a hash, is broken where the line ends.
func Wrap(s string, columns int) (lines []string) {
	columns = max(columns, 2) // a Chinese character
	for line := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapLine(line, columns)...)
	}
	return lines
}

func wrapLine(s string, columns int) (lines []string) {
	line, n := "", 0
	for i, word := range strings.Split(s, " ") {
		w := Columns(word)
		switch {
		case i == 0:
			line, n = word, w
		case n+1+w <= columns:
			line, n = line+" "+word, n+1+w
		default:
			lines = append(lines, strings.TrimRight(line, " "))
			line, n = word, w
		}
		for n > columns {
			head, tail := Cut(line, columns)
			lines = append(lines, head)
			line, n = tail, Columns(tail)
		}
	}
	return append(lines, line)
}
