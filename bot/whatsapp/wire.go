package whatsapp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
)

// A wire is one socket to WhatsApp as we see it ourselves. The library keeps its word about a
// connection behind the lock that it holds while it dials, and some ends of a connection it does
// not tell at all (a stream error 515 whose reconnect fails, its own Disconnect in keepalive.go, a
// cut before OnDisconnect is set in socket/noisesocket.go). So the socket is watched from below: it
// is the transport of the library's dial, and then the body of the upgraded response.
type wire struct {
	dial  http.RoundTripper
	ended chan struct{} // closed when the socket is closed

	mu     sync.Mutex
	socket io.ReadWriteCloser // nil: not upgraded yet
	hungUp bool
	over   bool // ended is closed
	last   []byte
	writes int    // begun so far
	login  bool   // something came after the end of our handshake
	heard  func() // called once when something comes. Nil: nobody waits
	cancel func() // ends what the library does for the connection. Nil: it has not begun
	why    error  // see abandon. Nil: it was not
}

// lastFrame is what the library reads last from a socket that ends during its handshake: a
// websocket message with one Noise frame of one byte. The library waits 20 seconds for a frame
// there, whatever happens to the socket (doHandshake in handshake.go), with the lock held that
// everybody else needs. This one it cannot understand, and gives up at once.
var lastFrame = []byte{0x82, 4, 0, 0, 1, 0xff}

// helloAndFinish is how many writes the client's side of the Noise handshake has. What comes after
// them is the answer to the login.
const helloAndFinish = 2

var errHungUp = errors.New("we have hung up")

func newWire(dial http.RoundTripper) *wire {
	return &wire{dial: dial, ended: make(chan struct{}), last: lastFrame}
}

// RoundTrip dials, and puts the wire in place of the upgraded socket.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.dial.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		return resp, err
	}
	socket, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		return resp, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hungUp {
		return nil, errors.Join(errHungUp, socket.Close())
	}
	w.socket, resp.Body = socket, w
	return resp, nil
}

// Read reads from the socket. And where that ends in the middle of the handshake, the last frame.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.socket.Read(p)
	w.mu.Lock()
	var heard func()
	if n > 0 {
		w.login = w.login || w.writes >= helloAndFinish
		heard, w.heard = w.heard, nil
	} else if err != nil && w.writes < helloAndFinish && len(w.last) > 0 {
		n, err = copy(p, w.last), nil
		w.last = w.last[n:]
	}
	w.mu.Unlock()
	if heard != nil {
		heard()
	}
	return n, err
}

// Write writes to the socket. It counts first: the answer can be here before the write returns.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.writes++
	w.mu.Unlock()
	return w.socket.Write(p)
}

// Close closes the socket: the library does so at every end of a connection, told or not.
func (w *wire) Close() error {
	w.end()
	return w.socket.Close()
}

func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		close(w.ended)
	}
}

// hangUp ends the connection from our side. For the library it looks as if the server had. It waits
// for nobody. False: the socket is still being dialed, which ends with its context only.
func (w *wire) hangUp() (open bool) {
	w.mu.Lock()
	w.hungUp = true
	socket := w.socket
	w.mu.Unlock()
	if socket == nil {
		return false
	}
	w.end()
	_ = socket.Close()
	return true
}

// abandon hangs up, and ends what the library still does for the connection before it returns: it
// acknowledges nothing after that.
func (w *wire) abandon(why error) {
	w.mu.Lock()
	cancel := w.cancel
	if w.why == nil {
		w.why = why
	}
	w.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	w.hangUp()
}

// abandoned is why the connection was abandoned. Nil: it was not.
func (w *wire) abandoned() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.why
}

// open tells whether the socket is there.
func (w *wire) open() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.socket != nil && !w.hungUp && !w.over
}

// answered tells whether WhatsApp has answered the login, with yes or no.
func (w *wire) answered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.login
}

// onNext has f called when the next bytes come.
func (w *wire) onNext(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = f
}

// dial opens a wire through the library's client, which gives up at the end of ctx. life is what
// the library does the connection's work in: the connection outlives ctx.
func (w *wire) connect(
	ctx, life context.Context,
	connect func(context.Context) error,
) (cancel context.CancelFunc, err error) {
	life, cancel = context.WithCancel(life)
	w.mu.Lock()
	w.cancel = cancel
	w.mu.Unlock()
	connected := make(chan error, 1)
	go func() { connected <- connect(life) }()
	select {
	case err = <-connected:
	case <-ctx.Done():
		if !w.hangUp() {
			cancel()
		}
		<-connected
		err = context.Cause(ctx)
	}
	if err != nil {
		cancel()
	}
	return cancel, err
}
