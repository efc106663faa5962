package words

import (
	"bufio"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The words of every language, one file each. Tables/README.tsv explains the columns.
//
//go:embed tables/*.tsv
var tableFiles embed.FS

// A set is a set of languages, one bit each.
type set uint64

// everywhere is the scope of words that count whatever language the contact has.
const everywhere = ^set(0)

// A class is what a word is good for. A word may have several, each in several languages.
type class int

const (
	strong   class = iota // stop word: alone, among few words, and as a reason to ask in any message
	weak                  // stop word only when it is the whole message
	phrase                // listed request to stop
	maybe                 // listed hint that they may want to stop: unsure at most
	with                  // closed list: may stand beside a stop word without changing its meaning
	not                   // negation of a verb: don't, não, ne, jangan
	none                  // negation of a noun: no, kein, sin, sem
	halt                  // stop doing something: quit, leave, para de. A stop only together with send or object
	send                  // send, write, text, disturb
	want                  // want, need, wish to receive
	object                // messages, promotions, ads, spam
	deal                  // of those, the ones people ask for: promotions, offers
	more                  // more, again, any longer
	remove                // take off, delete, remove
	list                  // list, number, contacts, database
	polite                // please, thanks: removed at both ends
	greeting              // hello
	yes                   //
	no                    // the answer
	help                  //
	name                  // of a language
	ordinary              // real words beside a strong one: never taken for a typo
	classes
)

var classNames = map[string]class{
	"phrase": phrase, "maybe": maybe, "with": with, "not": not, "none": none, "halt": halt, "send": send, "want": want,
	"object": object, "deal": deal, "more": more, "remove": remove, "list": list, "polite": polite,
	"greeting": greeting, "yes": yes,
	"no": no, "help": help, "name": name, "ordinary": ordinary,
}

// An entry is what the tables say about one word or sequence of words.
type entry struct {
	in    [classes]set // the languages in which it counts as that class
	any   set          // the languages in which it counts as a class of the grammar (grammar.go)
	home  set          // the languages whose table names it as a stop word or phrase
	reach int          // of a first word: how many words the longest entry that starts with it has
}

func (e *entry) is(c class, s set) bool { return e != nil && e.in[c]&s != 0 }

func (e *entry) speaksOfStopping(l set) bool {
	return e.is(strong, l) || e.is(weak, l) || e.is(phrase, l) || e.is(maybe, l)
}

// A lexicon is the compiled tables: entries by their words in normal form, joined by single spaces.
type lexicon struct {
	entries   map[string]*entry
	typos     map[string][]string // from a typo to the strong words it may be a typo of
	cuts      map[string][]string // from a word less one letter to the words of the grammar it comes from
	flowWords map[string]bool     // Config.Ordinary: never a typo
	languages []string            // bit i of a set is languages[i]
	brand     string              // Config.Brand, canonical
	normal    map[string]string   // words in normal form, while the tables are read. Nil from then on
}

// builtin is parsed once, and never changed: every Vocabulary copies it. The tables are part of the
// program and a test reads them all, so an error here cannot depend on anyone's input.
var builtin = sync.OnceValue(func() *lexicon {
	l, err := readTables(tableFiles)
	if err != nil {
		panic("words: " + err.Error())
	}
	return l
})

func readTables(files fs.FS) (*lexicon, error) {
	names, err := fs.Glob(files, "tables/*.tsv")
	if err != nil {
		return nil, err
	}
	l := &lexicon{
		entries: make(map[string]*entry, 72_000), typos: make(map[string][]string, 20_000),
		normal: make(map[string]string, 8192),
	}
	for _, file := range names {
		if err := l.readTable(files, file); err != nil {
			return nil, err
		}
	}
	l.normal = nil
	l.addTypos()
	l.addCuts()
	return l, nil
}

func (l *lexicon) readTable(files fs.FS, file string) error {
	f, err := files.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	language := strings.TrimSuffix(path.Base(file), ".tsv")
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := l.addLine(language, line); err != nil {
			return fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	return lines.Err()
}

// addLine adds one row: kind, strength, scope, words.
func (l *lexicon) addLine(language, line string) error {
	columns := strings.Split(line, "\t")
	if len(columns) != 4 {
		return fmt.Errorf("want 4 columns (kind, strength, scope, words), have %d", len(columns))
	}
	kinds, err := parseKinds(columns[0], columns[1])
	if err != nil {
		return err
	}
	scope := l.bit(language)
	switch columns[2] {
	case "everywhere":
		scope = everywhere
	case "own":
	default:
		return fmt.Errorf("scope %q: want everywhere or own", columns[2])
	}
	for _, word := range strings.Split(columns[3], ",") {
		for _, w := range expand(strings.TrimSpace(word)) {
			t, own := tokenise(l.normaliseWords(w)), scope
			if (kinds[0] == phrase || kinds[0] == maybe) && t.len() < 2 {
				own = l.bit(language) // one word is too little to know the language by
			}
			l.addTokens(t, language, own, kinds...)
		}
	}
	return nil
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

// expand writes out the alternatives of "[a/b] c": "a c" and "b c". An empty alternative is
// allowed: "[me/] c".
func expand(pattern string) []string {
	from := strings.IndexByte(pattern, '[')
	if from < 0 {
		return []string{pattern}
	}
	to := from + strings.IndexByte(pattern[from:], ']')
	if to < from {
		return []string{pattern}
	}
	var out []string
	for _, choice := range strings.Split(pattern[from+1:to], "/") {
		out = append(out, expand(pattern[:from]+choice+pattern[to+1:])...)
	}
	return out
}

func (l *lexicon) bit(language string) set {
	for i, known := range l.languages {
		if known == language {
			return 1 << i
		}
	}
	if len(l.languages) == 63 {
		return 0
	}
	l.languages = append(l.languages, language)
	return 1 << (len(l.languages) - 1)
}

// normaliseWords is Normalise of an entry of the tables. Each of their words is in many entries, so
// it is normalised once.
func (l *lexicon) normaliseWords(entry string) string {
	if strings.ContainsFunc(entry, func(r rune) bool { return r != ' ' && !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		return Normalise(entry) // what stands between words may belong to both
	}
	words := strings.Fields(entry)
	for i, w := range words {
		normal, known := l.normal[w]
		if !known {
			normal = Normalise(w)
			l.normal[w] = normal
		}
		words[i] = normal
	}
	return strings.Join(words, " ")
}

// add enters one word or sequence of words in all its classes.
func (l *lexicon) add(word, language string, scope set, kinds ...class) {
	l.addTokens(tokenise(Normalise(word)), language, scope, kinds...)
}

func (l *lexicon) addTokens(t tokens, language string, scope set, kinds ...class) {
	if t.len() == 0 {
		return
	}
	l.change(t.text, func(e *entry) {
		for _, k := range kinds {
			e.in[k] |= scope
			if k <= maybe {
				e.home |= l.bit(language)
			}
			if k == weak && t.len() == 1 { // may end the sending of something, in its own language: "end messages"
				e.in[halt] |= l.bit(language)
			}
		}
		for k := strong; k <= greeting; k++ {
			if k != weak && k != maybe {
				e.any |= e.in[k]
			}
		}
	})
	l.change(t.slice(0, 1), func(e *entry) { e.reach = max(e.reach, t.len()) })
}

// change replaces an entry by a changed copy: the one before may belong to the built-in lexicon,
// which others read. While the tables are read nobody else does.
func (l *lexicon) change(key string, how func(*entry)) {
	before := l.entries[key]
	if before != nil && l.normal != nil {
		how(before)
		return
	}
	var e entry
	if before != nil {
		e = *before
	}
	how(&e)
	l.entries[key] = &e
}

// shortestMisspelt is the length from which typos of a strong word are known: those of shorter ones
// are mostly other words.
const shortestMisspelt = 4

func (l *lexicon) addTypos() {
	for word, e := range l.entries {
		if e.in[strong] != 0 {
			l.addTyposOf(word)
		}
	}
}

func (l *lexicon) addTyposOf(word string) {
	if utf8.RuneCountInString(word) < shortestMisspelt || strings.Contains(word, " ") {
		return
	}
	for _, typo := range typos(word) {
		if l.isKnown(typo) {
			continue
		}
		l.typos[typo] = append(slices.Clip(l.typos[typo]), word) // never into an array that another lexicon shares
	}
}

// isKnown reports whether the tables have the word itself, as an ordinary one or as any other.
func (l *lexicon) isKnown(word string) bool {
	e := l.entries[word]
	if e == nil {
		return false
	}
	for _, s := range e.in {
		if s != 0 {
			return true
		}
	}
	return false
}

// shortestBlurred is the length from which other words of the grammar are known by a slip.
const shortestBlurred = 5

// addCuts indexes the words that may surround a stop word by all their forms with one letter less:
// two words one slip apart share such a form, so a misspelt word finds its meaning with as many
// lookups as it has letters.
func (l *lexicon) addCuts() {
	l.cuts = make(map[string][]string, 32768)
	for words, e := range l.entries {
		if e.any == 0 {
			continue
		}
		for _, word := range strings.Fields(words) {
			if utf8.RuneCountInString(word) >= shortestBlurred && !slices.Contains(l.cuts[word], word) {
				l.addCutsOf(word)
			}
		}
	}
}

func (l *lexicon) addCutsOf(word string) {
	for _, cut := range cuts(word) {
		l.cuts[cut] = append(l.cuts[cut], word)
	}
}

// languageOf names the language a match is put down to: the contact's if its table has the word,
// else the first.
func (l *lexicon) languageOf(e *entry, own set) string {
	home := e.home
	if home&own != 0 {
		home &= own
	}
	for i, language := range l.languages {
		if home&(1<<i) != 0 {
			return language
		}
	}
	return ""
}
