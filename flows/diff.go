package flows

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Diff says in words what is different in b, seen from a: states that came, went or moved,
// questions, answers, words, texts. An empty list means that nobody will notice a difference.
func Diff(a, b *Flow) []string {
	d := difference{a: a, b: b}
	d.heads()
	d.states()
	return d.list
}

// A difference is being written.
type difference struct {
	a, b *Flow
	list []string
}

func (d *difference) say(format string, args ...any) {
	d.list = append(d.list, fmt.Sprintf(format, args...))
}

// was reports a value that changed.
func (d *difference) was(what, before, after string) {
	if before != after {
		d.say("%s: was %q, is %q", what, before, after)
	}
}

func (d *difference) text(what string, before, after Text) {
	for _, language := range unionOf(before, after) {
		old, now := sources(before[language]), sources(after[language])
		name := what
		if language != "" && len(d.b.Languages) > 1 {
			name += " (" + language + ")"
		}
		switch {
		case slices.Equal(old, now):
		case len(old) == 0:
			d.say("%s: new text %q", name, now[0])
		case len(now) == 0:
			d.say("%s: the text is gone", name)
		case len(old) != len(now):
			d.say("%s: %d variants, were %d", name, len(now), len(old))
		default:
			d.say("%s: the text changed to %q", name, firstDifferent(old, now))
		}
	}
}

func sources(list []Template) (out []string) {
	for _, t := range list {
		out = append(out, t.Source)
	}
	return out
}

func firstDifferent(old, now []string) string {
	for i := range now {
		if old[i] != now[i] {
			return now[i]
		}
	}
	return ""
}

// words reports words that people write.
func (d *difference) words(what string, before, after map[string][]string) {
	for _, language := range unionOf(before, after) {
		for _, w := range before[language] {
			if !slices.Contains(after[language], w) {
				d.say("%s: %q no longer counts", what, w)
			}
		}
		for _, w := range after[language] {
			if !slices.Contains(before[language], w) {
				d.say("%s: %q counts now", what, w)
			}
		}
	}
}

// heads compares what stands above the states.
func (d *difference) heads() {
	d.was("the brand", d.a.Brand, d.b.Brand)
	d.was("the languages", strings.Join(d.a.Languages, ", "), strings.Join(d.b.Languages, ", "))
	d.was("the start", d.a.Start, d.b.Start)
	d.words("signing up", d.a.OptIn.Phrases, d.b.OptIn.Phrases)
	if d.a.OptIn.Confirm != d.b.OptIn.Confirm {
		d.say("signing up: a phrase alone %s",
			map[bool]string{true: "is no longer enough, a yes is asked for", false: "is enough now"}[d.b.OptIn.Confirm])
	}
	d.text("disclosure", d.a.OptIn.Disclosure, d.b.OptIn.Disclosure)
	d.was("after signing up people go to", d.a.OptIn.Goto, d.b.OptIn.Goto)
	d.words("stopping", d.a.OptOut.Words, d.b.OptOut.Words)
	old, now := d.a.textsWithDefaults(), d.b.textsWithDefaults()
	for i := range old {
		d.text(old[i].key, *old[i].text, *now[i].text)
	}
}

// states compares the conversation.
func (d *difference) states() {
	for _, name := range d.a.Order {
		switch to, moved := d.b.Moved[name]; {
		case d.b.States[name] != nil:
			d.state(d.a.States[name], d.b.States[name])
		case moved:
			d.say("state %q is gone: who stands there moves to %q", name, to)
		default:
			d.say("state %q is gone, and `moved` does not say where people go who stand there", name)
		}
	}
	for _, name := range d.b.Order {
		if d.a.States[name] == nil {
			d.say("state %q is new", name)
		}
	}
}

func (d *difference) state(a, b *State) {
	what := fmt.Sprintf("state %q", a.Name)
	d.text(what, a.Say, b.Say)
	d.was(what+" leads to", a.Next, b.Next)
	if a.Card != b.Card {
		d.say("%s: the contact card %s", what, map[bool]string{true: "is sent now", false: "is no longer sent"}[b.Card])
	}
	d.question(what, a.Ask, b.Ask)
	d.when(what, a.When, b.When)
	d.text(what+", otherwise", a.Otherwise.Say, b.Otherwise.Say)
	if a.Otherwise.AtMost != b.Otherwise.AtMost {
		d.say("%s: the answer to everything else comes at most %d times, was %d",
			what, b.Otherwise.AtMost, a.Otherwise.AtMost)
	}
}

func (d *difference) question(what string, a, b *Question) {
	switch {
	case a == nil && b == nil:
		return
	case a == nil:
		d.say("%s: asks for %q now", what, b.Preference)
		return
	case b == nil:
		d.say("%s: no longer asks for %q", what, a.Preference)
		return
	}
	d.was(what+": the answer is kept as", a.Preference, b.Preference)
	d.was(what+": the kind of question", a.Choose, b.Choose)
	if a.Poll != b.Poll {
		d.say("%s: %s", what,
			map[bool]string{true: "asked with a poll now", false: "no longer asked with a poll"}[b.Poll])
	}
	d.options(what, a.Options, b.Options)
	if a.Min != b.Min || a.Max != b.Max {
		d.say("%s: numbers from %d to %d, were %d to %d", what, b.Min, b.Max, a.Min, a.Max)
	}
	if a.Timeout != b.Timeout {
		d.say("%s: after %s people move to %q; was after %s to %q", what, DurationText(b.Timeout.After), b.Timeout.Goto,
			DurationText(a.Timeout.After), a.Timeout.Goto)
	}
	d.reminder(what, a.Reminder, b.Reminder)
}

func (d *difference) reminder(what string, a, b *Reminder) {
	switch {
	case a == nil && b == nil:
	case a == nil:
		d.say("%s: a reminder is new, after %s", what, DurationText(b.After))
	case b == nil:
		d.say("%s: the reminder after %s is gone", what, DurationText(a.After))
	default:
		if a.After != b.After {
			d.say("%s: the reminder comes after %s, was after %s", what, DurationText(b.After), DurationText(a.After))
		}
		for _, language := range unionOf(a.Say, b.Say) {
			d.was(strings.TrimSpace(what+": the text of the reminder "+ofLanguage(language)),
				reminderText(a.Say[language]), reminderText(b.Say[language]))
		}
	}
}

// reminderText is what a reminder says.
func reminderText(variants []Template) string {
	if len(variants) == 0 {
		return "the question again"
	}
	return strings.Join(sources(variants), " / ")
}

// ofLanguage is a remark about the language of a text; "" where it is of no language.
func ofLanguage(language string) string {
	if language == "" {
		return ""
	}
	return "(" + language + ")"
}

func (d *difference) options(what string, a, b []Option) {
	find := func(list []Option, value string) *Option {
		for i := range list {
			if list[i].Value == value {
				return &list[i]
			}
		}
		return nil
	}
	for _, o := range a {
		switch now := find(b, o.Value); {
		case now == nil:
			d.say("%s: the answer %q is gone (who gave it keeps it)", what, o.Value)
		case now.Key != o.Key:
			d.say("%s: the answer %q has the key %s, was %s", what, o.Value, now.Key, o.Key)
		case !maps.Equal(now.Label, o.Label):
			d.say("%s: the answer %q is called differently", what, o.Value)
		case !slices.Equal(now.Also, o.Also):
			d.say("%s: other words count for the answer %q", what, o.Value)
		}
	}
	for _, o := range b {
		if find(a, o.Value) == nil {
			d.say("%s: the answer %q is new", what, o.Value)
		}
	}
}

// when compares the rules, in their order.
func (d *difference) when(what string, a, b []Rule) {
	for i := range max(len(a), len(b)) {
		rule := fmt.Sprintf("%s, rule %d of when", what, i+1)
		switch {
		case i >= len(b):
			d.say("%s is gone", rule)
		case i >= len(a):
			d.say("%s is new and leads to %q", rule, b[i].Goto)
		default:
			d.words(rule, a[i].Words, b[i].Words)
			d.was(rule+" leads to", a[i].Goto, b[i].Goto)
			d.text(rule, a[i].Say, b[i].Say)
		}
	}
}

// unionOf are the keys of both maps, in order.
func unionOf[V any](a, b map[string]V) []string {
	keys := map[string]bool{}
	for k := range a {
		keys[k] = true
	}
	for k := range b {
		keys[k] = true
	}
	return sortedKeys(keys)
}
