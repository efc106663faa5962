package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

// Send sends one message and reports what is known about it. It takes at most SendTimeout and what
// is left of the send before it: the library sends one at a time (messageSendLock in send.go).
func (c *Client) Send(ctx context.Context, out bot.Outgoing) bot.SendResult {
	leave, ok := c.enter()
	if !ok {
		return notTried("the connection is closed")
	}
	defer leave()
	s := c.current()
	switch {
	case s == nil:
		return notTried("the number is not linked")
	case !s.ready():
		return notTried("the number is not connected")
	case out.ID == "":
		return notTried("the message has no ID")
	}
	content, err := compose(out)
	if err != nil {
		return bot.SendResult{Status: bot.SendRefused, Detail: err.Error()}
	}
	if out.Media != nil {
		if content, err = c.withMedia(out, content); err != nil {
			return notTried("the file is not at WhatsApp: " + err.Error())
		}
	}
	// Always a deadline: after a cut the library repeats the frame and waits without one
	// (retryFrame in request.go).
	ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
	defer cancel()
	r := c.within(ctx, func() bot.SendResult {
		to, problem := recipient(ctx, c.directory(s, out.ID), out.To)
		if problem != nil {
			return *problem
		}
		resp, err := s.wa.SendMessage(
			ctx,
			to,
			content,
			whatsmeow.SendRequestExtra{ID: out.ID, Timeout: c.options.SendTimeout},
		)
		return classify(resp, err)
	})
	if r.Status == bot.SendUnknown && ctx.Err() == context.DeadlineExceeded {
		c.missedSend(s)
	}
	return r
}

// sendGrace is how long a send may take to see that its deadline is over.
const sendGrace = time.Second

// within waits for a send until shortly after its deadline. The library's locks know no deadline:
// who dials holds one, who sends another. A send that comes through them later does nothing any
// more (SendFrame in socket/noisesocket.go looks at the deadline before it writes), but whether it
// came through earlier is not known.
func (c *Client) within(ctx context.Context, send func() bot.SendResult) bot.SendResult {
	result := make(chan bot.SendResult, 1)
	if !c.goBackground(func(context.Context) { result <- send() }) {
		return notTried("the connection is closed")
	}
	select {
	case r := <-result:
		return r
	case <-ctx.Done():
	}
	timer := time.NewTimer(sendGrace)
	defer timer.Stop()
	select {
	case r := <-result:
		return r
	case <-timer.C:
		return bot.SendResult{Status: bot.SendUnknown, Detail: "WhatsApp did not answer in time"}
	}
}

func notTried(detail string) bot.SendResult {
	return bot.SendResult{Status: bot.SendNotTried, Detail: detail}
}

// Notify writes to the number's own "Message yourself" chat.
func (c *Client) Notify(ctx context.Context, text string) error {
	_, phone := c.Linked()
	if phone == "" {
		return fmt.Errorf("%w: %w", bot.ErrNotTried, bot.ErrNotLinked)
	}
	result := c.Send(ctx, bot.Outgoing{
		ID:   NewMessageID(),
		To:   []bot.Identity{{Kind: bot.Phone, Value: phone}},
		Text: text,
	})
	switch result.Status {
	case bot.SendAccepted:
		return nil
	case bot.SendNotTried:
		return fmt.Errorf("notice to the own chat: %w: %s", bot.ErrNotTried, result.Detail)
	}
	return fmt.Errorf("notice to the own chat: %s: %s", result.Status, result.Detail)
}

// MarkRead tells a contact that a message of theirs has been read, in the background: the library
// asks WhatsApp for the number's privacy setting first and waits for the answer (MarkRead in
// receipt.go), and whoever handles a message must not keep the next one waiting, which may be a
// stop. An error says that it is not tried. Nobody is told when it fails later.
func (c *Client) MarkRead(_ context.Context, messageID string, from []bot.Identity) error {
	if messageID == "" || len(from) == 0 {
		return nil
	}
	s := c.current()
	if s == nil {
		return bot.ErrNotLinked
	}
	if !s.ready() {
		return errors.New("mark as read: the number is not connected")
	}
	chat := jidOf(from[0])
	if lid := bot.LIDOf(from); lid != "" { // where direct chats live now
		chat = types.NewJID(lid, types.HiddenUserServer)
	}
	at := c.options.Now()
	c.goBackground(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
		defer cancel()
		defer context.AfterFunc(c.closing, cancel)()
		if err := s.wa.MarkRead(ctx, []types.MessageID{messageID}, at, chat, types.EmptyJID); err != nil {
			c.log.Debug("no read receipt", "error", masked(err.Error()))
		}
	})
	return nil
}

// compose writes the message as WhatsApp's apps do. A disappearing timer needs a place that plain
// Conversation has not.
func compose(out bot.Outgoing) (*waE2E.Message, error) {
	var timer *waE2E.ContextInfo
	if out.Expires > 0 {
		timer = &waE2E.ContextInfo{Expiration: proto.Uint32(uint32(out.Expires / time.Second))}
	}
	switch {
	case out.Card != nil:
		return &waE2E.Message{ContactMessage: &waE2E.ContactMessage{
			DisplayName: proto.String(out.Card.Name),
			Vcard:       proto.String(vCard(*out.Card)),
			ContextInfo: timer,
		}}, nil
	case out.Poll != nil:
		return composePoll(*out.Poll, timer), nil
	case out.Text == "":
		return nil, errors.New("the message is empty")
	case timer != nil:
		return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String(out.Text), ContextInfo: timer,
		}}, nil
	}
	return &waE2E.Message{Conversation: proto.String(out.Text)}, nil
}

// vCard writes a contact card that phones can save (vCard 3.0, RFC 2426). waid makes WhatsApp show
// it as one of its own.
func vCard(card bot.Card) string {
	name := strings.NewReplacer(`\`, `\\`, "\r\n", `\n`, "\n", `\n`, ",", `\,`, ";", `\;`).Replace(card.Name)
	digits := strings.TrimPrefix(card.Phone, "+")
	return strings.Join([]string{
		"BEGIN:VCARD",
		"VERSION:3.0",
		"N:;" + name + ";;;",
		"FN:" + name,
		"TEL;type=CELL;type=VOICE;waid=" + digits + ":+" + digits,
		"END:VCARD",
	}, "\n")
}
