package layout

import (
	"cmp"
	"slices"
)

// sweeps is how often the layers are ordered by their neighbours. More of them find nothing in
// graphs of this size.
const sweeps = 24

// order orders the vertices of each layer so that few arrows cross: each goes to the mean place of
// its neighbours in the layer before, in turns from above and from below, and then neighbours swap
// where that helps. The best order of all sweeps stays.
func (g *graph) order() {
	best, fewest := g.copied(), g.crossings()
	for i := 0; i < sweeps && fewest > 0; i++ {
		g.sweep(i%2 == 0)
		g.swap()
		if n := g.crossings(); n < fewest {
			best, fewest = g.copied(), n
		}
	}
	g.layers = best
}

func (g *graph) copied() (layers [][]int) {
	for _, layer := range g.layers {
		layers = append(layers, slices.Clone(layer))
	}
	return layers
}

// sweep orders every layer by the mean place of each vertex's neighbours above, or below.
func (g *graph) sweep(fromAbove bool) {
	for i := range g.layers {
		layer := g.layers[i]
		if !fromAbove {
			layer = g.layers[len(g.layers)-1-i]
		}
		place := g.places()
		mean := map[int]float64{}
		for at, v := range layer {
			near := g.vertices[v].above
			if !fromAbove {
				near = g.vertices[v].below
			}
			mean[v] = float64(at)
			if len(near) > 0 {
				mean[v] = 0
			}
			for _, w := range near {
				mean[v] += float64(place[w]) / float64(len(near))
			}
		}
		slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(mean[a], mean[b]) })
	}
}

// swap exchanges neighbours as long as fewer arrows cross after it.
func (g *graph) swap() {
	place := g.places()
	for better := true; better; {
		better = false
		for _, layer := range g.layers {
			for i := 1; i < len(layer); i++ {
				a, b := layer[i-1], layer[i]
				if g.crossed(b, a, place) < g.crossed(a, b, place) {
					layer[i-1], layer[i], better = b, a, true
					place[a], place[b] = i, i-1
				}
			}
		}
	}
}

// crossed counts how often the arrows of two neighbours cross each other where left is left of
// right.
func (g *graph) crossed(left, right int, place []int) (n int) {
	l, r := g.vertices[left], g.vertices[right]
	for _, sides := range [][2][]int{{l.above, r.above}, {l.below, r.below}} {
		for _, a := range sides[0] {
			for _, b := range sides[1] {
				if place[a] > place[b] {
					n++
				}
			}
		}
	}
	return n
}

// places tells where in its layer each vertex is.
func (g *graph) places() []int {
	place := make([]int, len(g.vertices))
	for _, layer := range g.layers {
		for at, v := range layer {
			place[v] = at
		}
	}
	return place
}

// crossings counts the pairs of arrows that cross between two layers.
func (g *graph) crossings() (n int) {
	place := g.places()
	for _, layer := range g.layers {
		var lines [][2]int
		for _, v := range layer {
			for _, w := range g.vertices[v].below {
				lines = append(lines, [2]int{place[v], place[w]})
			}
		}
		for i, a := range lines {
			for _, b := range lines[i+1:] {
				if (a[0]-b[0])*(a[1]-b[1]) < 0 {
					n++
				}
			}
		}
	}
	return n
}
