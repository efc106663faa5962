package flows

import (
	"strconv"

	"optinbot/flows/words"
)

// compile completes a flow that has passed the checks: built-in texts, lookups, the table of
// transitions.
func compile(f *Flow) {
	if f.OptIn.Confirm {
		f.OptIn.Question = f.OptIn.Disclosure
	}
	for _, t := range f.textsWithDefaults() {
		if t.text.Empty() {
			*t.text = builtIn(t.key, f.Languages)
		}
	}
	f.preferences = map[string][]*Question{}
	for _, name := range f.Order {
		compileState(f, f.States[name])
	}
	f.transitions = transitions(f)
}

func compileState(f *Flow, s *State) {
	s.rules = ruleIndex(s)
	if s.Ask == nil {
		return
	}
	if s.Otherwise.Say.Empty() && s.Ask.Choose != Free {
		s.Otherwise.Say, s.Otherwise.Again = builtIn("otherwise", f.Languages), true
	}
	s.Ask.index = newAnswerIndex(s.Ask)
	f.preferences[s.Ask.Preference] = append(f.preferences[s.Ask.Preference], s.Ask)
}

// ruleIndex maps every phrase of `when` to its rule.
func ruleIndex(s *State) map[string]int {
	index := map[string]int{}
	for i, rule := range s.When {
		for _, list := range rule.Words {
			for _, word := range list {
				index[phraseKey(word)] = i
			}
		}
	}
	return index
}

// vocabulary is the recogniser with this flow's own words.
func vocabulary(f *Flow) *words.Vocabulary {
	c := words.Config{Languages: f.Languages, Stop: f.stops, OptIn: f.OptIn.Phrases, Brand: f.Brand}
	for _, name := range f.Order {
		for _, w := range stateWords(f.States[name]) {
			c.Ordinary = append(c.Ordinary, w.text)
		}
	}
	return words.New(c)
}

// A word is something people may write in a state, as the file has it: a key, a label, an `also` or
// a `when` word.
type word struct {
	text   string
	what   string   // "the key", "the label", "the word"
	of     string   // what it belongs to: `option A`, `rule 1`
	target string   // tells options and rules apart
	option bool     // else of `when`
	path   []string // in the file
}

// stateWords lists everything a state recognises, in the order of the file.
func stateWords(s *State) []word {
	var list []word
	if s.Ask != nil {
		for _, o := range s.Ask.Options {
			list = append(list, optionWords(s.Name, o)...)
		}
	}
	for i, rule := range s.When {
		list = append(list, ruleWords(s.Name, i, rule)...)
	}
	return list
}

func optionWords(state string, o Option) []word {
	path := []string{"states", state, "options", o.Key}
	of := "option " + o.Key
	list := []word{{o.Key, "the key", of, of, true, path}}
	for _, language := range sortedKeys(o.Label) {
		p := with(path, "label", language)
		if language == "" {
			p = with(path, "label")
		}
		list = append(list, word{o.Label[language], "the label", of, of, true, p})
	}
	if !hasLabel(o) {
		list = append(list, word{o.Value, "the value", of, of, true, with(path, "value")})
	}
	for i, also := range o.Also {
		list = append(list, word{also, "the word", of, of, true, with(path, "also", strconv.Itoa(i))})
	}
	return list
}

// hasLabel reports whether the value is only the label once more, as it is where the file gives
// none.
func hasLabel(o Option) bool {
	for _, label := range o.Label {
		if phraseKey(label) == o.Value {
			return true
		}
	}
	return o.Value == ""
}

func ruleWords(state string, i int, rule Rule) (list []word) {
	of := "rule " + strconv.Itoa(i+1) + " of when"
	for _, language := range sortedKeys(rule.Words) {
		for j, w := range rule.Words[language] {
			list = append(list, word{w, "the word", of, of, false,
				[]string{"states", state, "when", strconv.Itoa(i), "words", language, strconv.Itoa(j)}})
		}
	}
	return list
}

// with returns path and more steps, in memory of its own.
func with(path []string, steps ...string) []string {
	return append(append(make([]string, 0, len(path)+len(steps)), path...), steps...)
}
