package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/looplab/fsm"

	"optinbot/flows"
)

// outside is the machine's name for the place before the greeting, where Contact.State is "". No
// state of a flow may be called so.
const outside = "-"

// eventStart greets: from outside to the flow's start.
const eventStart = "start"

// A Machine is a flow compiled to a table of looplab/fsm: the second of the two machines, consent
// being the first. It is made once per flow. Each turn makes a fresh fsm.FSM from it, starting in
// the stored state.
type Machine struct {
	Flow   *flows.Flow
	events fsm.Events            // the whole table
	from   map[string]fsm.Events // the rows that a turn which begins in a state can use
}

// Version names the flow and its version, as the ledger records it, "" without a flow.
func (m *Machine) Version() string {
	if m == nil {
		return ""
	}
	return m.Flow.Name + "@" + m.Flow.Version
}

// NewMachine compiles flow.
func NewMachine(flow *flows.Flow) *Machine {
	m := &Machine{Flow: flow}
	// looplab/fsm takes several sources per row: rows with one event and one target are gathered,
	// which halves the table.
	index := map[[2]string]int{}
	add := func(event, from, to string) {
		i, ok := index[[2]string{event, to}]
		if !ok {
			i = len(m.events)
			index[[2]string{event, to}] = i
			m.events = append(m.events, fsm.EventDesc{Name: event, Dst: to})
		}
		m.events[i].Src = append(m.events[i].Src, from)
	}
	add(eventStart, outside, flow.Start)
	add(flows.EventOptIn, outside, flow.OptIn.Goto)
	add(flows.EventOptOut, outside, flow.Start)
	for _, row := range flow.Transitions() {
		add(row.Event, row.From, row.To)
	}
	m.from = bySource(m.events)
	return m
}

// bySource gives each state its own rows and every row of `next`, for states that do not wait may
// follow. fsm.NewFSM copies its table into maps. It is called in nearly every turn, and the whole
// table of a flow is several times as long.
func bySource(table fsm.Events) map[string]fsm.Events {
	rows := map[string]fsm.Events{}
	for _, row := range table {
		for _, state := range row.Src {
			if row.Name != flows.EventNext {
				rows[state] = append(rows[state], fsm.EventDesc{Name: row.Name, Src: []string{state}, Dst: row.Dst})
			}
		}
	}
	for _, row := range table {
		if row.Name != flows.EventNext {
			continue
		}
		for state := range rows {
			rows[state] = append(rows[state], row)
		}
	}
	return rows
}

// Question returns the question that fills a preference, nil if none does.
func (m *Machine) Question(preference string) *flows.Question {
	for _, name := range m.Flow.Order {
		if q := m.Flow.States[name].Ask; q != nil && q.Preference == preference {
			return q
		}
	}
	return nil
}

// Plain shows preferences as a program expects them: a list for a question of `choose: many`, else
// the one value. On a nil Machine, which a number without a usable flow has, several values are a list.
func (m *Machine) Plain(preferences map[string][]string) map[string]any {
	out := map[string]any{}
	for name, values := range preferences {
		var q *flows.Question
		if m != nil {
			q = m.Question(name)
		}
		if many := q != nil && q.Choose == flows.Many; many || len(values) != 1 {
			out[name] = values
		} else {
			out[name] = values[0]
		}
	}
	return out
}

// transition sends one event through the flow's machine and then `next` for as long as the state
// reached does not wait. The library moves the state. The callback arrived says after each event
// what belongs there.
func (t *turn) transition(event string) error {
	from := t.c.State
	if from == "" {
		from = outside
	}
	if event == flows.EventOptOut && t.flow.States[from] == nil {
		from = outside // a stop does not depend on where they stand
	}
	if from != outside && t.flow.States[from] == nil {
		// looplab/fsm would take any name. `run` speaks no flow that has lost a state with people
		// on it.
		return fmt.Errorf("flow %s has no state %q", t.flow.Name, from)
	}
	var failed error
	machine := fsm.NewFSM(from, t.env.Machine.from[from], fsm.Callbacks{
		// A transition from a state to itself runs no enter callback, but it does run this one.
		"after_event": func(_ context.Context, e *fsm.Event) { failed = t.arrived(e.Event, e.Dst) },
	})
	for range maxChain {
		err := machine.Event(context.Background(), event)
		if same := (fsm.NoTransitionError{}); err != nil && !errors.As(err, &same) {
			return fmt.Errorf("flow %s: %w", t.flow.Name, err)
		}
		if failed != nil {
			return failed
		}
		t.c.State = machine.Current()
		if quietEvent(event) || t.flow.States[t.c.State].Waits() {
			return nil
		}
		event = flows.EventNext
	}
	return fmt.Errorf("flow %s: %d states follow each other without waiting", t.flow.Name, maxChain)
}

// quietEvent reports whether nothing is said on arrival: they left, or a timer moved them while
// they were silent.
func quietEvent(event string) bool { return event == flows.EventOptOut || event == flows.EventTimeout }

// arrived says what belongs to a state that an event has led to.
func (t *turn) arrived(event, state string) error {
	s := t.flow.States[state]
	if s == nil {
		return fmt.Errorf("flow %s has no state %q", t.flow.Name, state)
	}
	if event == flows.EventOtherwise {
		return nil // fallback has spoken
	}
	t.closeQuestion()
	if !quietEvent(event) {
		t.enter(s)
	}
	return nil
}
