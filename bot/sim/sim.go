// Package sim plays the bot by hand or from a script: a fake transport, a clock that is moved and
// never waited for, and the same turns, broadcasts and limits as `run`.
package sim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"optinbot/bot"
)

// Engine is the pump that serves the simulated number.
type Engine interface {
	HandleMessage(ctx context.Context, m bot.Message) (bot.Turn, error)
	Receipt(ctx context.Context, r bot.Receipt) error
	NumberEvent(ctx context.Context, e bot.NumberEvent) error
	SendNext(ctx context.Context) (sent bool, err error)
	Tick(ctx context.Context) error
}

// Memory is the part of the store that a simulation needs beside the pump.
type Memory interface {
	NextDue(ctx context.Context, number string, limits bot.Limits, now time.Time) (at time.Time, ok bool, err error)
	Contact(ctx context.Context, number, phoneOrLID string) (*bot.Contact, error)
	OptOutPhone(ctx context.Context, number, phone, reason string, envs bot.Envs) ([]bot.Turn, error)
	Linked(ctx context.Context, number, jid, phone string, at time.Time) error
	Arm(ctx context.Context, o bot.Occurrence) (bot.Occurrence, error)
}

// Draft finds a broadcast by name, as an occurrence that is armed now. One at each contact's own
// time has that, others have no time. The error is for the operator.
type Draft func(name string) (bot.Occurrence, error)

// A World is one simulated number and the people who write to it. It is the pump's transport and
// observer. Not for concurrent use, but for Now.
type World struct {
	Number     string
	DaysLinked int // for how many days the number has been linked when the clock starts
	Limits     bot.Limits
	Envs       bot.Envs
	Engine     Engine
	Memory     Memory
	Draft      Draft
	Out        func(Event) // called for everything that happens, in order
	// Answer is how WhatsApp's server answers a send. Nil: it accepts everything, as it does for a
	// healthy number.
	Answer func(bot.Outgoing) bot.SendResult
	// Off tells whose phone is off, as they were when the message to them was claimed: what
	// WhatsApp accepts does not reach it. nil: every phone is on, and reports each message as
	// delivered, never as read.
	Off func(*bot.Contact) bool

	mu      sync.Mutex
	now     time.Time
	armed   int
	arrived []string // message IDs that phones have yet to report
}

// An Event is something a contact would see, or that became of a delivery to them.
type Event struct {
	At         time.Time
	Contact    bot.Contact
	ID         string // of a message
	Kind       bot.SayKind
	Text       string
	Broadcast  string
	Occurrence int64      // of it
	Held       bot.Reason // a delivery that waits, and
	Until      time.Time  // until when. Zero: until something happens
	Skip       bot.Reason // a delivery that will not happen
}

// Now is the simulated time. Zero before the clock was first moved.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *World) set(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = at
}

// Send answers as WhatsApp would.
func (w *World) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	if w.Answer != nil {
		return w.Answer(m)
	}
	return bot.SendResult{Status: bot.SendAccepted}
}

// Prepare has nothing to do: files go nowhere here.
func (w *World) Prepare(bot.Media) (<-chan struct{}, error) { return nil, nil }

// MarkRead does nothing: nobody looks at ticks here.
func (w *World) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// Sent shows a message, and lets it arrive.
func (w *World) Sent(k bot.Claim, r bot.SendResult) {
	if r.Status == bot.SendAccepted && (w.Off == nil || !w.Off(&k.Contact)) {
		w.arrived = append(w.arrived, k.MessageID)
	}
	w.Out(
		Event{
			At:         w.Now(),
			Contact:    k.Contact,
			ID:         k.MessageID,
			Kind:       k.Kind,
			Text:       k.Text,
			Broadcast:  k.Broadcast,
			Occurrence: k.Occurrence,
		},
	)
}

// Changed shows a hold or a skip. A hold is shown again only when its reason changes. The pace is
// never shown.
func (w *World) Changed(c bot.Change) {
	e := Event{At: w.Now(), Contact: c.Contact, Broadcast: c.Broadcast, Occurrence: c.Occurrence}
	switch {
	case c.Status == bot.DeliverySkipped || c.Status == bot.DeliveryVoided:
		e.Skip = c.Reason
	case c.Reason == c.Before || c.Reason == bot.Pace:
		return
	default:
		e.Held, e.Until = c.Reason, c.Until
	}
	w.Out(e)
}

// Advance moves the clock to at and lets everything happen that is due on the way, each at its
// time. An earlier time is refused.
func (w *World) Advance(ctx context.Context, at time.Time) error {
	finest := at
	at = at.UTC().Truncate(bot.Tick)
	if w.Now().IsZero() {
		return w.begin(ctx, at)
	}
	if finest.Before(w.Now()) {
		return fmt.Errorf(
			"the clock stands at %s and does not go back to %s",
			w.Now().Format(time.RFC3339),
			at.Format(time.RFC3339),
		)
	}
	for {
		next, ok, err := w.Memory.NextDue(ctx, w.Number, w.Limits, w.Now())
		if err != nil {
			return err
		}
		if !ok || next.After(at) {
			break
		}
		w.set(next)
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	w.set(at)
	return w.settle(ctx)
}

// begin starts the clock with a number that has been linked for DaysLinked days and is connected.
func (w *World) begin(ctx context.Context, at time.Time) error {
	w.set(at)
	if err := w.Memory.Linked(ctx, w.Number, "simulated", "", at.AddDate(0, 0, -w.DaysLinked)); err != nil {
		return err
	}
	return w.Engine.NumberEvent(ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: at})
}

// settle lets everything happen that is due at this moment.
func (w *World) settle(ctx context.Context) error {
	if err := w.Engine.Tick(ctx); err != nil {
		return err
	}
	for {
		sent, err := w.Engine.SendNext(ctx)
		if err != nil {
			return err
		}
		if err := w.report(ctx); err != nil || !sent {
			return err
		}
	}
}

// report lets the phones say what has arrived.
func (w *World) report(ctx context.Context) error {
	if len(w.arrived) == 0 {
		return nil
	}
	ids := w.arrived
	w.arrived = nil
	return w.Engine.Receipt(ctx, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: ids, At: w.Now()})
}

// Read lets a contact look at a message of the bot.
func (w *World) Read(ctx context.Context, id string) error {
	if err := w.Engine.Receipt(ctx, bot.Receipt{MessageIDs: []string{id}, Kind: bot.ReceiptRead, At: w.Now()}); err != nil {
		return err
	}
	return w.settle(ctx)
}

// Write lets a contact's message arrive (at the simulated time) and everything happen that follows
// at once.
func (w *World) Write(ctx context.Context, m bot.Message) (bot.Turn, error) {
	turn, err := w.Engine.HandleMessage(ctx, m)
	if err != nil {
		return turn, err
	}
	return turn, w.settle(ctx)
}

// TakeOver lets a person of the shop type to a contact on the business phone.
func (w *World) TakeOver(ctx context.Context, phone string) error {
	id := fmt.Sprintf("human@%d", w.Now().UnixNano())
	_, err := w.Write(ctx, bot.Message{
		ID: id, Identities: []bot.Identity{{Kind: bot.Phone,
			Value: phone}}, Kind: bot.KindText, FromMe: true, At: w.Now(),
	})
	return err
}

// OptOut lets the operator record that somebody asked to stop, off WhatsApp.
func (w *World) OptOut(ctx context.Context, phone, reason string) error {
	turns, err := w.Memory.OptOutPhone(ctx, w.Number, phone, reason, w.Envs)
	if err != nil {
		return err
	}
	for _, turn := range turns {
		for _, c := range turn.Changes {
			w.Changed(c)
		}
	}
	return w.settle(ctx)
}

// Broadcast starts an occurrence of a broadcast now, or at each contact's own time where the draft
// says so. Holds, caps and pace apply.
func (w *World) Broadcast(ctx context.Context, name string) error {
	o, err := w.Draft(name)
	if err != nil {
		return err
	}
	w.armed++
	if o.Wall == "" {
		o.Key, o.DueAt = fmt.Sprintf("now@%s#%d", w.Now().Format(time.RFC3339), w.armed), w.Now()
	}
	if _, err := w.Memory.Arm(ctx, o); err != nil {
		return err
	}
	return w.settle(ctx)
}
