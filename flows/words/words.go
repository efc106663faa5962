// Package words is the recogniser: it tells from what a person wrote whether they want out, want
// in, ask for help, say yes or no. Forgiving out, strict in. Pure: the words are data in tables/.
//
// The rules are those of product, "The recogniser" (promises C1, C2, C3, C5, T5). One normalisation
// serves everything ([Normalise]). A message is then cut into words (tokenise), each looked up in
// the tables (lexicon), and three tiers are tried in turn ([Vocabulary.Recognise]). Requests in
// other words are heard by the roles of their words (frames.go). To teach it a word, add it to the
// table or the roles of its language and a line to testdata/corpus1.tsv, and run go generate. No
// code knows any language. docs/recogniser.md tells how well it does.
package words

import (
	"maps"
	"slices"
	"strings"
)

// Outcome of reading one message.
type Outcome int

// The outcomes of Recognise.
const (
	Neither Outcome = iota // nothing about stopping
	Unsure                 // tier 3: marketing holds and they are asked
	Out                    // tiers 1 and 2: they want to stop
)

// A Recognition is what Recognise found and why.
type Recognition struct {
	Outcome  Outcome
	Tier     int     // 1, 2 or 3, or 0 with Neither
	Rule     string  // e.g. "tier1.word". Recognise lists them all
	Word     string  // the entry of the table that matched
	Language string  // of that entry, or "" for all
	Request  Request // what else they ask for or say, whatever the outcome. The operator is told
}

// A Request is what a person of the shop has to know of, beside the wish to stop.
type Request string

// The requests.
const (
	NoRequest   Request = ""
	Erasure     Request = "erasure"      // delete my data
	Objection   Request = "objection"    // I object to the processing, I withdraw my consent
	Minor       Request = "minor"        // they say that they are a child
	WrongPerson Request = "wrong_person" // not the person the shop means
	Lawyer      Request = "lawyer"       // a lawyer, a court
)

// A Config gives a Vocabulary what the flow adds to the built-in tables.
type Config struct {
	Languages []string // of the flow
	// more stop words and phrases, by language: they act as strong tier-1 words everywhere
	Stop     map[string][]string
	OptIn    map[string][]string // the opt-in phrases, by language
	Ordinary []string            // keys, labels, also and when words: never taken for a typo of a stop word
	Brand    string              // the shop's. A stop word beside it is one, see Recognise
}

// A Vocabulary is the built-in tables and one flow's words, made once and used by many goroutines
// at once.
type Vocabulary struct {
	*lexicon
	flow  []string // languages
	optIn []optInPhrase
}

// New adds the words of a flow to the tables. No Config can take the built-in stop words away.
func New(c Config) *Vocabulary {
	l := withFlow(c)
	return &Vocabulary{lexicon: l, flow: c.Languages, optIn: l.optInPhrases(c)}
}

// withFlow is the tables with the words of a flow.
func withFlow(c Config) *lexicon {
	l := &lexicon{added: map[string]*entry{}, flowWords: make(map[string]bool, len(c.Ordinary)),
		languages: slices.Clone(tableLanguages[:]), brand: canonical(c.Brand)}
	for _, word := range c.Ordinary {
		l.flowWords[canonical(word)] = true
	}
	for _, language := range slices.Sorted(maps.Keys(c.Stop)) {
		for _, word := range c.Stop[language] {
			l.addStop(word, language)
		}
	}
	return l
}

// canonical is a text as the lexicon knows it: its words in normal form, joined by single spaces.
func canonical(text string) string {
	t := tokenise(Normalise(text))
	return t.text
}

// setOf is the language as a set. One that has no table is in none of the own scopes but in
// everywhere.
func (l *lexicon) setOf(language string) set {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	for i, known := range l.languages {
		if known == language {
			return 1 << i
		}
	}
	return 1 << 63
}

// How a message stands to the opt-in phrases.
type Match int

// The values of Match.
const (
	NoMatch Match = iota
	Near          // a near miss: the confirm question
	Exact         // the phrase itself, with or without a registered #source
)

// A Phrase is the result of OptIn.
type Phrase struct {
	Match    Match
	Language string // of the phrase. When it is the same in several, the contact's, else the flow's first of them
	Phrase   string // as the flow has it
	Source   string // of Exact: the tag after '#', lower case, or "" without
}

// Answer is a plain yes or no.
type Answer int

// The values of Answer.
const (
	NoAnswer Answer = iota
	Yes
	No
)
