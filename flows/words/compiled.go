package words

import (
	"slices"
	"strings"
)

// The tables have some 67,000 sequences of words, of only 6,700 different words, and what they say
// of most is the same. So tables_compiled.go holds
//
//   - each word once (tableWords), found by its hash (tableSlots),
//   - each different entry once (tableEntries), and
//   - the sequences as a graph: from a word one comes to a node, and from there by the next word to
//     another (tableEdges). A node (tableNodes) knows the entry of the words that lead to it.
//     Sequences that end alike share nodes.
//
// It is data of the program: nothing is read or built when it starts.

// A wordID is the place of a word in tableWords, or 0 for a word that no table has.
type wordID uint16

// A tableWord is one of the words of the tables.
type tableWord struct {
	text  string
	node  nodeID // of the sequences that it begins, or 0
	means bool   // a word of the grammar or of a phrase, long enough to be known by a slip
}

// A nodeID is the place of a node in tableNodes, or 0 where no sequence of the tables goes on.
type nodeID uint16

// A tableNode stands for all words that lead to it.
type tableNode struct {
	edges uint16 // the first of its edges in tableEdges. The last stands before the next node's first
	entry uint16 // in tableEntries. The first one says nothing
}

// A tableEdge leads from one node to the next.
type tableEdge struct {
	word wordID
	to   nodeID
}

// idOf looks a word up. A slot holds a word whose hash says so, or that found its own slot taken.
func idOf(word string) wordID {
	for slot := hash(word); ; slot++ {
		id := tableSlots[slot%uint32(len(tableSlots))]
		if id == 0 || tableWords[id].text == word {
			return id
		}
	}
}

// hash is FNV-1a, which is short.
func hash(word string) uint32 {
	h := uint32(2166136261)
	for i := range len(word) {
		h = (h ^ uint32(word[i])) * 16777619
	}
	return h
}

// next is where the word leads to.
func (n nodeID) next(word wordID) nodeID {
	if n == 0 || word == 0 {
		return 0
	}
	edges := tableEdges[tableNodes[n].edges:tableNodes[n+1].edges]
	i, ok := slices.BinarySearchFunc(edges, word, func(e tableEdge, w wordID) int { return int(e.word) - int(w) })
	if !ok {
		return 0
	}
	return edges[i].to
}

// entry is nil at no node. A node on the way to an entry says nothing.
func (n nodeID) entry() *entry {
	if n == 0 {
		return nil
	}
	return &tableEntries[tableNodes[n].entry]
}

// tableEntry looks up words joined by single spaces.
func tableEntry(words string) *entry {
	first, rest, more := strings.Cut(words, " ")
	node := tableWords[idOf(first)].node
	for more && node != 0 {
		first, rest, more = strings.Cut(rest, " ")
		node = node.next(idOf(first))
	}
	return node.entry()
}

// wordsLike lists the words of the grammar that are one slip away from a word of n letters.
func wordsLike(word string, n int) []string {
	var out []string
	longest := len(tableLengths) - 2
	for _, w := range tableWords[tableLengths[min(n-1, longest)]:tableLengths[min(n+1, longest)+1]] {
		if w.means && mayBeSlip(word, w.text) && isSlip(word, w.text) {
			out = append(out, w.text)
		}
	}
	return out
}
