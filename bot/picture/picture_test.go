package picture

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/text"
)

// parsed are the kinds of element of a drawing, and all that is to be read in it.
func parsed(t *testing.T, svg string) (elements []string, read string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			slices.Sort(elements)
			return slices.Compact(elements), read
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			elements = append(elements, token.Name.Local)
		case xml.CharData:
			read += string(token)
		}
	}
}

// TestStrangersDrawNothing: whatever a name, a message, a caption, a time or a title holds, the
// drawing has the kinds of element of a harmless one, and shows nothing that a reader would obey.
func TestStrangersDrawNothing(t *testing.T) {
	draw := func(s string) string {
		return SVG(s, Phone{Caption: s, Name: s, Lines: []Line{{Note, s, ""}, {Contact, s, s}, {Bot, s, s}, {Card, s, s}}})
	}
	harmless, _ := parsed(t, draw("Ana"))
	for _, hostile := range []string{
		`</text><script>alert(1)</script>`, `"/><image href="http://example.test/x.png"/>`, `]]><!--`, `&lt;&#0;&amp;`,
		"\x1b[2J\x00\x07", "\u202epaypal\u2066", "a\xffb\ufffe", "' onload='x",
	} {
		elements, read := parsed(t, draw(hostile))
		if !slices.Equal(elements, harmless) {
			t.Errorf("%q draws %v, not %v", hostile, elements, harmless)
		}
		if strings.ContainsFunc(read, func(r rune) bool { return r != '\n' && text.Unsafe(r) }) {
			t.Errorf("%q is drawn as %q", hostile, read)
		}
	}
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string // [bold]
	}{
		{"", []string{""}},
		{"one two", []string{"one two"}},
		{"one\n\ntwo", []string{"one", "", "two"}},
		{"several words that do not fit", []string{"several words", "that do not fit"}},
		{"Write *I want it*.", []string{"Write [I want it]."}},
		{"2 * 3 * 4", []string{"2 * 3 * 4"}},
		{"*open", []string{"*open"}},
		{"**", []string{"**"}},
		{"mmmmmmmmmmmmmmmm", []string{"mmmmmmmm", "mmmmmmmm"}},
		{"東京東京東京東京", []string{"東京東京東京", "東京"}},
	} {
		var got []string
		for _, row := range rows(c.in, 100) {
			line, width := "", 0.0
			for _, r := range row {
				if width += widthOf(r.text, fontSize, r.bold); r.bold {
					r.text = "[" + r.text + "]"
				}
				line += r.text
			}
			if width > 100 {
				t.Errorf("%q: %q is %.0f wide", c.in, line, width)
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

// TestBubblesStayOnTheScreen: also those of long words, and with the time beside or below the last
// row.
func TestBubblesStayOnTheScreen(t *testing.T) {
	for _, words := range []string{"2", "ok ok", strings.Repeat("m", 300), strings.Repeat("word ", 60), strings.Repeat("🌸", 50)} {
		for _, side := range []Side{Note, Contact, Bot, Card} {
			b := newBubble(Line{side, words, "14:02"})
			if b.x < 0 || b.x+b.width > screenWidth || side != Note && b.width > bubbleWidth {
				t.Errorf("%d %.20q: from %d to %d", side, words, b.x, b.x+b.width)
			}
		}
	}
}
