package whatsapp

import (
	"context"
	"errors"
	"fmt"

	"optinbot/bot"
)

// Connect begins to keep the number connected, and returns at once: that WhatsApp has accepted the
// session comes as bot.NumberConnected. Whatever ends a connection, or keeps one from coming,
// another is tried, until one of the events says that it is over, or Disconnect. After such an
// event Connect may be called again. ctx bounds only this call.
func (c *Client) Connect(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("connect to WhatsApp: %w", err)
	}
	c.connecting.Lock()
	defer c.connecting.Unlock()
	leave, ok := c.enter()
	if !ok {
		return errors.New("the WhatsApp client is closed")
	}
	defer leave()
	s := c.current()
	if s != nil && c.keeper.busy() && !s.isOver() {
		return nil
	}
	c.keeper.end() // it may not have noticed yet that it is over
	s, err := c.unused(ctx, s)
	if err != nil {
		return err
	}
	if left := c.options.Barred.Sub(c.options.Now()); left > 0 {
		s.bar(left)
		c.log.Warn("WhatsApp has banned the number for a time; it is tried after the end", "until", c.options.Barred)
	}
	c.keeper = c.keep(s, nil)
	return nil
}

// unused returns the session as it is before its first connection. The library's client keeps
// goroutines of an earlier one that what follows could race with, so every Connect has a client of
// its own.
func (c *Client) unused(ctx context.Context, s *session) (*session, error) {
	if s == nil {
		return nil, bot.ErrNotLinked
	}
	if !s.used {
		return s, nil
	}
	device, err := c.store.device(ctx, s.jid)
	if err != nil {
		return nil, fmt.Errorf("read the WhatsApp session: %w", err)
	}
	if device == nil {
		c.dropSession(s)
		return nil, bot.ErrNotLinked
	}
	fresh := c.newSession(device)
	c.setSession(fresh)
	return fresh, nil
}

// Disconnect ends the connection and the tries to have one, and waits (up to some seconds) for the
// message in hand.
func (c *Client) Disconnect() {
	c.connecting.Lock()
	defer c.connecting.Unlock()
	c.keeper.end()
}
