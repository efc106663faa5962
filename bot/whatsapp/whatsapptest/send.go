package whatsapptest

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// An Option changes how one message is sent.
type Option func(*outgoing)

// WithID gives the message an ID of one's own.
func WithID(id string) Option { return func(o *outgoing) { o.id = id } }

// At dates the message: the server's time on its stanza.
func At(t time.Time) Option { return func(o *outgoing) { o.at = t } }

// To sends the message to another business phone than [Server.Phone].
func To(p *Phone) Option { return func(o *outgoing) { o.to = p } }

// Unreadable spoils the message the first n times it is sent, so that the client asks for it again:
// it gives up after its fourth retry receipt (retry.go:485). A negative n spoils it always.
func Unreadable(n int) Option { return func(o *outgoing) { o.unreadable = n } }

// attribute adds an attribute to the stanza.
func attribute(key string, value any) Option {
	return func(o *outgoing) { o.attrs[key] = value }
}

// An outgoing is a message of a contact on its way to the clients of a business phone. The
// contact's lock guards it.
type outgoing struct {
	id         string
	at         time.Time
	to         *Phone
	message    *waE2E.Message
	attrs      waBinary.Attrs
	unreadable int
	hidden     bool // no phone shows a failure
	group      *Group
	instead    []waBinary.Node           // in place of the ciphertext
	last       map[*device]waBinary.Node // as last sent

	acknowledged bool
	read         bool
	retries      int
	receipts     []string
}

// Send sends a text and returns its ID. It goes to every client that is linked to the phone now,
// and waits for those that are away.
func (c *Contact) Send(text string, options ...Option) string {
	return c.SendMessage(&waE2E.Message{Conversation: proto.String(text)}, options...)
}

// SendMessage sends a message of any kind and returns its ID.
func (c *Contact) SendMessage(m *waE2E.Message, options ...Option) string {
	o := &outgoing{
		id:      newMessageID(),
		at:      c.srv.Now(),
		message: m,
		attrs:   waBinary.Attrs{},
		last:    map[*device]waBinary.Node{},
	}
	for _, option := range options {
		option(o)
	}
	if o.to == nil {
		o.to = c.srv.Phone()
	}
	c.dispatch(o)
	o.to.answerByItself(c, o.at)
	return o.id
}

func (c *Contact) dispatch(o *outgoing) {
	devices := o.to.linked()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent == nil {
		c.sent, c.wroteTo = map[string]*outgoing{}, map[*Phone]bool{}
	}
	c.sent[o.id], c.wroteTo[o.to] = o, true
	o.to.remember(c, o) // first: a client may ask for it as soon as it is queued
	for _, d := range devices {
		c.transmit(d, o, 0)
	}
}

// transmit encrypts and queues a message for one client. It is called with the lock held. Only a
// broken client has keys that cannot be encrypted with. Then it panics.
func (c *Contact) transmit(d *device, o *outgoing, retry int) {
	content, err := c.encrypt(d, o, retry)
	if err != nil {
		panic(fmt.Sprintf("whatsapptest: contact %s cannot encrypt for %s: %v", c.lid, d.lidJID(), err))
	}
	from, attrs := c.from()
	if o.group != nil {
		from, attrs = o.group.jid, o.group.attrs(c)
	}
	kind, _ := kindOf(o.message)
	maps.Copy(attrs, waBinary.Attrs{"id": o.id, "from": from, "type": kind, "t": unix(o.at), "notify": c.name})
	maps.Copy(attrs, o.attrs)
	n := waBinary.Node{Tag: "message", Attrs: attrs, Content: content}
	o.last[d] = n
	d.requeue(clone(n), func() { c.acknowledged(o) }, retry > 0)
}

// encrypt returns the encrypted parts of a message for a client.
func (c *Contact) encrypt(d *device, o *outgoing, retry int) ([]waBinary.Node, error) {
	if o.instead != nil {
		return o.instead, nil
	}
	if o.group != nil {
		return o.group.encrypt(c, d, o, retry)
	}
	enc, err := c.encryptFor(d, o.message)
	if err != nil {
		return nil, err
	}
	finish(&enc, o, retry)
	return []waBinary.Node{enc}, nil
}

func (c *Contact) encryptFor(d *device, m *waE2E.Message) (waBinary.Node, error) {
	plaintext, err := pad(m)
	if err != nil {
		return waBinary.Node{}, err
	}
	return c.keys().encrypt(d.lidJID(), plaintext, d.bundle)
}

// finish adds what goes with the ciphertext and spoils it where asked to.
func finish(enc *waBinary.Node, o *outgoing, retry int) {
	if _, media := kindOf(o.message); media != "" {
		enc.Attrs["mediatype"] = media
	}
	if o.hidden {
		enc.Attrs["decrypt-fail"] = "hide"
	}
	if retry > 0 {
		enc.Attrs["count"] = strconv.Itoa(retry)
	}
	if o.unreadable != 0 {
		o.unreadable--
		data := contentOf(*enc)
		data[len(data)-1] ^= 1
		data[len(data)/2] ^= 1
	}
}

// clone copies the attributes, which the queue changes.
func clone(n waBinary.Node) waBinary.Node {
	n.Attrs = maps.Clone(n.Attrs)
	return n
}

// Repeat sends the very stanza of an earlier message again, ciphertext and all, as a server does
// that missed the acknowledgement. The client does not hand it to its handlers a second time.
func (c *Contact) Repeat(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.sent[id]; o != nil {
		for d, n := range o.last {
			d.enqueue(clone(n), func() { c.acknowledged(o) })
		}
	}
}

// Reencrypt sends an earlier message again under the same ID, encrypted anew. The client takes it
// for a new one.
func (c *Contact) Reencrypt(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.sent[id]; o != nil {
		for d := range o.last {
			c.transmit(d, o, 0)
		}
	}
}

// retry sends a message again because a client could not decrypt it: with a new session, from the
// keys that came with the receipt or else from the server's.
func (c *Contact) retry(d *device, id string, receipt *waBinary.Node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.sent[id]
	if o == nil {
		return
	}
	o.retries++
	address := d.lidJID().SignalAddress()
	_ = c.keys().DeleteSession(context.Background(), address)
	if bundle, err := bundleFromRetry(d, receipt); err == nil {
		_ = c.keys().start(address, bundle)
	}
	retry := receipt.GetChildByTag("retry")
	c.transmit(d, o, atoi(textOf(&retry, "count")))
}

func (c *Contact) acknowledged(o *outgoing) {
	c.mu.Lock()
	o.acknowledged = true
	c.mu.Unlock()
	c.ring()
}

// A Sent is what became of a message that a contact sent.
type Sent struct {
	ID           string
	Acknowledged bool // a client has acknowledged it: the server keeps it no longer
	Read         bool // a client has sent a read receipt
	Retries      int  // how often a client asked for it again
	// the types of the receipts that came for it. "inactive" is a delivery to a client without
	// presence
	Receipts []string
}

// Sent tells what became of a message.
func (c *Contact) Sent(id string) Sent {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.sent[id]
	if o == nil {
		return Sent{ID: id}
	}
	return Sent{
		ID:           id,
		Acknowledged: o.acknowledged,
		Read:         o.read,
		Retries:      o.retries,
		Receipts:     append([]string(nil), o.receipts...),
	}
}

// WaitAcknowledged waits until a client has acknowledged a message.
func (c *Contact) WaitAcknowledged(ctx context.Context, id string) error {
	return c.waitSent(ctx, id, "acknowledged", func(s Sent) bool { return s.Acknowledged })
}

// WaitRead waits until a client has marked a message as read.
func (c *Contact) WaitRead(ctx context.Context, id string) error {
	return c.waitSent(ctx, id, "read", func(s Sent) bool { return s.Read })
}

func (c *Contact) waitSent(ctx context.Context, id, what string, ok func(Sent) bool) error {
	if err := c.changed.Until(ctx, func() bool { return ok(c.Sent(id)) }); err != nil {
		return fmt.Errorf("whatsapptest: message %s was not %s: %+v: %w", id, what, c.Sent(id), err)
	}
	return nil
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
