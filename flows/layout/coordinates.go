package layout

import (
	"cmp"
	"math"
	"slices"
)

// pulls is how often the layers are pulled straight.
const pulls = 200

// across gives every vertex its x and returns the width. Each layer is pulled towards its
// neighbours, above and below in turns and in the end both, with its order and distances kept. Long
// arrows pull most, so that they are straight.
func (g *graph) across() (width float64) {
	for _, layer := range g.layers {
		g.settle(layer, func(int) (x, weight float64) { return 0, 1 })
	}
	for i := range pulls {
		up, down := i%2 == 1 || i >= 16, i%2 == 0 || i >= 16
		for j := range g.layers {
			layer := g.layers[j]
			if i%2 == 1 {
				layer = g.layers[len(g.layers)-1-j]
			}
			g.settle(layer, func(v int) (x, weight float64) { return g.pull(v, down, up) })
		}
	}
	left, right := math.Inf(1), math.Inf(-1)
	for _, v := range g.vertices {
		left, right = min(left, v.x-v.left), max(right, v.x+v.right)
	}
	for i := range g.vertices {
		g.vertices[i].x -= left
	}
	return right - left
}

// pull is where the neighbours above or below, or both, want a vertex, and how much.
func (g *graph) pull(v int, byAbove, byBelow bool) (x, weight float64) {
	var near []int
	if byAbove {
		near = append(near, g.vertices[v].above...)
	}
	if byBelow {
		near = append(near, g.vertices[v].below...)
	}
	for _, w := range near {
		much := 1.0
		if !g.vertices[v].isNode() && !g.vertices[w].isNode() {
			much = 8
		} else if !g.vertices[v].isNode() || !g.vertices[w].isNode() {
			much = 2
		}
		much /= max(1, math.Abs(g.vertices[w].x-g.vertices[v].x)) // so that one bend remains of many small ones
		x, weight = x+much*g.vertices[w].x, weight+much
	}
	if weight == 0 {
		return g.vertices[v].x, 0.01
	}
	return x / weight, weight
}

// A block is a run of vertices that touch, and the mean of where they want to be.
type block struct{ sum, weight, count float64 }

// settle puts a layer as near as possible, by least squares, to where wanted says, with its order
// and distances kept: isotonic regression by pooling neighbours that want to pass each other.
func (g *graph) settle(layer []int, wanted func(v int) (x, weight float64)) {
	offsets, offset := make([]float64, len(layer)), 0.0
	var blocks []block
	for i, v := range layer {
		if i > 0 {
			offset += g.distance(layer[i-1], v)
		}
		offsets[i] = offset
		x, weight := wanted(v)
		blocks = append(blocks, block{(x - offset) * weight, weight, 1})
		for n := len(blocks); n > 1 && blocks[n-2].sum/blocks[n-2].weight > blocks[n-1].sum/blocks[n-1].weight; n-- {
			a, b := blocks[n-2], blocks[n-1]
			blocks = append(blocks[:n-2], block{a.sum + b.sum, a.weight + b.weight, a.count + b.count})
		}
	}
	i := 0
	for _, b := range blocks {
		for range int(b.count) {
			g.vertices[layer[i]].x = b.sum/b.weight + offsets[i]
			i++
		}
	}
}

// distance is how far apart two neighbours of a layer have to be.
func (g *graph) distance(a, b int) float64 {
	gap := float64(bendGap)
	if g.vertices[a].isNode() && g.vertices[b].isNode() {
		gap = nodeGap
	}
	return g.vertices[a].right + gap + g.vertices[b].left
}

// down gives every layer its y and returns the height.
func (g *graph) down() (height float64) {
	for _, layer := range g.layers {
		tall := 0.0
		for _, v := range layer {
			tall = max(tall, g.vertices[v].height)
		}
		g.top, g.tall = append(g.top, height), append(g.tall, tall)
		height += tall + layerGap
	}
	return height - layerGap
}

// middle is the y of a vertex.
func (g *graph) middle(v int) float64 {
	return g.top[g.vertices[v].rank] + g.tall[g.vertices[v].rank]/2
}

// lead fills the places of the nodes, and the ways of the edges.
func (g *graph) lead(nodes []Node, edges []Edge) {
	for i := range nodes {
		nodes[i].X, nodes[i].Y = g.vertices[i].x, g.middle(i)
	}
	for i := range edges {
		if e := &edges[i]; e.From == e.To {
			loop(nodes[e.From], e)
		}
	}
	begins, ends := g.ports(true), g.ports(false)
	for i, c := range g.chains {
		upper, lower := nodes[c.vertices[0]], nodes[c.vertices[len(c.vertices)-1]]
		path := []Point{{begins[i], upper.Y + upper.Height/2}}
		for _, v := range c.vertices[1 : len(c.vertices)-1] {
			x, rank := g.vertices[v].x, g.vertices[v].rank
			path = append(path, Point{x, g.top[rank]}, Point{x, g.top[rank] + g.tall[rank]})
		}
		path = append(path, Point{ends[i], lower.Y - lower.Height/2})
		if c.upwards {
			slices.Reverse(path)
		}
		label := c.vertices[c.label]
		edges[c.edge].Path, edges[c.edge].Label = path, Point{g.vertices[label].x, g.middle(label)}
	}
}

// loop leads an edge that returns to its node around that node's right side.
func loop(n Node, e *Edge) {
	x, y := n.X+n.Width/2, min(n.Height/4, 12)
	e.Path = []Point{{x, n.Y - y}, {x + loopSide, n.Y - y}, {x + loopSide, n.Y + y}, {x, n.Y + y}}
	e.Label = Point{x + loopSide + e.Width/2, n.Y}
}

// ports tells where each chain touches its upper, or its lower, node: those of one side next to
// each other, in the order in which they go on.
func (g *graph) ports(upper bool) []float64 {
	at, sides := make([]float64, len(g.chains)), map[int][]int{}
	next := func(i int) float64 {
		c := g.chains[i].vertices
		if upper {
			return g.vertices[c[1]].x
		}
		return g.vertices[c[len(c)-2]].x
	}
	for i, c := range g.chains {
		node := c.vertices[0]
		if !upper {
			node = c.vertices[len(c.vertices)-1]
		}
		sides[node] = append(sides[node], i)
	}
	for node, list := range sides {
		slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(next(a), next(b)) })
		wide := 2 * g.vertices[node].left // of the box. The right side may have a loop
		gap := min(portGap, wide*0.7/float64(len(list)))
		for j, i := range list {
			at[i] = g.vertices[node].x + gap*(float64(j)-float64(len(list)-1)/2)
		}
	}
	return at
}
