package whatsapptest

import (
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// A Refusal is how a server refuses a login (connectionevents.go:100-150).
type Refusal struct {
	// 401, 403, 406: logged out. 402: banned for a time. 405: outdated. 500, 503: the server's
	// fault
	Reason int
	Code   int           // of a ban: its reason, 101 for instance
	Expire time.Duration // of a ban: its length
}

// Refuse refuses the logins of this phone's clients until [Phone.Accept]. Connected clients stay.
func (p *Phone) Refuse(r Refusal) { p.setRefusal(&r) }

// Accept ends [Phone.Refuse] and [Phone.Ban].
func (p *Phone) Accept() { p.setRefusal(nil) }

func (p *Phone) setRefusal(r *Refusal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal = r
}

// Ban bans the number for a time, with a reason (types/events/events.go:125-154): its clients are
// cut off and learn why when they come back.
func (p *Phone) Ban(code int, expire time.Duration) {
	p.Refuse(Refusal{Reason: 402, Code: code, Expire: expire})
	p.Drop()
}

// Drop breaks the sockets of this phone's clients.
func (p *Phone) Drop() { p.eachConn((*conn).cut) }

// Logins is how many logins of this phone's clients were let in.
func (p *Phone) Logins() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.logins
}

// Unending leaves the offline syncs of this phone's clients without their end: what waits is handed
// over, and that it was all is not said.
func (p *Phone) Unending(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unending = on
}

func (p *Phone) endsSync() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.unending
}

// StreamError ends the connections of this phone's clients with a code, 503 for instance.
func (p *Phone) StreamError(code int) {
	p.eachConn(func(c *conn) { c.streamError(strconv.Itoa(code), "") })
}

// Replace ends the connections as if another process had logged in with the same session.
func (p *Phone) Replace() { p.eachConn(func(c *conn) { c.streamError("", "replaced") }) }

// Unlink unlinks all clients, as the owner does in the phone's list of linked devices: those
// connected are told, the others are refused with 401 when they come.
func (p *Phone) Unlink() {
	for _, d := range p.linked() {
		p.unlink(d)
		if c := d.connection(); c != nil {
			c.streamError("401", "device_removed")
		}
	}
}

func (p *Phone) unlink(d *device) {
	p.mu.Lock()
	delete(p.devices, d.id)
	p.mu.Unlock()
	p.srv.changed.Ring()
}

func (p *Phone) eachConn(f func(*conn)) {
	for _, d := range p.linked() {
		if c := d.connection(); c != nil {
			f(c)
		}
	}
}

// login lets a client in that proves, by its Noise key, to be the device it says. Else it refuses.
func (c *conn) login(hs *handshake) bool {
	c.srv.mu.Lock()
	p := c.srv.phones[strconv.FormatUint(hs.payload.GetUsername(), 10)]
	c.srv.mu.Unlock()
	if p == nil {
		c.refuse(Refusal{Reason: 401})
		return false
	}
	p.mu.Lock()
	refusal := p.refusal
	d := p.devices[uint16(hs.payload.GetDevice())]
	p.mu.Unlock()
	if refusal == nil && (d == nil || d.noise != hs.static) {
		refusal = &Refusal{Reason: 401}
	}
	if refusal != nil {
		c.refuse(*refusal)
		return false
	}
	c.device = d
	p.mu.Lock()
	p.logins++
	p.mu.Unlock()
	c.srv.changed.Ring()
	if old := d.attach(c); old != nil {
		old.streamError("", "replaced") // our choice. The library only says what follows from it
	}
	return c.send(waBinary.Node{Tag: "success", Attrs: waBinary.Attrs{
		"t": c.srv.stamp(), "lid": d.lidJID(), "location": "lla", "props": "27", "abprops": "0",
	}}) == nil
}

func (c *conn) refuse(r Refusal) {
	attrs := waBinary.Attrs{"reason": r.Reason, "location": "lla"}
	if r.Code != 0 {
		attrs["code"], attrs["expire"] = r.Code, int(r.Expire/time.Second)
	}
	c.failure(attrs)
}
