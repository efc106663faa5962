package flows

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// Events of the flow machine.
const (
	EventAnswer    = "answer"    // an answer that fits: from a state that asks to its next
	EventTimeout   = "timeout"   // nobody answered in time
	EventNext      = "next"      // a state that does not wait
	EventOptIn     = "opt_in"    // from every state to opt_in.goto
	EventOptOut    = "opt_out"   // from every state to start
	EventOtherwise = "otherwise" // nothing matched: the state stays
	EventWhenStem  = "when:"     // EventWhen(i): the i-th rule of `when`
)

// EventWhen is the event of rule i (from 0) of `when`.
func EventWhen(i int) string { return EventWhenStem + strconv.Itoa(i) }

// A Transition is one row of the flow machine: Event leads from From to To.
type Transition struct{ Event, From, To string }

// Transitions is the whole table of the flow's machine, states in the order of the file. At most
// one row has the same Event and From. The caller must not change it.
func (f *Flow) Transitions() []Transition { return f.transitions }

func transitions(f *Flow) []Transition {
	var table []Transition
	for _, name := range f.Order {
		for _, e := range f.States[name].edges() {
			table = append(table, Transition{e.Event, name, e.To})
		}
		table = append(table,
			Transition{EventOtherwise, name, name},
			Transition{EventOptIn, name, f.OptIn.Goto},
			Transition{EventOptOut, name, f.Start})
	}
	return table
}

// edges are the ways out of a state that the file draws.
func (s *State) edges() (list []Transition) {
	add := func(event, to string) {
		if to != "" {
			list = append(list, Transition{event, s.Name, to})
		}
	}
	switch {
	case s.Ask != nil:
		add(EventAnswer, s.Next)
		add(EventTimeout, s.Ask.Timeout.Goto)
	case !s.Waits():
		add(EventNext, s.Next)
	}
	for i, rule := range s.When {
		add(EventWhen(i), rule.Goto)
	}
	return list
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
