package flows

import (
	"regexp"
	"sync"
)

// A checker looks at a flow that could be read. The flow has what the file says, nothing built in.
type checker struct {
	*report
	f *Flow
}

// checks are all that is looked for once a flow is read. Reading itself finds what has the wrong
// shape. A new check is a function here, a name in Rules with the force Newer, and files in
// testdata/bad and testdata/older.
var checks = []func(*checker){
	(*checker).stateNames,
	(*checker).reservedNames,
	(*checker).targets,
	(*checker).reachable,
	(*checker).deadEnds,
	(*checker).cycles,
	(*checker).formerStates,
	(*checker).lengthsOfTime,
	(*checker).fallbacks,
	(*checker).numbers,
	(*checker).translations,
	(*checker).builtInTranslations,
	(*checker).languageWords,
	(*checker).texts,
	(*checker).menus,
	(*checker).unmatchable,
	(*checker).braces,
	(*checker).ambiguous,
	(*checker).lookalikes,
	(*checker).stops,
	(*checker).optInPhrases,
	(*checker).invisibleNames,
	(*checker).confirmQuestion,
	(*checker).hint,
	(*checker).disclosure,
	(*checker).goodbyes,
}

// check runs all checks.
func check(f *Flow, r *report) {
	c := &checker{r, f}
	if c.tooMuch() {
		return
	}
	for _, s := range f.States {
		if s.Ask != nil {
			s.Ask.index = newAnswerIndex(s.Ask)
		}
	}
	for _, check := range checks {
		check(c)
	}
}

// Limits of a flow: far above what anybody reads or writes, and small enough to check in a moment.
const (
	maxLanguages = 24
	maxStates    = 300
	maxWords     = 3000
)

// tooMuch refuses files that would only take time to check.
func (c *checker) tooMuch() bool {
	count := 0
	for _, s := range c.f.States {
		count += len(stateWords(s))
	}
	switch {
	case len(c.f.Languages) > maxLanguages:
		c.add(c.src.keyAt("languages"), "out-of-range", "there are more than 24 languages", "make a second flow")
	case len(c.f.States) > maxStates:
		c.add(c.src.keyAt("states"), "out-of-range", "there are more than 300 states", "make a second flow")
	case count > maxWords:
		c.add(c.src.keyAt("states"), "too-many-options", "there are more than 3000 words to recognise",
			"make a second flow")
	default:
		return false
	}
	return true
}

// each calls do for every state, in the order of the file.
func (c *checker) each(do func(s *State)) {
	for _, name := range c.f.Order {
		do(c.f.States[name])
	}
}

// checkBroadcast looks at a draft that could be read.
func checkBroadcast(b *Broadcast, f *Flow, r *report) {
	c := &checker{report: r, f: f}
	p := place{what: "the text", path: []string{"text"}, text: b.Text, room: longest(f.OptOut.Hint) + 2}
	c.text(p) // a language that it lacks is no problem: see Broadcast.Instead
	if b.Template != nil {
		c.approvals(b)
	}
}

// longest is the length of a text's longest variant, in characters.
func longest(t Text) (n int) {
	for _, variants := range t {
		for _, v := range variants {
			n = max(n, len([]rune(v.Source)))
		}
	}
	return n
}

// Pattern is a regular expression that is compiled when it is first asked for: most runs of the
// program ask for none. It panics then if it is none.
func Pattern(s string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(s) })
}
