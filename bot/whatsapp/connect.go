package whatsapp

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow"
)

// Connect starts the connection and returns once the server has been reached; that WhatsApp has accepted the session
// comes as bot.NumberConnected. From then on the library reconnects by itself, except after the events that say
// otherwise; Connect may be called again after those. ctx bounds only this call.
func (c *Client) Connect(ctx context.Context) error {
	c.connecting.Lock()
	defer c.connecting.Unlock()
	leave, ok := c.enter()
	if !ok {
		return errors.New("the WhatsApp client is closed")
	}
	defer leave()
	s := c.current()
	if s != nil && s.ready() {
		return nil
	}
	s, err := c.unused(ctx, s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.closing, cancel)()
	return s.connect(ctx, c.ctx)
}

// unused returns the session as it is before its first connection. The library's client keeps goroutines of an earlier one
// that a second Connect would race with (autoReconnect in client.go), so every Connect has a client of its own.
func (c *Client) unused(ctx context.Context, s *session) (*session, error) {
	if s == nil {
		return nil, ErrNotLinked
	}
	if !s.used {
		return s, nil
	}
	s.disconnect()
	device, err := c.store.device(ctx, s.jid)
	if err != nil {
		return nil, fmt.Errorf("read the WhatsApp session: %w", err)
	}
	if device == nil {
		c.dropSession(s)
		return nil, ErrNotLinked
	}
	fresh := c.newSession(device)
	c.setSession(fresh)
	return fresh, nil
}

// connect gives the connection a context that lives as long as life, or until hangUp: the library runs everything of
// the connection in it, its reconnecting included (ConnectContext in client.go).
func (s *session) connect(ctx, life context.Context) error {
	s.used = true
	lifetime, hangUp := context.WithCancel(life)
	s.mu.Lock()
	s.hangUp = hangUp
	s.mu.Unlock()
	release := context.AfterFunc(ctx, hangUp)
	err := s.wa.ConnectContext(lifetime)
	if !release() || lifetime.Err() != nil {
		s.disconnect()
		return fmt.Errorf("connect to WhatsApp: %w", context.Cause(ctx))
	}
	if errors.Is(err, whatsmeow.ErrAlreadyConnected) {
		err = nil
	}
	if err != nil {
		s.disconnect()
		return fmt.Errorf("connect to WhatsApp: %w", err)
	}
	return nil
}

// Disconnect ends the connection and its automatic reconnecting, and waits (up to five seconds) for the message in hand.
func (c *Client) Disconnect() {
	c.connecting.Lock()
	defer c.connecting.Unlock()
	if s := c.current(); s != nil {
		s.disconnect()
	}
}

// disconnect lets the message in hand finish where there can be one; where there is none, it interrupts a dial first,
// because the library dials with the lock held that its Disconnect needs.
func (s *session) disconnect() {
	online, ended, hangUp := s.takeDown(false)
	if ended {
		return
	}
	if !online {
		hangUp()
	}
	s.wa.Disconnect()
	hangUp()
}

// end follows an event after which the library does not reconnect: the server is closing the socket, and it has only to
// be made sure that nothing stays. The library's Disconnect would race with that close (FrameSocket.Close reads
// OnDisconnect while NoiseSocket.Stop writes it, socket/), and after a logout its objects must be left alone.
func (s *session) end() {
	_, _, hangUp := s.takeDown(true)
	hangUp()
}

// takeDown notes that the connection is over and returns how it was.
func (s *session) takeDown(end bool) (online, ended bool, hangUp context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	online, ended, hangUp = s.online, s.ended, s.hangUp
	s.online, s.ended, s.hangUp = false, ended || end, nil
	if hangUp == nil {
		hangUp = func() {}
	}
	return online, ended, hangUp
}

func (s *session) setOnline(online bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.online = online
}

func (s *session) isOnline() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.online
}

// ready tells whether a send can be tried. The library's IsLoggedIn stays true through an outage (connectionevents.go),
// so the events are followed too.
func (s *session) ready() bool {
	return s.isOnline() && s.wa.IsConnected() && s.wa.IsLoggedIn()
}
