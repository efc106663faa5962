package whatsapptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
)

// A conn is one websocket of a client.
type conn struct {
	srv    *Server
	ws     *websocket.Conn
	ctx    context.Context
	cancel context.CancelFunc
	buf    []byte // received, not yet a whole frame
	in     *cipherState
	lastID atomic.Int64
	heard  atomic.Pointer[hearing] // of a connection that is being ended
	silent atomic.Bool             // see Server.Silence

	writing sync.Mutex // orders encryption with writing: each frame has its own counter
	out     *cipherState

	pairing *pairing // of a client that registers
	device  *device  // of a client that logged in
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !s.dialed(w, r) {
		return
	}
	if status := s.faults.refusedHTTP(); status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	// the Origin is web.whatsapp.com
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	ws.SetReadLimit(socket.FrameMaxSize)
	ctx, cancel := context.WithCancel(s.ctx)
	c := &conn{srv: s, ws: ws, ctx: ctx, cancel: cancel}
	if !s.track(c) {
		c.cut()
		return
	}
	defer s.untrack(c)
	c.run()
}

// track counts a connection in, unless the server is closing.
func (s *Server) track(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	return true
}

func (s *Server) untrack(c *conn) {
	c.cut()
	if c.device != nil {
		c.device.detach(c)
	}
	s.mu.Lock()
	delete(s.conns, c)
	if c.pairing != nil {
		c.pairing.forget(s.pairings)
	}
	s.mu.Unlock()
	s.changed.Ring()
	s.wg.Done()
}

// cut drops the connection as a broken line would: without a close frame.
func (c *conn) cut() {
	c.cancel()
	_ = c.ws.CloseNow()
}

func (c *conn) run() {
	if !c.reach(AtHandshake) {
		return
	}
	hs, err := respond(c.srv.cert, socket.WAConnHeader, c.readFirst(), c.writeFrame)
	if err != nil {
		return
	}
	c.in, c.out = hs.in, hs.out
	if !c.reach(AtLogin) {
		return
	}
	if hs.payload.GetDevicePairingData() != nil {
		c.startPairing(hs)
	} else if !c.login(hs) {
		c.drain()
		return
	}
	for first := c.pairing == nil; ; first = false {
		n, err := c.read()
		if err != nil || first && !c.reach(AfterLogin) || c.srv.faults.wait(c.ctx) != nil {
			return
		}
		if !c.silent.Load() {
			c.handle(n)
		}
	}
}

// drain reads until the client is gone, of which only the end of a farewell matters.
func (c *conn) drain() {
	for {
		n, err := c.read()
		if err != nil {
			return
		}
		if n.Tag == "ack" {
			c.noteHeard(n)
		}
	}
}

// readFirst reads frames, the first of which follows the four bytes of the header
// (socket/framesocket.go:120-130).
func (c *conn) readFirst() func() ([]byte, error) {
	first := true
	return func() ([]byte, error) {
		if first {
			first = false
			if err := c.fill(len(socket.WAConnHeader)); err != nil {
				return nil, err
			}
			if !bytes.Equal(c.buf[:len(socket.WAConnHeader)], socket.WAConnHeader) {
				return nil, errors.New("not the header of a WhatsApp client")
			}
			c.buf = c.buf[len(socket.WAConnHeader):]
		}
		return c.readFrame()
	}
}

// readFrame returns the next frame: three bytes of length, big-endian, and the data.
func (c *conn) readFrame() ([]byte, error) {
	if err := c.fill(socket.FrameLengthSize); err != nil {
		return nil, err
	}
	n := socket.FrameLengthSize + int(c.buf[0])<<16 + int(c.buf[1])<<8 + int(c.buf[2])
	if err := c.fill(n); err != nil {
		return nil, err
	}
	frame := c.buf[socket.FrameLengthSize:n:n]
	c.buf = c.buf[n:]
	return frame, nil
}

// fill reads messages until at least n bytes are there.
func (c *conn) fill(n int) error {
	for len(c.buf) < n {
		_, data, err := c.ws.Read(c.ctx)
		if err != nil {
			return err
		}
		c.buf = append(c.buf[:len(c.buf):len(c.buf)], data...)
	}
	return nil
}

func (c *conn) writeFrame(data []byte) error {
	frame := make([]byte, 0, socket.FrameLengthSize+len(data))
	frame = append(frame, byte(len(data)>>16), byte(len(data)>>8), byte(len(data)))
	return c.ws.Write(c.ctx, websocket.MessageBinary, append(frame, data...))
}

// read returns the next stanza. Plaintext starts with a byte of flags: bit 1 says compressed
// (binary/unpack.go:16).
func (c *conn) read() (*waBinary.Node, error) {
	frame, err := c.readFrame()
	if err != nil {
		return nil, err
	}
	plaintext, err := c.in.open(frame, nil)
	if err != nil {
		return nil, err
	}
	data, err := waBinary.Unpack(plaintext)
	if err != nil {
		return nil, err
	}
	n, err := waBinary.Unmarshal(data)
	if err != nil {
		return nil, fmt.Errorf("stanza: %w", err)
	}
	c.srv.traced(FromClient, n)
	return n, nil
}

// send writes a stanza. An error means that the connection is over. Its reader finds out too.
func (c *conn) send(n waBinary.Node) error {
	if c.silent.Load() {
		return nil
	}
	data, err := waBinary.Marshal(n)
	if err != nil {
		return err
	}
	c.srv.traced(FromServer, &n)
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.writeFrame(c.out.seal(data, nil))
}

// nextID makes an ID for a stanza that the server starts.
func (c *conn) nextID() string { return strconv.FormatInt(c.lastID.Add(1), 10) }

func (c *conn) handle(n *waBinary.Node) {
	switch n.Tag {
	case "iq":
		c.handleIQ(n)
	case "message":
		c.handleMessage(n)
	case "receipt":
		c.handleReceipt(n)
	case "ack":
		c.handleAck(n)
	case "presence", "chatstate":
		c.handlePresence(n)
	}
}

// failure refuses a login (connectionevents.go:100-150).
func (c *conn) failure(attrs waBinary.Attrs) {
	c.farewell(waBinary.Node{Tag: "failure", Attrs: attrs})
}

// streamError ends a connection (connectionevents.go:19-67).
func (c *conn) streamError(code, conflict string) {
	n := waBinary.Node{Tag: "stream:error", Attrs: waBinary.Attrs{"code": code}}
	if conflict != "" {
		n.Content = []waBinary.Node{{Tag: "conflict", Attrs: waBinary.Attrs{"type": conflict}}}
	}
	c.farewell(n)
}

// lastWords bounds how long the server waits for a client to take note of why it is being
// disconnected.
const lastWords = 3 * time.Second

// farewell sends the last stanza of a connection and closes it when the client has handled that.
// The client drops a stanza that it takes from its queue after the socket has closed
// (client.go:907-911), and says nothing to this one. So a notification that means nothing goes
// after it, whose acknowledgement says that both have been handled.
func (c *conn) farewell(n waBinary.Node) {
	id := newMessageID()
	probe := waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{
		"from": types.ServerJID, "type": "server", "id": id, "t": c.srv.stamp(),
	}}
	heard := make(chan struct{})
	if !c.heard.CompareAndSwap(nil, &hearing{id: id, done: heard}) {
		return // it is being closed already
	}
	_ = c.send(n)
	_ = c.send(probe)
	c.srv.wg.Go(func() {
		timer := time.NewTimer(lastWords)
		defer timer.Stop()
		select {
		case <-heard:
		case <-timer.C:
		case <-c.ctx.Done():
		}
		_ = c.ws.Close(websocket.StatusNormalClosure, "")
	})
}

// A hearing is the probe of a farewell.
type hearing struct {
	id   string
	done chan struct{}
	once sync.Once
}

// noteHeard ends a farewell whose probe is acknowledged.
func (c *conn) noteHeard(ack *waBinary.Node) {
	if h := c.heard.Load(); h != nil && textOf(ack, "id") == h.id {
		h.once.Do(func() { close(h.done) })
	}
}

// jidOf returns an attribute that is a JID, or none.
func jidOf(n *waBinary.Node, key string) types.JID {
	jid, _ := n.Attrs[key].(types.JID)
	return jid
}

// textOf returns an attribute as the string it was sent as. JIDs too.
func textOf(n *waBinary.Node, key string) string {
	switch v := n.Attrs[key].(type) {
	case string:
		return v
	case types.JID:
		return v.String()
	}
	return ""
}

// contentOf returns a stanza's content. A string may arrive as such when it was sent as a token
// (binary/encoder.go:141).
func contentOf(n waBinary.Node) []byte {
	switch v := n.Content.(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}
