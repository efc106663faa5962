package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"optinbot/bot"
)

// errNoHandler keeps messages with WhatsApp until somebody takes them.
var errNoHandler = errors.New("no handler")

// handle takes every event of the library. True acknowledges. False leaves the message with
// WhatsApp.
//
// A panic must not get out: the library recovers it and counts it as success (dispatchEvent in
// client.go), and the message would be lost.
func (c *Client) handle(s *session, event any) (acknowledge bool) {
	defer func() {
		if problem := recover(); problem != nil {
			c.log.Error(
				"panic while handling an event of WhatsApp",
				"event",
				fmt.Sprintf("%T", event),
				"problem",
				masked(fmt.Sprint(problem)),
				"stack",
				string(debug.Stack()),
			)
			acknowledge = false
			c.deliverAgainLater()
		}
	}()
	defer s.takes()()
	if s.watch != nil {
		defer s.watch(event) // who hears of it looks at what has become of the session
	}
	switch event.(type) {
	case *events.KeepAliveTimeout, *events.KeepAliveRestored:
	default:
		s.note()
	}
	c.seePhone(s, event)
	switch evt := event.(type) {
	case *events.Message:
		return c.onMessage(s, evt)
	case *events.UndecryptableMessage, *events.CallOffer:
		if m, ok := s.decoder.Decode(evt); ok {
			c.deliverStubbornly(m)
		}
		return true
	case *events.Receipt:
		return c.onReceipt(evt)
	}
	c.onNumber(s, event)
	return true
}

func (c *Client) onMessage(s *session, evt *events.Message) bool {
	if notification := evt.Message.GetProtocolMessage().GetHistorySyncNotification(); notification != nil {
		return !evt.Info.IsFromMe || c.keepHistory(s, evt.Info.ID, notification)
	}
	c.openSealedEdit(s, evt)
	m, ok := s.decoder.Decode(evt)
	if !ok {
		return true
	}
	c.openVote(s, evt, &m)
	if evt.UnavailableRequestID != "" {
		c.deliverStubbornly(m)
		return true
	}
	return c.deliver(func(ctx context.Context) error { return c.options.Inbound.Message(ctx, m) })
}

// onReceipt hands on what a contact's device says about our messages. One stanza names many
// messages. Any receipt, an inactive device's too, says that it arrived.
func (c *Client) onReceipt(evt *events.Receipt) bool {
	if evt.IsFromMe || evt.IsGroup || len(evt.MessageIDs) == 0 {
		return true
	}
	r := bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: evt.MessageIDs, At: evt.Timestamp.UTC()}
	switch evt.Type {
	case types.ReceiptTypeDelivered, types.ReceiptTypeInactive:
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		r.Kind = bot.ReceiptRead
	default: // retry, and the talk among our own devices
		return true
	}
	return c.deliver(func(ctx context.Context) error { return c.options.Inbound.Receipt(ctx, r) })
}

// deliver lets the handler commit, a few times if need be. Waiting here keeps the order: the
// library hands over one stanza at a time and gives each five minutes (handlerQueueLoop in
// client.go).
func (c *Client) deliver(commit func(context.Context) error) bool {
	err := c.try(commit)
	if err == nil {
		return true
	}
	if !errors.Is(err, errNoHandler) && c.closing.Err() == nil {
		c.log.Error("a message was not committed; WhatsApp will deliver it again", "error", err)
		c.deliverAgainLater()
	}
	return false
}

// deliverStubbornly is for what WhatsApp will not deliver again, whatever we answer: an
// undecryptable message is acknowledged before we hear of it (decryptMessages in message.go), a
// call in any case (handleCallEvent in call.go), and what the phone handed over is acknowledged
// even if the handler fails (handleDecryptedMessage there). It tries until it is committed. A crash
// before that loses it.
func (c *Client) deliverStubbornly(m bot.Message) {
	commit := func(ctx context.Context) error { return c.options.Inbound.Message(ctx, m) }
	err := c.try(commit)
	if err == nil || errors.Is(err, errNoHandler) {
		return
	}
	c.log.Error("a message that comes only once was not committed; it is tried again", "error", err)
	c.goBackground(func(context.Context) {
		for err != nil && c.pause(c.options.stubbornDelay()) {
			err = c.try(commit)
		}
	})
}

func (c *Client) try(commit func(context.Context) error) error {
	if c.options.Inbound == nil {
		return errNoHandler
	}
	err := commit(c.ctx)
	for _, delay := range c.options.RetryDelays {
		if err == nil || !c.pause(delay) {
			break
		}
		err = commit(c.ctx)
	}
	return err
}

// pause waits. False when the client closes first.
func (c *Client) pause(delay time.Duration) bool {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.closing.Done():
		return false
	}
}

// deliverAgainLater reconnects after a while: on a living connection nothing is delivered a second
// time, and the message left behind may be a stop.
func (c *Client) deliverAgainLater() {
	c.reset.start(func() {
		leave, ok := c.enter()
		if !ok {
			return
		}
		defer leave()
		if s := c.current(); s != nil {
			s.hangUp()
		}
	})
}

// preRetry decides whether a message that a contact's phone could not read is sent again. Our own
// phone's copy always is.
func (c *Client) preRetry(s *session) func(*events.Receipt, types.MessageID, int, *waE2E.Message) bool {
	return func(receipt *events.Receipt, id types.MessageID, _ int, _ *waE2E.Message) (send bool) {
		defer func() {
			if problem := recover(); problem != nil {
				c.log.Error("panic while deciding about a retry", "problem", masked(fmt.Sprint(problem)))
				send = false
			}
		}()
		if c.options.Refuse == nil || receipt.IsFromMe {
			return true
		}
		to := personOf(s.decoder.Alt, receipt.Chat, receipt.Sender, receipt.SenderAlt)
		return !c.options.Refuse(to, id)
	}
}
