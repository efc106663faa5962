package whatsapp

import (
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"optinbot/bot"
)

// A Decoder turns whatsmeow's events into the bot's messages. It is pure but for Alt.
type Decoder struct {
	Self   []bot.Identity // the number's own phone and LID: a chat with oneself is no contact
	Device uint16         // our own device of that number. What it sent itself is not a person's typing

	// Alt returns the other identity of a person, LID for phone and phone for LID, where the event
	// does not carry it (any Alt address of an event may be empty, types/message.go). Nil: unknown.
	Alt func(bot.Identity) (bot.Identity, bool)
}

// Decode turns an *events.Message, *events.UndecryptableMessage or *events.CallOffer of a chat with
// one person into a bot.Message. It returns false for everything that is not one: groups, status,
// channels, broadcast lists, bots, announcements, the chat with oneself, messages between the
// number's own devices, and what only carries keys or settings. Of those the chat's timer is one,
// and so is what came readable at last after it could not be read.
//
// An undecryptable message and the readable one that may follow it (resent by the contact, or
// handed over by the phone) have the same ID: who remembers IDs must remember the two apart, or a
// late "stop" is taken for a duplicate.
func (d Decoder) Decode(event any) (bot.Message, bool) {
	switch evt := event.(type) {
	case *events.Message:
		return d.message(evt)
	case *events.UndecryptableMessage:
		return d.undecryptable(evt)
	case *events.CallOffer:
		return d.call(evt)
	}
	return bot.Message{}, false
}

// call reads that somebody rings. How the call ends is told too, and changes nothing.
func (d Decoder) call(evt *events.CallOffer) (bot.Message, bool) {
	if evt == nil || evt.CallID == "" || !evt.GroupJID.IsEmpty() {
		return bot.Message{}, false
	}
	ids := personOf(d.Alt, evt.CallCreator, evt.CallCreatorAlt, evt.From)
	if len(ids) == 0 || d.isSelf(ids) {
		return bot.Message{}, false
	}
	return bot.Message{ID: evt.CallID, Identities: ids, Kind: bot.KindCall, At: evt.Timestamp.UTC()}, true
}

func (d Decoder) message(evt *events.Message) (bot.Message, bool) {
	if evt == nil || evt.Message == nil {
		return bot.Message{}, false
	}
	m, ok := d.envelope(&evt.Info)
	if !ok {
		return bot.Message{}, false
	}
	fromWeb := evt.SourceWebMsg != nil
	if m.FromMe && !fromWeb && !d.typedOnPhone(&evt.Info) {
		return bot.Message{}, false
	}
	p, ok := readPart(evt.Message)
	m.Kind, m.Text = p.kind, p.text
	m.EditOf, m.OnOurs, m.Unknown, m.Hidden = p.target, p.onOurs, p.unknown, p.hidden
	m.Forwarded, m.Album, m.Ad = p.forwarded(), p.inAlbum(m.ID), p.ad()
	m.Expires, m.Timed = p.expires()
	if !ok {
		if m.FromMe || evt.RetryCount == 0 && evt.UnavailableRequestID == "" {
			return bot.Message{}, false
		}
		m.Kind = bot.KindNothing // it answers the question what could not be read
	}
	if p.edit && m.EditOf == "" {
		m.EditOf = m.ID // never let an edit without a target pass for a new message
	}
	// A message that the phone handed over because we could not read it
	// (handlePlaceholderResendResponse in message.go) has the form of history and is live.
	m.History = fromWeb && evt.UnavailableRequestID == ""
	d.editAttributes(evt, &m)
	if m.EditOf != "" { // an edit has the form of what has no timer
		m.Expires, m.Timed = 0, false
	}
	return m, true
}

// editAttributes recognises edits that the content no longer shows. ParseWebMessage (client.go)
// replaces the ID by that of the original and drops the edit's envelope. The message's own ID stays
// in its key.
func (d Decoder) editAttributes(evt *events.Message, m *bot.Message) {
	if m.EditOf != "" {
		return
	}
	own := evt.SourceWebMsg.GetKey().GetID()
	switch {
	case own != "" && own != m.ID:
		m.EditOf, m.ID = m.ID, own
	case evt.IsEdit, evt.Info.Edit == types.EditAttributeMessageEdit:
		m.EditOf = m.ID
		if target := evt.Info.MsgMetaInfo.TargetID; target != "" {
			m.EditOf = target
		}
	}
}

func (d Decoder) undecryptable(evt *events.UndecryptableMessage) (bot.Message, bool) {
	if evt == nil {
		return bot.Message{}, false
	}
	m, ok := d.envelope(&evt.Info)
	if m.FromMe && !d.otherDevice(&evt.Info) {
		return bot.Message{}, false
	}
	m.Kind = bot.KindUndecryptable
	m.Hidden = evt.DecryptFailMode == events.DecryptFailHide
	m.ViewOnce = evt.UnavailableType == events.UnavailableTypeViewOnce
	return m, ok
}

// envelope fills what every message has, and refuses those that are not between the number and one
// person.
func (d Decoder) envelope(info *types.MessageInfo) (bot.Message, bool) {
	if info.ID == "" || info.IsGroup || info.Category == "peer" || info.Sender.IsBot() || info.Chat.IsBot() {
		return bot.Message{}, false
	}
	if _, ok := identityOf(info.Chat); !ok {
		return bot.Message{}, false
	}
	person := []types.JID{info.Sender, info.SenderAlt}
	name := info.PushName
	if info.IsFromMe {
		person = []types.JID{info.Chat, info.RecipientAlt}
		name = "" // the sender's name, that is our own
	}
	if name == "-" { // what WhatsApp shows for a name it does not know yet (presence.go)
		name = ""
	}
	ids, carried := personOf(d.Alt, person...), personOf(nil, person...)
	if len(ids) == 0 || d.isSelf(ids) {
		return bot.Message{}, false
	}
	return bot.Message{
		ID:         info.ID,
		Identities: ids,
		LookedUp:   len(ids) > len(carried),
		Name:       name,
		FromMe:     info.IsFromMe,
		At:         info.Timestamp.UTC(),
	}, true
}

// typedOnPhone tells a message that a person of the shop wrote on the phone (or on another linked
// device) from one between our own devices. The library does not echo our own sends. The device is
// checked all the same.
func (d Decoder) typedOnPhone(info *types.MessageInfo) bool {
	return info.DeviceSentMeta != nil && d.otherDevice(info)
}

func (d Decoder) otherDevice(info *types.MessageInfo) bool {
	return d.Device == 0 || info.Sender.Device != d.Device
}

func (d Decoder) isSelf(ids []bot.Identity) bool {
	for _, id := range ids {
		for _, self := range d.Self {
			if id == self {
				return true
			}
		}
	}
	return false
}
