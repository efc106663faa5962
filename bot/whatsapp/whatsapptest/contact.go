package whatsapptest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"

	"optinbot/bot/bell"
)

// A Contact is a person with WhatsApp on one phone. Its methods may be called from several
// goroutines.
type Contact struct {
	srv     *Server
	lid     types.JID
	changed bell.Bell

	mu         sync.Mutex
	number     types.JID // the phone JID. Empty when the number belongs to somebody else now
	name       string
	addressing Addressing
	manual     bool // sends no receipts by itself
	reads      bool // sends read receipts by itself
	stubborn   bool // asks for no retries by itself
	party      *party
	sent       map[string]*outgoing
	received   []Received
	counts     map[string]int // decryptions by ID
	failures   []Failure
	retries    map[string]int // retry receipts sent, by ID
	next       int            // the index of what Next returns
	wroteTo    map[*Phone]bool
	typing     string
}

// A Received is one decryption of one message that reached a contact. A message that was decrypted
// twice is there twice, with the same ID.
type Received struct {
	ID      string
	At      time.Time // the server's time
	From    *Phone
	Device  uint16         // the linked device that sent it. 0: a person typed it on the phone itself
	Text    string         // what a person reads: text, caption, or the new text of an edit
	Message *waE2E.Message // as decrypted
	Type    string         // the type of the stanza: text, media, reaction, poll
	Retry   int            // which retry receipt this answers. 0: none
	PreKey  bool           // it started a session
}

// A Failure is a ciphertext that a contact could not decrypt.
type Failure struct {
	ID        string
	At        time.Time
	Err       error
	Duplicate bool // it had been decrypted before: the same ciphertext again
}

// newContact makes a person. Their keys are made when first needed.
func newContact(s *Server, digits string, lid types.JID) *Contact {
	return &Contact{srv: s, lid: lid, number: types.NewJID(digits, types.DefaultUserServer)}
}

// keys returns the contact's end of its Signal sessions. It is called with the lock held.
func (c *Contact) keys() *party {
	if c.party == nil {
		c.party = newParty()
	}
	return c.party
}

// Number is the contact's phone number with the plus, or "" when it now belongs to somebody else.
func (c *Contact) Number() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.number.IsEmpty() {
		return ""
	}
	return "+" + c.number.User
}

// PhoneJID is the contact's address under its number: …@s.whatsapp.net. It is empty when there is
// no number.
func (c *Contact) PhoneJID() types.JID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.number
}

// LID is the contact's address without a number: …@lid. It never changes.
func (c *Contact) LID() types.JID { return c.lid }

// SetName sets the push name, which goes with every message from then on.
func (c *Contact) SetName(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name = name
}

func (c *Contact) loseNumber() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number = types.EmptyJID
}

// Reinstall makes the contact forget its keys and sessions, as a new phone does. It does not tell
// anybody, as [Contact.AnnounceIdentity] would: the next message to the contact cannot be
// decrypted, and it asks for it again.
func (c *Contact) Reinstall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.party = newParty()
}

// Received returns the log of everything the contact has decrypted, oldest first.
func (c *Contact) Received() []Received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.received)
}

// Texts returns the texts of what the contact has received, without what has none.
func (c *Contact) Texts() []string {
	var out []string
	for _, r := range c.Received() {
		if r.Text != "" {
			out = append(out, r.Text)
		}
	}
	return out
}

// Decryptions returns how often a message with that ID was decrypted.
func (c *Contact) Decryptions(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[id]
}

// Failures returns what the contact could not decrypt, identical copies of what it had decrypted
// included.
func (c *Contact) Failures() []Failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.failures)
}

// Next returns the oldest message that Next has not returned yet, and waits for it.
func (c *Contact) Next(ctx context.Context) (Received, error) {
	var r Received
	err := c.changed.Until(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.next >= len(c.received) {
			return false
		}
		r = c.received[c.next]
		c.next++
		return true
	})
	return r, c.explain(err, "the next message")
}

// WaitFor waits until the contact has received at least n messages, and returns the log.
func (c *Contact) WaitFor(ctx context.Context, n int) ([]Received, error) {
	err := c.changed.Until(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.received) >= n
	})
	return c.Received(), c.explain(err, fmt.Sprintf("%d messages", n))
}

// WaitText waits until the contact has received a message whose text contains part.
func (c *Contact) WaitText(ctx context.Context, part string) (Received, error) {
	var r Received
	err := c.changed.Until(ctx, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.IndexFunc(c.received, func(r Received) bool { return strings.Contains(r.Text, part) })
		if i >= 0 {
			r = c.received[i]
		}
		return i >= 0
	})
	return r, c.explain(err, fmt.Sprintf("a text with %q", part))
}

// Typing is the last chat state that a client showed the contact: composing, paused or "".
func (c *Contact) Typing() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.typing
}

func (c *Contact) explain(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("whatsapptest: contact %s waited for %s and has received %q: %w", c.lid, what, c.Texts(), err)
}

func (c *Contact) ring() {
	c.changed.Ring()
	c.srv.changed.Ring()
}

// receive decrypts what a device sent to the contact and logs it. The function it returns is for
// after the server's acknowledgement: it sends the receipts.
func (c *Contact) receive(d *device, n *waBinary.Node, enc waBinary.Node) (after func()) {
	now, id := c.srv.Now(), textOf(n, "id")
	c.mu.Lock()
	defer c.ring()
	defer c.mu.Unlock()
	m, err := c.keys().decrypt(d.lidJID(), enc)
	if err != nil {
		return c.failed(d, Failure{ID: id, At: now, Err: err})
	}
	c.log(Received{
		ID: id, At: now, From: d.phone, Device: d.id, Text: TextOf(m), Message: m, Type: textOf(n, "type"),
		Retry: atoi(textOf(&enc, "count")), PreKey: textOf(&enc, "type") == "pkmsg",
	})
	return c.receiptsFor(d.phone, id)
}

// log is called with the lock held.
func (c *Contact) log(r Received) {
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[r.ID]++
	c.received = append(c.received, r)
}

// newMessageID makes an ID as phones do.
func newMessageID() string {
	var b [9]byte
	_, _ = rand.Read(b[:])
	return "3A" + strings.ToUpper(hex.EncodeToString(b[:]))
}
