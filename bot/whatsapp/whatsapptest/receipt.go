package whatsapptest

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strconv"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/signalerror"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// SetReceipts chooses what the contact answers by itself when it has decrypted a message: that it
// was delivered (true for a new contact) and that it was read (false for one).
func (c *Contact) SetReceipts(delivered, read bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.manual, c.reads = !delivered, read
}

// SetRetries chooses whether the contact asks again, by itself, for what it cannot decrypt: true
// for a new contact.
func (c *Contact) SetRetries(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stubborn = !on
}

// receiptsFor returns what sends the automatic receipts for a message. It is called with the lock
// held.
func (c *Contact) receiptsFor(p *Phone, id string) func() {
	delivered, read := !c.manual && !c.srv.isQuiet(), c.reads
	if !delivered && !read {
		return nil
	}
	return func() {
		if delivered {
			c.receipt(p, types.ReceiptTypeDelivered, id)
		}
		if read {
			c.receipt(p, types.ReceiptTypeRead, id)
		}
	}
}

// Delivered sends delivery receipts for messages that the business phone's clients sent.
func (c *Contact) Delivered(ids ...string) { c.receiptToSenders(types.ReceiptTypeDelivered, ids) }

// Read sends read receipts for messages that the business phone's clients sent: one stanza with all
// the IDs.
func (c *Contact) Read(ids ...string) { c.receiptToSenders(types.ReceiptTypeRead, ids) }

func (c *Contact) receiptToSenders(kind types.ReceiptType, ids []string) {
	p := c.srv.Phone()
	c.mu.Lock()
	if i := slices.IndexFunc(c.received, func(r Received) bool { return slices.Contains(ids, r.ID) }); i >= 0 {
		p = c.received[i].From
	}
	c.mu.Unlock()
	c.receipt(p, kind, ids...)
}

// receipt sends one receipt to every client of a phone. Read receipts may name several messages
// (receipt.go:90-105).
func (c *Contact) receipt(p *Phone, kind types.ReceiptType, ids ...string) {
	if len(ids) == 0 {
		return
	}
	n := waBinary.Node{Tag: "receipt", Attrs: c.receiptAttrs(ids[0], kind)}
	if len(ids) > 1 {
		items := make([]waBinary.Node, 0, len(ids)-1)
		for _, id := range ids[1:] {
			items = append(items, waBinary.Node{Tag: "item", Attrs: waBinary.Attrs{"id": id}})
		}
		n.Content = []waBinary.Node{{Tag: "list", Content: items}}
	}
	for _, d := range p.linked() {
		d.enqueue(clone(n), nil)
	}
}

func (c *Contact) receiptAttrs(id string, kind types.ReceiptType) waBinary.Attrs {
	now := c.srv.stamp()
	c.mu.Lock()
	defer c.mu.Unlock()
	from, attrs := c.from()
	maps.Copy(attrs, waBinary.Attrs{"id": id, "from": from, "t": now, "type": string(kind)})
	return attrs
}

// failed logs a ciphertext that could not be decrypted and asks for it again. It is called with the
// lock held.
func (c *Contact) failed(d *device, f Failure) (after func()) {
	f.Duplicate = errors.Is(f.Err, signalerror.ErrOldCounter)
	c.failures = append(c.failures, f)
	if f.Duplicate || c.stubborn {
		return nil
	}
	return func() { c.askAgain(d, f.ID, true) }
}

// AskAgain sends a retry receipt for a message from a client, as a phone does that could not
// decrypt it: with keys for a new session, or without, so that the client goes on with the old
// session or fetches keys (retry.go:158-176).
func (c *Contact) AskAgain(id string, keys bool) {
	c.mu.Lock()
	i := slices.IndexFunc(c.received, func(r Received) bool { return r.ID == id && r.Device != 0 })
	var d *device
	if i >= 0 {
		d = c.received[i].From.device(c.received[i].Device)
	}
	c.mu.Unlock()
	if d != nil {
		c.askAgain(d, id, keys)
	}
}

// askAgain sends a retry receipt to the client that sent the message. The registration ID is read
// from the receipt itself, the rest from keys (prekeys.go:177-214).
func (c *Contact) askAgain(d *device, id string, keys bool) {
	attrs := c.receiptAttrs(id, types.ReceiptTypeRetry)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.retries == nil {
		c.retries = map[string]int{}
	}
	c.retries[id]++
	content := []waBinary.Node{
		{
			Tag:   "retry",
			Attrs: waBinary.Attrs{"count": strconv.Itoa(c.retries[id]), "id": id, "t": attrs["t"], "v": "1"},
		},
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, c.keys().registration)},
	}
	if keys {
		bundle := slices.DeleteFunc(
			c.keys().bundle(),
			func(n waBinary.Node) bool { return n.Tag == "registration" || n.Tag == "type" },
		)
		bundle = append([]waBinary.Node{{Tag: "type", Content: []byte{ecc.DjbType}}}, bundle...)
		content = append(content, waBinary.Node{Tag: "keys", Content: bundle})
	}
	d.enqueue(waBinary.Node{Tag: "receipt", Attrs: attrs, Content: content}, nil)
}

// handleReceipt takes a client's receipt: an acknowledgement of the message it names, unless it
// says that the message was read or asks for it again (receipt.go:278-291, message.go:414-441).
func (c *conn) handleReceipt(n *waBinary.Node) {
	if c.device == nil {
		return
	}
	kind := types.ReceiptType(textOf(n, "type"))
	ids := idsOf(n)
	switch kind {
	case types.ReceiptTypeRead, types.ReceiptTypeReadSelf, types.ReceiptTypePlayed, types.ReceiptTypeRetry:
	default:
		c.device.acknowledge(stanzaKey{tag: "message", id: ids[0], from: jidOf(n, "to").ToNonAD().String()}, true)
	}
	from := c.srv.find(jidOf(n, "to"))
	if from == nil {
		from = c.srv.find(jidOf(n, "participant"))
	}
	if from == nil {
		return
	}
	for _, id := range ids {
		from.noteReceipt(id, kind)
	}
	if kind == types.ReceiptTypeRetry {
		from.retry(c.device, ids[0], n)
	}
}

func (c *Contact) noteReceipt(id string, kind types.ReceiptType) {
	c.mu.Lock()
	if o := c.sent[id]; o != nil {
		o.receipts = append(o.receipts, string(kind))
		o.read = o.read || kind == types.ReceiptTypeRead || kind == types.ReceiptTypeReadSelf ||
			kind == types.ReceiptTypePlayed
	}
	c.mu.Unlock()
	c.ring()
}

func idsOf(n *waBinary.Node) []string {
	ids := []string{textOf(n, "id")}
	items := n.GetChildByTag("list")
	for _, item := range items.GetChildrenByTag("item") {
		ids = append(ids, textOf(&item, "id"))
	}
	return ids
}

// handleAck takes a client's acknowledgement of a receipt, a notification or a message
// (receipt.go:166-200).
func (c *conn) handleAck(n *waBinary.Node) {
	c.noteHeard(n)
	if c.device == nil {
		return
	}
	key := stanzaKey{tag: textOf(n, "class"), id: textOf(n, "id"), from: jidOf(n, "to").ToNonAD().String()}
	if key.tag == "receipt" {
		key.kind = textOf(n, "type")
	}
	c.device.acknowledge(key, false)
}

// handlePresence notes what a client shows: its presence at the phone, typing at the contact.
func (c *conn) handlePresence(n *waBinary.Node) {
	if c.device == nil {
		return
	}
	if n.Tag == "presence" {
		c.device.phone.notePresence(textOf(n, "type"))
		return
	}
	contact := c.srv.find(jidOf(n, "to"))
	if contact == nil || len(n.GetChildren()) == 0 {
		return
	}
	contact.mu.Lock()
	contact.typing = n.GetChildren()[0].Tag
	contact.mu.Unlock()
	contact.ring()
}
