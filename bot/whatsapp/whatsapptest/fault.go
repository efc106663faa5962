package whatsapptest

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// An Outbound is a message of a client, on its way to its fate.
type Outbound struct {
	ID      string
	To      types.JID
	Phone   *Phone
	Contact *Contact // nil: not a contact's chat
}

// A Cut says when the socket breaks while a message is being sent.
type Cut int

// The places for a cut.
const (
	NoCut     Cut = iota
	CutBefore     // the message is lost: nobody receives it
	CutAfter      // the message is delivered, but the client never hears so
)

// A Fate is what happens to a message of a client. The zero Fate: delivered and acknowledged.
type Fate struct {
	Error int             // acknowledged with this error (463, 479, 429, 500 …) and not delivered
	Cut   Cut             // the socket breaks
	NoAck bool            // delivered, never acknowledged
	Delay time.Duration   // the acknowledgement comes that much later
	Hold  <-chan struct{} // the acknowledgement comes when the channel is closed
	PHash string          // the acknowledgement carries this hash of the recipients: the client forgets its device list
}

// timeLocked is the error of a message to somebody who never wrote, while the number is locked for
// starting chats.
const timeLocked = 463

func (f Fate) pause(ctx context.Context) error {
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if f.Hold == nil {
		return nil
	}
	select {
	case <-f.Hold:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// faults is what goes wrong at a server.
type faults struct {
	mu     sync.Mutex
	next   []Fate
	decide func(Outbound) Fate
	mute   chan struct{} // closed when the server speaks again. Nil: it speaks
	http   int
	ignore map[string]bool // kinds of requests that get no answer
}

func newFaults() *faults { return new(faults) }

// Next gives the next messages of clients these fates, one each. Answers to retry receipts and
// messages to the own phone do not count.
func (s *Server) Next(fates ...Fate) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.next = append(s.faults.next, fates...)
}

// Decide lets f decide the fate of every message that has none from [Server.Next]. Nil: all are
// delivered. f is called from the goroutines of the connections.
func (s *Server) Decide(f func(Outbound) Fate) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.decide = f
}

func (f *faults) fateOf(m Outbound, first bool) Fate {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !first:
		return Fate{}
	case len(f.next) > 0:
		fate := f.next[0]
		f.next = f.next[1:]
		return fate
	case f.decide != nil:
		return f.decide(m)
	}
	return Fate{}
}

// Drop breaks every socket as a lost line would. Clients come back by themselves.
func (s *Server) Drop() {
	for _, c := range s.connections() {
		c.cut()
	}
}

// Ignore leaves all requests of a kind (the attribute xmlns: privacy, usync, w:m) without an answer
// from now on.
func (s *Server) Ignore(xmlns string) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if s.faults.ignore == nil {
		s.faults.ignore = map[string]bool{}
	}
	s.faults.ignore[xmlns] = true
}

func (f *faults) ignored(xmlns string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ignore[xmlns]
}

// Mute makes the server read nothing and say nothing, as behind a line that hangs. The sockets stay
// open.
func (s *Server) Mute() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if s.faults.mute == nil {
		s.faults.mute = make(chan struct{})
	}
}

// Unmute ends [Server.Mute]: everything that piled up on both sides goes through.
func (s *Server) Unmute() {
	s.faults.mu.Lock()
	if s.faults.mute != nil {
		close(s.faults.mute)
		s.faults.mute = nil
	}
	s.faults.mu.Unlock()
	for _, p := range s.businesses() {
		for _, d := range p.linked() {
			d.resume()
		}
	}
}

func (f *faults) muted() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mute != nil
}

// wait returns when the server is not mute.
func (f *faults) wait(ctx context.Context) error {
	for {
		f.mu.Lock()
		mute := f.mute
		f.mu.Unlock()
		if mute == nil {
			return ctx.Err()
		}
		select {
		case <-mute:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// RefuseHTTP answers the sockets to come with an HTTP status, 503 for instance, until it is 0
// again.
func (s *Server) RefuseHTTP(status int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.http = status
}

func (f *faults) refusedHTTP() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.http
}

// Quiet stops, or starts again, the automatic delivery receipts of all contacts: for tests that
// count stanzas and for benchmarks.
func (s *Server) Quiet(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quiet = on
}

func (s *Server) isQuiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.quiet
}
