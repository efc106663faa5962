package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A Screen lets nothing through that a terminal would obey, but for line breaks, tabs and, where Colour is set, colours.
// It is the last door for what a place forgot to pass through Line. It expects whole characters in each Write.
type Screen struct {
	To     io.Writer
	Colour bool
	Failed error // the first write that failed: what was shown is not whole
}

// Write writes p with every other control character as a picture, and without signs that change the reading direction.
func (s *Screen) Write(p []byte) (int, error) {
	if bytes.IndexFunc(p, obeyed) < 0 {
		n, err := s.To.Write(p)
		return n, s.note(err)
	}
	var out bytes.Buffer
	for rest := p; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == '\r' && bytes.HasPrefix(rest, []byte("\r\n")): // of a contact card
			out.WriteByte('\r')
		case r == 0x1b && s.Colour && colour(start(rest)) > 0:
			size = colour(start(rest))
			out.Write(rest[:size])
		case !obeyed(r):
			out.Write(rest[:size])
		case unicode.In(r, unicode.Zl, unicode.Zp):
			out.WriteByte(' ')
		case unicode.Is(unicode.Cc, r):
			out.WriteString(picture(r))
		}
		rest = rest[size:]
	}
	if _, err := s.To.Write(out.Bytes()); err != nil {
		return 0, s.note(err)
	}
	return len(p), nil
}

func (s *Screen) note(err error) error {
	if s.Failed == nil {
		s.Failed = err
	}
	return err
}

func obeyed(r rune) bool { return r != '\n' && r != '\t' && Unsafe(r) }

// start is the start of p, long enough for a sequence that sets a colour.
func start(p []byte) string { return string(p[:min(len(p), 32)]) }

// colour is the length of the sequence at the start of p that sets a colour. 0 where it is another one.
func colour(p string) int {
	if !strings.HasPrefix(p, "\x1b[") {
		return 0
	}
	for i, b := range []byte(p[2:]) {
		if b == 'm' {
			return i + 3
		}
		if b != ';' && (b < '0' || b > '9') {
			return 0
		}
	}
	return 0
}

// JSON is a writer of JSON texts: what a terminal would obey is escaped, and the meaning of the text stays the same. It
// expects whole characters in each Write.
func JSON(to io.Writer) io.Writer { return jsonWriter{to} }

type jsonWriter struct{ to io.Writer }

func (w jsonWriter) Write(p []byte) (int, error) {
	if bytes.IndexFunc(p, obeyed) < 0 {
		return w.to.Write(p)
	}
	var out bytes.Buffer
	for _, r := range string(p) {
		if !obeyed(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	if _, err := w.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}
