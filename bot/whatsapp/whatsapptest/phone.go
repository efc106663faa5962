package whatsapptest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// A Phone is a business phone: the account that clients are linked to. It receives a copy of what
// they send, and a person can type on it.
type Phone struct {
	srv      *Server
	jid, lid types.JID
	appState *appState

	mu         sync.Mutex
	party      *party
	devices    map[uint16]*device
	lastDevice uint16
	copies     []Copy
	presence   string
	refusal    *Refusal
	locked     bool
	logins     int  // of its clients
	unending   bool // the offline sync of its clients has no end
	recalls    bool
	kept       map[string]keptMessage
	requests   []string
	autoReply  string            // of WhatsApp Business, to whom it has not greeted
	greeted    map[*Contact]bool //
}

// A Copy is what the business phone got of a message that one of its clients sent.
type Copy struct {
	ID      string
	At      time.Time
	Device  uint16    // the client that sent it. 0: the phone itself
	To      types.JID // the chat. The phone's own address for "Message yourself"
	Text    string
	Message *waE2E.Message // without the wrapper for own devices
}

func newPhone(s *Server, digits string, lid types.JID) *Phone {
	return &Phone{
		srv: s, jid: types.NewJID(digits, types.DefaultUserServer), lid: lid, party: newParty(),
		devices: map[uint16]*device{}, appState: newAppState("Business " + digits),
	}
}

// Number is the phone's number with the plus.
func (p *Phone) Number() string { return "+" + p.jid.User }

// JID is the phone's address under its number.
func (p *Phone) JID() types.JID { return p.jid }

// LID is the phone's address without a number.
func (p *Phone) LID() types.JID { return p.lid }

// linked returns the linked clients, in the order of their IDs.
func (p *Phone) linked() []*device {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]*device, 0, len(p.devices))
	for _, d := range p.devices {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *device) int { return int(a.id) - int(b.id) })
	return out
}

func (p *Phone) device(id uint16) *device {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.devices[id]
}

// Linked returns the IDs of the linked clients.
func (p *Phone) Linked() []uint16 {
	var out []uint16
	for _, d := range p.linked() {
		out = append(out, d.id)
	}
	return out
}

// Online reports whether at least one client is linked, connected and ready.
func (p *Phone) Online() bool { return slices.ContainsFunc(p.linked(), (*device).online) }

// WaitOnline waits until a client is linked, connected and ready.
func (p *Phone) WaitOnline(ctx context.Context) error {
	if err := p.srv.changed.Until(ctx, p.Online); err != nil {
		return fmt.Errorf("whatsapptest: no client of %s is online: %w", p.Number(), err)
	}
	return nil
}

// Waiting is how many stanzas the clients have not acknowledged yet.
func (p *Phone) Waiting() int {
	n := 0
	for _, d := range p.linked() {
		n += d.waiting()
	}
	return n
}

// WaitIdle waits until the clients have acknowledged everything.
func (p *Phone) WaitIdle(ctx context.Context) error {
	if err := p.srv.changed.Until(ctx, func() bool { return p.Waiting() == 0 }); err != nil {
		return fmt.Errorf("whatsapptest: %d stanzas to %s are not acknowledged: %w", p.Waiting(), p.Number(), err)
	}
	return nil
}

// Copies returns the log of what the phone got of messages that its clients sent, oldest first.
func (p *Phone) Copies() []Copy {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.copies)
}

// Notes returns the copies that went to the phone's own chat, "Message yourself".
func (p *Phone) Notes() []Copy {
	return slices.DeleteFunc(
		p.Copies(),
		func(c Copy) bool { return c.To.User != p.lid.User && c.To.User != p.jid.User },
	)
}

// WaitNote waits until there are at least n messages in the phone's own chat and returns them.
func (p *Phone) WaitNote(ctx context.Context, n int) ([]Copy, error) {
	err := p.srv.changed.Until(ctx, func() bool { return len(p.Notes()) >= n })
	return p.Notes(), err
}

// Presence is the last presence a client announced: available, unavailable or "".
func (p *Phone) Presence() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.presence
}

func (p *Phone) notePresence(presence string) {
	p.mu.Lock()
	p.presence = presence
	p.mu.Unlock()
	p.srv.changed.Ring()
}

// receive decrypts what a client sent to the phone: the copy of a message, or a request.
func (p *Phone) receive(d *device, n *waBinary.Node, enc waBinary.Node) (after func()) {
	now, id := p.srv.Now(), textOf(n, "id")
	defer p.srv.changed.Ring()
	p.mu.Lock()
	defer p.mu.Unlock()
	m, err := p.party.decrypt(d.lidJID(), enc)
	if err != nil {
		return nil
	}
	if request := m.GetProtocolMessage().GetPeerDataOperationRequestMessage(); request != nil {
		return p.asked(d, id, request)
	}
	c := Copy{ID: id, At: now, Device: d.id, To: jidOf(n, "to"), Message: m}
	if sent := m.GetDeviceSentMessage(); sent != nil {
		c.Message = sent.GetMessage()
		c.To, _ = types.ParseJID(sent.GetDestinationJID())
	}
	c.Text = TextOf(c.Message)
	p.copies = append(p.copies, c)
	return nil
}

// TypeTo is a person typing on the phone: the contact gets the text, and so do the clients, wrapped
// as one of their own account's messages (message.go:119-143). It returns the message's ID.
func (p *Phone) TypeTo(c *Contact, text string, options ...Option) string {
	return p.SendMessage(c, &waE2E.Message{Conversation: proto.String(text)}, options...)
}

// SendMessage sends a message of any kind from the phone itself, as [Phone.TypeTo] sends a text.
func (p *Phone) SendMessage(c *Contact, m *waE2E.Message, options ...Option) string {
	o := &outgoing{id: newMessageID(), at: p.srv.Now(), message: m, attrs: waBinary.Attrs{}}
	for _, option := range options {
		option(o)
	}
	kind, _ := kindOf(m)
	attrs := waBinary.Attrs{"recipient": c.lid, "peer_recipient_pn": c.PhoneJID(), "type": kind}
	c.mu.Lock()
	mode := c.addressing
	c.log(Received{ID: o.id, At: o.at, From: p, Text: TextOf(m), Message: m, Type: kind})
	after := c.receiptsFor(p, o.id)
	c.mu.Unlock()
	c.ring()
	if pn := c.PhoneJID(); !pn.IsEmpty() && (mode == FromPhone || mode == FromPhoneOnly) {
		attrs = waBinary.Attrs{"recipient": pn, "peer_recipient_lid": c.lid, "type": kind}
	}
	if mode == FromPhoneOnly || mode == FromLIDOnly || c.PhoneJID().IsEmpty() {
		delete(attrs, "peer_recipient_lid")
		delete(attrs, "peer_recipient_pn")
	}
	for k, v := range o.attrs {
		attrs[k] = v
	}
	p.sendToClients(o.id, o.at, attrs, &waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
		DestinationJID: proto.String(attrs["recipient"].(types.JID).String()), Message: m,
	}})
	if after != nil {
		after()
	}
	return o.id
}

// Read is a person reading a contact's messages on the phone, which tells the clients so
// (types/presence.go:46).
func (p *Phone) Read(c *Contact, ids ...string) {
	for _, id := range ids {
		n := waBinary.Node{Tag: "receipt", Attrs: waBinary.Attrs{
			"id": id, "from": p.jid, "recipient": c.lid, "type": string(types.ReceiptTypeReadSelf), "t": p.srv.stamp(),
		}}
		for _, d := range p.linked() {
			d.enqueue(clone(n), nil)
		}
	}
}

// TypeNote is a person writing in the phone's own chat, "Message yourself".
func (p *Phone) TypeNote(text string) string {
	m := &waE2E.Message{Conversation: proto.String(text)}
	id, now := newMessageID(), p.srv.Now()
	p.mu.Lock()
	p.copies = append(p.copies, Copy{ID: id, At: now, To: p.lid, Text: text, Message: m})
	p.mu.Unlock()
	p.sendToClients(
		id,
		now,
		waBinary.Attrs{"recipient": p.lid, "peer_recipient_pn": p.jid, "type": "text"},
		&waE2E.Message{
			DeviceSentMessage: &waE2E.DeviceSentMessage{DestinationJID: proto.String(p.lid.String()), Message: m},
		},
	)
	return id
}

// sendToClients encrypts a message of the phone for each client and queues it.
func (p *Phone) sendToClients(id string, at time.Time, attrs waBinary.Attrs, m *waE2E.Message) {
	for _, d := range p.linked() {
		p.sendToClient(d, id, at, attrs, m)
	}
}

func (p *Phone) sendToClient(d *device, id string, at time.Time, attrs waBinary.Attrs, m *waE2E.Message) {
	plaintext, err := pad(m)
	if err != nil {
		panic(fmt.Sprintf("whatsapptest: %v", err))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	enc, err := p.party.encrypt(d.lidJID(), plaintext, d.bundle)
	if err != nil {
		panic(fmt.Sprintf("whatsapptest: phone %s cannot encrypt for %s: %v", p.Number(), d.lidJID(), err))
	}
	n := waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{
		"id": id, "from": p.jid, "t": unix(at), "notify": p.appState.name,
	}, Content: []waBinary.Node{enc}}
	for k, v := range attrs {
		n.Attrs[k] = v
	}
	d.enqueue(n, nil)
}
