package bot

import (
	"context"
	"fmt"
	"sync"

	"github.com/looplab/fsm"
)

// Consent is what a contact agreed to. It is the only thing that decides whether a broadcast may
// reach them.
type Consent string

// The values of Consent. A state of a flow must not be named like one of them.
const (
	New          Consent = "new"          // known, never greeted
	Pending      Consent = "pending"      // greeted, has not asked for promotions
	Subscribed   Consent = "subscribed"   // asked for promotions
	Unsubscribed Consent = "unsubscribed" // asked to stop
)

// The events of the consent machine.
const (
	eventGreet  = "greet"
	eventOptIn  = "opt_in"
	eventOptOut = "opt_out"
)

// consentMachines are machines of consent that no event is under way in.
var consentMachines = sync.Pool{New: func() any { return fsm.NewFSM(string(New), consentTable(), nil) }}

// consentTable is the whole of the consent machine. "subscribed" has one door, opt_in. Step fires
// it in one place only (C1). It is a function, not a variable, so that nobody can change it.
func consentTable() fsm.Events {
	anyone := []string{string(New), string(Pending), string(Subscribed), string(Unsubscribed)}
	return fsm.Events{
		{Name: eventGreet, Src: []string{string(New)}, Dst: string(Pending)},
		{Name: eventOptIn, Src: anyone, Dst: string(Subscribed)},
		{Name: eventOptOut, Src: anyone, Dst: string(Unsubscribed)},
	}
}

// move fires one event of the consent machine and returns where it leads. changed is false for an
// event that leads to where the contact already stands. A machine is used again after a success
// only: looplab/fsm must not be after an error.
func (c Consent) move(event string) (to Consent, changed bool, err error) {
	m := consentMachines.Get().(*fsm.FSM)
	m.SetState(string(c))
	err = m.Event(context.Background(), event)
	if err != nil && !stayed(err) {
		return c, false, fmt.Errorf("consent %q does not know %q: %w", c, event, err)
	}
	to = Consent(m.Current())
	consentMachines.Put(m)
	return to, err == nil, nil
}
