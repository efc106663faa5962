package flows

import (
	"fmt"
	"strings"

	"optinbot/flows/layout"
)

// A Drawing is a flow as the page of the operators shows it: the states only, without a style of its
// own. The page's style knows the classes node, hit, b (bold), m (muted), e (at the end), axis, tip.
type Drawing struct {
	Counts Counts
	Title  string                    // what a screen reader says of the picture
	Link   func(state *State) string // where a state leads. ""
	Count  func(n int) string        // a figure as people write it. Nil: its digits
	Hit    map[string]bool           // states with a problem
}

// The sizes of the page's drawing.
const (
	pageName    = 14
	pageLine    = 12
	pagePadding = 12
	pageCount   = 46 // room for a figure at the end of a box
	pageEdge    = 8
)

// Draw draws the flow for the page.
func (f *Flow) Draw(d Drawing) string {
	if d.Count == nil {
		d.Count = func(n int) string { return fmt.Sprint(n) }
	}
	var shown []node
	at := map[string]int{}
	for i, name := range f.Order {
		at[name] = i
		shown = append(shown, f.stateNode(i, f.States[name]))
	}
	nodes := make([]layout.Node, len(shown))
	for i, n := range shown {
		nodes[i].Width, nodes[i].Height = n.pageSize()
	}
	arrows := f.pageArrows()
	edges, labels := make([]layout.Edge, len(arrows)), make([][]string, len(arrows))
	for i, a := range arrows {
		labels[i] = folded(a.label)
		if n := d.Counts.Arrows[[2]string{a.from, a.to}]; n > 0 {
			labels[i] = append(labels[i], d.Count(n))
		}
		edges[i] = layout.Edge{From: at[a.from], To: at[a.to]}
		for _, line := range labels[i] {
			edges[i].Width = max(edges[i].Width, textWidth(line, labelSize)+10)
			edges[i].Height += lineHeight
		}
	}
	width, height := layout.Place(nodes, edges)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="g flow" viewBox="%d %d %.0f %.0f" role="group" aria-label="%s">`+"\n",
		-pageEdge, -pageEdge, width+2*pageEdge, height+2*pageEdge, xmlText(d.Title))
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" ` +
		`orient="auto"><path class="tip" d="M0 1L10 5L0 9z"/></marker></defs>` + "\n")
	for _, e := range edges {
		fmt.Fprintf(&b, "<path class=\"axis\" d=\"%s\" marker-end=\"url(#tip)\"/>\n", curve(e.Path))
	}
	for i, e := range edges {
		d.label(&b, e, labels[i], d.Counts.Arrows[[2]string{arrows[i].from, arrows[i].to}] > 0)
	}
	for i, n := range shown {
		d.node(&b, n, nodes[i], f.States[n.name])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// pageArrows are the ways between states, and the way that most people take in.
func (f *Flow) pageArrows() []arrow {
	ways := f.ways()
	if f.Start == f.OptIn.Goto {
		return ways
	}
	in := fmt.Sprintf("%q", f.firstWord(f.OptIn.Phrases))
	for i, w := range ways {
		if w.from == f.Start && w.to == f.OptIn.Goto {
			ways[i].label = in + ", " + w.label
			return ways
		}
	}
	return append([]arrow{{f.Start, f.OptIn.Goto, in}}, ways...)
}

func (n node) pageSize() (width, height float64) {
	width, height = textWidth(n.name, pageName)*1.08, pageName+2*pagePadding
	for _, line := range n.lines {
		width, height = max(width, textWidth(line, pageLine)), height+lineHeight
	}
	return width + 2*pagePadding + pageCount, height
}

func (d Drawing) label(b *strings.Builder, e layout.Edge, lines []string, counted bool) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, `<rect class="halo" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`,
		e.Label.X-e.Width/2+2, e.Label.Y-e.Height/2, e.Width-4, e.Height)
	y := e.Label.Y - e.Height/2 + lineHeight - 4.5
	for i, line := range lines {
		class := "m c"
		if counted && i == len(lines)-1 {
			class = "b c"
		}
		fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%.1f">%s</text>`, class, e.Label.X, y, xmlText(line))
		y += lineHeight
	}
	b.WriteByte('\n')
}

func (d Drawing) node(b *strings.Builder, n node, at layout.Node, s *State) {
	left, top, class := at.X-at.Width/2, at.Y-at.Height/2, "node"
	if d.Hit[n.name] {
		class = "node hit"
	}
	href := ""
	if d.Link != nil {
		href = d.Link(s)
	}
	if href != "" {
		fmt.Fprintf(b, `<a href="%s" data-goto="%d">`, xmlText(href), s.Line)
	}
	fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="6"/>`, class, left, top, at.Width, at.Height)
	y := top + pagePadding + pageName - 2.5
	fmt.Fprintf(b, `<text class="b" x="%.1f" y="%.1f">%s</text>`, left+pagePadding, y, xmlText(n.name))
	if count, known := d.Counts.States[n.name]; known {
		fmt.Fprintf(b, `<text class="b e" x="%.1f" y="%.1f">%s</text>`, left+at.Width-pagePadding, y, xmlText(d.Count(count)))
	}
	for _, line := range n.lines {
		y += lineHeight
		fmt.Fprintf(b, `<text class="m" x="%.1f" y="%.1f">%s</text>`, left+pagePadding, y, xmlText(line))
	}
	if href != "" {
		b.WriteString("</a>")
	}
	b.WriteByte('\n')
}

// Way is the arrows of the page's drawing by which somebody came from one state to another, with the
// states between that they passed at once. silent: they had written nothing. There is none for a move
// that the drawing does not show. "" is the place before the greeting.
func (f *Flow) Way(from, to string, silent bool) [][2]string {
	if from == "" {
		from = f.Start
	}
	came := map[string]string{from: ""}
	for open := []string{from}; len(open) > 0; open = open[1:] {
		here := open[0]
		for _, next := range f.next(here, silent) {
			if next == to {
				way := [][2]string{{here, to}}
				for ; here != from; here = came[here] {
					way = append([][2]string{{came[here], here}}, way...)
				}
				return way
			}
			if _, seen := came[next]; !seen && !silent && !f.States[next].Waits() {
				came[next] = here
				open = append(open, next)
			}
		}
	}
	return nil
}

// next are the states that a drawn arrow leads to, for whoever was silent or for whoever was not.
func (f *Flow) next(state string, silent bool) (names []string) {
	s := f.States[state]
	if s == nil {
		return nil
	}
	for _, e := range s.edges() {
		if (e.Event == EventTimeout) == silent {
			names = append(names, e.To)
		}
	}
	if state == f.Start && !silent {
		names = append(names, f.OptIn.Goto)
	}
	return names
}
