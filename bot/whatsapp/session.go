package whatsapp

import (
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"

	"optinbot/bot"
)

// A session is one linked device and its connections. After a logout it is dropped as a whole: the
// library's objects of a deleted device must not be used again (store.ErrDeviceDeleted).
type session struct {
	wa      *whatsmeow.Client
	jid     string
	decoder Decoder
	named   bool            // the name that contacts see is known since before this connection
	watch   func(event any) // sees every event first. Nil: nobody
	used    bool            // it has been connected. Guarded by Client.connecting

	now   func() time.Time // by the clock on the wall
	final chan struct{}    // closed by an event that ends the tries to connect
	gone  chan struct{}    // the library says that a connection has ended. Holds one

	phoneSeen time.Time           // when the last sign of the phone was told. Guarded by teller.mu
	synced    *bot.NumberEvent    // the end of an offline sync that waits for its connection. Guarded by teller.mu
	told      bot.NumberEventKind // the last state that was told. Guarded by teller.mu

	clock atomic.Pointer[serverClock] // as WhatsApp said at the last login. Nil: it has not yet

	mu       sync.Mutex
	wire     *wire
	online   bool      // WhatsApp has let us in, and the connection has not ended since
	since    time.Time // when it did
	syncOver bool      // the offline sync has ended
	stalled  bool      // an offline sync without end has been told, and none has ended since
	missing  unanswered
	last     time.Time     // of the events that came
	over     bool          // final is closed
	barred   bar           // no try before its end
	hands    int           // events that are being handled
	idle     chan struct{} // closed when hands is 0 again. Nil: nobody waits
}

// A bar ends by whichever clock comes to its end first: that on the wall goes on while the machine
// sleeps, the other one stands still then and cannot be set back.
type bar struct{ wall, steady time.Time }

// An unanswered is what WhatsApp has left without an answer, the worst of it.
type unanswered int

const (
	nothing   unanswered = iota
	message              // whatever comes next ends it
	keepalive            // only the answer to one ends it: what comes in says nothing about what goes out
)

// begin notes that a connection is being tried.
func (s *session) begin(w *wire) {
	select {
	case <-s.gone: // of the one before
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire, s.online, s.syncOver, s.since, s.missing, s.last = w, false, false, time.Time{}, nothing, time.Now()
}

// goOnline notes that WhatsApp has let us in. False: it is known, or the word is late and its
// connection has ended. The library tells it at the end of some requests, which go on for seconds
// when they are cut (handleConnectSuccess in connectionevents.go).
func (s *session) goOnline() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.online || s.wire == nil || !s.wire.open() || !s.wire.answered() {
		return false
	}
	s.online, s.since = true, time.Now()
	return true
}

// goOffline notes that the connection is over, and returns whether there was nobody at the other
// end.
func (s *session) goOffline() (silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.online = false
	return s.missing != nothing
}

func (s *session) isOnline() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.online
}

// ready tells whether a send can be tried. It asks nobody who holds a lock while dialing. The
// library's own word that is free stays true through an outage, but a stream error takes it back at
// once (connectionevents.go).
func (s *session) ready() bool { return s.isOnline() && s.wa.IsLoggedIn() }

// lasted is how long the connection was let in, and whether WhatsApp had answered its login, with
// yes or no.
func (s *session) lasted() (in time.Duration, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.since.IsZero() {
		in = time.Since(s.since)
	}
	return in, s.wire != nil && s.wire.answered()
}

// open tells whether the socket is there.
func (s *session) open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wire != nil && s.wire.open()
}

// onNext has f called when the next bytes come.
func (s *session) onNext(f func()) {
	s.mu.Lock()
	w := s.wire
	s.mu.Unlock()
	if w != nil {
		w.onNext(f)
	}
}

// hangUp ends the connection, so that a fresh one begins.
func (s *session) hangUp() {
	s.mu.Lock()
	w := s.wire
	s.mu.Unlock()
	if w != nil {
		w.hangUp()
	}
}

// finish notes that no connection is to be tried any more. False: it was known.
func (s *session) finish() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.over, s.online = true, false
	close(s.final)
	return true
}

// bar keeps the session from connecting for a time.
func (s *session) bar(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.barred, s.online = bar{wall: s.now().Round(0).Add(d), steady: time.Now().Add(d)}, false
}

// next tells whether the tries are over, and else how long the next one is barred.
func (s *session) next() (over bool, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over, max(0, min(s.barred.wall.Sub(s.now().Round(0)), time.Until(s.barred.steady)))
}

// takes notes that an event is being handled, until done is called.
func (s *session) takes() (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hands++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.hands--; s.hands == 0 && s.idle != nil {
			close(s.idle)
			s.idle = nil
		}
	}
}

// handled returns a channel that is closed when no event is being handled.
func (s *session) handled() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hands == 0 {
		idle := make(chan struct{})
		close(idle)
		return idle
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	return s.idle
}

// isOver tells whether nothing connects it any more, or not now.
func (s *session) isOver() bool {
	over, wait := s.next()
	return over || wait > 0
}

// note takes note that an event came.
func (s *session) note() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
}

// endSync notes the end of the offline sync.
func (s *session) endSync() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.syncOver, s.stalled, s.missing = true, false, nothing
}

// syncLeft is how long the offline sync may still take, from its last message on.
func (s *session) syncLeft(patience time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.syncOver {
		return patience
	}
	return patience - time.Since(s.last)
}

// stall notes that an offline sync has no end. False: that is known.
func (s *session) stall() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.stalled
	s.stalled = true
	return !was
}

// miss notes that something was left without an answer. True: promotions have to be held for it,
// and were not.
func (s *session) miss(what unanswered) (hold bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hold = s.online && s.syncOver && s.missing == nothing
	s.missing = max(s.missing, what)
	return hold
}

// hear notes that WhatsApp has answered, up to the worst of what it ends. True: promotions were
// held for it.
func (s *session) hear(upTo unanswered) (release bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missing == nothing || s.missing > upTo {
		return false
	}
	s.missing = nothing
	return s.online && s.syncOver
}
