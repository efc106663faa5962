package bot

import (
	"time"

	"optinbot/flows"
)

// These are the words in which the store, the pump and the simulator talk about work that is under
// way.

// Envs gives what a decision about a number needs: its flow, the time, fresh message IDs. For a
// number whose flow is not loaded Env.Machine is nil.
type Envs func(number string) Env

// A Turn is what one input led to.
type Turn struct {
	Contact Contact // as it is afterwards
	// Duplicate: the message had had its turn before. All that it did is to tell that two addresses
	// are of one person.
	Duplicate bool
	Effects   []Effect
	Changes   []Change // deliveries that the turn took back, on whatever number
}

// A Claim is one message of the outbox that whoever claimed it, and nobody else, is to send now.
type Claim struct {
	Number     string
	MessageID  string
	Contact    Contact
	Kind       SayKind
	Text       string
	Poll       *Poll
	Buttons    *Buttons
	Template   *Template
	Media      *Media
	Occurrence int64  // of a broadcast, else 0
	Broadcast  string // its name
	At         time.Time
}

// A Change is what a decision made of one delivery.
type Change struct {
	Contact    Contact
	Occurrence int64
	Broadcast  string
	Status     DeliveryStatus // held, skipped or voided
	Reason     Reason
	Until      time.Time // of a hold. Zero: when something happens
	Before     Reason    // the reason it was held for until now
}

// A ClaimResult is what an attempt to claim deliveries came back with.
type ClaimResult struct {
	Claims  []*Claim // to be sent now, each to somebody else
	Changes []Change // holds and skips found on the way
	Number  Decision // when the number itself may not send: why, and until when
}

// Armed is a broadcast as it was armed. An error means that it does not fit today's flow.
type Armed func(o Occurrence) (*flows.Broadcast, error)

// Render writes one person's text of an occurrence.
type Render func(o Occurrence, c *Contact) (Promotion, error)
