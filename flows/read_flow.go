package flows

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// What holds where the file says nothing.
const (
	defaultAtMost = 2
	defaultMax    = 999_999_999 // of a number
)

// readFlow reads the whole file. The Flow has what the file says and nothing else. compile adds the
// rest.
func readFlow(src *source, rep *report) *Flow {
	f := &Flow{States: map[string]*State{}, Moved: map[string]string{}}
	r := &reader{report: rep}
	if n := src.root; n.Kind == yaml.MappingNode { // the languages first: every text needs them
		if _, v := entry(n, "languages"); v != nil {
			r.languages = r.languageList(v)
			f.Languages = r.languages
		}
	}
	r.mapping(src.root, nil, "the flow", []field{
		must("flow", &f.Name, r.name),
		must("brand", &f.Brand, r.str),
		{"languages", true, func(*yaml.Node) {}},
		must("start", &f.Start, r.str),
		must("opt_in", &f.OptIn, r.optIn),
		may("opt_out", &f.OptOut, r.optOut),
		may("help", &f.Help, r.text),
		may("unreadable", &f.Unreadable, r.text),
		may("resend", &f.Resend, r.text),
		{"states", true, func(n *yaml.Node) { r.states(n, f) }},
		may("moved", &f.Moved, r.moved),
	})
	return f
}

var (
	languageCode = Pattern(`^[a-z]{2,3}(-[a-z0-9]{2,8})?$`)
	plainName    = Pattern(`^[a-z][a-z0-9_-]{0,39}$`)
)

// IsName reports whether a text may be the name of a flow, a state or a broadcast.
func IsName(s string) bool { return plainName().MatchString(s) }

// languageList reads `languages`.
func (r *reader) languageList(n *yaml.Node) []string {
	var list []string
	for i, code := range r.list(n) {
		at := posOf(n)
		if n.Kind == yaml.SequenceNode && i < len(n.Content) {
			at = posOf(n.Content[i])
		}
		switch {
		case !languageCode().MatchString(code):
			r.add(at, "unknown-language", fmt.Sprintf("%q is not a language code", code),
				"use the two small letters of ISO 639-1: en, pt, es, fr, de, it, ...")
		case slices.Contains(list, code):
			r.add(at, "duplicate-key", fmt.Sprintf("the language %q stands here twice", code), "take one out")
		default:
			list = append(list, code)
		}
	}
	return list
}

// name reads a name that the bot stores and commands use.
func (r *reader) name(n *yaml.Node) string {
	s := r.str(n)
	if s != "" && !plainName().MatchString(s) {
		r.badName(posOf(n), s)
	}
	return s
}

func (r *reader) badName(at pos, s string) {
	r.add(at, "bad-name", fmt.Sprintf("%q cannot be a name", s),
		"use small letters a-z, digits, _ and -, beginning with a letter, at most 40")
}

func (r *reader) optIn(n *yaml.Node) (o OptIn) {
	key, _ := entry(r.src.root, "opt_in")
	r.mapping(n, key, "opt_in", []field{
		must("phrases", &o.Phrases, r.words),
		may("confirm", &o.Confirm, r.boolean),
		must("disclosure", &o.Disclosure, r.text),
		may("question", &o.Question, r.text),
		may("declined", &o.Declined, r.text),
		must("goto", &o.Goto, r.str),
	})
	return o
}

func (r *reader) optOut(n *yaml.Node) (o OptOut) {
	r.mapping(n, nil, "opt_out", []field{
		may("hint", &o.Hint, r.text),
		may("goodbye", &o.Goodbye, r.text),
		may("after", &o.After, r.text),
		may("unsure", &o.Unsure, r.text),
		may("stays", &o.Stays, r.text),
		may("words", &o.Words, r.words),
	})
	return o
}

// moved reads former names of states.
func (r *reader) moved(n *yaml.Node) map[string]string {
	m := map[string]string{}
	if !r.isMapping(n, "moved") {
		return m
	}
	r.twice(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		m[n.Content[i].Value] = r.str(n.Content[i+1])
	}
	return m
}

func (r *reader) states(n *yaml.Node, f *Flow) {
	if !r.isMapping(n, "states") {
		return
	}
	r.twice(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode || f.States[k.Value] != nil {
			continue
		}
		if !plainName().MatchString(k.Value) {
			r.badName(posOf(k), k.Value)
		}
		f.States[k.Value] = r.state(k, v)
		f.Order = append(f.Order, k.Value)
	}
}

func (r *reader) state(key, n *yaml.Node) *State {
	s := &State{Name: key.Value, Line: key.Line, Otherwise: Fallback{AtMost: defaultAtMost}}
	q := &Question{}
	var low, high *int64
	fields := []field{
		may("say", &s.Say, r.text),
		may("card", &s.Card, r.boolean),
		may("ask", &q.Preference, r.name),
		may("choose", &q.Choose, r.choose),
		may("options", &q.Options, r.options),
		may("poll", &q.Poll, r.boolean),
		may("min", &low, r.integer),
		may("max", &high, r.integer),
		may("timeout", &q.Timeout, r.timeout),
		may("reminder", &q.Reminder, r.reminder),
		may("when", &s.When, r.rules),
		may("otherwise", &s.Otherwise, r.otherwise),
		may("next", &s.Next, r.str),
	}
	r.mapping(n, key, fmt.Sprintf("state %q", key.Value), fields)
	if k, _ := entry(n, "ask"); k == nil || n.Kind != yaml.MappingNode {
		r.misplaced(n, "it belongs to a question, and this state asks nothing",
			"add `ask:` with the name of the preference, or take it out",
			"choose", "options", "poll", "min", "max", "timeout", "reminder")
		return s
	}
	s.Ask = q
	q.bounds(low, high)
	_, minimum := entry(n, "min")
	_, maximum := entry(n, "max")
	q.unread = low == nil && minimum != nil || high == nil && maximum != nil
	r.question(key, n, s)
	return s
}

// bounds fills in what `min` and `max` leave open.
func (q *Question) bounds(low, high *int64) {
	if q.Choose != Number {
		return
	}
	q.Max = defaultMax
	if low != nil {
		q.Min = *low
		q.Max = max(q.Max, q.Min)
	}
	if high != nil {
		q.Max = *high
		if low == nil {
			q.Min = min(0, q.Max)
		}
	}
}

// question reports what a question must and must not have.
func (r *reader) question(key, n *yaml.Node, s *State) {
	what := fmt.Sprintf("the question of state %q", s.Name)
	needs := []string{"say", "choose", "next"}
	switch s.Ask.Choose {
	case One, Many:
		needs = append(needs, "options")
		r.misplaced(n, "it belongs to `choose: number`", "take it out", "min", "max")
	case Number:
		r.misplaced(n, "it belongs to `choose: one` or `choose: many`", "take it out", "options", "poll")
	case Free, Date, YesNo:
		r.misplaced(n, fmt.Sprintf("it does not belong to `choose: %s`", s.Ask.Choose), "take it out", "options",
			"poll", "min", "max")
	}
	if s.Ask.Choose == Free {
		r.misplaced(n, "a question with `choose: text` takes every text as its answer, so this is never used",
			"take it out", "when", "otherwise")
	}
	for _, name := range needs {
		if k, _ := entry(n, name); k == nil {
			r.missing(n, key, what, name)
		}
	}
	if k, _ := entry(n, "timeout"); k == nil {
		r.add(posOf(key), "question-without-timeout",
			fmt.Sprintf("%s has no timeout: who never answers would wait in it for ever", what),
			"add `timeout: {after: 24h, goto: STATE}`")
	}
}

// misplaced reports keys that have no effect where they stand.
func (r *reader) misplaced(n *yaml.Node, why, advice string, names ...string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for _, name := range names {
		if k, _ := entry(n, name); k != nil {
			r.add(posOf(k), "misplaced-key", fmt.Sprintf("%q has no effect here: %s", name, why), advice)
		}
	}
}

var kinds = []string{One, Many, Free, Number, Date, YesNo}

func (r *reader) choose(n *yaml.Node) string {
	s := r.str(n)
	if s != "" && !slices.Contains(kinds, s) {
		r.add(posOf(n), "wrong-type", fmt.Sprintf("%q is not a kind of question%s", s, didYouMean(s, kinds)),
			"choose is one of: "+quoted(kinds))
	}
	return s
}

// options reads the menu, in the order of the file.
func (r *reader) options(n *yaml.Node) []Option {
	if !r.isMapping(n, "options") {
		return nil
	}
	r.twice(n)
	var list []Option
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.ScalarNode {
			list = append(list, r.option(k, v))
		}
	}
	return list
}

// option reads one line of a menu. A single text is its label.
func (r *reader) option(k, v *yaml.Node) Option {
	o := Option{Key: strings.TrimSpace(k.Value)}
	if v.Kind == yaml.ScalarNode && !isNull(v) {
		o.Label = r.label(v)
	} else {
		r.mapping(v, k, fmt.Sprintf("option %q", o.Key), []field{
			may("value", &o.Value, r.str),
			must("label", &o.Label, r.label),
			may("also", &o.Also, r.list),
		})
	}
	if o.Value == "" && len(r.languages) > 0 {
		o.Value = phraseKey(o.Label.In(r.languages[0], r.languages))
	}
	return o
}

func (r *reader) timeout(n *yaml.Node) (t Timeout) {
	r.mapping(n, nil, "timeout", []field{
		must("after", &t.After, r.duration),
		must("goto", &t.Goto, r.str),
	})
	return t
}

func (r *reader) reminder(n *yaml.Node) *Reminder {
	m := &Reminder{}
	r.mapping(n, nil, "reminder", []field{
		must("after", &m.After, r.duration),
		may("say", &m.Say, r.text),
	})
	return m
}

// rules reads `when`, a list of rules.
func (r *reader) rules(n *yaml.Node) []Rule {
	if n.Kind != yaml.SequenceNode {
		r.add(posOf(n), "wrong-type", "when must be a list, but it is "+kindOf(n),
			"begin every rule with a -: `- words: [...]` and below it `  goto: STATE`")
		return nil
	}
	var list []Rule
	for _, item := range n.Content {
		rule := Rule{}
		r.mapping(item, nil, "this rule of when", []field{
			must("words", &rule.Words, r.words),
			may("say", &rule.Say, r.text),
			must("goto", &rule.Goto, r.str),
		})
		list = append(list, rule)
	}
	return list
}

func (r *reader) otherwise(n *yaml.Node) Fallback {
	f := Fallback{AtMost: defaultAtMost}
	var atMost *int64
	r.mapping(n, nil, "otherwise", []field{
		may("say", &f.Say, r.text),
		may("at_most", &atMost, r.integer),
	})
	if atMost != nil {
		f.AtMost = int(min(max(*atMost, math.MinInt32), math.MaxInt32))
	}
	return f
}
