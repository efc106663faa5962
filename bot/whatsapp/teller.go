package whatsapp

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"optinbot/bot"
)

// A teller hands the events of a number to the Inbound, one at a time and in the order in which
// they were queued. Its lock is held to decide what is told and to queue it, never while the
// Inbound has an event: an Inbound commits, and it may call the client.
type teller struct {
	mu     sync.Mutex // also guards what a session knows to be told
	queue  []bot.NumberEvent
	busy   bool          // a goroutine hands events over
	closed bool          // nothing is queued any more
	idle   chan struct{} // closed when busy ends. Nil: nobody waits
}

// decide takes the teller's lock. What it returns frees the lock, and then hands over what was
// queued, unless another goroutine is at it: that one takes the new events too.
func (c *Client) decide() (handOver func()) {
	c.teller.mu.Lock()
	return c.handOver
}

// enqueue puts an event behind those that wait. It is called between decide and handOver.
func (t *teller) enqueue(e bot.NumberEvent) {
	if !t.closed {
		t.queue = append(t.queue, e)
	}
}

func (c *Client) handOver() {
	t := &c.teller
	defer t.mu.Unlock()
	if t.busy {
		return
	}
	t.busy = true
	for len(t.queue) > 0 {
		e := t.queue[0]
		t.queue = t.queue[1:]
		t.mu.Unlock()
		c.hand(e)
		t.mu.Lock()
	}
	t.busy = false
	if t.idle != nil {
		close(t.idle)
		t.idle = nil
	}
}

// hand gives one event to the Inbound. A panic there must not take along the events behind it.
func (c *Client) hand(e bot.NumberEvent) {
	defer func() {
		if problem := recover(); problem != nil {
			c.log.Error("panic while taking an event of the number", "event", string(e.Kind),
				"problem", masked(fmt.Sprint(problem)), "stack", string(debug.Stack()))
		}
	}()
	c.log.Info("number", "event", string(e.Kind), "detail", e.Detail)
	if c.options.Inbound == nil {
		return
	}
	if err := c.options.Inbound.NumberEvent(c.ctx, e); err != nil {
		c.log.Error("the store refused", "error", err)
	}
}

// wait waits until nobody hands over, for as long as patience allows.
func (t *teller) wait(patience time.Duration) {
	select {
	case <-t.handedOver():
	case <-time.After(patience):
	}
}

// end takes no more events and waits until those before are handed over.
func (t *teller) end() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	<-t.handedOver()
}

// handedOver returns a channel that is closed when nobody hands over.
func (t *teller) handedOver() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idle == nil {
		t.idle = make(chan struct{})
	}
	idle := t.idle
	if !t.busy {
		close(t.idle)
		t.idle = nil
	}
	return idle
}
