package whatsapp

import (
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"optinbot/bot"
)

// A part is what one message holds: its kind, the sender's own words, and where it comes from.
type part struct {
	kind    bot.Kind
	text    string
	context *waE2E.ContextInfo
	target  string // the ID of the message that an edit or a revoke is about
	edit    bool
}

// maxWrapping bounds how deep wrappers are followed: real messages have two or three, a hostile one may have more.
const maxWrapping = 8

// unwrap takes off the envelopes that say how a message is shown, not what it says.
// (UnwrapRaw in types/events/events.go takes off most of them, each once and in one order.)
func unwrap(m *waE2E.Message) *waE2E.Message {
	for range maxWrapping {
		inner := inside(m)
		if inner == nil {
			return m
		}
		m = inner
	}
	return m
}

func inside(m *waE2E.Message) *waE2E.Message {
	if inner := m.GetDeviceSentMessage().GetMessage(); inner != nil {
		return inner
	}
	for _, wrapper := range []*waE2E.FutureProofMessage{
		m.GetEphemeralMessage(), m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(),
		m.GetDocumentWithCaptionMessage(), m.GetEditedMessage(), m.GetLottieStickerMessage(), m.GetAudioStickerMessage(),
		m.GetGroupMentionedMessage(), m.GetAssociatedChildMessage(), m.GetBotInvokeMessage(), m.GetSpoilerMessage(),
		m.GetQuestionMessage(), m.GetQuestionReplyMessage(), m.GetBotForwardedMessage(), m.GetPollCreationMessageV4(),
	} {
		if inner := wrapper.GetMessage(); inner != nil {
			return inner
		}
	}
	return nil
}

// readPart tells what a message holds; false when it holds nothing that a person said or did.
func readPart(m *waE2E.Message) (part, bool) {
	m = unwrap(m)
	for _, read := range []func(*waE2E.Message) (part, bool){readProtocol, readText, readMedia, readButton, readAct} {
		if p, ok := read(m); ok {
			return p, p.kind != ""
		}
	}
	return part{kind: bot.KindOther}, saysSomething(m)
}

// readProtocol handles edits and revokes; every other protocol message (timers, key shares, history) is WhatsApp's own
// business. The type's zero value is REVOKE, so an absent type must not count as one.
func readProtocol(m *waE2E.Message) (part, bool) {
	p := m.GetProtocolMessage()
	switch {
	case p == nil:
		return part{}, false
	case p.Type == nil:
		return part{}, true
	case p.GetType() == waE2E.ProtocolMessage_REVOKE:
		return part{kind: bot.KindRevoke, target: p.GetKey().GetID()}, true
	case p.GetType() == waE2E.ProtocolMessage_MESSAGE_EDIT:
		edited, ok := readEdited(p.GetEditedMessage())
		if !ok {
			edited = part{kind: bot.KindOther}
		}
		edited.edit, edited.target = true, p.GetKey().GetID()
		return edited, true
	}
	return part{}, true
}

// readEdited reads the new content of an edit; an edit of an edit does not exist.
func readEdited(m *waE2E.Message) (part, bool) {
	m = unwrap(m)
	if m.GetProtocolMessage() != nil {
		return part{}, false
	}
	return readPart(m)
}

func readText(m *waE2E.Message) (part, bool) {
	switch {
	case m.GetExtendedTextMessage() != nil:
		x := m.GetExtendedTextMessage()
		return part{kind: bot.KindText, text: x.GetText(), context: x.GetContextInfo()}, true
	case m.GetConversation() != "":
		return part{kind: bot.KindText, text: m.GetConversation()}, true
	}
	return part{}, false
}

func readMedia(m *waE2E.Message) (part, bool) {
	switch {
	case m.GetImageMessage() != nil:
		x := m.GetImageMessage()
		return part{kind: bot.KindImage, text: x.GetCaption(), context: x.GetContextInfo()}, true
	case m.GetVideoMessage() != nil:
		x := m.GetVideoMessage()
		return part{kind: bot.KindVideo, text: x.GetCaption(), context: x.GetContextInfo()}, true
	case m.GetPtvMessage() != nil: // a round video note
		x := m.GetPtvMessage()
		return part{kind: bot.KindVideo, text: x.GetCaption(), context: x.GetContextInfo()}, true
	case m.GetDocumentMessage() != nil:
		x := m.GetDocumentMessage()
		return part{kind: bot.KindDocument, text: x.GetCaption(), context: x.GetContextInfo()}, true
	case m.GetAudioMessage() != nil:
		return part{kind: bot.KindAudio, context: m.GetAudioMessage().GetContextInfo()}, true
	case m.GetStickerMessage() != nil:
		return part{kind: bot.KindSticker, context: m.GetStickerMessage().GetContextInfo()}, true
	case m.GetStickerPackMessage() != nil:
		x := m.GetStickerPackMessage()
		return part{kind: bot.KindSticker, text: x.GetCaption(), context: x.GetContextInfo()}, true
	case m.GetLocationMessage() != nil:
		return part{kind: bot.KindLocation, context: m.GetLocationMessage().GetContextInfo()}, true
	case m.GetLiveLocationMessage() != nil:
		x := m.GetLiveLocationMessage()
		return part{kind: bot.KindLocation, text: x.GetCaption(), context: x.GetContextInfo()}, true
	case m.GetContactMessage() != nil:
		return part{kind: bot.KindContact, context: m.GetContactMessage().GetContextInfo()}, true
	case m.GetContactsArrayMessage() != nil:
		return part{kind: bot.KindContact, context: m.GetContactsArrayMessage().GetContextInfo()}, true
	}
	return part{}, false
}

// readButton handles taps on somebody's buttons and lists: WhatsApp shows the words as said by the person.
func readButton(m *waE2E.Message) (part, bool) {
	switch {
	case m.GetButtonsResponseMessage() != nil:
		x := m.GetButtonsResponseMessage()
		return part{kind: bot.KindText, text: x.GetSelectedDisplayText(), context: x.GetContextInfo()}, true
	case m.GetTemplateButtonReplyMessage() != nil:
		x := m.GetTemplateButtonReplyMessage()
		return part{kind: bot.KindText, text: x.GetSelectedDisplayText(), context: x.GetContextInfo()}, true
	case m.GetListResponseMessage() != nil:
		x := m.GetListResponseMessage()
		return part{kind: bot.KindText, text: x.GetTitle(), context: x.GetContextInfo()}, true
	case m.GetInteractiveResponseMessage() != nil:
		x := m.GetInteractiveResponseMessage()
		return part{kind: bot.KindText, text: x.GetBody().GetText(), context: x.GetContextInfo()}, true
	}
	return part{}, false
}

// readAct handles what people do to messages rather than say: reactions, polls, votes. The emoji of a reaction is its
// text: a keycap two under a broadcast is an answer to it.
func readAct(m *waE2E.Message) (part, bool) {
	switch {
	case m.GetReactionMessage() != nil:
		return part{kind: bot.KindReaction, text: m.GetReactionMessage().GetText()}, true
	case m.GetEncReactionMessage() != nil:
		return part{kind: bot.KindReaction}, true
	case m.GetPollUpdateMessage() != nil:
		return part{kind: bot.KindPollVote}, true
	case m.GetPollCreationMessage() != nil, m.GetPollCreationMessageV2() != nil, m.GetPollCreationMessageV3() != nil,
		m.GetPollCreationMessageV5() != nil, m.GetPollCreationMessageV6() != nil:
		return part{kind: bot.KindPoll}, true
	case m.GetSecretEncryptedMessage() != nil:
		return readSealed(m.GetSecretEncryptedMessage()), true
	}
	return part{}, false
}

// readSealed handles an edit whose new text the client could not open (msgsecret.go): it may be a stop, so it counts
// as undecryptable. Sealed edits of polls and events are not words.
func readSealed(x *waE2E.SecretEncryptedMessage) part {
	if x.GetSecretEncType() != waE2E.SecretEncryptedMessage_MESSAGE_EDIT {
		return part{}
	}
	return part{kind: bot.KindUndecryptable, edit: true, target: x.GetTargetMessageKey().GetID()}
}

// saysSomething tells whether a message of no kind we know holds anything but WhatsApp's own housekeeping.
func saysSomething(m *waE2E.Message) bool {
	found := false
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		found = !isHousekeeping(field.Name())
		return !found
	})
	return found
}

// isHousekeeping names the fields of waE2E.Message that travel with or instead of what people say. An album's own
// message only announces the pictures that follow, each a message of its own.
func isHousekeeping(field protoreflect.Name) bool {
	switch field {
	case "conversation", // here only when empty
		"senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "messageContextInfo",
		"rootSecretDistributeMessage", "groupRootKeyShare", "deviceSentMessage",
		"albumMessage", "keepInChatMessage", "pinInChatMessage", "stickerSyncRmrMessage", "placeholderMessage",
		"messageHistoryBundle", "messageHistoryNotice", "call", "chat", "callLogMesssage", "bcallMessage",
		"scheduledCallEditMessage", "encEventResponseMessage", "pollResultSnapshotMessage", "pollResultSnapshotMessageV3",
		"statusNotificationMessage", "statusMentionMessage", "groupStatusMentionMessage", "statusLinkPreviewMetadata",
		"limitSharingMessage", "acp2SettingMessage", "botTaskMessage", "eventCoverImage":
		return true
	}
	return false
}

func (p part) forwarded() bool {
	return p.context.GetIsForwarded() || p.context.GetForwardingScore() > 0
}

func (p part) expires() time.Duration {
	return time.Duration(p.context.GetExpiration()) * time.Second
}
