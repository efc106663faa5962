package web

import (
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"

	"optinbot/bot/text"
)

// drawn shows a message as a phone does: *bold*, _italic_, ~struck~ and ```mono``` are drawn so. The
// message may be a stranger's: it is escaped first, and no other markup comes out than that of these.
func drawn(message string) template.HTML {
	var b strings.Builder
	rest := template.HTMLEscapeString(text.Lines(message))
	for {
		before, mono, after, ok := cutMono(rest)
		lines := strings.Split(before, "\n")
		for i, line := range lines {
			if i > 0 {
				b.WriteByte('\n')
			}
			drawLine(&b, line, "*_~")
		}
		if !ok {
			return template.HTML(b.String())
		}
		b.WriteString("<code>" + mono + "</code>")
		rest = after
	}
}

// cutMono cuts a text around the first part of it that stands between three backticks.
func cutMono(s string) (before, mono, after string, ok bool) {
	const fence = "```"
	before, rest, _ := strings.Cut(s, fence)
	mono, after, ok = strings.Cut(rest, fence)
	if !ok || strings.TrimSpace(mono) == "" {
		return s, "", "", false
	}
	return before, mono, after, true
}

// marked are the elements of the marks.
var marked = map[byte]string{'*': "strong", '_': "em", '~': "s"}

// drawLine draws the marked parts of one line, by those marks which it may still have: none lies in
// itself.
func drawLine(b *strings.Builder, line, marks string) {
	for from := 0; from < len(line); {
		mark := line[from]
		if strings.IndexByte(marks, mark) < 0 || !opens(line, from) {
			b.WriteByte(mark)
			from++
			continue
		}
		to := closing(line, from)
		if to < 0 { // nor does any later one of these
			b.WriteByte(mark)
			from++
			marks = strings.ReplaceAll(marks, string(mark), "")
			continue
		}
		b.WriteString("<" + marked[mark] + ">")
		drawLine(b, line[from+1:to], strings.ReplaceAll(marks, string(mark), ""))
		b.WriteString("</" + marked[mark] + ">")
		from = to + 1
	}
}

// opens reports whether the mark at a place begins something: no letter is before it, and neither a
// space nor the same mark behind it.
func opens(line string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:at])
	after, size := utf8.DecodeRuneInString(line[at+1:])
	return !ofWord(before) && size > 0 && !unicode.IsSpace(after) && after != rune(line[at])
}

// closing is where what begins at a place ends: before it no space, and behind it no letter. It is -1
// where it does not end.
func closing(line string, from int) int {
	for to := from + 2; to < len(line); to++ {
		if line[to] != line[from] {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(line[:to])
		after, _ := utf8.DecodeRuneInString(line[to+1:])
		if !unicode.IsSpace(before) && !ofWord(after) {
			return to
		}
	}
	return -1
}

func ofWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}
