package wiretest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

const (
	anasPhone = "+12125550101"
	offer     = "Boots for half the price"
)

// A rig is a wire with what a scene needs beside it.
type rig struct {
	Wire
	t   *testing.T
	ctx context.Context
	can bot.Abilities
	in  *Inbox
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%v\nmessages %+v\nreceipts %+v", err, r.in.got(), r.in.heard())
	}
}

// handedOver waits until a message has been handed over so often, and returns each time.
func (r *rig) handedOver(id string, times int) (all []bot.Message) {
	r.t.Helper()
	r.must(r.in.changed.Until(r.ctx, func() bool {
		all = slices.DeleteFunc(r.in.got(), func(m bot.Message) bool { return m.ID != id })
		return len(all) >= times
	}))
	return all
}

// writes lets somebody write, and returns what was handed over.
func (r *rig) writes(p Person, text string) bot.Message {
	r.t.Helper()
	return r.handedOver(p.Send(text, r.Server.Now()), 1)[0]
}

// A chat is somebody who has written, and has been answered.
type chat struct {
	Person
	to []bot.Identity
}

func (r *rig) chatWith(phone string) chat {
	r.t.Helper()
	p := r.Server.Person(phone)
	c := chat{p, r.writes(p, "hi").Identities}
	r.accepted(c.to, "Welcome")
	return c
}

func (r *rig) message(to []bot.Identity, text string) bot.Outgoing {
	return bot.Outgoing{ID: r.NewID(), To: to, Text: text}
}

func (r *rig) send(m bot.Outgoing) bot.SendResult {
	r.t.Helper()
	result := r.Connection.Send(r.ctx, m)
	r.sane(m, result)
	return result
}

// accepted sends what has to be accepted, and returns what the wire calls it.
func (r *rig) accepted(to []bot.Identity, text string) sent {
	r.t.Helper()
	m := r.message(to, text)
	result := r.send(m)
	if result.Status != bot.SendAccepted {
		r.t.Fatalf("%q: %+v, want accepted", text, result)
	}
	return sent{m, result}
}

// underWay sends in the background. The result comes when the send has ended.
func (r *rig) underWay(ctx context.Context, m bot.Outgoing) <-chan bot.SendResult {
	result := make(chan bot.SendResult, 1)
	go func() { result <- r.Connection.Send(ctx, m) }()
	return result
}

// ends waits for the end of a send.
func (r *rig) ends(m bot.Outgoing, result <-chan bot.SendResult) bot.SendResult {
	r.t.Helper()
	select {
	case got := <-result:
		r.sane(m, got)
		return got
	case <-r.ctx.Done():
		r.t.Fatalf("%q: the send never ends", m.Text)
	}
	return bot.SendResult{}
}

// sane checks what holds for every result.
func (r *rig) sane(m bot.Outgoing, result bot.SendResult) {
	r.t.Helper()
	switch result.Status {
	case bot.SendAccepted:
		if result.Cause != "" || result.Code != 0 {
			r.t.Errorf("accepted with a cause: %+v", result)
		}
	case bot.SendRefused, bot.SendUnknown, bot.SendNotTried:
		if result.WireID != "" || result.Detail == "" {
			r.t.Errorf("no reason, or an ID of what was not accepted: %+v", result)
		}
	default:
		r.t.Errorf("status %q", result.Status)
	}
	r.discreet(result.Detail, m)
}

// discreet looks for what may stand in no log.
func (r *rig) discreet(detail string, m bot.Outgoing) {
	r.t.Helper()
	for _, id := range m.To {
		if strings.Contains(detail, strings.TrimPrefix(id.Value, "+")) {
			r.t.Errorf("the reason names the contact: %q", detail)
		}
	}
	if m.Text != "" && strings.Contains(detail, m.Text) {
		r.t.Errorf("the reason quotes the message: %q", detail)
	}
}

// A sent is a message and what the wire said to it.
type sent struct {
	bot.Outgoing
	bot.SendResult
}

// wireID is what the wire calls the message.
func (s sent) wireID() string {
	if s.WireID != "" {
		return s.WireID
	}
	return s.ID
}

// receipt waits for a receipt of one of some kinds for a message.
func (r *rig) receipt(s sent, kinds ...bot.ReceiptKind) (found bot.Receipt) {
	r.t.Helper()
	r.must(r.in.changed.Until(r.ctx, func() bool {
		all := r.in.heard()
		i := slices.IndexFunc(all, func(got bot.Receipt) bool {
			return slices.Contains(kinds, got.Kind) &&
				(slices.Contains(got.MessageIDs, s.ID) || slices.Contains(got.WireIDs, s.wireID()))
		})
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	}))
	if found.At.IsZero() {
		r.t.Errorf("a receipt without a time: %+v", found)
	}
	return found
}

// arrives waits until a text has reached somebody.
func (r *rig) arrives(p Person, text string) Received {
	r.t.Helper()
	got, err := p.WaitText(r.ctx, text)
	r.must(err)
	return got
}

// has checks how often a text has reached somebody.
func (r *rig) has(p Person, text string, times int) {
	r.t.Helper()
	if n := count(p, text); n != times {
		r.t.Errorf("%q has reached them %d times, want %d: %+v", text, n, times, p.Received())
	}
}

func count(p Person, text string) (n int) {
	for _, got := range p.Received() {
		if got.Text == text {
			n++
		}
	}
	return n
}

func minutesAgo(now time.Time, n int) time.Time {
	return now.Add(-time.Duration(n) * time.Minute).Truncate(time.Second)
}
