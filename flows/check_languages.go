package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"optinbot/flows/words"
)

// languageWords says what the bot does not understand in a language of the flow. Nothing is wrong
// with the file: 2 stops in any language, and the texts are the operator's own.
func (c *checker) languageWords() {
	for i, language := range c.f.Languages {
		var lacks, advice []string
		known := slices.Contains(words.Languages(), language)
		if !known && len(c.f.OptOut.Words[language]) == 0 {
			lacks = append(lacks, "stop words (2 works)")
			advice = append(advice,
				fmt.Sprintf("write the words that people use to stop: opt_out: {words: {%s: [...]}}", language))
		}
		if !known && c.asks(YesNo) {
			lacks = append(lacks, "a yes and a no")
			advice = append(advice, "ask with `choose: one` and two options instead of `choose: yes_no`")
		}
		if !answerLexicon().spoken[language] && c.asks(One, Many, Number, Date) {
			lacks = append(lacks, `words around an answer ("and", "all", "please"; the months of dates)`)
			advice = append(advice, "say in the question how to answer: with a letter alone, or digits")
		}
		if len(lacks) > 0 {
			c.add(c.src.at("languages", strconv.Itoa(i)), "language-without-words",
				fmt.Sprintf("for the language %q these are not built in: %s", language, strings.Join(lacks, "; ")),
				strings.Join(advice, "; "))
		}
	}
}

// asks reports a question of one of some kinds.
func (c *checker) asks(kinds ...string) (found bool) {
	c.each(func(s *State) { found = found || s.Ask != nil && slices.Contains(kinds, s.Ask.Choose) })
	return found
}
