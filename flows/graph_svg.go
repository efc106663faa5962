package flows

import (
	"encoding/xml"
	"fmt"
	"strings"

	"optinbot/flows/layout"
)

// Counts are figures that a picture shows: people on each state, and how often each way was taken,
// by the names of the states at its ends. Beside those of the file, a picture has the nodes "from
// anywhere", "the disclosure" and "out of it".
type Counts struct {
	States map[string]int
	Arrows map[[2]string]int
}

// The sizes of the drawing, in pixels.
const (
	nameSize   = 15
	lineSize   = 12
	labelSize  = 12
	lineHeight = 17
	boxPadding = 14
	widest     = 200 // of a label, before it goes on in a second line
	dotSide    = 18  // of the beginning
	countSide  = 26  // of a figure beside a label
	pageMargin = 24
)

const style = `text{font-family:Helvetica,Arial,sans-serif;fill:#1c2a24;text-anchor:middle}
.name{font-size:15px;font-weight:bold}.line{font-size:12px;fill:#51615a}.label{font-size:12px;fill:#39463f}
.box{fill:#fff;stroke:#8fa39a;stroke-width:1.3}.asking .box{fill:#e7f5ec;stroke:#128c4b}.inner{fill:none;stroke:#8fa39a}
.anywhere .box{fill:#f4f6f5;stroke-dasharray:5 4}` +
	`.disclosure .box{fill:#fff8dd;stroke:#c99a00}.out .box{fill:#fdecea;stroke:#c0392b}
.beginning .box{fill:#1c2a24;stroke:none}.arrow{fill:none;stroke:#6d8078;stroke-width:1.3}.tip{fill:#6d8078}
.halo{fill:#fff;fill-opacity:.92}.count rect{fill:#128c4b}.count text{font-size:11px;font-weight:bold;fill:#fff}`

// SVG draws the flow as a picture. Every state and every arrow has a place for a figure: a group of
// the class "count" with the attribute data-state or data-arrow, which is hidden where counts has
// none.
func (f *Flow) SVG(counts Counts) string {
	shown := f.nodes()
	nodes, at := make([]layout.Node, len(shown)), map[string]int{}
	for i, n := range shown {
		nodes[i].Width, nodes[i].Height = n.size()
		at[n.name] = i
	}
	arrows := f.arrows()
	edges, labels := make([]layout.Edge, len(arrows)), make([][]string, len(arrows))
	for i, a := range arrows {
		labels[i] = folded(a.label)
		edges[i] = layout.Edge{From: at[a.from], To: at[a.to], Beside: countSide}
		for _, line := range labels[i] {
			edges[i].Width = max(edges[i].Width, textWidth(line, labelSize)+14)
			edges[i].Height += lineHeight
		}
	}
	width, height := layout.Place(nodes, edges)

	var b strings.Builder
	w, h := width+2*pageMargin, height+2*pageMargin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" `+
		`role="img">`+"\n",
		w, h, w, h)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", xmlText("The flow "+f.Name), style)
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" ` +
		`markerWidth="8" markerHeight="8" orient="auto">` +
		`<path class="tip" d="M0 1L10 5L0 9z"/></marker></defs>` + "\n")
	fmt.Fprintf(&b, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<g transform=\"translate(%d %d)\">\n",
		pageMargin, pageMargin)
	for _, e := range edges {
		fmt.Fprintf(&b, "<path class=\"arrow\" d=\"%s\" marker-end=\"url(#tip)\"/>\n", curve(e.Path))
	}
	for i, e := range edges {
		drawLabel(&b, e, labels[i])
		drawCount(&b, fmt.Sprintf(`data-arrow="%s %s"`, shown[e.From].id, shown[e.To].id), counts.Arrows,
			[2]string{arrows[i].from, arrows[i].to},
			e.Label.X+e.Width/2+countSide/2, e.Label.Y)
	}
	for i, n := range shown {
		n.draw(&b, nodes[i])
		drawCount(&b, fmt.Sprintf(`data-state="%s"`, n.id), counts.States, n.name,
			nodes[i].X+nodes[i].Width/2, nodes[i].Y-nodes[i].Height/2)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// size is how large the box of a node is.
func (n node) size() (width, height float64) {
	if n.kind == beginning {
		return dotSide, dotSide
	}
	width, height = textWidth(n.name, nameSize)*1.08, nameSize+2*boxPadding // its name is bold
	for _, line := range n.lines {
		width, height = max(width, textWidth(line, lineSize)), height+lineHeight
	}
	return width + 2*boxPadding + 8, height
}

// classes are how the style knows the kinds of node.
var classes = map[nodeKind]string{
	beginning: "beginning", passing: "passing", asking: "asking", resting: "resting", anywhere: "anywhere",
	disclosure: "disclosure", out: "out",
}

// draw draws a box with its name and lines.
func (n node) draw(b *strings.Builder, at layout.Node) {
	fmt.Fprintf(b, "<g class=\"%s\" id=\"%s\"><title>%s</title>", classes[n.kind], n.id, xmlText(n.name))
	left, top := at.X-at.Width/2, at.Y-at.Height/2
	radius := map[nodeKind]float64{
		beginning: at.Height / 2, anywhere: at.Height / 2, out: at.Height / 2, asking: 12, disclosure: 2,
	}[n.kind]
	if radius == 0 {
		radius = 6
	}
	fmt.Fprintf(b, `<rect class="box" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f"/>`,
		left, top, at.Width, at.Height, radius)
	if n.kind == resting { // a second border, as on the end of a machine
		fmt.Fprintf(b, `<rect class="inner" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="3"/>`,
			left+4, top+4, at.Width-8, at.Height-8)
	}
	if n.kind != beginning {
		y := top + boxPadding + nameSize - 2.5
		fmt.Fprintf(b, `<text class="name" x="%.1f" y="%.1f">%s</text>`, at.X, y, xmlText(n.name))
		for _, line := range n.lines {
			y += lineHeight
			fmt.Fprintf(b, `<text class="line" x="%.1f" y="%.1f">%s</text>`, at.X, y, xmlText(line))
		}
	}
	b.WriteString("</g>\n")
}

func drawLabel(b *strings.Builder, e layout.Edge, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, `<rect class="halo" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`,
		e.Label.X-e.Width/2+3, e.Label.Y-e.Height/2, e.Width-6, e.Height)
	y := e.Label.Y - e.Height/2 + lineHeight - 4.5
	for _, line := range lines {
		fmt.Fprintf(b, `<text class="label" x="%.1f" y="%.1f">%s</text>`, e.Label.X, y, xmlText(line))
		y += lineHeight
	}
	b.WriteByte('\n')
}

// drawCount draws the place for a figure, and the figure.
func drawCount[K comparable](b *strings.Builder, whose string, counts map[K]int, key K, x, y float64) {
	n, known := counts[key]
	text, hidden := fmt.Sprint(n), ""
	if !known {
		text, hidden = "", ` visibility="hidden"`
	}
	wide := max(22, textWidth(text, 11)+12)
	fmt.Fprintf(b, `<g class="count" %s%s><rect x="%.1f" y="%.1f" width="%.1f" height="16" rx="8"/>`+
		`<text x="%.1f" y="%.1f">%s</text></g>`+"\n",
		whose, hidden, x-wide/2, y-8, wide, x, y+4, text)
}

// curve is the path of an arrow: upright where it begins, ends and passes a layer, smooth between.
func curve(path []layout.Point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f %.1f", path[0].X, path[0].Y)
	for i, to := range path[1:] {
		from := path[i]
		if from.X == to.X {
			fmt.Fprintf(&b, "V%.1f", to.Y)
			continue
		}
		middle := (from.Y + to.Y) / 2
		fmt.Fprintf(&b, "C%.1f %.1f %.1f %.1f %.1f %.1f", from.X, middle, to.X, middle, to.X, to.Y)
	}
	return b.String()
}

// folded cuts a label into lines.
func folded(label string) (lines []string) {
	for _, word := range strings.Fields(label) {
		if last := len(lines) - 1; last >= 0 && textWidth(lines[last]+" "+word, labelSize) <= widest {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// xmlText escapes a text for XML. What XML cannot hold becomes a sign that says so.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

// helvetica are the widths of the printable ASCII characters in thousandths of the size (Adobe Font
// Metrics, Helvetica).
var helvetica = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
}

// textWidth is about how wide a text is drawn: exact for ASCII in Helvetica, generous for the rest.
func textWidth(s string, size float64) float64 {
	sum := 0
	for _, r := range s {
		switch {
		case r >= ' ' && r <= '~':
			sum += helvetica[r-' ']
		case r < 0x1100:
			sum += 600
		default: // Chinese, Korean, emoji
			sum += 1000
		}
	}
	return float64(sum) * size / 1000
}
