package whatsapptest

import (
	"crypto/rand"
	"errors"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Hidden marks the ciphertext as one for which no phone shows a failure, as phones do with
// reactions, votes and edits.
func Hidden() Option { return func(o *outgoing) { o.hidden = true } }

// SendUnknown sends a text in a wrapper that the schema does not have: the field with that number.
func (c *Contact) SendUnknown(field int, text string, options ...Option) string {
	inner, err := proto.Marshal(&waE2E.FutureProofMessage{Message: &waE2E.Message{Conversation: proto.String(text)}})
	if err != nil {
		panic(err)
	}
	m := new(waE2E.Message)
	m.ProtoReflect().
		SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, protowire.Number(field), protowire.BytesType), inner))
	return c.SendMessage(m, options...)
}

// SendPlaceholder sends what linked devices get instead of a message that only the phone may show.
func (c *Contact) SendPlaceholder(options ...Option) string {
	return c.SendMessage(&waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{
		Type: waE2E.PlaceholderMessage_MASK_LINKED_DEVICES.Enum(),
	}}, options...)
}

// SendWithoutContent sends a message of which linked devices only learn that it exists, as after a
// click on an ad. The phone has it, and hands it over when it is asked to ([Phone.AnswerRequests]).
func (c *Contact) SendWithoutContent(m *waE2E.Message, options ...Option) string {
	return c.SendMessage(m, append(options, func(o *outgoing) { o.instead = []waBinary.Node{{Tag: "unavailable"}} })...)
}

// ClickAd sends the text that an ad put into the chat.
func (c *Contact) ClickAd(id, title, text string, options ...Option) string {
	return c.SendMessage(AdClick(id, title, text), options...)
}

// AdClick is the message of [Contact.ClickAd].
func AdClick(id, title, text string) *waE2E.Message {
	return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: &text, ContextInfo: &waE2E.ContextInfo{ExternalAdReply: &waE2E.ContextInfo_ExternalAdReplyInfo{
			Title: &title, SourceType: proto.String("ad"), SourceID: &id, SourceURL: proto.String("https://fb.me/" + id),
		}},
	}}
}

// SendOrder sends an order of goods in the catalog, with a message that may be empty.
func (c *Contact) SendOrder(items int, message string, options ...Option) string {
	order := &waE2E.OrderMessage{
		OrderID: proto.String(
			newMessageID(),
		), ItemCount: proto.Int32(int32(items)), OrderTitle: proto.String("Casa Aurora"), Token: proto.String("token"),
	}
	if message != "" {
		order.Message = &message
	}
	return c.SendMessage(&waE2E.Message{OrderMessage: order}, options...)
}

// SendAlbum sends pictures as an album: a message that announces them, and one for each. It returns
// all IDs.
func (c *Contact) SendAlbum(pictures ...[]byte) []string {
	ids := []string{
		c.SendMessage(
			&waE2E.Message{AlbumMessage: &waE2E.AlbumMessage{ExpectedImageCount: proto.Uint32(uint32(len(pictures)))}},
		),
	}
	for _, data := range pictures {
		ids = append(ids, c.SendMessage(&waE2E.Message{
			ImageMessage: c.image(data, ""),
			MessageContextInfo: &waE2E.MessageContextInfo{MessageAssociation: &waE2E.MessageAssociation{
				AssociationType: waE2E.MessageAssociation_MEDIA_ALBUM.Enum(), ParentMessageKey: c.keyOf(ids[0]),
			}},
		}))
	}
	return ids
}

// Call rings the business, and hangs up.
func (c *Contact) Call(options ...Option) (id string) {
	o := &outgoing{id: newMessageID(), at: c.srv.Now()}
	for _, option := range options {
		option(o)
	}
	if o.to == nil {
		o.to = c.srv.Phone()
	}
	c.mu.Lock()
	from, attrs := c.from()
	c.mu.Unlock()
	for i, what := range []string{"offer", "terminate"} {
		call := waBinary.Attrs{"call-id": o.id, "call-creator": from}
		if number := attrs["sender_pn"]; number != nil {
			call["caller_pn"] = number
		}
		n := waBinary.Node{Tag: "call", Attrs: waBinary.Attrs{
			"id": o.id + string(rune('0'+i)), "from": from, "t": unix(o.at), "platform": "android", "version": "2.26",
		}, Content: []waBinary.Node{{Tag: what, Attrs: call}}}
		for _, d := range o.to.linked() {
			d.enqueue(clone(n), nil)
		}
	}
	return o.id
}

// SetAutoReply is the greeting message of WhatsApp Business: the phone answers with it by itself, a
// moment after the first message of each contact. "" switches it off.
func (p *Phone) SetAutoReply(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.autoReply, p.greeted = text, map[*Contact]bool{}
}

// answerByItself is called without locks.
func (p *Phone) answerByItself(c *Contact, after time.Time) {
	p.mu.Lock()
	text := p.autoReply
	first := text != "" && !p.greeted[c]
	if first {
		p.greeted[c] = true
	}
	p.mu.Unlock()
	if first {
		p.TypeTo(c, text, At(after.Add(time.Second)))
	}
}

// WithSecret gives the message the secret with which edits of it are sealed.
func WithSecret() Option {
	return func(o *outgoing) {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		m := proto.Clone(o.message).(*waE2E.Message)
		m.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: secret}
		o.message = m
	}
}

// EditSealed gives a message that was sent [WithSecret] a new text, as phones of 2026 do. author
// and editor are the addresses under which it is sealed: phones mix a person's phone and LID.
func (c *Contact) EditSealed(id, text string, author, editor types.JID, options ...Option) (string, error) {
	c.mu.Lock()
	o := c.sent[id]
	c.mu.Unlock()
	secret := o.message.GetMessageContextInfo().GetMessageSecret()
	if len(secret) == 0 {
		return "", errors.New("whatsapptest: message " + id + " has no secret")
	}
	content, err := proto.Marshal(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: c.keyOf(
			id,
		), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: &waE2E.Message{Conversation: &text},
	}})
	if err != nil {
		return "", err
	}
	payload, iv, err := seal(content, secret, id, author, editor, whatsmeow.EncSecretMessageEdit, nil)
	if err != nil {
		return "", err
	}
	return c.SendMessage(&waE2E.Message{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
		TargetMessageKey: c.keyOf(
			id,
		), EncPayload: payload, EncIV: iv, SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(),
	}}, append(options, attribute("edit", string(types.EditAttributeMessageEdit)), Hidden())...), nil
}

// seal encrypts with a key made of the original's secret and ID and the two addresses
// (msgsecret.go:47-68).
func seal(
	content, secret []byte,
	id string,
	author, sender types.JID,
	use whatsmeow.MsgSecretType,
	also []byte,
) (payload, iv []byte, err error) {
	info := id + author.ToNonAD().String() + sender.ToNonAD().String() + string(use)
	iv = make([]byte, 12)
	_, _ = rand.Read(iv)
	payload, err = gcmutil.Encrypt(hkdfutil.SHA256(secret, nil, []byte(info), 32), iv, content, also)
	return payload, iv, err
}
