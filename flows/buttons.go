package flows

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Meta's limits of what can be tapped, in characters and items.
const (
	maxRows        = 10 // of a list
	maxRowTitle    = 24 // of one of them
	maxButtonTitle = 20
)

// Has reports whether a value is one of the options'.
func (q *Question) Has(value string) bool {
	return slices.ContainsFunc(q.Options, func(o Option) bool { return o.Value == value })
}

// ChooseWord is on the button that opens a list of answers, "" in a language for which it is not
// built in.
func ChooseWord(language string) string { return builtInWord("choose", language) }

// StopButton is on the button of a promotion that says stop, "" in a language for which it is not
// built in.
func StopButton(language string) string { return builtInWord("stop_button", language) }

func builtInWord(key, language string) string { return builtInTexts()[key][language].Source }

// ButtonAdvice says which questions of a flow go out as a menu in words on a wire with buttons,
// because their options do not fit it. None of it refuses the flow. src is the flow's source.
func (f *Flow) ButtonAdvice(file string, src []byte) []Problem {
	source, r := parse(file, src, true)
	if source.root == nil {
		return nil
	}
	c := &checker{r, f}
	c.each(func(s *State) {
		if s.Ask == nil || len(s.Ask.Options) == 0 {
			return
		}
		if n := len(s.Ask.Options); n > maxRows {
			r.addAs(Advice, source.keyAt("states", s.Name, "options"), "too-many-options",
				fmt.Sprintf("a list to tap has at most %d options, and this has %d: on the Cloud API the question "+
					"goes out as a menu in words", maxRows, n),
				"people type the letter then; or ask a second question for the rest")
		}
		for _, o := range s.Ask.Options {
			c.buttonAdvice(s, o)
		}
	})
	return r.problems()
}

func (c *checker) buttonAdvice(s *State, o Option) {
	for _, language := range sortedKeys(o.Label) {
		n := utf8.RuneCountInString(o.Label[language])
		if n <= maxRowTitle {
			continue
		}
		c.addAs(Advice, c.src.at("states", s.Name, "options", o.Key, "label", language), "text-too-long",
			fmt.Sprintf("the label of option %s has %d characters, and one to tap has at most %d: on the Cloud API the "+
				"question goes out as a menu in words", o.Key, n, maxRowTitle),
			fmt.Sprintf("a label of at most %d is a button, one of at most %d a line of a list", maxButtonTitle, maxRowTitle))
	}
}
