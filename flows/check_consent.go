package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"optinbot/flows/words"
)

// optInPhrases reports phrases that nobody should be subscribed by.
func (c *checker) optInPhrases() {
	for _, language := range sortedKeys(c.f.OptIn.Phrases) {
		for i, phrase := range c.f.OptIn.Phrases[language] {
			at := c.src.at(phrasePath(language, i)...)
			switch v := c.stop(phrase, false); {
			case v.Outcome != words.Neither:
				c.add(at, "answer-is-stop", fmt.Sprintf("the opt-in phrase %q %s", phrase, taken(v)),
					"no file can take a stop word away: say it with other words")
			case c.f.Words.IsHelp(phrase):
				c.add(at, "answer-is-help", fmt.Sprintf("the opt-in phrase %q is how people ask for help", phrase),
					"say it with other words")
			default:
				c.strength(at, phrase, language)
			}
		}
	}
}

// strength reports a phrase that is written without meaning to subscribe.
func (c *checker) strength(at pos, phrase, language string) {
	if why := c.weakness(phrase, language); why != "" {
		c.add(at, "weak-opt-in", fmt.Sprintf("the opt-in phrase %q is %s", phrase, why),
			`only words that cannot be meant otherwise subscribe somebody: "I want promotions"`)
	}
}

// weakness says why a phrase is weak, or "".
func (c *checker) weakness(phrase, language string) string {
	s := cut(phrase)
	_, named := c.f.Words.NamedLanguage(phrase)
	switch {
	case s.size() == 0:
		return "without letters"
	case numeric(s):
		return "a number"
	case c.saysYesOrNo(phrase):
		return "a yes or a no"
	case named:
		return "the name of a language"
	case greeting(s, speech{own: language}):
		return "what people write to anybody, a greeting or a courtesy"
	case single(s) && !c.f.OptIn.Confirm:
		return "a single word, and confirm is not true"
	}
	return ""
}

func (c *checker) saysYesOrNo(phrase string) bool {
	for _, language := range c.f.Languages {
		if c.f.Words.YesNo(phrase, language) != words.NoAnswer {
			return true
		}
	}
	return false
}

func numeric(s sentence) bool {
	for i := range s.tokens {
		if !allDigits(s.word(i)) {
			return false
		}
	}
	return true
}

// greeting reports words that people write to anybody: greetings of any language, and small words
// of one.
func greeting(s sentence, in speech) bool {
	lex := answerLexicon()
	for i := range s.tokens {
		if word := s.word(i); !lex.greetings.has(word) && !lex.around.expected(word, in) {
			return false
		}
	}
	return true
}

// single reports one word. Scripts that write without spaces have words of up to three characters.
func single(s sentence) bool {
	if s.size() != 1 {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s.text)
	return !spaceless(first) || utf8.RuneCountInString(s.text) <= 3
}

// confirmQuestion reports a question that the disclosure makes superfluous.
func (c *checker) confirmQuestion() {
	if c.f.OptIn.Confirm && c.src.has("opt_in", "question") {
		c.add(c.src.keyAt("opt_in", "question"), "misplaced-key",
			`"question" has no effect here: with confirm, the disclosure is the question`, "take it out")
	}
}

// hint is promise B2: the hint says the way out in every language.
func (c *checker) hint() {
	for _, language := range sortedKeys(c.f.OptOut.Hint) {
		for i, t := range c.f.OptOut.Hint[language] {
			if !wayOut(t, c.f.Brand, language) {
				c.add(c.src.at("opt_out", "hint", language, strconv.Itoa(i)), "hint-without-way-out",
					"the hint does not say how to stop",
					`name 2 or a built-in stop word: "Reply 2 to stop."`)
			}
		}
	}
}

// disclosure reports what people must be told before they are subscribed, and are not.
func (c *checker) disclosure() {
	for _, language := range sortedKeys(c.f.OptIn.Disclosure) {
		for i, t := range c.f.OptIn.Disclosure[language] {
			at := c.src.at("opt_in", "disclosure", language, strconv.Itoa(i))
			text := t.plain(c.f.Brand)
			if c.f.Brand != "" && !strings.Contains(phraseKey(text), phraseKey(c.f.Brand)) {
				c.add(at, "disclosure-incomplete", "the disclosure does not say who will write",
					"name the brand: {brand}")
			}
			if !wayOut(t, c.f.Brand, language) {
				c.add(at, "disclosure-incomplete", "the disclosure does not say how to stop",
					`name 2 or a built-in stop word: "Reply 2 to stop, any time."`)
			}
		}
	}
}

// wayOut reports whether a text says how to stop: by sending 2, or a built-in stop word. What
// stands in a placeholder, and the brand, say nothing about it: a shop may be called "Stop & Shop".
func wayOut(t Template, brand, language string) bool {
	text, _ := t.Render(func(string) string { return "|" })
	for _, s := range without(cut(text), cut(brand)) {
		if sendsTwo(s) || namesStop(s, language) {
			return true
		}
	}
	return false
}

// without returns the rest of a sentence around the words of a name.
func without(s, name sentence) (rest []sentence) {
	from, n := 0, name.size()
	for i := 0; n > 0 && i+n <= s.size(); {
		if s.words(i, i+n) != name.joined() {
			i++
			continue
		}
		rest = append(rest, s.part(from, i))
		i += n
		from = i
	}
	return append(rest, s.part(from, s.size()))
}

// sendsTwo reports a 2 that is something to send and not a number of things.
func sendsTwo(s sentence) bool {
	for i := range s.tokens {
		if s.word(i) == "2" && !counts(s, i) {
			return true
		}
	}
	return false
}

// counts reports a number that says how many: "2 offers", "2 a week", "2.99", "2 for 1", "buy 2".
func counts(s sentence, i int) bool {
	lex := answerLexicon()
	number := func(i int) bool { return i >= 0 && i < s.size() && allDigits(s.word(i)) }
	switch {
	case number(i+1) && s.tokens[i+1].dot, number(i-1) && s.tokens[i].dot:
		return true
	case i > 0 && !s.tokens[i].pause && lex.bought[s.word(i-1)]:
		return true
	case i+1 == s.size() || s.tokens[i+1].pause:
		return false
	case lex.each[s.word(i+1)]:
		return unit(s, i+2) || number(i+2)
	}
	return lex.counted[s.word(i+1)] || number(i+2) && !s.tokens[i+2].pause
}

// unit reports a length of time at word i, perhaps after an article: "a la semana".
func unit(s sentence, i int) bool {
	lex := answerLexicon()
	return i < s.size() && lex.units[s.word(i)] ||
		i+1 < s.size() && lex.units[s.word(i+1)] && slices.Contains([]string{"la", "le", "the"}, s.word(i))
}

// namesStop reports up to three words in a row that are a stop for people who write the language,
// whatever the flow adds.
func namesStop(s sentence, language string) bool {
	builtIn := words.New(words.Config{Languages: []string{language}})
	for i := range s.tokens {
		for n := i + 1; n <= min(i+3, s.size()); n++ {
			if s.word(i) != "2" && builtIn.Recognise(s.words(i, n), language).Outcome == words.Out &&
				!otherwiseMeant(builtIn, s, i, n, language) {
				return true
			}
		}
	}
	return false
}

// otherwiseMeant reports that the words around a stop make it something else: "you cannot stop",
// "stop by".
func otherwiseMeant(builtIn *words.Vocabulary, s sentence, i, n int, language string) bool {
	if n < s.size() && !s.tokens[n].pause && builtIn.IsOrdinary(s.words(i, n+1)) {
		return true
	}
	for j := i - 1; j >= max(0, i-3) && !s.tokens[j+1].pause; j-- {
		if builtIn.Recognise(s.words(j, n), language).Rule == "tier3.negated" {
			return true
		}
	}
	return false
}
