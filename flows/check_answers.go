package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"optinbot/flows/words"
)

// maxOptions is how many lines of a menu people read.
const maxOptions = 12

// menus reports menus with too many lines, or too few.
func (c *checker) menus() {
	c.each(func(s *State) {
		if s.Ask == nil || !c.src.has("states", s.Name, "options") {
			return
		}
		switch n := len(s.Ask.Options); {
		case n > maxOptions:
			c.add(c.src.keyAt("states", s.Name, "options"), "too-many-options",
				fmt.Sprintf("%d options are more than anybody reads", n),
				"offer at most 12; ask a second question for the rest")
		case s.Ask.Poll && n < minPoll && n > 0:
			c.add(c.src.keyAt("states", s.Name, "poll"), "out-of-range", "a poll needs at least two options",
				"add an option, or take `poll` out")
		case n == 0:
			c.add(c.src.keyAt("states", s.Name, "options"), "missing-key", "the question has no options",
				"add at least two, as `A: {label: Shoes}`")
		}
	})
}

// unmatchable reports words without a letter or digit, which no message can match.
func (c *checker) unmatchable() {
	c.each(func(s *State) {
		for _, w := range stateWords(s) {
			if phraseKey(w.text) == "" {
				c.add(c.wordAt(w), "unmatchable-word",
					fmt.Sprintf("%s %q of %s has no letter or digit, so nobody's answer can match it",
						w.what, w.text, w.of),
					"write a letter or a word")
			}
		}
	})
}

// braces reports placeholders in words that people write: nothing fills them there, and nobody
// writes a brace.
func (c *checker) braces() {
	for _, language := range sortedKeys(c.f.OptIn.Phrases) {
		for i, phrase := range c.f.OptIn.Phrases[language] {
			c.brace(c.src.at(phrasePath(language, i)...), fmt.Sprintf("the opt-in phrase %q", phrase), phrase)
		}
	}
	for _, language := range sortedKeys(c.f.OptOut.Words) {
		for i, w := range c.f.OptOut.Words[language] {
			c.brace(c.src.at("opt_out", "words", language, strconv.Itoa(i)), fmt.Sprintf("the stop word %q", w), w)
		}
	}
	c.each(func(s *State) {
		for _, w := range stateWords(s) {
			c.brace(c.wordAt(w), fmt.Sprintf("%s %q of %s", w.what, w.text, w.of), w.text)
		}
	})
}

func (c *checker) brace(at pos, what, text string) {
	if strings.ContainsAny(text, "{}") {
		c.add(at, "placeholder-not-allowed", what+" has braces in it, and nothing fills a placeholder there",
			"write the words out, as people will write them")
	}
}

// wordAt is the place of a word in the file.
func (c *checker) wordAt(w word) pos {
	if w.what == "the key" {
		return c.src.keyAt(w.path...)
	}
	return c.src.at(w.path...)
}

// ambiguous reports messages that would match two things.
func (c *checker) ambiguous() {
	phrases := c.optInKeys()
	c.each(func(s *State) {
		c.values(s)
		seen := map[string]word{}
		for _, w := range stateWords(s) {
			key := phraseKey(w.text)
			if key == "" || (w.what == "the value" && seen[key].what == "the value") { // see values
				continue
			}
			switch first, ok := seen[key]; {
			case phrases[key] != "":
				c.clash(w, fmt.Sprintf("the opt-in phrase %q", phrases[key]))
			case ok && first.target != w.target:
				c.clash(w, fmt.Sprintf("%s %q of %s", first.what, first.text, first.of))
			case !ok:
				seen[key] = w
				c.shadowed(s, w)
				c.languageName(w)
			}
		}
	})
}

func (c *checker) clash(w word, with string) {
	c.add(c.wordAt(w), "ambiguous-match", fmt.Sprintf("%s %q of %s is the same as %s", w.what, w.text, w.of, with),
		"one message can mean one thing only: take one of the two out")
}

// shadowed reports a word of `when` that the question would take as its answer first.
func (c *checker) shadowed(s *State, w word) {
	if s.Ask == nil || w.option || s.Ask.Choose == Free {
		return
	}
	for _, language := range c.f.Languages {
		if values, ok := s.Ask.Answer(w.text, language, c.f); ok {
			c.add(c.wordAt(w), "ambiguous-match",
				fmt.Sprintf("%s %q of %s is an answer to the question too (%s)", w.what, w.text, w.of, quoted(values)),
				"the answer comes first, so this rule would never be met: choose another word")
			return
		}
	}
}

// languageName reports a word of `when` that names a language of the flow: the bot changes the
// language first.
func (c *checker) languageName(w word) {
	if language, ok := c.f.Words.NamedLanguage(w.text); ok && !w.option {
		c.add(c.wordAt(w), "ambiguous-match",
			fmt.Sprintf("%s %q of %s asks for the language %q", w.what, w.text, w.of, language),
			"the bot changes the language by itself, so this rule would never be met: take the word out")
	}
}

// optInKeys are the opt-in phrases as they are compared.
func (c *checker) optInKeys() map[string]string {
	keys := map[string]string{}
	for _, list := range c.f.OptIn.Phrases {
		for _, phrase := range list {
			keys[phraseKey(phrase)] = phrase
		}
	}
	return keys
}

// values reports two options that store the same.
func (c *checker) values(s *State) {
	if s.Ask == nil {
		return
	}
	seen := map[string]string{}
	for _, o := range s.Ask.Options {
		if first, ok := seen[o.Value]; ok && o.Value != "" {
			c.add(c.src.keyAt("states", s.Name, "options", o.Key), "ambiguous-match",
				fmt.Sprintf("options %s and %s both store %q", first, o.Key, o.Value),
				"give each a `value` of its own")
		}
		seen[o.Value] = o.Key
	}
}

// stops is promise T5: the whole recogniser reads every key, label, value, `also` and `when` word,
// in every language.
func (c *checker) stops() {
	c.each(func(s *State) {
		for _, w := range stateWords(s) {
			v := c.stop(w.text, w.option)
			if one := singular(w.text); w.option && one != "" && v.Outcome == words.Neither {
				v = c.stop(one, true) // the singular is read as the option too
			}
			switch {
			case v.Outcome != words.Neither:
				c.add(c.wordAt(w), "answer-is-stop", fmt.Sprintf("%s %q of %s %s", w.what, w.text, w.of, taken(v)),
					stopAdvice(w, v))
				if c.accepted {
					c.f.keep(s.Name, w.text)
				}
			case c.f.Words.IsHelp(w.text):
				c.add(c.wordAt(w), "answer-is-help",
					fmt.Sprintf("%s %q of %s is how people ask for help, so it never gets here", w.what, w.text, w.of),
					"choose another word")
			case c.stopsElsewhere(w.text):
				c.f.keep(s.Name, w.text)
			}
		}
	})
}

// stopsElsewhere reports a word that is a stop only for people whose phone's country speaks another
// language than the flow: an Italian phone and the option "Basta" of an English flow.
func (c *checker) stopsElsewhere(text string) bool {
	return slices.ContainsFunc(c.f.Languages, func(language string) bool {
		return c.f.Words.Recognise(text, language, words.Languages()...).Outcome == words.Out
	})
}

// stop is the worst that the recogniser finds in a word, in any of the flow's languages. A word
// that is a stop only in somebody else's language, or a two that is spelled, is fine for an option:
// an answer that fits an open question is an answer.
func (c *checker) stop(text string, option bool) (worst words.Recognition) {
	for _, language := range c.f.Languages {
		v := c.f.Words.Recognise(text, language)
		if v.Outcome == words.Out {
			return v
		}
		if v.Outcome == words.Unsure && !(option && (v.Rule == "tier3.scope" || v.Rule == "tier3.two")) {
			worst = v
		}
	}
	return worst
}

// taken says what the recogniser takes a text for.
func taken(v words.Recognition) string {
	language := ""
	if v.Language != "" {
		language = " in " + v.Language
	}
	if v.Outcome == words.Out {
		return fmt.Sprintf("would unsubscribe whoever writes it: %q is a stop%s (%s)", v.Word, language, v.Rule)
	}
	return fmt.Sprintf("would make the bot ask whether they want to stop: it contains %q%s (%s)",
		v.Word, language, v.Rule)
}

// stopAdvice says what to do, and why there is nothing else: what the bot does with such a message
// in any state.
func stopAdvice(w word, v words.Recognition) string {
	if phraseKey(w.text) == "2" {
		return "2 is always the way out: use the letters A, B, C, or 1 and 3"
	}
	if v.Tier == 1 {
		return "no file can take a stop word away: say it with another word"
	}
	does := "it holds the promotions and asks whether they want to stop"
	if v.Outcome == words.Out {
		does = "it unsubscribes them"
	}
	return "the bot takes this for a wish to stop: " + does +
		". No file can take a stop word away: say it with other words"
}

// path of an opt-in phrase.
func phrasePath(language string, i int) []string {
	return []string{"opt_in", "phrases", language, strconv.Itoa(i)}
}
