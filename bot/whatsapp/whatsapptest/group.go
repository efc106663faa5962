package whatsapptest

import (
	"slices"
	"strconv"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// A Group is a group, or the status list, in which contacts write and the business is a member.
// Clients can read it. The server knows nothing about it that they could ask.
type Group struct {
	srv *Server
	jid types.JID
}

// NewGroup makes a group.
func (s *Server) NewGroup() *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return &Group{srv: s, jid: types.NewJID("1203630000"+strconv.Itoa(10000+s.made), types.GroupServer)}
}

// JID is the group's address.
func (g *Group) JID() types.JID { return g.jid }

// Send posts a text in the group as a contact and returns its ID. The first message of a contact
// carries its sender key beside the text. The client hands that to its handlers as two messages
// with the same ID.
func (g *Group) Send(c *Contact, text string, options ...Option) string {
	m := &waE2E.Message{Conversation: proto.String(text)}
	return c.SendMessage(m, append(options, func(o *outgoing) { o.group = g })...)
}

// PostStatus posts a status: a message to status@broadcast.
func (c *Contact) PostStatus(text string, options ...Option) string {
	return (&Group{srv: c.srv, jid: types.StatusBroadcastJID}).Send(c, text, options...)
}

// attrs names the sender, whose address is not the stanza's. It is called with the contact's lock
// held.
func (g *Group) attrs(c *Contact) waBinary.Attrs {
	from, attrs := c.from()
	out := waBinary.Attrs{"participant": from, "addressing_mode": attrs["addressing_mode"]}
	if pn, ok := attrs["sender_pn"]; ok {
		out["participant_pn"] = pn
	}
	if lid, ok := attrs["sender_lid"]; ok {
		out["participant_lid"] = lid
	}
	return out
}

// encrypt encrypts with the contact's sender key and, where the client has no session or asked
// again, sends the key too (message.go:820-835). It is called with the contact's lock held.
func (g *Group) encrypt(c *Contact, d *device, o *outgoing, retry int) ([]waBinary.Node, error) {
	plaintext, err := pad(o.message)
	if err != nil {
		return nil, err
	}
	enc, key, err := c.keys().encryptGroup(g.jid.String(), c.lid, plaintext)
	if err != nil {
		return nil, err
	}
	finish(&enc, o, 0)
	if retry == 0 && c.keys().told(g.jid, d) {
		return []waBinary.Node{enc}, nil
	}
	carrier, err := c.encryptFor(d, &waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{
		GroupID: proto.String(g.jid.String()), AxolotlSenderKeyDistributionMessage: key,
	}})
	if err != nil {
		return nil, err
	}
	return []waBinary.Node{carrier, enc}, nil
}

// told reports whether a client has a group's sender key already, and notes that it has.
func (p *party) told(group types.JID, d *device) bool {
	key := group.String() + " " + d.lidJID().String()
	if slices.Contains(p.keyHolders, key) {
		return true
	}
	p.keyHolders = append(p.keyHolders, key)
	return false
}

// answerGroup answers that there is no such group.
func (c *conn) answerGroup(*waBinary.Node) []waBinary.Node { return iqError(404, "item-not-found") }
