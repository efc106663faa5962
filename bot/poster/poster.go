// Package poster draws the page that a shop hangs up: the number, a QR code, and how to ask for
// promotions.
package poster

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"rsc.io/qr"
)

// A Poster is one A4 page on which people read how to ask for promotions.
type Poster struct {
	Brand  string
	Phone  string // as people write it
	Phrase string // what they send
	Link   string // in the code
	Hint   string // the way out
	Steps  Steps
}

// The page, in tenths of a millimetre. A PNG has one pixel for each.
const (
	pageWidth  = 2100
	pageHeight = 2970
	margin     = 190
	codeSide   = 1000
	indented   = 420 // where the text of a step begins
)

// The ink.
const (
	black = 0x111111
	grey  = 0x666666
	pale  = 0xe7f5ec
	green = 0x128c4b
)

// A shape is a rectangle, a disc or a line of text on the page.
type shape struct {
	// of a rectangle: its corner, of a disc: its centre, of text: where it begins, ends or has its
	// middle, and its baseline
	x, y   int
	w, h   int // of a rectangle
	radius int // of a disc
	text   string
	size   int // of text
	bold   bool
	anchor string // start, middle, end
	ink    int
}

// shapes is the layout, which SVG and PNG share. Languages that are written from right to left get
// it mirrored.
func (p Poster) shapes() ([]shape, error) {
	begins, number, edge := "start", margin+80, indented
	if p.Steps.rightToLeft {
		begins, number, edge = "end", pageWidth-number, pageWidth-edge
	}
	out := []shape{
		{x: pageWidth / 2, y: 280, text: p.Brand, size: 170, bold: true, anchor: "middle", ink: black},
		{x: pageWidth / 2, y: 415, text: p.Steps.why, size: 92, anchor: "middle", ink: green},
	}
	for i, step := range []struct {
		y    int
		says string
	}{{560, p.Steps.save}, {900, p.Steps.scan}, {2270, p.Steps.send}} {
		out = append(out,
			shape{x: number, y: step.y, radius: 80, ink: green},
			shape{x: number, y: step.y + 36, text: fmt.Sprint(i + 1), size: 100, bold: true, anchor: "middle",
				ink: 0xffffff},
			shape{x: edge, y: step.y + 34, text: step.says, size: 96, anchor: begins, ink: black})
	}
	out = append(out,
		shape{x: edge, y: 740, text: p.Phone, size: 130, bold: true, anchor: begins, ink: black},
		shape{x: margin, y: 2390, w: pageWidth - 2*margin, h: 200, ink: pale},
		shape{x: pageWidth / 2, y: 2524, text: p.Phrase, size: 100, bold: true, anchor: "middle", ink: black},
		shape{x: pageWidth / 2, y: 2780, text: p.Hint, size: 64, anchor: "middle", ink: grey})
	code, err := qr.Encode(p.Link, qr.M)
	if err != nil {
		return nil, fmt.Errorf("the code: %w", err)
	}
	return fitted(append(out, modules(code)...))
}

// modules are the dark squares of a code, runs of them in one rectangle.
func modules(code *qr.Code) (out []shape) {
	side := codeSide / code.Size
	left, top := (pageWidth-side*code.Size)/2, 1050+(codeSide-side*code.Size)/2
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) {
				x++
			}
			if x > from {
				out = append(out, shape{x: left + from*side, y: top + y*side, w: (x - from) * side, h: side, ink: 0})
			}
		}
	}
	return out
}

// fitted makes lines smaller that would not fit the page.
func fitted(shapes []shape) ([]shape, error) {
	for i, s := range shapes {
		room := pageWidth - 2*margin
		if s.anchor != "middle" {
			room = pageWidth - indented - margin/2
		}
		for s.text != "" {
			face, _, err := s.face()
			if err != nil {
				return nil, err
			}
			if font.MeasureString(face, s.text).Ceil() <= room || s.size <= 30 {
				break
			}
			s.size -= 4
		}
		shapes[i].size = s.size
	}
	return shapes, nil
}

// face is the type a line is set in.
func (s shape) face() (font.Face, *sfnt.Font, error) {
	ttf := goregular.TTF
	if s.bold {
		ttf = gobold.TTF
	}
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: float64(s.size), DPI: 72})
	return face, f, err
}

// SVG writes the poster as SVG. The fonts are those of whoever looks at it.
func (p Poster) SVG(w io.Writer) error {
	shapes, err := p.shapes()
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 %d %d" font-family="Go, Arial, sans-serif">`+"\n",
		pageWidth, pageHeight)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", pageWidth, pageHeight)
	for _, s := range shapes {
		switch {
		case s.radius > 0:
			fmt.Fprintf(&out, `<circle cx="%d" cy="%d" r="%d" fill="#%06x"/>`+"\n", s.x, s.y, s.radius, s.ink)
		case s.w > 0:
			fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%d" height="%d" fill="#%06x" shape-rendering="crispEdges"/>`+"\n", s.x, s.y, s.w, s.h, s.ink)
		default:
			weight := "normal"
			if s.bold {
				weight = "bold"
			}
			fmt.Fprintf(&out, `<text x="%d" y="%d" font-size="%d" font-weight="%s" text-anchor="%s" fill="#%06x">`, s.x,
				s.y, s.size, weight, s.anchor, s.ink)
			if err := xml.EscapeText(&out, []byte(s.text)); err != nil {
				return err
			}
			out.WriteString("</text>\n")
		}
	}
	_, err = io.WriteString(w, out.String()+"</svg>\n")
	return err
}

// PNG paints the poster, in letters that the program brings along: Latin, Greek and Cyrillic ones.
func (p Poster) PNG(w io.Writer) error {
	shapes, err := p.shapes()
	if err != nil {
		return err
	}
	page := image.NewRGBA(image.Rect(0, 0, pageWidth, pageHeight))
	draw.Draw(page, page.Bounds(), image.White, image.Point{}, draw.Src)
	for _, s := range shapes {
		switch {
		case s.radius > 0:
			s.paintDisc(page)
		case s.w > 0:
			draw.Draw(page, image.Rect(s.x, s.y, s.x+s.w, s.y+s.h), s.paint(), image.Point{}, draw.Src)
		default:
			if err := s.paintText(page); err != nil {
				return err
			}
		}
	}
	return png.Encode(w, page)
}

func (s shape) paint() *image.Uniform {
	return image.NewUniform(color.RGBA{uint8(s.ink >> 16), uint8(s.ink >> 8), uint8(s.ink), 0xff})
}

func (s shape) paintDisc(page *image.RGBA) {
	ink := s.paint()
	for y := -s.radius; y <= s.radius; y++ {
		for x := -s.radius; x <= s.radius; x++ {
			if x*x+y*y <= s.radius*s.radius {
				page.Set(s.x+x, s.y+y, ink.C)
			}
		}
	}
}

func (s shape) paintText(page *image.RGBA) error {
	face, f, err := s.face()
	if err != nil {
		return err
	}
	for _, r := range s.text {
		if i, err := f.GlyphIndex(&sfnt.Buffer{}, r); err != nil || i == 0 {
			return fmt.Errorf("a PNG has no picture for %q in %q: make an SVG, which uses the letters of the program "+
				"that shows it", r, s.text)
		}
	}
	d := font.Drawer{Dst: page, Src: s.paint(), Face: face}
	x := fixed.I(s.x)
	switch s.anchor {
	case "middle":
		x -= d.MeasureString(s.text) / 2
	case "end":
		x -= d.MeasureString(s.text)
	}
	d.Dot = fixed.Point26_6{X: x, Y: fixed.I(s.y)}
	d.DrawString(s.text)
	return nil
}
