package words

import (
	"bytes"
	"cmp"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Sources are the tables as they are written in tables/*.tsv.
type sources struct {
	entries   map[string]*entry // by their words in normal form
	languages []string
	normal    map[string]string // words in normal form: each is in many entries
	written   map[string]string // the normal form of all entries as they are written
}

func readTables(t *testing.T) *sources {
	t.Helper()
	files, err := filepath.Glob("tables/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatal("no tables", err)
	}
	s := &sources{entries: map[string]*entry{}, normal: map[string]string{}, written: map[string]string{}}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s.languages = append(s.languages, strings.TrimSuffix(filepath.Base(file), ".tsv"))
		for n, line := range strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if err := s.addLine(1<<i, line); err != nil {
				t.Fatalf("%s:%d: %v", file, n+1, err)
			}
		}
	}
	return s
}

// addLine adds one row: kind, strength, scope, words.
func (s *sources) addLine(language set, line string) error {
	columns := strings.Split(line, "\t")
	if len(columns) != 4 {
		return fmt.Errorf("want 4 columns (kind, strength, scope, words), have %d", len(columns))
	}
	kinds, err := parseKinds(columns[0], columns[1])
	if err != nil {
		return err
	}
	scope := language
	switch columns[2] {
	case "everywhere":
		scope = everywhere
	case "own":
	default:
		return fmt.Errorf("scope %q: want everywhere or own", columns[2])
	}
	for _, word := range strings.Split(columns[3], ",") {
		for _, text := range expand(strings.TrimSpace(word)) {
			s.written[text] = s.normalise(text)
			t, own := tokenise(s.written[text]), scope
			if t.len() == 0 {
				continue
			}
			if (kinds[0] == phrase || kinds[0] == maybe) && t.len() < 2 {
				own = language // one word is too little to know the language by
			}
			if s.entries[t.text] == nil {
				s.entries[t.text] = new(entry)
			}
			s.entries[t.text].add(own, language, t.len(), kinds...)
		}
	}
	return nil
}

// normalise is Normalise of an entry of the tables. Each of their words is in many entries, so it
// is normalised once.
func (s *sources) normalise(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		return Normalise(text) // what stands between words may belong to both
	}
	words := strings.Fields(text)
	for i, w := range words {
		normal, known := s.normal[w]
		if !known {
			normal = Normalise(w)
			s.normal[w] = normal
		}
		words[i] = normal
	}
	return strings.Join(words, " ")
}

var classNames = map[string]class{
	"phrase": phrase, "maybe": maybe, "with": with, "not": not, "none": none, "halt": halt, "send": send, "want": want,
	"object": object, "deal": deal, "more": more, "remove": remove, "list": list, "polite": polite,
	"greeting": greeting, "yes": yes,
	"no": no, "help": help, "name": name, "ordinary": ordinary,
}

// parseKinds reads "stop" with its strength, or one or more other kinds joined by "+" (Turkish says
// don't-send in one word).
func parseKinds(kind, strength string) ([]class, error) {
	if kind == "stop" {
		switch strength {
		case "strong":
			return []class{strong}, nil
		case "weak":
			return []class{weak}, nil
		}
		return nil, fmt.Errorf("strength %q: want strong or weak", strength)
	}
	var out []class
	for _, name := range strings.Split(kind, "+") {
		c, ok := classNames[name]
		if !ok {
			return nil, fmt.Errorf("unknown kind %q", name)
		}
		out = append(out, c)
	}
	return out, nil
}

// meaning lists the words that a slip of them is taken for, sorted: those of the grammar and of
// the phrases, long enough to be unlike others.
func (s *sources) meaning() []string {
	found := map[string]bool{}
	for words, e := range s.entries {
		for _, word := range strings.Fields(words) {
			if e.any != 0 && utf8.RuneCountInString(word) >= shortestBlurred {
				found[word] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// stops lists the strong words whose typos are heard, sorted.
func (s *sources) stops() []string {
	var out []string
	for word, e := range s.entries {
		if e.in[strong] != 0 && !strings.Contains(word, " ") && utf8.RuneCountInString(word) >= shortestMisspelt {
			out = append(out, word)
		}
	}
	slices.Sort(out)
	return out
}

// A compiler makes the variables of tables_compiled.go from the sources. compiled.go explains them.
type compiler struct {
	words   []tableWord
	ids     map[string]wordID
	entries []entry
	nodes   []tableNode
	edges   []tableEdge
	known   map[string]nodeID // nodes by what they say and where they lead
}

// compile writes the sources as Go.
func compile(s *sources) []byte {
	c := &compiler{ids: map[string]wordID{}, entries: []entry{{}}, nodes: []tableNode{{}}, known: map[string]nodeID{}}
	c.addWords(s)
	all := newBranch()
	for _, words := range slices.Sorted(maps.Keys(s.entries)) {
		at := all
		for _, word := range strings.Fields(words) {
			at = at.next(c.ids[word])
		}
		at.entry = c.entry(s.entries[words])
	}
	for _, word := range all.words() {
		c.words[word].node = c.node(all.after[word])
	}
	c.nodes = append(c.nodes, tableNode{edges: uint16(len(c.edges))}) // ends the edges of the last
	return c.source(s)
}

// addWords numbers the words by their length, and then by their letters.
func (c *compiler) addWords(s *sources) {
	all := map[string]bool{"": true}
	for words := range s.entries {
		for _, word := range strings.Fields(words) {
			all[word] = true
		}
	}
	means := s.meaning()
	for _, word := range slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(utf8.RuneCountInString(a), utf8.RuneCountInString(b)), strings.Compare(a, b))
	}) {
		c.ids[word] = wordID(len(c.words))
		_, does := slices.BinarySearch(means, word)
		c.words = append(c.words, tableWord{text: word, means: does})
	}
}

// entry is the place of an entry like this one.
func (c *compiler) entry(e *entry) uint16 {
	i := slices.Index(c.entries, *e)
	if i < 0 {
		i = len(c.entries)
		c.entries = append(c.entries, *e)
	}
	return uint16(i)
}

// A branch is all sequences that begin with the same words.
type branch struct {
	entry uint16 // of these words alone
	after map[wordID]*branch
}

func newBranch() *branch { return &branch{after: map[wordID]*branch{}} }

func (b *branch) next(word wordID) *branch {
	if b.after[word] == nil {
		b.after[word] = newBranch()
	}
	return b.after[word]
}

func (b *branch) words() []wordID { return slices.Sorted(maps.Keys(b.after)) }

// node is the node of a branch: one that there is already, where it says the same and leads to the
// same.
func (c *compiler) node(b *branch) nodeID {
	var edges []tableEdge
	for _, word := range b.words() {
		edges = append(edges, tableEdge{word: word, to: c.node(b.after[word])})
	}
	key := fmt.Sprint(b.entry, edges)
	if c.known[key] == 0 {
		c.known[key] = nodeID(len(c.nodes))
		c.nodes = append(c.nodes, tableNode{edges: uint16(len(c.edges)), entry: b.entry})
		c.edges = append(c.edges, edges...)
	}
	return c.known[key]
}

// slots is the hash table of the words: a power of two that leaves more than half of it free.
func (c *compiler) slots() []wordID {
	size := 1
	for size < 2*len(c.words) {
		size *= 2
	}
	out := make([]wordID, size)
	for id := 1; id < len(c.words); id++ {
		slot := hash(c.words[id].text)
		for ; out[slot%uint32(size)] != 0; slot++ {
		}
		out[slot%uint32(size)] = wordID(id)
	}
	return out
}

// lengths is, for every number of letters, the place of the first word that has as many, and after
// the last the number of words.
func (c *compiler) lengths() []uint16 {
	var out []uint16
	for id, w := range c.words {
		for n := utf8.RuneCountInString(w.text); len(out) <= n; {
			out = append(out, uint16(id))
		}
	}
	return append(out, uint16(len(c.words)))
}

func (c *compiler) source(s *sources) []byte {
	var b bytes.Buffer
	b.WriteString("// Code generated from tables/*.tsv by go generate (compile_test.go). DO NOT EDIT.\n\npackage words\n\n")
	variable(&b, "Languages", "string", s.languages, func(l string) string { return fmt.Sprintf("%q", l) })
	variable(&b, "Stops", "string", s.stops(), func(w string) string { return fmt.Sprintf("%q", w) })
	variable(&b, "Words", "tableWord", c.words, func(w tableWord) string {
		return fmt.Sprintf("{%q, %d, %t}", w.text, w.node, w.means)
	})
	variable(&b, "Lengths", "uint16", c.lengths(), func(n uint16) string { return fmt.Sprint(n) })
	variable(&b, "Slots", "wordID", c.slots(), func(w wordID) string { return fmt.Sprint(w) })
	variable(&b, "Nodes", "tableNode", c.nodes, func(n tableNode) string { return fmt.Sprintf("{%d, %d}", n.edges, n.entry) })
	variable(&b, "Edges", "tableEdge", c.edges, func(e tableEdge) string { return fmt.Sprintf("{%d, %d}", e.word, e.to) })
	variable(&b, "Entries", "entry", c.entries, entrySource)
	out, err := format.Source(b.Bytes())
	if err != nil {
		panic(err)
	}
	return out
}

// variable writes one variable, as many values in a line as fit.
func variable[T any](b *bytes.Buffer, name, kind string, all []T, source func(T) string) {
	fmt.Fprintf(b, "var table%s = [...]%s{", name, kind)
	width := 120
	for _, value := range all {
		text := source(value) + ","
		if width += 1 + utf8.RuneCountInString(text); width > 120 {
			b.WriteString("\n\t")
			width = 4 + utf8.RuneCountInString(text)
		} else {
			b.WriteString(" ")
		}
		b.WriteString(text)
	}
	b.WriteString("\n}\n\n")
}

func entrySource(e entry) string {
	var in []string
	for c, s := range e.in {
		if s != 0 {
			in = append(in, fmt.Sprintf("%d: %#x", c, s))
		}
	}
	return fmt.Sprintf("{in: [classes]set{%s}, any: %#x, home: %#x}", strings.Join(in, ", "), e.any, e.home)
}
