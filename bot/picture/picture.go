// Package picture draws conversations as they look on a phone, as one SVG that needs no other file.
// Pure.
//
// Names and messages come from strangers. Each of them passes through bot/text and is escaped for
// XML, and none of them becomes an attribute.
package picture

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"

	"optinbot/bot/text"
)

// A Side is where a line of a conversation stands, as the contact's phone shows it.
type Side int

const (
	Note    Side = iota // in the middle, between the messages: a day, for example
	Contact             // on the right: what the owner of the phone wrote
	Bot                 // on the left: what came from the shop
	Card                // on the left: the shop's contact card. The text is the name on it
)

// A Line is one message, or a note between messages.
type Line struct {
	Side Side
	Text string // *stars* make it bold, as on WhatsApp
	Time string // as the phone shows it. A note has none
}

// A Phone is one screen.
type Phone struct {
	Caption string // above the phone
	Name    string // at the top of the screen: with whom the contact writes
	Lines   []Line
}

// The sizes of the drawing, in pixels.
const (
	screenWidth  = 372
	gap          = 28 // between two phones, and around all of them
	captionSize  = 30
	headerHeight = 54
	bubbleWidth  = 296 // at most
	padding      = 10
	lineHeight   = 18
	fontSize     = 13.5
	timeSize     = 10.5
	between      = 7 // two messages
	cardHeight   = 56
)

// style has the colours by day and by night. A phone has a background of its own, and the caption's
// grey is readable on white and on black: a page may be dark where the reader's system is not.
const style = `text{font-family:Helvetica,Arial,sans-serif;font-size:13.5px;fill:#14211b}
.caption{font-weight:bold;font-size:15px;fill:#6f8078}.screen{fill:#efe9e0;stroke:#b9c4be;stroke-width:1.5}.header{fill:#0b6b50}
.name{fill:#fff;font-weight:bold;font-size:16px}.face{fill:#d7efe2}.initial{fill:#0b6b50;font-weight:bold;font-size:17px;text-anchor:middle}
.contact{fill:#d6f5c9}.bot{fill:#fff}.note{fill:#dfe9ee}.small{font-size:10.5px;fill:#66756d}.day{font-size:11.5px;fill:#47545c;text-anchor:middle}
.ticks{fill:none;stroke:#2f97c9;stroke-width:1.4}.b{font-weight:bold}
@media (prefers-color-scheme:dark){text{fill:#e6ece9}.caption{fill:#7b8c84}.screen{fill:#0e1713;stroke:#3a4a42}.header{fill:#12372b}
.contact{fill:#11503e}.bot{fill:#22302a}.note{fill:#1b2a31}.small{fill:#9db0a6}.day{fill:#a9bac2}.ticks{stroke:#63c1ee}
.face{fill:#1f5a47}.initial{fill:#d7efe2}}`

// SVG draws phones side by side under a title, which is read aloud and not shown.
func SVG(title string, phones ...Phone) string {
	screens, height := make([]screen, len(phones)), 0
	for i, p := range phones {
		screens[i] = p.lay()
		height = max(height, screens[i].height)
	}
	width := gap + len(phones)*(screenWidth+gap)
	full := captionSize + height + gap

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">`+"\n",
		width, full, width, full)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", escaped(title), style)
	for i, s := range screens {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", gap+i*(screenWidth+gap), captionSize)
		s.draw(&b, height)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// A screen is a phone whose lines have their places.
type screen struct {
	Phone
	bubbles []bubble
	height  int
}

// A bubble is a line with its place on the screen.
type bubble struct {
	Line
	x, y, width, height int
	rows                [][]run
}

// A run is a piece of a row in one weight.
type run struct {
	text string
	bold bool
}

// lay gives each line its place. What has one row is cut where the screen is too narrow for it.
func (p Phone) lay() screen {
	p.Caption, p.Name = text.Fit(p.Caption, 46), text.Fit(p.Name, 30)
	s, y := screen{Phone: p}, headerHeight+14
	for _, line := range p.Lines {
		b := newBubble(line)
		b.y = y
		y += b.height + between
		s.bubbles = append(s.bubbles, b)
	}
	s.height = y + 10
	return s
}

// newBubble breaks a line into rows and finds how large it is, and how far from the left.
func newBubble(line Line) bubble {
	line.Time = text.Fit(line.Time, 8)
	b := bubble{Line: line}
	switch line.Side {
	case Note:
		b.Text = text.Fit(line.Text, 30)
		b.width, b.height = int(widthOf(b.Text, 11.5, false))+2*padding, 22
		b.x = (screenWidth - b.width) / 2
		return b
	case Card:
		b.Text = text.Fit(line.Text, 20)
		b.width, b.height, b.x = bubbleWidth-50, cardHeight, 12
		return b
	}
	b.rows = rows(text.Lines(line.Text), bubbleWidth-2*padding)
	widest, last := 0.0, 0.0
	for _, row := range b.rows {
		last = 0
		for _, r := range row {
			last += widthOf(r.text, fontSize, r.bold)
		}
		widest = max(widest, last)
	}
	b.height = len(b.rows)*lineHeight + padding
	beside := last + b.timeWidth() + 10
	if beside > bubbleWidth-2*padding { // the time has a row of its own
		b.height += lineHeight - 4
		beside = b.timeWidth()
	}
	b.width = min(int(max(widest, beside))+2*padding+1, bubbleWidth)
	b.x = 12
	if line.Side == Contact {
		b.x = screenWidth - 12 - b.width
	}
	return b
}

func (b bubble) timeWidth() float64 {
	w := widthOf(b.Time, timeSize, false)
	if b.Side == Contact {
		w += 18 // the ticks
	}
	return w
}

func (s screen) draw(b *strings.Builder, height int) {
	fmt.Fprintf(b, `<text class="caption" x="4" y="-9">%s</text>`+"\n", escaped(s.Caption))
	fmt.Fprintf(b, `<rect class="screen" width="%d" height="%d" rx="20"/>`+"\n", screenWidth, height)
	fmt.Fprintf(b, `<path class="header" d="M1 %dV20a19 19 0 0 1 19-19H%da19 19 0 0 1 19 19V%dz"/>`+"\n",
		headerHeight, screenWidth-20, headerHeight)
	drawFace(b, 36, headerHeight/2, s.Name)
	fmt.Fprintf(b, `<text class="name" x="66" y="%d">%s</text>`+"\n", headerHeight/2+6, escaped(s.Name))
	for _, bubble := range s.bubbles {
		bubble.draw(b)
	}
}

// drawFace draws a disc with the first letter of a name.
func drawFace(b *strings.Builder, x, y int, name string) {
	first, _ := utf8.DecodeRuneInString(name)
	initial := ""
	if name != "" {
		initial = string(first)
	}
	fmt.Fprintf(b, `<circle class="face" cx="%d" cy="%d" r="17"/><text class="initial" x="%d" y="%d">%s</text>`+"\n",
		x, y, x, y+6, escaped(initial))
}

var classes = map[Side]string{Note: "note", Contact: "contact", Bot: "bot", Card: "bot"}

func (l bubble) draw(b *strings.Builder) {
	fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="10"/>`+"\n",
		classes[l.Side], l.x, l.y, l.width, l.height)
	switch l.Side {
	case Note:
		fmt.Fprintf(b, `<text class="day" x="%d" y="%d">%s</text>`+"\n", screenWidth/2, l.y+15, escaped(l.Text))
		return
	case Card:
		drawFace(b, l.x+30, l.y+cardHeight/2, l.Text)
		fmt.Fprintf(b, `<text class="b" x="%d" y="%d">%s</text>`+"\n", l.x+58, l.y+cardHeight/2+5, escaped(l.Text))
	}
	for i, row := range l.rows {
		fmt.Fprintf(b, `<text xml:space="preserve" x="%d" y="%d">`, l.x+padding, l.y+(i+1)*lineHeight)
		for _, r := range row {
			if r.bold {
				fmt.Fprintf(b, `<tspan class="b">%s</tspan>`, escaped(r.text))
			} else {
				b.WriteString(escaped(r.text))
			}
		}
		b.WriteString("</text>\n")
	}
	right, base := l.x+l.width-padding, l.y+l.height-8
	if l.Side == Contact {
		fmt.Fprintf(b, `<path class="ticks" d="M%d %dl3 3l6-7m-2 7l6-7"/>`+"\n", right-13, base-4)
		right -= 18
	}
	fmt.Fprintf(b, `<text class="small" x="%d" y="%d" text-anchor="end">%s</text>`+"\n", right, base, escaped(l.Time))
}

// escaped is a text of one line as XML holds it, without anything that a reader would obey.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(strings.ReplaceAll(text.Lines(s), "\n", " "))) // a strings.Builder takes everything
	return b.String()
}
