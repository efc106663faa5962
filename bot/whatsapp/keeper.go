package whatsapp

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"
)

// Waits are how long the connection waits for what. Only a test server changes them.
type Waits struct {
	// for dial, upgrade, handshake and the answer to the login. 0: 30 seconds
	Attempt time.Duration `json:"attempt"`
	// a connection that lasted so long makes the pause short again. 0: 30 seconds
	Lasted time.Duration `json:"lasted"`
	// before the second try. The third waits four times as long, then it doubles. 0: 250 ms
	FirstPause   time.Duration `json:"first_pause"`
	LongestPause time.Duration `json:"longest_pause"` // between two tries. 0: a minute
	// for the end of the offline sync, after its last message. 0: ten minutes
	Sync time.Duration `json:"sync"`
	// between two keepalives, at most. 0: the library's 30 seconds
	KeepAliveEvery  time.Duration `json:"keep_alive_every"`
	KeepAliveAnswer time.Duration `json:"keep_alive_answer"` // for the answer to one. 0: the library's ten seconds
}

func (w Waits) withDefaults() Waits {
	for _, v := range []struct {
		of    *time.Duration
		usual time.Duration
	}{
		{&w.Attempt, 30 * time.Second}, {&w.Lasted, 30 * time.Second}, {&w.FirstPause,
			250 * time.Millisecond}, {&w.LongestPause, time.Minute},
		{&w.Sync, 10 * time.Minute}, {&w.KeepAliveEvery, 30 * time.Second}, {&w.KeepAliveAnswer, 10 * time.Second},
	} {
		if *v.of == 0 {
			*v.of = v.usual
		}
	}
	return w
}

// pause is how long to wait after so many connections in a row that did not last. The first pause
// is not nothing: a word of WhatsApp that ends the tries may still be on its way through the
// library.
func (w Waits) pause(tries int) time.Duration {
	pause := w.FirstPause
	for i := 0; i < tries && pause < w.LongestPause; i++ {
		if i == 0 {
			pause *= 2
		}
		pause *= 2
	}
	return min(pause, w.LongestPause)
}

// A keeper keeps a session connected, in one goroutine: it alone connects and disconnects, so
// nobody else waits for the library's lock while it dials.
type keeper struct {
	client *Client
	s      *session
	missed func(error) // called with each try that did not bring a connection. Nil: nobody asks
	stop   context.CancelFunc
	done   chan struct{}

	tries  int                // connections in a row that did not last
	short  int                // of these, the ones whose login was answered
	failed bool               // that the session's database fails has been told
	before context.CancelFunc // ends what the library does for the connection before this one
}

// keep begins to keep a session connected.
func (c *Client) keep(s *session, missed func(error)) *keeper {
	s.used = true
	ctx, stop := context.WithCancel(c.closing)
	k := &keeper{client: c, s: s, missed: missed, stop: stop, done: make(chan struct{}), before: func() {}}
	c.goBackground(func(context.Context) { k.run(ctx) })
	return k
}

// busy tells whether it goes on.
func (k *keeper) busy() bool {
	if k == nil {
		return false
	}
	select {
	case <-k.done:
		return false
	default:
		return true
	}
}

// end makes it end and waits until it has.
func (k *keeper) end() {
	if k != nil {
		k.stop()
		<-k.done
	}
}

func (k *keeper) run(ctx context.Context) {
	defer close(k.done)
	life, cancel := context.WithCancel(k.client.ctx)
	defer cancel()
	defer k.leave()
	k.client.tellDown(k.s, "connecting to WhatsApp")
	if _, wait := k.s.next(); !k.rest(ctx, wait) {
		return
	}
	for k.told(ctx) {
		err := k.connection(ctx, life)
		if ctx.Err() != nil {
			return
		}
		k.count(k.s.lasted())
		over, wait := k.s.next()
		if over {
			return
		}
		if errors.Is(err, errSessionFailed) {
			k.tellFailed(err)
		}
		k.client.tellDown(k.s, "the connection to WhatsApp is gone; it is tried again by itself, nothing to do")
		if wait == 0 {
			wait = k.client.waits.pause(k.tries - 1)
		}
		if err != nil {
			k.client.log.Warn(
				"no connection to WhatsApp",
				"error",
				masked(err.Error()),
				"next_try_in",
				wait.Round(time.Millisecond).String(),
			)
			if k.missed != nil {
				k.missed(err)
			}
		}
		if !k.rest(ctx, wait) {
			return
		}
	}
}

// told waits until the handler has every event of before. A new connection must not be used while
// the store does not know that the last one has ended: it would take the offline sync for over.
// False: there is no next try.
func (k *keeper) told(ctx context.Context) bool {
	select {
	case <-k.client.teller.handedOver():
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// rest waits before the next try. A long wait is one for the end of a ban, which is looked at again
// and again: the machine may sleep meanwhile. False: there is no next try.
func (k *keeper) rest(ctx context.Context, wait time.Duration) bool {
	for wait > 0 {
		select {
		case <-time.After(min(wait, k.client.waits.LongestPause)):
		case <-k.s.final: // told late
			return false
		case <-ctx.Done():
			return false
		}
		_, wait = k.s.next()
	}
	return true
}

// tooShort is how many connections in a row, each ended soon after its login, are told as trouble.
const tooShort = 5

// count counts a connection that has ended.
func (k *keeper) count(lasted time.Duration, answered bool) {
	if lasted >= k.client.waits.Lasted {
		k.tries, k.short, k.failed = 0, 0, false
	}
	k.tries++
	if answered {
		k.short++
	}
	if answered && k.short == tooShort {
		k.client.tellTrouble(
			k.s,
			"WhatsApp ends each connection of this number soon after its login. It is tried again by itself, "+
				"a minute apart at most; look at WhatsApp on the phone",
		)
	}
}

// tellFailed tells once that the session's database fails, until a connection has lasted.
func (k *keeper) tellFailed(err error) {
	if k.failed {
		return
	}
	k.failed = true
	k.client.tellTrouble(k.s, masked(err.Error())+". What people write waits at WhatsApp, and the connection is "+
		"tried again by itself; look whether the disk is full")
}

var (
	errNoAnswer = errors.New("no answer in time: not to the dial, or not to the handshake")
	errNoLogin  = errors.New("WhatsApp did not answer the login in time")
)

// connection makes one connection and returns when it has ended. An error if it did not come.
func (k *keeper) connection(ctx, life context.Context) error {
	c, s := k.client, k.s
	if c.options.MayConnect != nil {
		if err := c.options.MayConnect(ctx); err != nil {
			return err
		}
	}
	w := newWire(c.dialer)
	s.begin(w)
	c.store.wire.Store(w)
	s.wa.SetWebsocketHTTPClient(&http.Client{Transport: w})
	deadline, cancel := context.WithTimeoutCause(ctx, c.waits.Attempt, errNoAnswer)
	defer cancel()
	end, err := w.connect(deadline, life, s.wa.ConnectContext)
	if err != nil {
		return cmp.Or(w.abandoned(), err)
	}
	k.before()
	k.before = end
	if err = k.follow(ctx, deadline, w); ctx.Err() == nil {
		s.settle()
	}
	return err
}

// follow watches a connection until it has ended, or ctx has.
func (k *keeper) follow(ctx, deadline context.Context, w *wire) error {
	var err error
	unsynced := time.NewTimer(k.client.waits.Sync)
	defer unsynced.Stop()
	login := deadline.Done()
	for {
		select {
		case <-w.ended:
			return cmp.Or(w.abandoned(), err)
		case <-ctx.Done():
			return err
		case <-login:
			if login = nil; !w.answered() {
				err = errNoLogin
				w.hangUp()
			}
		case <-unsynced.C:
			if left := k.s.syncLeft(k.client.waits.Sync); left > 0 {
				unsynced.Reset(left)
			} else {
				k.unending(w)
			}
		}
	}
}

// unending gives up an offline sync that does not come to its end. A new connection begins a new
// one.
func (k *keeper) unending(w *wire) {
	if k.s.stall() {
		k.client.tellTrouble(
			k.s,
			"WhatsApp has not said that it has handed over what came while we were away, so promotions wait. "+
				"A fresh connection is tried by itself, nothing to do",
		)
	}
	k.client.log.Warn("the offline sync has no end; connecting anew")
	w.hangUp()
}

// leaving is how long the library may take to disconnect: five seconds for the server's goodbye,
// five for its own queue. As long has the message in hand to be committed.
const leaving = 11 * time.Second

// leave ends the connection from our side, and lets the message in hand be committed. What the
// library still waits for ends by it too. A session that is over is left alone: the server has
// closed the socket, and after a logout the library's objects must not be used.
func (k *keeper) leave() {
	if over, _ := k.s.next(); !over {
		k.disconnect()
	}
	select { // the library does not wait for it: what it has given us ends with our context
	case <-k.s.handled():
	case <-time.After(leaving):
		k.client.log.Warn("a message was still not committed when the connection was closed")
	}
}

func (k *keeper) disconnect() {
	if k.s.goOffline() {
		k.s.hangUp() // nobody is there to say goodbye to
	}
	left := make(chan struct{})
	go func() {
		defer close(left)
		k.s.wa.Disconnect()
	}()
	select {
	case <-left:
	case <-time.After(leaving):
		k.s.hangUp()
	}
}

// settling is how long the library may take to tell of an end.
const settling = time.Second

// settle waits until the library has taken note that the connection has ended: it says so, or says
// that it is over for good.
func (s *session) settle() {
	select {
	case <-s.gone:
	case <-s.final:
	case <-time.After(settling):
	}
}
