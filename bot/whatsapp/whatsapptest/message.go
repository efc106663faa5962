package whatsapptest

import (
	"slices"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// handleMessage takes a message from a client: it decides its fate, delivers it and acknowledges
// it. What it delivers is in the logs before the client has the acknowledgement. The receipts go
// out after it.
func (c *conn) handleMessage(n *waBinary.Node) {
	if c.device == nil {
		return
	}
	m := Outbound{ID: textOf(n, "id"), To: jidOf(n, "to"), Phone: c.device.phone, Contact: c.srv.find(jidOf(n, "to"))}
	_, first := n.GetOptionalChildByTag("participants")
	fate := c.srv.faults.fateOf(m, first)
	if fate.Error == 0 && first && c.device.phone.coldFor(m.Contact) {
		fate.Error = timeLocked
	}
	if fate.Cut == CutBefore {
		c.cut()
		return
	}
	var after []func()
	if fate.Error == 0 {
		after = c.deliver(n)
	}
	if fate.Cut == CutAfter {
		c.cut()
		return
	}
	c.acknowledge(n, fate, after)
}

// acknowledge answers a message, at once or when its fate says so, and then sends the receipts
// (send.go:437-475).
func (c *conn) acknowledge(n *waBinary.Node, fate Fate, after []func()) {
	ack := waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{
		"class": "message", "id": textOf(n, "id"), "from": n.Attrs["to"], "t": c.srv.stamp(), "phash": fate.PHash,
	}}
	if fate.Error != 0 {
		ack.Attrs["error"] = fate.Error
	}
	finish := func() {
		if !fate.NoAck {
			_ = c.send(ack)
		}
		for _, f := range after {
			f()
		}
	}
	if fate.Delay == 0 && fate.Hold == nil {
		finish()
		return
	}
	c.srv.wg.Go(func() {
		if fate.pause(c.ctx) == nil {
			finish()
		}
	})
}

// deliver hands each ciphertext of a message to whom it is for. A message to several devices has
// participants. A retry or a message to the own phone has its ciphertext directly (send.go:1057,
// 1214, retry.go:350-400).
func (c *conn) deliver(n *waBinary.Node) (after []func()) {
	add := func(f func()) {
		if f != nil {
			after = append(after, f)
		}
	}
	participants, ok := n.GetOptionalChildByTag("participants")
	if !ok {
		to := jidOf(n, "to")
		if p := jidOf(n, "participant"); !p.IsEmpty() {
			to = p
		}
		add(c.deliverTo(to, n, n.GetChildByTag("enc")))
		return after
	}
	var done []types.JID // a message to oneself has the phone twice
	for _, to := range participants.GetChildrenByTag("to") {
		if jid := jidOf(&to, "jid"); !slices.Contains(done, jid) {
			done = append(done, jid)
			add(c.deliverTo(jid, n, to.GetChildByTag("enc")))
		}
	}
	return after
}

func (c *conn) deliverTo(to types.JID, n *waBinary.Node, enc waBinary.Node) (after func()) {
	if enc.Tag == "" {
		return nil
	}
	if contact := c.srv.find(to); contact != nil {
		return contact.receive(c.device, n, enc)
	}
	if to.User != c.device.phone.jid.User && to.User != c.device.phone.lid.User {
		return nil
	}
	if to.Device == 0 {
		return c.device.phone.receive(c.device, n, enc)
	}
	if other := c.device.phone.device(to.Device); other != nil {
		other.enqueue(waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{
			"id": textOf(
				n,
				"id",
			), "from": c.device.lidJID(), "recipient": jidOf(n, "to"), "t": c.srv.stamp(), "type": textOf(n, "type"),
		}, Content: []waBinary.Node{enc}}, nil)
	}
	return nil
}
