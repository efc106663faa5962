package words

import "unicode/utf8"

// The words of every language are in tables/, one file each: tables/README.md explains the columns.
// The program does not read them. They are compiled to tables_compiled.go, and a test holds the two
// against each other (compile_test.go).
//
//go:generate go test -run TestC3TheTablesAreCompiled -update .

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

// An entry is what the tables say about one word or sequence of words.
type entry struct {
	in    [classes]set // the languages in which it counts as that class
	any   set          // the languages in which it counts as a class of the grammar (grammar.go)
	home  set          // the languages whose table names it as a stop word or phrase
	reach int          // of a flow's first word: how many words the longest of its sequences with it has
}

func (e *entry) is(c class, s set) bool { return e != nil && e.in[c]&s != 0 }

func (e *entry) speaksOfStopping(l set) bool {
	return e.is(strong, l) || e.is(weak, l) || e.is(phrase, l) || e.is(maybe, l)
}

// A lexicon is the tables with the words of one flow: entries by their words in normal form, joined
// by single spaces.
type lexicon struct {
	added     map[string]*entry // the flow's stop words. They hide the entries of the tables
	stops     []string          // of those, the single words whose typos are heard
	flowWords map[string]bool   // Config.Ordinary: never a typo
	languages []string          // bit i of a set is languages[i]
	brand     string            // Config.Brand, canonical
}

// entry is what is known about one word, or about a sequence that is an entry as a whole. It is nil
// where the words are none.
func (l *lexicon) entry(words string) *entry {
	if e := l.added[words]; e != nil {
		return e
	}
	return tableEntry(words)
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

// addStop adds a stop word of the flow, or a sequence of words that is one.
func (l *lexicon) addStop(text, language string) {
	t := tokenise(Normalise(text))
	if t.len() == 0 {
		return
	}
	l.change(t.text, func(e *entry) { e.add(everywhere, l.bit(language), t.len(), strong) })
	l.change(t.slice(0, 1), func(e *entry) { e.reach = max(e.reach, t.len()) })
	if t.len() == 1 && utf8.RuneCountInString(t.text) >= shortestMisspelt {
		l.stops = append(l.stops, t.text)
	}
}

// add gives the entry of n words further classes. Scope is where they count, and home the language
// of the table or flow that says so.
func (e *entry) add(scope, home set, n int, kinds ...class) {
	for _, k := range kinds {
		e.in[k] |= scope
		if k <= maybe {
			e.home |= home
		}
		if k == weak && n == 1 { // may end the sending of something, in its own language: "end messages"
			e.in[halt] |= home
		}
	}
	for k := strong; k <= greeting; k++ {
		if k != weak && k != maybe {
			e.any |= e.in[k]
		}
	}
}

// change changes what the flow adds to an entry. The tables' own belong to every flow and stay.
func (l *lexicon) change(key string, how func(*entry)) {
	e := l.added[key]
	if e == nil {
		e = new(entry)
		if known := tableEntry(key); known != nil {
			*e = *known
		}
		l.added[key] = e
	}
	how(e)
}

// shortestMisspelt is the length from which typos of a strong word are known: those of shorter ones
// are mostly other words.
const shortestMisspelt = 4

// stopsMeant lists the strong words that an unknown word may be a typo of.
func (l *lexicon) stopsMeant(word string) []string {
	var out []string
	if l.isKnown(word) {
		return nil
	}
	for _, stops := range [...][]string{tableStops[:], l.stops} {
		for _, stop := range stops {
			if mayBeSlip(word, stop) && isTypo(word, stop) {
				out = append(out, stop)
			}
		}
	}
	return out
}

// isKnown reports whether the tables or the flow have the word itself, as an ordinary one or as any
// other.
func (l *lexicon) isKnown(word string) bool {
	e := l.entry(word)
	return e != nil && e.in != [classes]set{}
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
