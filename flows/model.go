// Package flows decides what can be said. It reads an operator's YAML (parse, positions kept),
// finds every problem in it (check) and turns it into a Flow (compile) that package bot steps
// through. Pure: no clock, no randomness, no files but the embedded defaults. The caller brings the
// bytes.
package flows

import (
	"time"

	"optinbot/flows/words"
)

// A Flow is one compiled YAML file. It is immutable: a reload makes a new one.
type Flow struct {
	Name      string   // `flow:`
	Brand     string   // `brand:`, named in every consent text
	Version   string   // the first 12 hex digits of the SHA-256 of the source
	Languages []string // ISO 639-1 codes, lower case. The first is the default
	Start     string   // the state in which a new contact is greeted
	OptIn     OptIn
	OptOut    OptOut

	// Help answers HELP, for everyone. Never empty in any of Languages (built in unless the file
	// has its own). So are Unreadable (a voice note, a sticker, a picture without caption) and
	// Resend (a message that could not be decrypted).
	Help, Unreadable, Resend Text

	States map[string]*State
	Order  []string          // the names of States as the file has them
	Moved  map[string]string // former state -> today's state

	// Words recognises what people write: stop, opt-in, help, yes, no, a language's name. It knows
	// this flow's own words.
	Words *words.Vocabulary

	// Warnings are problems that do not refuse the file: advice, and rules that are newer than
	// a file that was accepted.
	Warnings []Problem

	transitions []Transition
	preferences map[string][]*Question
	kept        map[string]map[string]bool // by state: see Keeps
	named       map[string]bool            // stop words that texts name, as phraseKey makes them. See hear
	stops       map[string][]string        // OptOut.Words, and of named those that the tables do not have for everybody
}

// OptIn is the only door to "subscribed".
type OptIn struct {
	Phrases    map[string][]string // by language, as written in the file
	Confirm    bool                // the phrase alone does not subscribe: Disclosure is asked as a question
	Disclosure Text                // required: who, what, how often, the way out
	Question   Text                // asked after a near miss of a phrase (where Confirm, the disclosure itself)
	Declined   Text                // the answer to their no
	Goto       string              // the state entered once subscribed
}

// OptOut holds the texts around the way out.
type OptOut struct {
	Hint    Text // appended to every broadcast
	Goodbye Text // once per opt-out
	After   Text // the one neutral answer to somebody who left and writes again
	Unsure  Text // "do you want to stop?"
	Stays   Text // the answer to their no

	Words map[string][]string // stop words of this flow, by language. They add to the built-in ones, in Flow.Words
}

// A State is where a contact stands. It waits for the contact where Ask, When or Otherwise is set,
// else Next follows at once.
type State struct {
	Name string
	Line int // in the file, for messages
	Say  Text
	Card bool      // also sends the number's contact card
	Ask  *Question // nil: the state asks nothing
	When []Rule    // tried in the order of the file, after the answer to Ask
	// Otherwise answers what nothing matched, at most AtMost times in a row. Then come a notice and
	// quiet.
	Otherwise Fallback
	Next      string // "" : the state stays until a rule of When moves it

	rules map[string]int // the phrases of When, as phraseKey makes them
}

// Waits reports whether the conversation rests in the state until the contact writes.
func (s *State) Waits() bool {
	return s.Ask != nil || len(s.When) > 0 || !s.Otherwise.Say.Empty() || s.Next == ""
}

// A Rule is one line of `when:`: any of Words, the whole message after normalisation, leads to
// Goto.
type Rule struct {
	Words map[string][]string
	Say   Text // said before Goto is entered, or empty
	Goto  string
}

// A Fallback is `otherwise:`.
type Fallback struct {
	Say    Text // never empty where the state asks (built in: "I did not get that"). Elsewhere empty is silence
	Again  bool // the state's question, with its menu, follows Say
	AtMost int  // 1..5, default 2
}

// Kinds of question: `choose:`.
const (
	One    = "one"
	Many   = "many"
	Free   = "text"
	Number = "number"
	Date   = "date"
	YesNo  = "yes_no"
)

// A Question is what `ask:` adds to a state.
type Question struct {
	Preference string   // the preference the answer fills: `ask:`
	Choose     string   // one of the kinds above
	Poll       bool     // of One and Many: asked with a WhatsApp poll. Typed answers count too
	Options    []Option // of One and Many
	Min, Max   int64    // of Number, both included, never with 2 inside
	Timeout    Timeout
	Reminder   *Reminder // nil: none

	index  *answerIndex
	unread bool // Min or Max could not be read: that is the problem to mend first
}

// An Option is one line of a menu.
type Option struct {
	Key   string // what people type: A, B, ...
	Value string // what is stored
	Label Label
	Also  []string // other words for it, in any language
}

// Timeout ends a question nobody answered: the contact moves to Goto and hears nothing until they
// write.
type Timeout struct {
	After time.Duration // 1m .. 7 days
	Goto  string
}

// Reminder is sent once, to people with an open question, within 24 h of their message.
type Reminder struct {
	After time.Duration // 10m .. 23h
	Say   Text          // empty: the question again
}

// Label is a short text by language. The key "" serves every language.
type Label map[string]string

// In returns the label in language, else the one for all, else the first language's.
func (l Label) In(language string, languages []string) string {
	s, _ := pick(l, language, languages)
	return s
}

// A Text of the bot has one template or several variants of it, by language.
type Text map[string][]Template

// Empty reports whether there is nothing to say.
func (t Text) Empty() bool { return len(t) == 0 }

// In returns the variants in language, else those of the first of languages that has any.
func (t Text) In(language string, languages []string) []Template {
	v, _ := pick(t, language, languages)
	return v
}

// pick looks a language up.
func pick[V any](m map[string]V, language string, languages []string) (v V, ok bool) {
	found, ok := pickLanguage(m, language, languages)
	return m[found], ok
}

// pickLanguage is the language that is read for another: itself, "" (the entry for all), then the
// first of languages that there is.
func pickLanguage[V any](m map[string]V, language string, languages []string) (found string, ok bool) {
	if _, ok := m[language]; ok {
		return language, true
	}
	if _, ok := m[""]; ok {
		return "", true
	}
	for _, l := range languages {
		if _, ok := m[l]; ok {
			return l, true
		}
	}
	return "", false
}
