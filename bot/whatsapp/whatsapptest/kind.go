package whatsapptest

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
)

// TextOf returns what a person reads of a message: the text, the caption, or the new text of an
// edit.
func TextOf(m *waE2E.Message) string {
	m = unwrap(m)
	if edited := m.GetProtocolMessage().GetEditedMessage(); edited != nil {
		m = unwrap(edited)
	}
	for _, text := range []string{
		m.GetConversation(), m.GetExtendedTextMessage().GetText(), m.GetImageMessage().GetCaption(),
		m.GetVideoMessage().GetCaption(), m.GetDocumentMessage().GetCaption(),
	} {
		if text != "" {
			return text
		}
	}
	return ""
}

// unwrap takes a message out of the wrappers for own devices, disappearing and view-once messages,
// documents and edits.
func unwrap(m *waE2E.Message) *waE2E.Message {
	for {
		var inner *waE2E.Message
		switch {
		case m.GetDeviceSentMessage() != nil:
			inner = m.GetDeviceSentMessage().GetMessage()
		case m.GetEphemeralMessage() != nil:
			inner = m.GetEphemeralMessage().GetMessage()
		case m.GetViewOnceMessage() != nil:
			inner = m.GetViewOnceMessage().GetMessage()
		case m.GetViewOnceMessageV2() != nil:
			inner = m.GetViewOnceMessageV2().GetMessage()
		case m.GetDocumentWithCaptionMessage() != nil:
			inner = m.GetDocumentWithCaptionMessage().GetMessage()
		case m.GetEditedMessage() != nil:
			inner = m.GetEditedMessage().GetMessage()
		}
		if inner == nil {
			return m
		}
		m = inner
	}
}

// kindOf returns the type of a message's stanza and the media type beside its ciphertext, as the
// client has them for its own messages (send.go:915-985).
func kindOf(m *waE2E.Message) (stanza, media string) {
	m = unwrap(m)
	switch {
	case m.GetReactionMessage() != nil:
		return "reaction", ""
	case m.GetPollCreationMessage() != nil, m.GetPollCreationMessageV3() != nil, m.GetPollUpdateMessage() != nil:
		return "poll", ""
	case m.GetImageMessage() != nil:
		return "media", "image"
	case m.GetVideoMessage() != nil:
		return "media", "video"
	case m.GetStickerMessage() != nil:
		return "media", "sticker"
	case m.GetDocumentMessage() != nil:
		return "media", "document"
	case m.GetAudioMessage().GetPTT():
		return "media", "ptt"
	case m.GetAudioMessage() != nil:
		return "media", "audio"
	case m.GetContactMessage() != nil:
		return "media", "vcard"
	case m.GetLocationMessage() != nil:
		return "media", "location"
	}
	return "text", ""
}
