package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/looplab/fsm"

	"optinbot/flows"
)

// outside is the machine's name for the place before the greeting, where Contact.State is "". No
// state of a flow may be called so.
const outside = "-"

// eventStart greets: from outside to the flow's start.
const eventStart = "start"

// A Machine is a flow compiled to a table of looplab/fsm: the second of the two machines, consent
// being the first. It is made once per flow. Each turn takes an fsm.FSM of it that starts in the
// stored state.
type Machine struct {
	Flow    *flows.Flow
	version string
	idle    sync.Pool // of *runner: making one copies the whole table into maps
}

// A runner is one fsm.FSM and the turn that it serves at the moment.
type runner struct {
	*fsm.FSM
	turn   *turn
	failed error // what turn.arrived said
}

// Version names the flow and its version, as the ledger records it, "" without a flow.
func (m *Machine) Version() string {
	if m == nil {
		return ""
	}
	return m.version
}

// NewMachine compiles flow.
func NewMachine(flow *flows.Flow) *Machine {
	m := &Machine{Flow: flow, version: flow.Name + "@" + flow.Version}
	var table fsm.Events
	add := func(event, from, to string) {
		table = append(table, fsm.EventDesc{Name: event, Src: []string{from}, Dst: to})
	}
	add(eventStart, outside, flow.Start)
	add(flows.EventOptIn, outside, flow.OptIn.Goto)
	add(flows.EventOptOut, outside, flow.Start)
	for _, row := range flow.Transitions() {
		add(row.Event, row.From, row.To)
	}
	m.idle.New = func() any { return newRunner(table) }
	return m
}

func newRunner(table fsm.Events) *runner {
	r := &runner{}
	r.FSM = fsm.NewFSM(outside, table, fsm.Callbacks{
		// A transition from a state to itself runs no enter callback, but does run this one.
		"after_event": func(_ context.Context, e *fsm.Event) { r.failed = r.turn.arrived(e.Event, e.Dst) },
	})
	return r
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
	machine := t.env.Machine.idle.Get().(*runner)
	machine.SetState(from)
	machine.turn = t
	for range maxChain {
		err := machine.Event(context.Background(), event)
		if !stayed(err) && err != nil {
			return fmt.Errorf("flow %s: %w", t.flow.Name, err)
		}
		if machine.failed != nil {
			return machine.failed
		}
		t.c.State = machine.Current()
		if quietEvent(event) || t.flow.States[t.c.State].Waits() {
			// Only after a success: looplab/fsm must not be used again after an error.
			machine.turn = nil
			t.env.Machine.idle.Put(machine)
			return nil
		}
		event = flows.EventNext
	}
	return fmt.Errorf("flow %s: %d states follow each other without waiting", t.flow.Name, maxChain)
}

// stayed reports whether an event has led to the state that it began in, of which looplab/fsm makes
// an error.
func stayed(err error) bool {
	_, same := errors.AsType[fsm.NoTransitionError](err)
	return same
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
