package layout

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A box is what lies on the drawing.
type box struct{ left, top, right, bottom float64 }

func boxOf(x, y, width, height float64) box {
	return box{x - width/2, y - height/2, x + width/2, y + height/2}
}

func (a box) overlaps(b box) bool {
	const touch = 0.01
	return a.left+touch < b.right && b.left+touch < a.right && a.top+touch < b.bottom && b.top+touch < a.bottom
}

// TestPlace draws any small graph: nothing lies over anything or outside, and every arrow goes from border to border.
func TestPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := make([]Node, rapid.IntRange(1, 12).Draw(t, "nodes"))
		for i := range nodes {
			nodes[i].Width, nodes[i].Height = rapid.Float64Range(10, 300).Draw(t, "width"), rapid.Float64Range(10, 80).Draw(t, "height")
		}
		edges := make([]Edge, rapid.IntRange(0, 20).Draw(t, "edges"))
		loops := map[int]bool{} // the caller gathers what has the same ends
		for i := range edges {
			e := &edges[i]
			e.From, e.To = rapid.IntRange(0, len(nodes)-1).Draw(t, "from"), rapid.IntRange(0, len(nodes)-1).Draw(t, "to")
			if e.From == e.To && loops[e.From] {
				e.To = (e.From + 1) % len(nodes)
			}
			loops[e.From] = loops[e.From] || e.From == e.To
			if rapid.Bool().Draw(t, "labelled") {
				e.Width, e.Height = rapid.Float64Range(10, 200).Draw(t, "label"), 17
			}
		}
		if len(nodes) == 1 {
			edges = edges[:min(1, len(edges))]
		}
		againNodes, againEdges := slices.Clone(nodes), slices.Clone(edges)
		width, height := Place(nodes, edges)
		Place(againNodes, againEdges)
		if !reflect.DeepEqual(nodes, againNodes) || !reflect.DeepEqual(edges, againEdges) {
			t.Fatal("the same graph is drawn in two ways")
		}
		check(t, nodes, edges, width, height)
	})
}

func check(t *rapid.T, nodes []Node, edges []Edge, width, height float64) {
	var boxes []box
	for _, n := range nodes {
		boxes = append(boxes, boxOf(n.X, n.Y, n.Width, n.Height))
	}
	for i, e := range edges {
		if e.Width > 0 {
			boxes = append(boxes, boxOf(e.Label.X, e.Label.Y, e.Width, e.Height))
		}
		first, last := e.Path[0], e.Path[len(e.Path)-1]
		if !onBorder(first, nodes[e.From]) || !onBorder(last, nodes[e.To]) {
			t.Fatalf("arrow %d from %d to %d goes from %v to %v", i, e.From, e.To, first, last)
		}
	}
	page := box{-0.01, -0.01, width + 0.01, height + 0.01}
	for i, a := range boxes {
		if a.left < page.left || a.top < page.top || a.right > page.right || a.bottom > page.bottom || math.IsNaN(a.left+a.top) {
			t.Fatalf("%v lies outside of %v", a, page)
		}
		for _, b := range boxes[i+1:] {
			if a.overlaps(b) {
				t.Fatalf("%v lies over %v", a, b)
			}
		}
	}
}

func onBorder(p Point, n Node) bool {
	const near = 0.01
	b := boxOf(n.X, n.Y, n.Width, n.Height)
	within := p.X > b.left-near && p.X < b.right+near && p.Y > b.top-near && p.Y < b.bottom+near
	return within && (math.Abs(p.Y-b.top) < near || math.Abs(p.Y-b.bottom) < near || math.Abs(p.X-b.right) < near)
}

// TestOrder untangles what can be drawn without crossings.
func TestOrder(t *testing.T) {
	nodes := make([]Node, 6)
	for i := range nodes {
		nodes[i] = Node{Width: 60, Height: 30}
	}
	edges := []Edge{{From: 0, To: 5}, {From: 1, To: 4}, {From: 2, To: 3}}
	g := layered(nodes, edges)
	if g.crossings() == 0 {
		t.Fatal("the test has nothing to untangle")
	}
	if g.order(); g.crossings() != 0 {
		t.Errorf("%d crossings are left", g.crossings())
	}
}
