package flows

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

//go:embed data/answers.yaml
var answersYAML []byte

// A lexicon is answers.yaml, ready for looking up: every word as phraseKey makes it.
type lexicon struct {
	and, around, between byLanguage
	number, measures     byLanguage
	also, all, both      map[string]bool // of every language
	asks, counted        map[string]bool
	greetings            byLanguage
	each, units, bought  map[string]bool // around a number of things
	months               map[string]int
	join                 map[string]string
	spoken               map[string]bool // languages with words around an answer
}

// byLanguage is a set of words, each with the languages that it belongs to.
type byLanguage map[string][]string

// A speech is what somebody may be expected to write in: the language they have, and those of the
// flow.
type speech struct {
	own  string
	flow []string
}

// own reports a word of the set in the language they have.
func (b byLanguage) own(word string, in speech) bool { return slices.Contains(b[word], in.own) }

// expected reports a word of the set in the language they have or in one of the flow's. A single
// letter may be the key of an option, so it counts only in the language they have.
func (b byLanguage) expected(word string, in speech) bool {
	if _, one := utf8.DecodeRuneInString(word); one == len(word) {
		return b.own(word, in)
	}
	return b.anyOf(word, in)
}

// anyOf is expected, for single letters too.
func (b byLanguage) anyOf(word string, in speech) bool {
	return slices.ContainsFunc(b[word], func(language string) bool {
		return language == in.own || slices.Contains(in.flow, language)
	})
}

// has reports a word of the set in any language.
func (b byLanguage) has(word string) bool { return len(b[word]) > 0 }

// run is how many words from i on, up to three, are one entry of the set in any language, or 0 for
// none. A single letter counts only for who writes in its language.
func (b byLanguage) run(s sentence, i int, in speech) int {
	for n := min(3, s.size()-i); n > 0; n-- {
		if word := s.words(i, i+n); b.own(word, in) || !s.letter(i) && b.has(word) {
			return n
		}
	}
	return 0
}

var answerLexicon = sync.OnceValue(func() *lexicon {
	var source map[string]map[string][]string
	if err := yaml.Load(answersYAML, &source); err != nil {
		source = nil // a test loads it
	}
	spoken := map[string]bool{}
	for language := range source["around"] {
		spoken[language] = true
	}
	return &lexicon{
		spoken:    spoken,
		and:       index(source["and"]),
		around:    index(source["around"]),
		between:   index(source["between"]),
		number:    index(source["number"]),
		measures:  index(source["measures"]),
		also:      set(source["also"]),
		all:       set(source["all"]),
		both:      set(source["both"]),
		asks:      set(source["asks"]),
		greetings: index(source["greetings"]),
		counted:   set(source["counted"]),
		each:      set(source["each"]),
		units:     set(source["units"]),
		bought:    set(source["bought"]),
		months:    months(source["months"]),
		join:      first(source["join"]),
	}
})

func index(source map[string][]string) byLanguage {
	b := byLanguage{}
	for _, language := range sortedKeys(source) {
		for _, w := range source[language] {
			b[phraseKey(w)] = append(b[phraseKey(w)], language)
		}
	}
	return b
}

func set(source map[string][]string) map[string]bool {
	m := map[string]bool{}
	for _, list := range source {
		for _, w := range list {
			m[phraseKey(w)] = true
		}
	}
	return m
}

func months(source map[string][]string) map[string]int {
	m := map[string]int{}
	for _, list := range source {
		for i, forms := range list {
			for _, form := range strings.Fields(forms) {
				m[phraseKey(strings.ReplaceAll(form, "_", " "))] = i + 1
			}
		}
	}
	return m
}

func first(source map[string][]string) map[string]string {
	m := map[string]string{}
	for language, list := range source {
		m[language] = list[0]
	}
	return m
}
