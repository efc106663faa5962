package play

import (
	"fmt"
	"slices"
	"strings"

	"optinbot/bot"
	"optinbot/flows"
)

// coverage is what conversations have visited of a flow.
type coverage struct {
	states  map[string]bool
	answers map[string]bool // "preference value"
}

func newCoverage() *coverage {
	return &coverage{states: map[string]bool{}, answers: map[string]bool{}}
}

// visit notes what one step of a conversation has visited: where the contact stands, the states
// that do not wait on the way there, and the answers they gave.
func (v *coverage) visit(flow *flows.Flow, before, after *bot.Contact) {
	if after == nil {
		return
	}
	v.states[after.State] = true
	was, had := "", map[string][]string(nil)
	if before != nil {
		was, had = before.State, before.Preferences
	}
	if was != after.State {
		for _, row := range flow.Transitions() {
			if row.From == was || was == "" && row.From == flow.Start {
				v.passed(flow, row.To, after.State)
			}
		}
	}
	for name, values := range after.Preferences {
		for _, value := range values {
			if !slices.Contains(had[name], value) {
				v.answers[name+" "+value] = true
			}
		}
	}
}

// passed notes the states from one on that do not wait, where they lead to the other.
func (v *coverage) passed(flow *flows.Flow, from, to string) {
	var way []string
	for at := flow.States[from]; at != nil && !at.Waits() && len(way) < len(flow.Order); at = flow.States[at.Next] {
		way = append(way, at.Name)
		if at.Next == to {
			for _, name := range way {
				v.states[name] = true
			}
			return
		}
	}
}

// missed lists what no conversation visited, in the order of the file.
func (v *coverage) missed(flow *flows.Flow) (states, answers []string) {
	for _, name := range flow.Order {
		if !v.states[name] {
			states = append(states, name)
		}
		if q := flow.States[name].Ask; q != nil {
			for _, o := range q.Options {
				if !v.answers[q.Preference+" "+o.Value] {
					answers = append(answers, fmt.Sprintf("%s %s (%s)", name, o.Key, o.Value))
				}
			}
		}
	}
	return states, answers
}

// describe says it in a few lines.
func (v *coverage) describe(flow *flows.Flow) string {
	states, answers := v.missed(flow)
	total := 0
	for _, name := range flow.Order {
		if q := flow.States[name].Ask; q != nil {
			total += len(q.Options)
		}
	}
	text := fmt.Sprintf("Flow %s: %d of %d states and %d of %d answers visited.", flow.Name,
		len(flow.Order)-len(states), len(flow.Order), total-len(answers), total)
	if len(states) > 0 {
		text += "\n  no conversation visits: " + strings.Join(states, ", ")
	}
	if len(answers) > 0 {
		text += "\n  nobody answers: " + strings.Join(answers, ", ")
	}
	return text
}
