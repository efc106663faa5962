package whatsapptest

import (
	"container/list"
	"sync"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// lowPreKeys is how few one-time keys a device has left when the server says so. The client uploads
// more only below five (prekeys.go:29, notification.go:37).
const lowPreKeys = 5

// A device is a linked client as the server keeps it: its keys, its connection, and what it has not
// acknowledged.
type device struct {
	phone        *Phone
	id           uint16
	noise        [32]byte
	identity     [32]byte
	registration uint32
	signed       preKey

	mu      sync.Mutex
	oneTime []preKey
	conn    *conn
	active  bool       // it has said that it is ready: what waits may go out
	synced  bool       // the phone has shared its keys
	queue   *list.List // of *stanza, oldest first
	byKey   map[stanzaKey]*list.Element
}

// A preKey is the public half of a one-time key or, with a signature, of the signed one.
type preKey struct{ id, value, signature []byte }

// A stanzaKey is what an acknowledgement names. Of receipts for one message there may be several,
// of different types.
type stanzaKey struct{ tag, id, from, kind string }

// A stanza waits until the client acknowledges it.
type stanza struct {
	node  waBinary.Node
	sent  bool // on the present connection
	owed  int  // acknowledgements still to come that are for earlier copies
	acked func()
}

func newDevice(p *Phone, id uint16) *device {
	return &device{phone: p, id: id, queue: list.New(), byKey: map[stanzaKey]*list.Element{}}
}

// lidJID is the device's address under the LID: the one Signal sessions with it are kept under.
func (d *device) lidJID() types.JID { return withDevice(d.phone.lid, d.id) }

func withDevice(jid types.JID, id uint16) types.JID {
	jid.Device = id
	return jid
}

// keyOf returns the key of a stanza to the client.
func keyOf(n *waBinary.Node) stanzaKey {
	key := stanzaKey{tag: n.Tag, id: textOf(n, "id"), from: jidOf(n, "from").ToNonAD().String()}
	if n.Tag == "receipt" {
		key.kind = textOf(n, "type")
	}
	return key
}

// enqueue puts a stanza in the queue, in place of one with the same key, and out to the client when
// it is there.
func (d *device) enqueue(n waBinary.Node, acked func()) { d.requeue(n, acked, false) }

// requeue is enqueue. Retry says that the client asked for it because it could not decrypt the last
// copy. Then it acknowledges that copy too, before or after it asked (message.go:414-426).
func (d *device) requeue(n waBinary.Node, acked func(), retry bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key, st := keyOf(&n), &stanza{node: n, acked: acked}
	if old := d.byKey[key]; old != nil {
		if retry {
			st.owed = old.Value.(*stanza).owed + 1
		}
		d.queue.Remove(old)
	}
	d.byKey[key] = d.queue.PushBack(st)
	d.flush()
}

// flush sends what has not been sent on this connection. It is called with the lock held.
func (d *device) flush() {
	if d.conn == nil || !d.active || d.phone.srv.faults.muted() {
		return
	}
	for e := d.queue.Back(); e != nil; e = e.Prev() {
		if e.Value.(*stanza).sent {
			d.flushFrom(e.Next())
			return
		}
	}
	d.flushFrom(d.queue.Front())
}

func (d *device) flushFrom(e *list.Element) {
	for ; e != nil; e = e.Next() {
		st := e.Value.(*stanza)
		if d.conn.send(st.node) != nil {
			return
		}
		st.sent = true
	}
}

// resume sends what piled up while the server was mute.
func (d *device) resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flush()
}

// acknowledge takes the stanza with a key out of the queue, unless the acknowledgement is one for
// an earlier copy.
func (d *device) acknowledge(key stanzaKey, receipt bool) {
	d.mu.Lock()
	e := d.byKey[key]
	if e != nil && !receipt && e.Value.(*stanza).owed > 0 {
		e.Value.(*stanza).owed--
		e = nil
	}
	if e != nil {
		d.queue.Remove(e)
		delete(d.byKey, key)
	}
	d.mu.Unlock()
	if e == nil {
		return
	}
	if f := e.Value.(*stanza).acked; f != nil {
		f()
	}
	d.phone.srv.changed.Ring()
}

// attach makes c the device's connection and returns the one it replaces.
func (d *device) attach(c *conn) (replaced *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	replaced, d.conn, d.active = d.conn, c, false
	for e := d.queue.Front(); e != nil; e = e.Next() {
		e.Value.(*stanza).sent, e.Value.(*stanza).owed = false, 0
	}
	return replaced
}

func (d *device) detach(c *conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == c {
		d.conn, d.active = nil, false
	}
}

// activate hands over what waited, between the preview and the end of the offline sync
// (connectionevents.go:76-90). It reports whether this is the first time the device is active.
func (d *device) activate() (first bool) {
	ends := d.phone.endsSync() // the phone's lock is taken before the device's
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == nil {
		return false
	}
	d.active = true
	counts := map[string]int{}
	for e := d.queue.Front(); e != nil; e = e.Next() {
		st := e.Value.(*stanza)
		st.node.Attrs["offline"] = counts["all"]
		counts["all"]++
		counts[st.node.Tag]++
	}
	from := types.ServerJID
	_ = d.conn.send(waBinary.Node{Tag: "ib", Attrs: waBinary.Attrs{"from": from}, Content: []waBinary.Node{{
		Tag: "offline_preview", Attrs: waBinary.Attrs{
			"count": counts["all"], "message": counts["message"], "receipt": counts["receipt"],
			"notification": counts["notification"], "appdata": 0,
		},
	}}})
	d.flush()
	if ends {
		_ = d.conn.send(waBinary.Node{Tag: "ib", Attrs: waBinary.Attrs{"from": from}, Content: []waBinary.Node{{
			Tag: "offline", Attrs: waBinary.Attrs{"count": counts["all"]},
		}}})
	}
	first, d.synced = !d.synced, true
	return first
}

func (d *device) online() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn != nil && d.active
}

func (d *device) connection() *conn {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.conn
}

func (d *device) waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queue.Len()
}

func (d *device) preKeyCount() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.oneTime)
}

func (d *device) addPreKeys(keys []preKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.oneTime = append(d.oneTime, keys...)
}

// takePreKey uses up one one-time key, if any is left, and says how many remain.
func (d *device) takePreKey() (key *preKey, left int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.oneTime) == 0 {
		return nil, 0
	}
	key, d.oneTime = &d.oneTime[0], d.oneTime[1:]
	return key, len(d.oneTime)
}
