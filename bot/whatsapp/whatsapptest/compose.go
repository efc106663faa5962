package whatsapptest

import (
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Quote answers a message, the contact's own or one it received, with a text that quotes it.
func (c *Contact) Quote(id, text string, options ...Option) string {
	quoted, author := c.lookUp(id)
	return c.SendMessage(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String(text),
		ContextInfo: &waE2E.ContextInfo{
			StanzaID: proto.String(id), Participant: proto.String(author.String()), QuotedMessage: quoted,
		},
	}}, options...)
}

// Forward sends a text that came from elsewhere.
func (c *Contact) Forward(text string, options ...Option) string {
	return c.SendMessage(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String(
			text,
		), ContextInfo: &waE2E.ContextInfo{IsForwarded: proto.Bool(true), ForwardingScore: proto.Uint32(1)},
	}}, options...)
}

// Edit gives an earlier message of the contact a new text. The edit has an ID of its own.
func (c *Contact) Edit(id, text string, options ...Option) string {
	return c.SendMessage(&waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ProtocolMessage: &waE2E.ProtocolMessage{
			Key: c.keyOf(id), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
			EditedMessage: &waE2E.Message{
				Conversation: proto.String(text),
			}, TimestampMS: proto.Int64(c.srv.Now().UnixMilli()),
		},
	}}}, append(options, attribute("edit", string(types.EditAttributeMessageEdit)), Hidden())...)
}

// Revoke deletes an earlier message of the contact for everyone.
func (c *Contact) Revoke(id string, options ...Option) string {
	return c.SendMessage(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: c.keyOf(id), Type: waE2E.ProtocolMessage_REVOKE.Enum(),
	}}, append(options, attribute("edit", string(types.EditAttributeSenderRevoke)), Hidden())...)
}

// React reacts to a message with an emoji. "" takes the reaction back.
func (c *Contact) React(id, emoji string, options ...Option) string {
	return c.SendMessage(&waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
		Key: c.keyOf(id), Text: proto.String(emoji), SenderTimestampMS: proto.Int64(c.srv.Now().UnixMilli()),
	}}, append(options, Hidden())...)
}

// SetTimer turns disappearing messages on in the chat, or off with 0.
func (c *Contact) SetTimer(timer time.Duration, options ...Option) string {
	return c.SendMessage(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(uint32(timer / time.Second)),
	}}, options...)
}

// SendDisappearing sends a text as in a chat with disappearing messages.
func (c *Contact) SendDisappearing(text string, timer time.Duration, options ...Option) string {
	return c.SendMessage(&waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
		ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String(
				text,
			), ContextInfo: &waE2E.ContextInfo{Expiration: proto.Uint32(uint32(timer / time.Second))},
		},
	}}}, options...)
}

// keyOf refers to a message as the contact sees it: what it did not send is the business's.
func (c *Contact) keyOf(id string) *waCommon.MessageKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, own := c.sent[id]
	return &waCommon.MessageKey{
		RemoteJID: proto.String(c.business().String()), FromMe: proto.Bool(own), ID: proto.String(id),
	}
}

// business is the chat's address at the contact: the default phone's, or that of the phone it
// talked to last, under the kind of address the contact uses. It is called with the lock held.
func (c *Contact) business() types.JID {
	p := c.srv.Phone()
	if n := len(c.received); n > 0 {
		p = c.received[n-1].From
	}
	if from, _ := c.from(); from.Server == types.DefaultUserServer {
		return p.jid
	}
	return p.lid
}

// lookUp returns a message of the chat and who wrote it.
func (c *Contact) lookUp(id string) (*waE2E.Message, types.JID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.sent[id]; o != nil {
		from, _ := c.from()
		return o.message, from
	}
	for _, r := range c.received {
		if r.ID == id {
			return r.Message, c.business()
		}
	}
	return nil, c.business()
}
