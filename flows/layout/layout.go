// Package layout places the boxes of a small directed graph in layers and leads the arrows between
// them, in the way that Sugiyama, Tagawa and Toda described: break the cycles, rank, order each
// layer so that few arrows cross, then give coordinates. Every label has a place of its own on its
// arrow, so nothing lies over anything. Pure: the same graph always comes out the same.
package layout

import "slices"

// A Node is a box. X and Y, of its centre, are filled by Place. Y grows downwards.
type Node struct {
	Width, Height float64
	X, Y          float64
}

// An Edge is an arrow from one node to another, or to the same one. Width and Height are its
// label's, 0 for none.
type Edge struct {
	From, To      int // in the list of nodes
	Width, Height float64
	Beside        float64 // room that stays free to the right of the label

	Label Point   // of the label's centre, filled by Place
	Path  []Point // from border to border, at least two points, filled by Place
}

// A Point is a place on the drawing.
type Point struct{ X, Y float64 }

// The distances, in the unit of the sizes.
const (
	nodeGap  = 36 // beside a box
	bendGap  = 20 // beside an arrow or a label
	layerGap = 20 // below a layer
	loopSide = 30 // how far a loop goes out
	portGap  = 22 // between arrows at the same side of a box
)

// Place fills the coordinates of nodes and edges, from 0, and returns the size of the drawing.
func Place(nodes []Node, edges []Edge) (width, height float64) {
	if len(nodes) == 0 {
		return 0, 0
	}
	g := layered(nodes, edges)
	g.order()
	width = g.across()
	height = g.down()
	g.lead(nodes, edges)
	return width, height
}

// A vertex is what has a place in a layer: a node, the label of an edge, or a bend of an edge that
// passes.
type vertex struct {
	rank        int
	left, right float64 // how far it reaches from x
	height      float64
	x           float64
	node        int // -1: a label or a bend
	above       []int
	below       []int
}

func (v vertex) isNode() bool { return v.node >= 0 }

// A graph has the layers. Its first vertices are the nodes.
type graph struct {
	vertices []vertex
	layers   [][]int
	top      []float64 // y of each layer
	tall     []float64 // its height
	chains   []chain
}

// A chain is an edge through the layers: vertices from the upper end to the lower end, with ends.
type chain struct {
	edge     int
	upwards  bool // the edge goes from the lower end to the upper
	vertices []int
	label    int // in vertices
}

// layered breaks cycles, ranks the nodes, and cuts the edges at every layer.
func layered(nodes []Node, edges []Edge) *graph {
	g := &graph{}
	for i, n := range nodes {
		g.vertices = append(g.vertices, vertex{left: n.Width / 2, right: n.Width / 2, height: n.Height, node: i})
	}
	back := backEdges(len(nodes), edges)
	for i, r := range ranks(len(nodes), edges, back) {
		g.vertices[i].rank = r
	}
	for i, e := range edges {
		if e.From == e.To {
			v := &g.vertices[e.From]
			v.right, v.height = v.right+loopSide+e.Width+e.Beside, max(v.height, e.Height)
			continue
		}
		g.cut(i, e, back[i])
	}
	for i, v := range g.vertices {
		for len(g.layers) <= v.rank {
			g.layers = append(g.layers, nil)
		}
		g.layers[v.rank] = append(g.layers[v.rank], i)
	}
	return g
}

// backEdges tells which edges close a cycle, in the order in which a walk from the first node on
// meets them.
func backEdges(n int, edges []Edge) map[int]bool {
	back, state := map[int]bool{}, make([]int, n) // 0: not met, 1: on the way, 2: done
	var visit func(v int)
	visit = func(v int) {
		state[v] = 1
		for i, e := range edges {
			if e.From != v || e.To == v {
				continue
			}
			switch state[e.To] {
			case 0:
				visit(e.To)
			case 1:
				back[i] = true
			}
		}
		state[v] = 2
	}
	for v := range n {
		if state[v] == 0 {
			visit(v)
		}
	}
	return back
}

// span is how many layers lie between two nodes that are joined, at least: one for the label.
const span = 2

// ranks puts every node below all that lead to it, as high as that allows, and then as near as it
// can to what it leads to.
func ranks(n int, edges []Edge, back map[int]bool) []int {
	rank := make([]int, n)
	for range n {
		for i, e := range edges {
			if e.From != e.To {
				upper, lower := ends(e, back[i])
				rank[lower] = max(rank[lower], rank[upper]+span)
			}
		}
	}
	for range n {
		for v := range n {
			in, out, room := 0, 0, 1<<30
			for i, e := range edges {
				if e.From == e.To {
					continue
				}
				switch upper, lower := ends(e, back[i]); v {
				case upper:
					out, room = out+1, min(room, rank[lower]-span)
				case lower:
					in++
				}
			}
			if out > in {
				rank[v] = room
			}
		}
	}
	lowest := slices.Min(rank)
	for v := range rank {
		rank[v] -= lowest
	}
	return rank
}

func ends(e Edge, back bool) (upper, lower int) {
	if back {
		return e.To, e.From
	}
	return e.From, e.To
}

// cut puts a vertex of edge i into every layer between its ends. The label is next to where the
// arrow begins.
func (g *graph) cut(i int, e Edge, back bool) {
	upper, lower := ends(e, back)
	c := chain{edge: i, upwards: back, vertices: []int{upper}, label: 1}
	from, to := g.vertices[upper].rank, g.vertices[lower].rank
	for r := from + 1; r < to; r++ {
		g.vertices = append(g.vertices, vertex{rank: r, node: -1})
		c.vertices = append(c.vertices, len(g.vertices)-1)
	}
	c.vertices = append(c.vertices, lower)
	if back {
		c.label = len(c.vertices) - 2
	}
	label := &g.vertices[c.vertices[c.label]]
	label.left, label.right, label.height = e.Width/2, e.Width/2+e.Beside, e.Height
	for j, v := range c.vertices[1:] {
		above := c.vertices[j]
		g.vertices[above].below = append(g.vertices[above].below, v)
		g.vertices[v].above = append(g.vertices[v].above, above)
	}
	g.chains = append(g.chains, c)
}
