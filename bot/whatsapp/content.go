package whatsapp

import (
	"encoding/json"
	"strings"
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
	onOurs  bool                      // of a reaction: the message is one of ours
	passed  bool                      // the wrapper says that it is passed on from elsewhere
	unknown bool                      // it holds nothing but fields that this build does not know
	hidden  bool                      // the sender's phone shows no failure
	timer   *time.Duration            // the chat's timer, as it was set
	album   *bot.Album                // of the message that announces one
	of      *waE2E.MessageAssociation // the message that it belongs to
}

// maxWrapping bounds how deep wrappers are followed: real messages have two or three, a hostile one
// may have more.
const maxWrapping = 16

// readPart tells what a message holds. False when it holds nothing that a person said or did.
func readPart(m *waE2E.Message) (part, bool) { return readAt(m, 0) }

func readAt(m *waE2E.Message, depth int) (part, bool) {
	if depth > maxWrapping {
		return part{kind: bot.KindUndecryptable}, true
	}
	wrapper, inner := inside(m)
	if inner == nil {
		p, ok := readContent(m)
		p.of = m.GetMessageContextInfo().GetMessageAssociation()
		return p, ok
	}
	p, ok := readAt(inner, depth+1)
	p.passed = p.passed || isForward(wrapper)
	if p.of == nil {
		p.of = m.GetMessageContextInfo().GetMessageAssociation()
	}
	return p, ok && !(isHousekeeping(wrapper) && p.text == "" && p.kind != bot.KindUndecryptable)
}

// inside returns what lies in an envelope that says how a message is shown, not what it says. Every
// wrapper is known by its type, a message with a field for the one in it, because new ones come
// every few months. Of several the one with the lowest number counts.
func inside(m *waE2E.Message) (wrapper protoreflect.Name, inner *waE2E.Message) {
	lowest := protoreflect.FieldNumber(0)
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if inner != nil && field.Number() > lowest || field.Message() == nil || field.IsList() || field.IsMap() {
			return true
		}
		slot := field.Message().Fields().ByName("message")
		if slot == nil || slot.Message() == nil || !value.Message().Has(slot) {
			return true
		}
		if wrapped, ok := value.Message().Get(slot).Message().Interface().(*waE2E.Message); ok {
			wrapper, inner, lowest = field.Name(), wrapped, field.Number()
		}
		return true
	})
	return wrapper, inner
}

// unwrap takes all envelopes off.
func unwrap(m *waE2E.Message) *waE2E.Message {
	for range maxWrapping {
		_, inner := inside(m)
		if inner == nil {
			return m
		}
		m = inner
	}
	return m
}

func readContent(m *waE2E.Message) (part, bool) {
	for _, read := range []func(*waE2E.Message) (part, bool){readProtocol, readAct, readKind} {
		if p, ok := read(m); ok {
			return p, p.kind != ""
		}
	}
	if m.GetPlaceholderMessage() != nil {
		return part{kind: bot.KindUndecryptable}, true
	}
	if unknown := len(m.ProtoReflect().GetUnknown()) > 0; unknown && !hasAnother(m) {
		return part{kind: bot.KindUndecryptable, unknown: true}, true
	}
	return part{}, false
}

// hasAnother reports whether a message holds a field that this build knows, beside what travels
// with others.
func hasAnother(m *waE2E.Message) (found bool) {
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		found = !travelsWith(field.Name())
		return !found
	})
	return found
}

// readProtocol handles edits, revokes and the chat's timer. Every other protocol message (key
// shares, history) is WhatsApp's own business. The type's zero value is REVOKE, so an absent type
// must not count as one.
func readProtocol(m *waE2E.Message) (part, bool) {
	p := m.GetProtocolMessage()
	switch {
	case p == nil:
		return part{}, false
	case p.Type == nil:
		return part{}, true
	case p.GetType() == waE2E.ProtocolMessage_REVOKE:
		return part{kind: bot.KindRevoke, target: p.GetKey().GetID()}, true
	case p.GetType() == waE2E.ProtocolMessage_EPHEMERAL_SETTING:
		timer := time.Duration(p.GetEphemeralExpiration()) * time.Second
		return part{kind: bot.KindTimer, timer: &timer}, true
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

// readEdited reads the new content of an edit. An edit of an edit does not exist.
func readEdited(m *waE2E.Message) (part, bool) {
	m = unwrap(m)
	if m.GetProtocolMessage() != nil {
		return part{}, false
	}
	return readPart(m)
}

// readAct handles what people do to messages rather than say: reactions, votes, sealed edits. The
// emoji of a reaction is its text: a keycap two under a broadcast is an answer to it.
func readAct(m *waE2E.Message) (part, bool) {
	switch {
	case m.GetReactionMessage() != nil:
		key := m.GetReactionMessage().GetKey()
		return part{
			kind: bot.KindReaction, text: m.GetReactionMessage().GetText(),
			onOurs: key.GetID() != "" && !key.GetFromMe(), // the key is the sender's: theirs, where it says "from me"
		}, true
	case m.GetEncReactionMessage() != nil:
		return part{kind: bot.KindReaction}, true
	case m.GetPollUpdateMessage() != nil:
		return part{kind: bot.KindPollVote}, true
	case m.GetSecretEncryptedMessage() != nil:
		return readSealed(m.GetSecretEncryptedMessage()), true
	case m.GetAlbumMessage() != nil:
		x := m.GetAlbumMessage()
		return part{
			kind: bot.KindAlbum, context: x.GetContextInfo(),
			album: &bot.Album{Count: int(x.GetExpectedImageCount() + x.GetExpectedVideoCount())},
		}, true
	}
	return part{}, false
}

// readSealed handles an edit whose new text the client could not open (msgsecret.go): it may be a
// stop, so it counts as undecryptable. Sealed edits of polls and events are not words.
func readSealed(x *waE2E.SecretEncryptedMessage) part {
	if x.GetSecretEncType() != waE2E.SecretEncryptedMessage_MESSAGE_EDIT {
		return part{}
	}
	return part{kind: bot.KindUndecryptable, edit: true, hidden: true, target: x.GetTargetMessageKey().GetID()}
}

// readKind reads everything that has a field of its own in a message. Of several the first with
// words counts.
func readKind(m *waE2E.Message) (found part, ok bool) {
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		p := part{kind: kindOf(field.Name())}
		if field.Message() == nil {
			p.text = value.String() // conversation
		} else if !field.IsList() && !field.IsMap() {
			p.text, p.context = words(value.Message()), contextOf(value.Message())
		}
		if p.text == "" && (ok || isHousekeeping(field.Name())) {
			return true
		}
		found, ok = p, true
		return p.text == ""
	})
	return found, ok
}

func kindOf(field protoreflect.Name) bot.Kind {
	switch field {
	case "conversation",
		"extendedTextMessage",
		"commentMessage",
		"statusQuestionAnswerMessage",
		"questionResponseMessage",
		"statusQuotedMessage",
		// Taps on somebody's buttons and lists: WhatsApp shows the words as said by the person.
		"buttonsResponseMessage",
		"templateButtonReplyMessage",
		"listResponseMessage",
		"interactiveResponseMessage":
		return bot.KindText
	case "imageMessage":
		return bot.KindImage
	case "videoMessage", "ptvMessage": // the second is a round video note
		return bot.KindVideo
	case "documentMessage":
		return bot.KindDocument
	case "audioMessage":
		return bot.KindAudio
	case "stickerMessage", "stickerPackMessage":
		return bot.KindSticker
	case "locationMessage", "liveLocationMessage":
		return bot.KindLocation
	case "contactMessage", "contactsArrayMessage":
		return bot.KindContact
	case "pollCreationMessage",
		"pollCreationMessageV2",
		"pollCreationMessageV3",
		"pollCreationMessageV5",
		"pollCreationMessageV6":
		return bot.KindPoll
	case "orderMessage":
		return bot.KindOrder
	}
	return bot.KindOther
}

// words returns what the person wrote beside a shared thing, or tapped. The names of things (a
// place, a card, a poll) are no words.
func words(x protoreflect.Message) string {
	switch x := x.Interface().(type) {
	case *waE2E.ButtonsResponseMessage:
		return first(x.GetSelectedDisplayText(), x.GetSelectedButtonID())
	case *waE2E.TemplateButtonReplyMessage:
		return first(x.GetSelectedDisplayText(), x.GetSelectedID())
	case *waE2E.ListResponseMessage:
		return first(x.GetTitle(), x.GetSingleSelectReply().GetSelectedRowID())
	case *waE2E.InteractiveResponseMessage:
		return first(x.GetBody().GetText(), tapped(x.GetNativeFlowResponseMessage()))
	}
	for _, name := range []protoreflect.Name{"caption", "comment", "message", "text", "note", "contentText"} {
		field := x.Descriptor().Fields().ByName(name)
		if field != nil && field.Kind() == protoreflect.StringKind && !field.IsList() {
			if text := x.Get(field).String(); text != "" {
				return text
			}
		}
	}
	return first(wordsIn(x, "body"), wordsIn(x, "noteMessage"))
}

// wordsIn reads the words of a field that is a text, a message with words, or a whole message.
func wordsIn(x protoreflect.Message, name protoreflect.Name) string {
	field := x.Descriptor().Fields().ByName(name)
	switch {
	case field == nil || field.IsList() || !x.Has(field):
		return ""
	case field.Kind() == protoreflect.StringKind:
		return x.Get(field).String()
	case field.Message() == nil:
		return ""
	}
	if m, ok := x.Get(field).Message().Interface().(*waE2E.Message); ok {
		p, _ := readPart(m)
		return p.text
	}
	return words(x.Get(field).Message())
}

// tapped returns the id among the parameters of a native flow's reply, else the flow's name.
func tapped(x *waE2E.InteractiveResponseMessage_NativeFlowResponseMessage) string {
	var parameters struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal([]byte(x.GetParamsJSON()), &parameters) // whatever a stranger writes there: no id, then
	return first(parameters.ID, x.GetName())
}

func first(texts ...string) string {
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

func contextOf(x protoreflect.Message) *waE2E.ContextInfo {
	field := x.Descriptor().Fields().ByName("contextInfo")
	if field == nil || field.Message() == nil || !x.Has(field) {
		return nil
	}
	context, _ := x.Get(field).Message().Interface().(*waE2E.ContextInfo)
	return context
}

// travelsWith names the fields of waE2E.Message that come beside what people say.
func travelsWith(field protoreflect.Name) bool {
	switch field {
	case "conversation", // here only when empty
		"senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "messageContextInfo",
		"rootSecretDistributeMessage", "groupRootKeyShare", "deviceSentMessage":
		return true
	}
	return false
}

// isHousekeeping names the fields that come beside or instead of what people say. The picture of an
// event or of a poll's option belongs to a message of its own.
func isHousekeeping(field protoreflect.Name) bool {
	switch field {
	case "keepInChatMessage", "pinInChatMessage", "stickerSyncRmrMessage", "placeholderMessage",
		"messageHistoryBundle", "messageHistoryNotice", "call", "chat", "callLogMesssage", "bcallMessage",
		"scheduledCallEditMessage", "encEventResponseMessage", "pollResultSnapshotMessage", "pollResultSnapshotMessageV3",
		"statusNotificationMessage", "statusMentionMessage", "groupStatusMentionMessage", "statusLinkPreviewMetadata",
		"limitSharingMessage", "acp2SettingMessage", "botTaskMessage", "eventCoverImage", "pollCreationOptionImageMessage":
		return true
	}
	return travelsWith(field)
}

// isForward reports whether a field's name says that something comes from elsewhere.
func isForward(field protoreflect.Name) bool {
	return strings.Contains(strings.ToLower(string(field)), "forward")
}

// forwarded reports whether anything says that it was not written here. There are half a dozen
// marks, and apps set some of them.
func (p part) forwarded() bool {
	if p.passed || p.context.GetBotMessageSharingInfo().GetForwardScore() > 0 {
		return true
	}
	found := false
	p.context.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		found = isForward(field.Name()) && says(field, value)
		return !found
	})
	return found
}

// says reports whether a field that is there says more than no or none.
func says(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return value.Bool()
	case protoreflect.Uint32Kind:
		return value.Uint() > 0
	}
	return true
}

// expires tells the chat's timer. ok is false where the message cannot tell it. An edit keeps the
// timer of the message it changes.
func (p part) expires() (timer time.Duration, ok bool) {
	if p.timer != nil {
		return *p.timer, true
	}
	if p.context == nil || p.edit {
		return 0, false
	}
	return time.Duration(p.context.GetExpiration()) * time.Second, true
}

// ad is the advertisement they came from. Nil where there was none. Other programs decorate links
// with the same field.
func (p part) ad() *bot.Ad {
	x := p.context.GetExternalAdReply()
	if x == nil || x.GetSourceType() == "" && x.GetSourceID() == "" && x.GetCtwaClid() == "" {
		return nil
	}
	return &bot.Ad{ID: x.GetSourceID(), Title: x.GetTitle(), Text: x.GetBody(), URL: x.GetSourceURL()}
}

// inAlbum is the album that a message announces or belongs to.
func (p part) inAlbum(own string) *bot.Album {
	switch {
	case p.album != nil:
		return &bot.Album{ID: own, Count: p.album.Count}
	case p.of.GetAssociationType() == waE2E.MessageAssociation_MEDIA_ALBUM && p.of.GetParentMessageKey().GetID() != "":
		return &bot.Album{ID: p.of.GetParentMessageKey().GetID()}
	}
	return nil
}
