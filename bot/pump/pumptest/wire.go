package pumptest

import (
	"context"
	"errors"
	"strings"
	"sync"

	"optinbot/bot"
)

// A Wire is a transport that keeps what it is given, and an observer that keeps what it is told.
type Wire struct {
	Answer     func(bot.Outgoing) bot.SendResult // nil: all is accepted
	NoRead     bool                              // read receipts fail
	File       func(bot.Media) <-chan struct{}   // what Prepare answers. Nil: every file is there
	FileFailed error                             // what Prepare says of the try before

	mu      sync.Mutex
	sent    []bot.Outgoing
	read    []string
	changes []bot.Change
}

// Send keeps a message and answers it.
func (w *Wire) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, m)
	if w.Answer != nil {
		return w.Answer(m)
	}
	return bot.SendResult{Status: bot.SendAccepted}
}

// Prepare answers as File and FileFailed do.
func (w *Wire) Prepare(file bot.Media) (<-chan struct{}, error) {
	if w.File == nil {
		return nil, nil
	}
	return w.File(file), w.FileFailed
}

// MarkRead keeps the ID of a message that is marked as read.
func (w *Wire) MarkRead(_ context.Context, id string, _ []bot.Identity) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read = append(w.read, id)
	if w.NoRead {
		return errors.New("the connection is down")
	}
	return nil
}

// Sent is told of every send. Send has kept it.
func (w *Wire) Sent(bot.Claim, bot.SendResult) {}

// Changed keeps what became of a delivery.
func (w *Wire) Changed(c bot.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, c)
}

// Messages are those that somebody got since the last call, by their phone or LID.
func (w *Wire) Messages(who string) (got []bot.Outgoing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var rest []bot.Outgoing
	for _, m := range w.sent {
		if bot.PhoneOf(m.To) == who || bot.LIDOf(m.To) == who {
			got = append(got, m)
		} else {
			rest = append(rest, m)
		}
	}
	w.sent = rest
	return got
}

// Got is what somebody got since the last call, by their phone or LID: texts, and "card".
func (w *Wire) Got(who string) (texts []string) {
	for _, m := range w.Messages(who) {
		if m.Card != nil {
			texts = append(texts, "card")
			continue
		}
		texts = append(texts, m.Text)
	}
	return texts
}

// Wants fails the test unless somebody got exactly so many messages since the last look, each with
// its part of the text.
func (n *Number) Wants(who string, parts ...string) {
	n.t.Helper()
	got := n.Got(who)
	ok := len(got) == len(parts)
	for i := 0; ok && i < len(parts); i++ {
		ok = strings.Contains(got[i], parts[i])
	}
	if !ok {
		n.t.Fatalf("%s got %q, want %q", who, got, parts)
	}
}

// WantsDelivery fails the test unless the store says that of the delivery of an occurrence to a
// phone.
func (n *Number) WantsDelivery(o bot.Occurrence, phone string, status bot.DeliveryStatus, reason bot.Reason) {
	n.t.Helper()
	d, err := n.Store.Delivery(n.t.Context(), o.ID, n.Contact(phone).ID)
	n.must(err)
	if d == nil {
		n.t.Fatalf("there is no delivery to %s, want %s %s", phone, status, reason)
	}
	if d.Status != status || d.Reason != reason {
		n.t.Fatalf("the delivery to %s is %s %s, want %s %s", phone, d.Status, d.Reason, status, reason)
	}
}

// Waiting is how many messages nobody has asked for yet.
func (w *Wire) Waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sent)
}

// Read are the IDs of all messages that were marked as read.
func (w *Wire) Read() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.read
}

// Changes are all that were told.
func (w *Wire) Changes() []bot.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changes
}
