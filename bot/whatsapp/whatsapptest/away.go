package whatsapptest

import (
	"context"
	"time"
)

// What happens to messages while a client is away, and when it cannot read them: see also [At],
// [WithID], [Unreadable] and [Phone.AnswerRequests].

// UseUpKeys takes the one-time keys that clients have left at the server, as happens when more
// people begin to write than there are keys. Whoever begins from now on does so without one, so
// that a client can open the first messages of a session under whichever address of their writer
// they come.
func (p *Phone) UseUpKeys() {
	for _, d := range p.linked() {
		d.mu.Lock()
		d.oneTime = nil
		d.mu.Unlock()
	}
}

// Resend sends an earlier message again under the same ID, encrypted anew, with another time on its
// stanza. Phones that are asked for a message again have been seen to date it by that.
func (c *Contact) Resend(id string, at time.Time) {
	c.mu.Lock()
	if o := c.sent[id]; o != nil {
		o.at = at
	}
	c.mu.Unlock()
	c.Reencrypt(id)
}

// WaitRetries waits until clients have asked for a message again n times.
func (c *Contact) WaitRetries(ctx context.Context, id string, n int) error {
	return c.waitSent(ctx, id, "asked for again", func(s Sent) bool { return s.Retries >= n })
}
