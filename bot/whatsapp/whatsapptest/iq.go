package whatsapptest

import (
	"encoding/binary"
	"strconv"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// handleIQ answers a client's request, or takes its answer while it is being linked.
func (c *conn) handleIQ(n *waBinary.Node) {
	kind := textOf(n, "type")
	switch {
	case kind != "get" && kind != "set":
		if c.pairing != nil {
			c.handlePairing(n)
		}
		return
	case c.srv.faults.ignored(textOf(n, "xmlns")):
	case c.device != nil:
		c.reply(n, c.answer(n))
	case textOf(n, "xmlns") == "md":
		c.reply(n, c.handleCode(n))
	default:
		c.reply(n, nil)
	}
	if c.device != nil && textOf(n, "xmlns") == "passive" {
		c.activated()
	}
}

// reply answers a request with content. Nil is an answer without any.
func (c *conn) reply(n *waBinary.Node, content []waBinary.Node) {
	answer := waBinary.Node{
		Tag:   "iq",
		Attrs: waBinary.Attrs{"from": types.ServerJID, "id": textOf(n, "id"), "type": "result"},
	}
	if len(content) == 1 && content[0].Tag == "error" {
		answer.Attrs["type"] = "error"
	}
	if content != nil {
		answer.Content = content
	}
	_ = c.send(answer)
}

func iqError(code int, text string) []waBinary.Node {
	return []waBinary.Node{{Tag: "error", Attrs: waBinary.Attrs{"code": code, "text": text}}}
}

// answer returns the answer to a linked client's request. What is not known here has an empty
// answer, as a keepalive has: any response counts (keepalive.go:62-87).
func (c *conn) answer(n *waBinary.Node) []waBinary.Node {
	switch textOf(n, "xmlns") {
	case "encrypt":
		return c.answerKeys(n)
	case "usync":
		return c.answerUsync(n)
	case "privacy":
		return answerPrivacy(n)
	case "w:m":
		return mediaConn()
	case "w:sync:app:state":
		return c.device.phone.appState.answer(n)
	case "blocklist":
		return []waBinary.Node{{Tag: "list", Attrs: waBinary.Attrs{"dhash": "1"}}}
	case "w:profile:picture":
		return iqError(404, "item-not-found")
	case "w:g2":
		return c.answerGroup(n)
	case "md":
		return c.answerDevices(n)
	}
	return nil
}

// answerPrivacy gives the settings asked for before the first read receipt (receipt.go:214), all at
// their defaults. Tokens that the client issues get an empty answer (tctoken.go:186-203).
func answerPrivacy(n *waBinary.Node) []waBinary.Node {
	if _, ok := n.GetOptionalChildByTag("tokens"); ok {
		return nil
	}
	var settings []waBinary.Node
	for _, name := range []string{"groupadd", "last", "status", "profile", "readreceipts", "online", "calladd"} {
		settings = append(settings, waBinary.Node{Tag: "category", Attrs: waBinary.Attrs{"name": name, "value": "all"}})
	}
	return []waBinary.Node{{Tag: "privacy", Content: settings}}
}

// answerDevices unlinks a client that logs out (client.go:755-785).
func (c *conn) answerDevices(n *waBinary.Node) []waBinary.Node {
	if remove, ok := n.GetOptionalChildByTag("remove-companion-device"); ok {
		if d := c.device.phone.device(jidOf(&remove, "jid").Device); d != nil {
			c.device.phone.unlink(d)
		}
	}
	return nil
}

// answerKeys counts, stores or hands out keys (prekeys.go).
func (c *conn) answerKeys(n *waBinary.Node) []waBinary.Node {
	if _, ok := n.GetOptionalChildByTag("count"); ok {
		count := c.device.preKeyCount()
		if count == 0 && c.srv.isHasty() {
			count = 1
		}
		return []waBinary.Node{{Tag: "count", Attrs: waBinary.Attrs{"value": count}}}
	}
	if ask, ok := n.GetOptionalChildByTag("key"); ok && textOf(n, "type") == "get" {
		return c.handOut(ask)
	}
	if uploaded, ok := n.GetOptionalChildByTag("list"); ok {
		var keys []preKey
		for _, key := range uploaded.GetChildrenByTag("key") {
			keys = append(keys, preKeyOf(key))
		}
		c.device.store(n, keys)
		c.srv.changed.Ring()
	}
	return nil
}

// store keeps the keys that a client uploaded (prekeys.go:76-92).
func (d *device) store(n *waBinary.Node, keys []preKey) {
	d.addPreKeys(keys)
	d.mu.Lock()
	defer d.mu.Unlock()
	if id := contentOf(n.GetChildByTag("registration")); len(id) == 4 {
		d.registration = binary.BigEndian.Uint32(id)
	}
	if skey, ok := n.GetOptionalChildByTag("skey"); ok {
		d.signed = preKeyOf(skey)
	}
}

// handOut returns the bundles asked for. Each user has the JID asked with, exactly: the client
// looks them up by it (prekeys.go:122-143).
func (c *conn) handOut(ask waBinary.Node) []waBinary.Node {
	var users []waBinary.Node
	for _, u := range ask.GetChildrenByTag("user") {
		jid := jidOf(&u, "jid")
		bundle := c.bundleFor(jid)
		if bundle == nil {
			bundle = iqError(404, "item-not-found")
		}
		users = append(users, waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}, Content: bundle})
	}
	return []waBinary.Node{{Tag: "list", Content: users}}
}

func (c *conn) bundleFor(jid types.JID) []waBinary.Node {
	if contact := c.srv.find(jid); contact != nil && jid.Device == 0 {
		contact.mu.Lock()
		defer contact.mu.Unlock()
		return contact.keys().bundle()
	}
	p := c.srv.findPhone(jid)
	switch {
	case p == nil:
		return nil
	case jid.Device == 0:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.party.bundle()
	}
	if d := p.device(jid.Device); d != nil {
		return d.bundleNodes()
	}
	return nil
}

// bundleNodes is a client's bundle for another client of the same phone.
func (d *device) bundleNodes() []waBinary.Node {
	key, _ := d.takePreKey()
	nodes := []waBinary.Node{
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, d.registration)},
		{Tag: "identity", Content: d.identity[:]},
		d.signed.node("skey"),
	}
	if key != nil {
		nodes = append(nodes, key.node("key"))
	}
	return nodes
}

func (k preKey) node(tag string) waBinary.Node {
	content := []waBinary.Node{{Tag: "id", Content: k.id}, {Tag: "value", Content: k.value}}
	if len(k.signature) != 0 {
		content = append(content, waBinary.Node{Tag: "signature", Content: k.signature})
	}
	return waBinary.Node{Tag: tag, Content: content}
}

// answerUsync tells what the server knows about people (user.go:182-227, 500-520, 875-956).
func (c *conn) answerUsync(n *waBinary.Node) []waBinary.Node {
	list := n.GetChildByTag("usync", "list")
	query := n.GetChildByTag("usync", "query")
	c.srv.noteAsked(asksWho(query, list))
	var users []waBinary.Node
	for _, u := range list.GetChildrenByTag("user") {
		users = append(users, c.usyncUser(query, u)...)
	}
	return []waBinary.Node{{Tag: "usync", Content: []waBinary.Node{{Tag: "list", Content: users}}}}
}

func (c *conn) usyncUser(query, u waBinary.Node) []waBinary.Node {
	if asked, ok := u.GetOptionalChildByTag("contact"); ok {
		return []waBinary.Node{c.usyncNumber(string(contentOf(asked)))}
	}
	jid := jidOf(&u, "jid")
	lid, devices := c.devicesOf(jid)
	if devices == nil {
		return nil
	}
	content := []waBinary.Node{{Tag: "devices", Content: []waBinary.Node{{Tag: "device-list", Content: devices}}}}
	if _, ok := query.GetOptionalChildByTag("lid"); ok {
		content = append(content, waBinary.Node{Tag: "lid", Attrs: waBinary.Attrs{"val": lid}})
	}
	return []waBinary.Node{{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}, Content: content}}
}

// usyncNumber answers whether a number is on WhatsApp. The question is echoed as bytes
// (user.go:219). The answer has both addresses, of which the client keeps the pair.
func (c *conn) usyncNumber(asked string) waBinary.Node {
	digits, _, _ := strings.Cut(strings.TrimPrefix(asked, "+"), "@")
	jid := types.NewJID(digits, types.DefaultUserServer)
	lid, devices := c.devicesOf(jid)
	in := "in"
	attrs := waBinary.Attrs{"jid": lid, "pn_jid": jid}
	if devices == nil {
		in, attrs = "out", waBinary.Attrs{"jid": jid, "pn_jid": jid}
	}
	return waBinary.Node{Tag: "user", Attrs: attrs, Content: []waBinary.Node{
		{Tag: "contact", Attrs: waBinary.Attrs{"type": in}, Content: []byte(asked)},
	}}
}

// devicesOf returns the LID and the devices of a person or a business phone. No devices: nobody.
func (c *conn) devicesOf(jid types.JID) (types.JID, []waBinary.Node) {
	if contact := c.srv.find(jid); contact != nil {
		return contact.lid, []waBinary.Node{deviceNode(0)}
	}
	p := c.srv.findPhone(jid)
	if p == nil {
		return types.EmptyJID, nil
	}
	devices := []waBinary.Node{deviceNode(0)}
	for _, d := range p.linked() {
		devices = append(devices, deviceNode(d.id))
	}
	return p.lid, devices
}

func deviceNode(id uint16) waBinary.Node {
	return waBinary.Node{Tag: "device", Attrs: waBinary.Attrs{"id": strconv.Itoa(int(id))}}
}

// activated hands the offline queue over once the client says that it is ready
// (connectionevents.go:196-203), and the first time lets the phone share its keys.
func (c *conn) activated() {
	first := c.device.activate()
	c.srv.changed.Ring()
	if first {
		c.device.phone.shareKeys(c.device)
	}
}

// tellPreKeys tells a client how many one-time keys are left (notification.go:28-45).
func (d *device) tellPreKeys(left int) {
	d.enqueue(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{
		"from": types.ServerJID, "type": "encrypt", "id": newMessageID(), "t": d.phone.srv.stamp(),
	}, Content: []waBinary.Node{{Tag: "count", Attrs: waBinary.Attrs{"value": left}}}}, nil)
}

// UsePreKeys throws away all one-time keys that the clients have uploaded but n, and tells them how
// many are left. Below five they upload fifty more. Until then contacts start sessions without.
func (p *Phone) UsePreKeys(n int) {
	for _, d := range p.linked() {
		d.mu.Lock()
		if len(d.oneTime) > n {
			d.oneTime = d.oneTime[:n]
		}
		left := len(d.oneTime)
		d.mu.Unlock()
		d.tellPreKeys(left)
	}
}

// PreKeys is how many one-time keys of the clients the server has.
func (p *Phone) PreKeys() int {
	n := 0
	for _, d := range p.linked() {
		n += d.preKeyCount()
	}
	return n
}
