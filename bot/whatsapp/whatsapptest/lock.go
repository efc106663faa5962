package whatsapptest

import (
	"encoding/json"
	"strconv"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// TimeLock locks the number for starting chats until a time, and tells the clients
// (notification.go:402-437). While it lasts, messages to contacts who have not written to this
// phone get the error 463 (our choice: the library only shows the notification). Chats that they
// started work as ever.
func (p *Phone) TimeLock(until time.Time) {
	p.setLocked(true)
	p.notifyLock(map[string]any{
		"enforcement_type": "BULK_MESSAGING", "is_active": true, "time_enforcement_ends": strconv.FormatInt(until.Unix(), 10),
	})
}

// LiftTimeLock ends [Phone.TimeLock] and tells the clients.
func (p *Phone) LiftTimeLock() {
	p.setLocked(false)
	p.notifyLock(map[string]any{"enforcement_type": "BULK_MESSAGING", "is_active": false})
}

func (p *Phone) setLocked(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.locked = on
}

func (p *Phone) notifyLock(state map[string]any) {
	data, err := json.Marshal(map[string]any{"data": map[string]any{"xwa2_notify_account_reachout_timelock": state}})
	if err != nil {
		return
	}
	n := waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{
		"from": types.ServerJID, "type": "mex", "id": newMessageID(), "t": p.srv.stamp(),
	}, Content: []waBinary.Node{{
		Tag: "update", Attrs: waBinary.Attrs{"op_name": "NotificationUserReachoutTimelockUpdate"}, Content: data,
	}}}
	for _, d := range p.linked() {
		d.enqueue(clone(n), nil)
	}
}

// coldFor reports whether a message to c is one that the time-lock forbids.
func (p *Phone) coldFor(c *Contact) bool {
	p.mu.Lock()
	locked := p.locked
	p.mu.Unlock()
	if !locked || c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.wroteTo[p]
}

// AnnounceIdentity tells the clients that the contact has new keys, as after [Contact.Reinstall]
// (notification.go:47-75). This version of the library means to forget its sessions with the
// contact and does not: they lie under user_1:0, and it deletes what is like user:%
// (store/sqlstore/store.go:228-230).
func (c *Contact) AnnounceIdentity() {
	for _, p := range c.srv.businesses() {
		for _, d := range p.linked() {
			d.enqueue(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{
				"from": c.lid, "type": "encrypt", "id": newMessageID(), "t": c.srv.stamp(),
			}, Content: []waBinary.Node{{Tag: "identity"}}}, nil)
		}
	}
}
