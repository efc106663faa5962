package whatsapptest

import (
	"net/http"
	"sync"
)

// A Stage is how far a socket has come.
type Stage int

// The stages of a socket, in their order.
const (
	AtDial      Stage = iota // it has been taken, and waits for the answer to the upgrade
	AtHandshake              // it is a websocket, and waits for the answer to the client's hello
	AtLogin                  // it is encrypted, and waits for the answer to the login
	AfterLogin               // the client has been let in, and has taken note: it asks its first question
)

// stages is what befalls the sockets to come, and how many there were.
type stages struct {
	mu    sync.Mutex
	hangs map[Stage]int // how many are left. Negative: all
	cuts  map[Stage]int
	dials int
}

func newStages() *stages { return &stages{hangs: map[Stage]int{}, cuts: map[Stage]int{}} }

// HangAt leaves the next sockets that reach a stage there, as many as times says or, where it is
// negative, all: nothing is answered any more, and the socket stays open until the client gives up.
func (s *Server) HangAt(at Stage, times int) { s.stages.set(s.stages.hangs, at, times) }

// CutAt breaks the next sockets that reach a stage there, as a lost line would. Times as for
// [Server.HangAt].
func (s *Server) CutAt(at Stage, times int) { s.stages.set(s.stages.cuts, at, times) }

// Well ends [Server.HangAt] and [Server.CutAt] for the sockets to come. Those that hang go on
// hanging.
func (s *Server) Well() {
	s.stages.mu.Lock()
	defer s.stages.mu.Unlock()
	clear(s.stages.hangs)
	clear(s.stages.cuts)
}

// Silence leaves the present sockets open and dead, as behind a router that has forgotten them:
// what comes through them is swallowed, and nothing is answered. Sockets to come are well.
func (s *Server) Silence() {
	for _, c := range s.connections() {
		c.silent.Store(true)
	}
}

// Dials is how many sockets clients have asked for, refused ones included.
func (s *Server) Dials() int {
	s.stages.mu.Lock()
	defer s.stages.mu.Unlock()
	return s.stages.dials
}

func (s *stages) dialed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials++
}

func (s *stages) set(what map[Stage]int, at Stage, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	what[at] = times
}

// reach counts a socket at a stage and says whether it is to hang or to break there.
func (s *stages) reach(at Stage) (hang, cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return take(s.hangs, at), take(s.cuts, at)
}

func take(left map[Stage]int, at Stage) bool {
	n := left[at]
	if n > 0 {
		left[at]--
	}
	return n != 0
}

// dialed counts a socket that a client asks for. False: it has been left hanging until the client
// went, or cut.
func (s *Server) dialed(w http.ResponseWriter, r *http.Request) bool {
	s.stages.dialed()
	s.changed.Ring()
	hang, cut := s.stages.reach(AtDial)
	switch {
	case hang:
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		return false
	case cut:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return false
	}
	return true
}

// reach lets a connection come to a stage. False: it is over.
func (c *conn) reach(at Stage) bool {
	hang, cut := c.srv.stages.reach(at)
	if hang {
		for {
			if _, _, err := c.ws.Read(c.ctx); err != nil {
				return false
			}
		}
	}
	return !cut
}
