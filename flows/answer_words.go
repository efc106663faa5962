package flows

import (
	_ "embed"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

//go:embed data/answers.yaml
var answersYAML []byte

// A lexicon is answers.yaml, ready for looking up: every word as phraseKey makes it.
type lexicon struct {
	and, around, between byLanguage
	also, all, both      map[string]bool // of every language
	greetings, counted   map[string]bool
	each, units, bought  map[string]bool // around a number of things
	months               map[string]int
	join                 map[string]string
}

// byLanguage is a set of words in which one knows of which languages a word is.
type byLanguage map[string][]string

// in reports whether the word is one of the set's. A single letter may be the key of an option: it counts only for who
// writes in its language, unless any.
func (b byLanguage) in(word, language string, any bool) bool {
	languages, ok := b[word]
	return ok && (any || contains(languages, language))
}

var lexiconOf = sync.OnceValue(func() *lexicon {
	var source map[string]map[string][]string
	if err := yaml.Load(answersYAML, &source); err != nil {
		source = nil // a test loads it
	}
	return &lexicon{
		and:       index(source["and"]),
		around:    index(source["around"]),
		between:   index(source["between"]),
		also:      set(source["also"]),
		all:       set(source["all"]),
		both:      set(source["both"]),
		greetings: set(source["greetings"]),
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
