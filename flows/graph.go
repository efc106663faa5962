package flows

import (
	"fmt"
	"strings"
)

// everywhere stands for every state, so that the ways which lead away from all of them are drawn once. No state has this name.
const everywhere = "from anywhere"

// A node is a state as the pictures show it.
type node struct {
	name  string
	lines []string // below the name
	asks  bool
}

// An arrow is a way from one node to another and what it is called.
type arrow struct{ from, to, label string }

// nodes are what Mermaid and DOT draw: the states in the order of the file.
func (f *Flow) nodes() []node {
	var list []node
	for _, name := range f.Order {
		n := node{name: name, asks: f.States[name].Ask != nil}
		if q := f.States[name].Ask; q != nil {
			n.lines = append(n.lines, fmt.Sprintf("asks %s (%s)", q.Preference, q.Choose))
		}
		list = append(list, n)
	}
	return list
}

// arrows are the ways that the file draws, those of a state and a target gathered, and the opt-in from everywhere. That the way
// out leads from everywhere to the start goes without saying: it is not drawn.
func (f *Flow) arrows() []arrow {
	list := []arrow{{everywhere, f.OptIn.Goto, "opt in"}}
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

// arrowLabel names a way as an operator would: the answer, the timeout, the first of the words that people write.
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
	if list, ok := in(words, f.Languages[0], f.Languages); ok && len(list) > 0 {
		return list[0]
	}
	return ""
}

// ids gives every node a name that neither Mermaid nor DOT has a meaning for.
func (f *Flow) ids() map[string]string {
	ids := map[string]string{everywhere: "anywhere"}
	for i, name := range f.Order {
		ids[name] = fmt.Sprintf("s%d", i+1)
	}
	return ids
}

// Mermaid draws the flow as a Mermaid flowchart, the form that GitHub and many editors show as a picture.
func (f *Flow) Mermaid() string {
	var b strings.Builder
	ids := f.ids()
	fmt.Fprintf(&b, "flowchart TD\n  start((start)) --> %s\n", ids[f.Start])
	for _, n := range f.nodes() {
		open, end := `["`, `"]`
		if n.asks {
			open, end = `{{"`, `"}}`
		}
		fmt.Fprintf(&b, "  %s%s%s%s\n", ids[n.name], open, strings.Join(append([]string{n.name}, n.lines...), "<br/>"), end)
	}
	fmt.Fprintf(&b, "  %s([\"%s\"])\n", ids[everywhere], everywhere)
	for _, a := range f.arrows() {
		label := strings.NewReplacer(`"`, "#quot;", "|", "#124;").Replace(a.label)
		fmt.Fprintf(&b, "  %s -- \"%s\" --> %s\n", ids[a.from], label, ids[a.to])
	}
	return b.String()
}

// DOT draws the flow in the language of Graphviz.
func (f *Flow) DOT() string {
	var b strings.Builder
	ids := f.ids()
	b.WriteString("digraph flow {\n  node [shape=box, style=rounded, fontname=Helvetica, margin=0.2]; edge [fontname=Helvetica, fontsize=11];\n")
	fmt.Fprintf(&b, "  start [shape=circle, style=solid]; start -> %s;\n", ids[f.Start])
	for _, n := range f.nodes() {
		shape := ""
		if n.asks {
			shape = ", shape=hexagon, style=solid"
		}
		fmt.Fprintf(&b, "  %s [label=%s%s];\n", ids[n.name], dotText(strings.Join(append([]string{n.name}, n.lines...), "\n")), shape)
	}
	fmt.Fprintf(&b, "  %s [label=%s, style=dashed];\n", ids[everywhere], dotText(everywhere))
	for _, a := range f.arrows() {
		fmt.Fprintf(&b, "  %s -> %s [label=%s];\n", ids[a.from], ids[a.to], dotText("  "+a.label+"  "))
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes a text for DOT, whose escapes are not Go's.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
