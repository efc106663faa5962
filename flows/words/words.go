// Package words is the recogniser: it tells from what a person wrote whether they want out, want in, ask for help, say yes or
// no. Forgiving out, strict in. Pure; the words are data in tables/.
package words

// Outcome of reading one message.
type Outcome int

// The outcomes of Recognise.
const (
	Neither Outcome = iota // nothing about stopping
	Unsure                 // tier 3: marketing holds and they are asked
	Out                    // tiers 1 and 2: they want to stop
)

// A Verdict is what Recognise found and why.
type Verdict struct {
	Outcome  Outcome
	Tier     int    // 1, 2 or 3; 0 with Neither
	Rule     string // e.g. "tier1.word", "tier1.two", "tier2.short", "tier2.phrase", "tier2.typo", "tier3.word", "tier3.scope"
	Word     string // the entry of the table that matched
	Language string // of that entry; "" for all
}

// A Config gives a Vocabulary what the flow adds to the built-in tables.
type Config struct {
	Languages []string            // of the flow
	Stop      map[string][]string // more stop words and phrases, by language: they act as strong tier-1 words everywhere
	OptIn     map[string][]string // the opt-in phrases, by language
	Ordinary  []string            // keys, labels, also and when words: never taken for a typo of a stop word
}

// A Vocabulary is the built-in tables and one flow's words, made once and used by many goroutines at once.
type Vocabulary struct{}

// New compiles the tables. The built-in stop words cannot be taken away by any Config.
func New(c Config) *Vocabulary { return &Vocabulary{} }

// Recognise reads one message, the contact's own text only, against the stop words. language is the contact's (ISO 639-1).
func (v *Vocabulary) Recognise(text, language string) Verdict { return Verdict{} }

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
	Language string // of the phrase; when it is the same in several, the contact's, else the flow's first of them
	Phrase   string // as the flow has it
	Source   string // of Exact: the tag after '#', lower case; "" without
}

// OptIn compares one message with the opt-in phrases. registered tells whether a source tag was made by `invite --source`.
func (v *Vocabulary) OptIn(text, language string, registered func(tag string) bool) Phrase {
	return Phrase{}
}

// Answer is a plain yes or no.
type Answer int

// The values of Answer.
const (
	NoAnswer Answer = iota
	Yes
	No
)

// YesNo reads an exact yes or no, politeness removed, in the contact's language, any of the flow's, or English.
func (v *Vocabulary) YesNo(text, language string) Answer { return NoAnswer }

// IsHelp reports whether the whole message asks for help (HELP, INFO, ajuda, ...), in any language.
func (v *Vocabulary) IsHelp(text string) bool { return false }

// NamedLanguage returns the flow's language that the whole message names ("english", "em português", "español").
func (v *Vocabulary) NamedLanguage(text string) (language string, ok bool) { return "", false }

// Normalise is the one normalisation of everything that is matched; see product "The recogniser".
func Normalise(text string) string { return text }
