package flows

import (
	"fmt"
	"strings"
)

// The names of what the pictures show beside the states. No state has a name with a space.
const (
	startDot = "the start"
	// stands for every state, so that the ways which lead away from all of them are drawn once
	everywhere = "from anywhere"
	disclosing = "the disclosure"
	outside    = "out of it"
)

// The kinds of node.
type nodeKind int

const (
	beginning  nodeKind = iota // where somebody writes for the first time
	passing                    // a state that says something and goes on
	asking                     // a state that asks
	resting                    // a state in which people stay until they write
	anywhere                   // every state
	disclosure                 // what is said to whoever opts in
	out                        // where a stop leads
)

// A node is a state, or what is not one, as the pictures show it.
type node struct {
	name  string
	id    string // a name that neither Mermaid nor DOT nor SVG has a meaning for
	kind  nodeKind
	lines []string // below the name
}

func (n node) label(separator string) string {
	return strings.Join(append([]string{n.name}, n.lines...), separator)
}

// An arrow is a way from one node to another and what it is called.
type arrow struct{ from, to, label string }

// nodes are the boxes of the picture: the beginning, the states in the order of the file, and the
// ways in and out.
func (f *Flow) nodes() []node {
	list := []node{{name: startDot, id: "start", kind: beginning}}
	for i, name := range f.Order {
		list = append(list, f.stateNode(i, f.States[name]))
	}
	told := "is told"
	if f.OptIn.Confirm {
		told = "is asked, and yes is in"
	}
	return append(list,
		node{name: everywhere, id: "anywhere", kind: anywhere},
		node{name: disclosing, id: "disclosure", kind: disclosure, lines: []string{told}},
		node{name: outside, id: "out", kind: out, lines: []string{"goodbye, once"}})
}

func (f *Flow) stateNode(i int, s *State) node {
	n := node{name: s.Name, id: fmt.Sprintf("s%d", i+1), kind: passing}
	switch {
	case s.Ask != nil:
		n.kind = asking
		n.lines = append(n.lines, fmt.Sprintf("asks %s (%s)", s.Ask.Preference, s.Ask.Choose))
	case s.Waits():
		n.kind = resting
	}
	if s.Card {
		n.lines = append(n.lines, "sends the contact card")
	}
	return n
}

// arrows are all ways that are drawn: those of the file, the way in and the way out. These two lead
// from everywhere.
func (f *Flow) arrows() []arrow {
	return append([]arrow{
		{startDot, f.Start, ""},
		{everywhere, disclosing, fmt.Sprintf("%q", f.firstWord(f.OptIn.Phrases))},
		{disclosing, f.OptIn.Goto, "is subscribed"},
		{everywhere, outside, `"2", a stop word`},
	}, f.ways()...)
}

// ways are the arrows between states as the file has them, those of a state and a target gathered.
func (f *Flow) ways() (list []arrow) {
	at := map[[2]string]int{}
	for _, name := range f.Order {
		for _, e := range f.States[name].edges() {
			key := [2]string{e.From, e.To}
			label := f.arrowLabel(e)
			if i, ok := at[key]; ok {
				list[i].label += ", " + label
				continue
			}
			at[key] = len(list)
			list = append(list, arrow{e.From, e.To, label})
		}
	}
	return list
}

// arrowLabel names a way as an operator would: the answer, the timeout, the first of the words that
// people write.
func (f *Flow) arrowLabel(e Transition) string {
	var i int
	if n, _ := fmt.Sscanf(e.Event, EventWhenStem+"%d", &i); n == 1 {
		return fmt.Sprintf("%q", f.firstWord(f.States[e.From].When[i].Words))
	}
	switch e.Event {
	case EventTimeout:
		return "silent for " + DurationText(f.States[e.From].Ask.Timeout.After)
	case EventNext:
		return "at once"
	}
	return e.Event
}

// firstWord is one example of what people write, in the flow's first language where there is one.
func (f *Flow) firstWord(words map[string][]string) string {
	if list, ok := pick(words, f.Languages[0], f.Languages); ok && len(list) > 0 {
		return list[0]
	}
	return ""
}

// ids are the ids of the nodes by their names.
func ids(nodes []node) map[string]string {
	ids := map[string]string{}
	for _, n := range nodes {
		ids[n.name] = n.id
	}
	return ids
}

// mermaidShapes are Mermaid's signs around a label, before and after it.
var mermaidShapes = map[nodeKind][2]string{
	beginning: {"((", "))"}, passing: {"[", "]"}, asking: {"{{", "}}"}, resting: {"[[", "]]"},
	anywhere: {"([", "])"}, disclosure: {"[/", "/]"}, out: {"([", "])"},
}

// Mermaid draws the flow as a Mermaid flowchart, the form that GitHub and many editors show as a
// picture.
func (f *Flow) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	nodes := f.nodes()
	for _, n := range nodes {
		shape := mermaidShapes[n.kind]
		fmt.Fprintf(&b, "  %s%s\"%s\"%s\n", n.id, shape[0], mermaidText(n.label("<br/>")), shape[1])
	}
	id := ids(nodes)
	for _, a := range f.arrows() {
		if a.label == "" {
			fmt.Fprintf(&b, "  %s --> %s\n", id[a.from], id[a.to])
			continue
		}
		fmt.Fprintf(&b, "  %s -- \"%s\" --> %s\n", id[a.from], mermaidText(a.label), id[a.to])
	}
	return b.String()
}

// mermaidText writes a text for Mermaid, whose labels end with a quote.
func mermaidText(s string) string {
	return strings.NewReplacer(`"`, "#quot;", "|", "#124;").Replace(s)
}

// dotShapes are the attributes of a node in DOT.
var dotShapes = map[nodeKind]string{
	beginning: "shape=circle, style=solid", passing: "", asking: "shape=hexagon, style=solid", resting: "peripheries=2",
	anywhere: "style=dashed", disclosure: "shape=note, style=solid", out: "style=dashed",
}

// DOT draws the flow in the language of Graphviz.
func (f *Flow) DOT() string {
	var b strings.Builder
	b.WriteString("digraph flow {\n  node [shape=box, style=rounded, fontname=Helvetica, margin=0.2]; " +
		"edge [fontname=Helvetica, fontsize=11];\n")
	nodes := f.nodes()
	for _, n := range nodes {
		shape := dotShapes[n.kind]
		if shape != "" {
			shape = ", " + shape
		}
		fmt.Fprintf(&b, "  %s [label=%s%s];\n", n.id, dotText(n.label("\n")), shape)
	}
	id := ids(nodes)
	for _, a := range f.arrows() {
		label := ""
		if a.label != "" {
			label = " [label=" + dotText("  "+a.label+"  ") + "]"
		}
		fmt.Fprintf(&b, "  %s -> %s%s;\n", id[a.from], id[a.to], label)
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes a text for DOT, whose escapes are not Go's.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
