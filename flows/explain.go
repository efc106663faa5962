package flows

import (
	"fmt"
	"strings"
	"time"
)

// Explain says in sentences what can happen in a state, in the order in which the bot looks: for an
// operator who wants to know what a person standing there sees. ok is false where there is no such
// state.
func (f *Flow) Explain(name string) (sentences []string, ok bool) {
	s := f.States[name]
	if s == nil {
		return nil, false
	}
	e := explanation{f: f, s: s}
	e.arrival()
	e.question()
	e.rules()
	e.rest()
	e.always()
	return e.list, true
}

// An explanation is being written.
type explanation struct {
	f    *Flow
	s    *State
	list []string
}

func (e *explanation) say(format string, args ...any) {
	e.list = append(e.list, fmt.Sprintf(format, args...))
}

// arrival says how people get here and what they read.
func (e *explanation) arrival() {
	if ways := e.f.waysTo(e.s.Name); len(ways) > 0 {
		e.say("People get here %s.", strings.Join(ways, "; "))
	}
	if sample := e.sample(e.s.Say); sample != "" {
		e.say("On arrival they read: %q.", sample)
	}
	if e.s.Card {
		e.say("They also get the contact card, so that they can save the number.")
	}
	if !e.s.Waits() {
		e.say("The bot does not wait here: it goes on to %q at once.", e.s.Next)
	}
}

// waysTo lists how a state is reached.
func (f *Flow) waysTo(name string) (ways []string) {
	if f.Start == name {
		ways = append(ways, "when they write for the first time, or after they left")
	}
	if f.OptIn.Goto == name {
		ways = append(ways, fmt.Sprintf("when they sign up (for instance %q), from wherever they are",
			f.firstWord(f.OptIn.Phrases)))
	}
	for _, a := range f.ways() {
		if a.to == name {
			ways = append(ways, fmt.Sprintf("from %q (%s)", a.from, a.label))
		}
	}
	return ways
}

// question says what is asked and what becomes of the answer.
func (e *explanation) question() {
	q := e.s.Ask
	if q == nil {
		return
	}
	e.say("The bot asks for %s: %s.", q.Preference, e.takes(q))
	e.say("An answer is kept as %q and leads to %q.", q.Preference, e.s.Next)
	if q.Reminder != nil {
		e.say("Who is silent for %s is reminded once.", DurationText(q.Reminder.After))
	}
	e.say("Who has not answered after %s moves to %q and hears nothing until they write.",
		DurationText(q.Timeout.After), q.Timeout.Goto)
}

// takes names the answers that a question takes.
func (e *explanation) takes(q *Question) string {
	switch q.Choose {
	case One, Many:
		var options []string
		for _, o := range q.Options {
			options = append(options, fmt.Sprintf("%s %s (kept as %q)",
				o.Key, o.Label.In(e.f.Languages[0], e.f.Languages), o.Value))
		}
		how := map[string]string{One: "one of", Many: "one or several of"}[q.Choose]
		return how + " " + strings.Join(options, ", ")
	case Number:
		return fmt.Sprintf("a whole number from %d to %d", q.Min, q.Max)
	case Date:
		return "a day with its year"
	case YesNo:
		return "yes or no"
	}
	return "any text"
}

// rules says which words lead somewhere.
func (e *explanation) rules() {
	for _, rule := range e.s.When {
		list, _ := pick(rule.Words, e.f.Languages[0], e.f.Languages)
		where := fmt.Sprintf("leads to %q", rule.Goto)
		if rule.Goto == e.s.Name {
			where = "leaves them here"
		}
		if sample := e.sample(rule.Say); sample != "" {
			where = fmt.Sprintf("is answered %q and %s", sample, where)
		}
		e.say("Who writes %s %s.", strings.Join(quotedEach(list), " or "), where)
	}
}

// rest says what becomes of everything else.
func (e *explanation) rest() {
	switch sample := e.sample(e.s.Otherwise.Say); {
	case !e.s.Waits():
	case sample != "":
		e.say("Anything else is answered %q, %s; then the bot is quiet and tells you.", sample,
			atMost(e.s.Otherwise.AtMost))
	case e.s.Ask == nil:
		e.say("Anything else gets no answer; after %d such messages the bot tells you.", e.s.Otherwise.AtMost+1)
	}
}

func atMost(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("at most %d times in a row", n)
}

// always says what no flow can take away.
func (e *explanation) always() {
	e.say("As everywhere: \"2\" and the stop words end promotions at once; %q signs up; HELP is answered.",
		e.f.firstWord(e.f.OptIn.Phrases))
}

// sample is the first variant of a text in the flow's first language, as it is written.
func (e *explanation) sample(t Text) string {
	if variants := t.In(e.f.Languages[0], e.f.Languages); len(variants) > 0 {
		return variants[0].Source
	}
	return ""
}

func quotedEach(list []string) (out []string) {
	for _, s := range list {
		out = append(out, fmt.Sprintf("%q", s))
	}
	return out
}

// DurationText writes a length of time as the files do: 30m, 24h, 7d, 1h30m. Days are named from
// two on.
func DurationText(d time.Duration) string {
	var b strings.Builder
	const day = 24 * time.Hour
	for _, unit := range []struct {
		length time.Duration
		letter string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if n := d / unit.length; n > 0 && (unit.length != day || n > 1 && d%day == 0) {
			fmt.Fprintf(&b, "%d%s", n, unit.letter)
			d -= n * unit.length
		}
	}
	return b.String()
}
