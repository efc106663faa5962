package whatsapp

import (
	"reflect"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

var (
	anaPhone = types.NewJID("5511900000001", types.DefaultUserServer)
	anaLID   = types.NewJID("900000000000001", types.HiddenUserServer)
	shop     = types.NewJID("351910000000", types.DefaultUserServer)
	shopLID  = types.NewJID("800000000000001", types.HiddenUserServer)

	anaBoth = []bot.Identity{{Kind: bot.LID, Value: "900000000000001"}, {Kind: bot.Phone, Value: "+5511900000001"}}
	when    = time.Date(2026, 3, 2, 11, 0, 0, 0, time.FixedZone("here", -3*3600))
)

func shopDecoder() Decoder { return Decoder{Self: personOf(nil, shop, shopLID), Device: 7} }

// fromAna is a direct message as WhatsApp sends them now: from the LID, with the phone beside it.
func fromAna(m *waE2E.Message) *events.Message {
	evt := &events.Message{RawMessage: m, Info: types.MessageInfo{
		MessageSource: types.MessageSource{Chat: anaLID, Sender: anaLID, SenderAlt: anaPhone},
		ID:            "A1", PushName: "Ana", Timestamp: when,
	}}
	evt.Info.Sender.Device = 3
	return evt.UnwrapRaw()
}

func text(s string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(s)} }

func wrap(m *waE2E.Message) *waE2E.FutureProofMessage { return &waE2E.FutureProofMessage{Message: m} }

func edit(of string, m *waE2E.Message) *waE2E.Message {
	return &waE2E.Message{EditedMessage: wrap(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), Key: &waCommon.MessageKey{ID: proto.String(of)}, EditedMessage: m,
	}})}
}

func protocol(kind waE2E.ProtocolMessage_Type) *waE2E.Message {
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Type: kind.Enum(), Key: &waCommon.MessageKey{ID: proto.String("A0")}}}
}

// TestT3EveryKindIsRead has a row for each kind of message that a contact can send.
func TestT3EveryKindIsRead(t *testing.T) {
	quoting := &waE2E.ContextInfo{StanzaID: proto.String("B1"), QuotedMessage: text("Reply STOP to leave")}
	rows := []struct {
		name    string
		message *waE2E.Message
		want    bot.Message // beyond what all have
	}{
		{"text", text("oi"), bot.Message{Kind: bot.KindText, Text: "oi"}},
		{"text with a preview", &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("see https://example.org")}},
			bot.Message{Kind: bot.KindText, Text: "see https://example.org"}},
		{"own words, never the quoted", &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("yes"), ContextInfo: quoting}},
			bot.Message{Kind: bot.KindText, Text: "yes", Timed: true}},
		{"forwarded", &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String("I want promotions"), ContextInfo: &waE2E.ContextInfo{IsForwarded: proto.Bool(true)}}},
			bot.Message{Kind: bot.KindText, Text: "I want promotions", Forwarded: true, Timed: true}},
		{"forwarded many times", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{ContextInfo: &waE2E.ContextInfo{ForwardingScore: proto.Uint32(5)}}},
			bot.Message{Kind: bot.KindImage, Forwarded: true, Timed: true}},
		{"disappearing", &waE2E.Message{EphemeralMessage: wrap(&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: proto.String("oi"), ContextInfo: &waE2E.ContextInfo{Expiration: proto.Uint32(86400)}}})},
			bot.Message{Kind: bot.KindText, Text: "oi", Expires: 24 * time.Hour, Timed: true}},
		{"edit", edit("A0", text("stop")), bot.Message{Kind: bot.KindText, Text: "stop", EditOf: "A0"}},
		{"edit of a caption", edit("A0", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("stop")}}),
			bot.Message{Kind: bot.KindImage, Text: "stop", EditOf: "A0"}},
		{"edit without its envelope", edit("A0", text("stop")).EditedMessage.Message, bot.Message{Kind: bot.KindText, Text: "stop", EditOf: "A0"}},
		{"edit without a target is still no new message", edit("", text("I want promotions")),
			bot.Message{Kind: bot.KindText, Text: "I want promotions", EditOf: "A1"}},
		{"edit that empties", edit("A0", &waE2E.Message{}), bot.Message{Kind: bot.KindOther, EditOf: "A0"}},
		{"image", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{}}, bot.Message{Kind: bot.KindImage}},
		{"image with caption", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("stop")}}, bot.Message{Kind: bot.KindImage, Text: "stop"}},
		{"image of an album", &waE2E.Message{AssociatedChildMessage: wrap(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{}})}, bot.Message{Kind: bot.KindImage}},
		{"view once", &waE2E.Message{ViewOnceMessageV2: wrap(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("2")}})},
			bot.Message{Kind: bot.KindImage, Text: "2"}},
		{"view once, voice", &waE2E.Message{ViewOnceMessageV2Extension: wrap(&waE2E.Message{AudioMessage: &waE2E.AudioMessage{}})}, bot.Message{Kind: bot.KindAudio}},
		{"video", &waE2E.Message{VideoMessage: &waE2E.VideoMessage{Caption: proto.String("look")}}, bot.Message{Kind: bot.KindVideo, Text: "look"}},
		{"video note", &waE2E.Message{PtvMessage: &waE2E.VideoMessage{}}, bot.Message{Kind: bot.KindVideo}},
		{"voice", &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}}, bot.Message{Kind: bot.KindAudio}},
		{"sticker", &waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, bot.Message{Kind: bot.KindSticker}},
		{"moving sticker", &waE2E.Message{LottieStickerMessage: wrap(&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}})}, bot.Message{Kind: bot.KindSticker}},
		{"document", &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{}}, bot.Message{Kind: bot.KindDocument}},
		{"document with caption", &waE2E.Message{DocumentWithCaptionMessage: wrap(&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{Caption: proto.String("cancel")}})},
			bot.Message{Kind: bot.KindDocument, Text: "cancel"}},
		{"contact", &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Stop")}}, bot.Message{Kind: bot.KindContact}},
		{"contacts", &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{}}, bot.Message{Kind: bot.KindContact}},
		{"location", &waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: proto.String("Bus stop")}}, bot.Message{Kind: bot.KindLocation}},
		{"live location", &waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{Caption: proto.String("here")}}, bot.Message{Kind: bot.KindLocation, Text: "here"}},
		{"poll", &waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{Name: proto.String("Stop?")}}, bot.Message{Kind: bot.KindPoll}},
		{"poll, newer", &waE2E.Message{PollCreationMessageV4: wrap(&waE2E.Message{PollCreationMessage: &waE2E.PollCreationMessage{}})}, bot.Message{Kind: bot.KindPoll}},
		{"poll vote", &waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{}}, bot.Message{Kind: bot.KindPollVote}},
		{"reaction", &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Text: proto.String("👍"), Key: &waCommon.MessageKey{ID: proto.String("B1")}}},
			bot.Message{Kind: bot.KindReaction, Text: "👍", OnOurs: true}},
		{"reaction to a message of their own", &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Text: proto.String("👎"), Key: &waCommon.MessageKey{ID: proto.String("A0"), FromMe: proto.Bool(true)}}},
			bot.Message{Kind: bot.KindReaction, Text: "👎"}},
		{"reaction taken back", &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{}}, bot.Message{Kind: bot.KindReaction}},
		{"revoke", protocol(waE2E.ProtocolMessage_REVOKE), bot.Message{Kind: bot.KindRevoke, EditOf: "A0"}},
		{"button", &waE2E.Message{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{
			Response: &waE2E.ButtonsResponseMessage_SelectedDisplayText{SelectedDisplayText: "Stop"}}}, bot.Message{Kind: bot.KindText, Text: "Stop"}},
		{"list", &waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: proto.String("Shoes")}}, bot.Message{Kind: bot.KindText, Text: "Shoes"}},
		{"sealed edit that could not be opened", &waE2E.Message{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
			SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(), TargetMessageKey: &waCommon.MessageKey{ID: proto.String("A0")}}},
			bot.Message{Kind: bot.KindUndecryptable, EditOf: "A0", Hidden: true}},
		{"invitation to a group", &waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{}}, bot.Message{Kind: bot.KindOther}},
		{"order", &waE2E.Message{OrderMessage: &waE2E.OrderMessage{OrderTitle: proto.String("Stop")}}, bot.Message{Kind: bot.KindOrder}},
		{"album", &waE2E.Message{AlbumMessage: &waE2E.AlbumMessage{ExpectedImageCount: proto.Uint32(3), ExpectedVideoCount: proto.Uint32(1)}},
			bot.Message{Kind: bot.KindAlbum, Album: &bot.Album{ID: "A1", Count: 4}}},
		{"picture of an album, newer", &waE2E.Message{ImageMessage: &waE2E.ImageMessage{}, MessageContextInfo: &waE2E.MessageContextInfo{
			MessageAssociation: &waE2E.MessageAssociation{AssociationType: waE2E.MessageAssociation_MEDIA_ALBUM.Enum(), ParentMessageKey: &waCommon.MessageKey{ID: proto.String("A0")}}}},
			bot.Message{Kind: bot.KindImage, Album: &bot.Album{ID: "A0"}}},
		{"timer set", &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(3600)}},
			bot.Message{Kind: bot.KindTimer, Expires: time.Hour, Timed: true}},
		{"placeholder", &waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{Type: waE2E.PlaceholderMessage_MASK_LINKED_DEVICES.Enum()}},
			bot.Message{Kind: bot.KindUndecryptable}},
		{"placeholder in a wrapper", &waE2E.Message{EphemeralMessage: wrap(&waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{}})},
			bot.Message{Kind: bot.KindUndecryptable}},
		{"button without words", &waE2E.Message{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{SelectedButtonID: proto.String("stop")}},
			bot.Message{Kind: bot.KindText, Text: "stop"}},
		{"template's button without words", &waE2E.Message{TemplateButtonReplyMessage: &waE2E.TemplateButtonReplyMessage{SelectedID: proto.String("stop")}},
			bot.Message{Kind: bot.KindText, Text: "stop"}},
		{"list without words", &waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{
			SingleSelectReply: &waE2E.ListResponseMessage_SingleSelectReply{SelectedRowID: proto.String("stop")}}},
			bot.Message{Kind: bot.KindText, Text: "stop"}},
		{"native flow without words", interactive(`{"id":"stop"}`, "quick_reply"), bot.Message{Kind: bot.KindText, Text: "stop"}},
		{"native flow without an id", interactive(`{`, "stop"), bot.Message{Kind: bot.KindText, Text: "stop"}},
		{"note of a payment", &waE2E.Message{SendPaymentMessage: &waE2E.SendPaymentMessage{NoteMessage: text("stop")}},
			bot.Message{Kind: bot.KindOther, Text: "stop"}},
		{"click on an ad", &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("I want promotions"),
			ContextInfo: &waE2E.ContextInfo{ExternalAdReply: &waE2E.ContextInfo_ExternalAdReplyInfo{
				Title: proto.String("Shoes"), Body: proto.String("20% off"), SourceType: proto.String("ad"), SourceID: proto.String("120200"), SourceURL: proto.String("https://fb.me/x")}}}},
			bot.Message{Kind: bot.KindText, Text: "I want promotions", Timed: true, Ad: &bot.Ad{ID: "120200", Title: "Shoes", Text: "20% off", URL: "https://fb.me/x"}}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, ok := shopDecoder().Decode(fromAna(row.message))
			if !ok {
				t.Fatal("ignored")
			}
			want := row.want
			want.ID, want.Name, want.Identities, want.At = "A1", "Ana", anaBoth, when.UTC()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func interactive(parameters, name string) *waE2E.Message {
	return &waE2E.Message{InteractiveResponseMessage: &waE2E.InteractiveResponseMessage{
		InteractiveResponseMessage: &waE2E.InteractiveResponseMessage_NativeFlowResponseMessage_{
			NativeFlowResponseMessage: &waE2E.InteractiveResponseMessage_NativeFlowResponseMessage{ParamsJSON: &parameters, Name: &name},
		},
	}}
}

func TestT3WhatIsNoMessageOfAContact(t *testing.T) {
	from := func(change func(*events.Message)) *events.Message {
		evt := fromAna(text("stop"))
		change(evt)
		return evt
	}
	chat := func(jid types.JID, group bool) *events.Message {
		return from(func(e *events.Message) { e.Info.Chat, e.Info.IsGroup = jid, group })
	}
	direct := func(jid types.JID) *events.Message {
		return from(func(e *events.Message) { e.Info.Chat, e.Info.Sender, e.Info.SenderAlt = jid, jid, types.EmptyJID })
	}
	rows := map[string]any{
		"group":            chat(types.NewJID("120363000000000001", types.GroupServer), true),
		"status":           chat(types.StatusBroadcastJID, true),
		"broadcast list":   chat(types.NewJID("1700000000", types.BroadcastServer), true),
		"channel":          direct(types.NewJID("120363000000000002", types.NewsletterServer)),
		"announcement":     direct(types.PSAJID),
		"old announcement": direct(types.LegacyPSAJID),
		"Meta AI":          direct(types.MetaAIJID),
		"new Meta AI":      direct(types.NewMetaAIJID),
		"Messenger":        direct(types.NewJID("100000000000001", types.MessengerServer)),
		"other service":    direct(types.NewJID("1-2", types.InteropServer)),
		"server":           direct(types.ServerJID),
		"Meta AI in Ana's chat": from(func(e *events.Message) {
			e.Info.Sender = types.MetaAIJID
		}),
		"own chat, from the phone": from(func(e *events.Message) {
			e.Info.IsFromMe, e.Info.Chat, e.Info.Sender, e.Info.SenderAlt = true, shop, shop, types.EmptyJID
			e.Info.DeviceSentMeta = &types.DeviceSentMeta{}
		}),
		"own chat, by LID": direct(shopLID),
		"between own devices": from(func(e *events.Message) {
			e.Info.IsFromMe, e.Info.Sender, e.Info.SenderAlt = true, shop, types.EmptyJID
		}),
		"peer message": from(func(e *events.Message) { e.Info.Category = "peer" }),
		"sent by this very device": from(func(e *events.Message) {
			e.Info.IsFromMe, e.Info.Sender, e.Info.DeviceSentMeta = true, shop, &types.DeviceSentMeta{}
			e.Info.Sender.Device = 7
		}),
		"no content":         from(func(e *events.Message) { e.Message = nil }),
		"no ID":              from(func(e *events.Message) { e.Info.ID = "" }),
		"nil":                (*events.Message)(nil),
		"nil, undecryptable": (*events.UndecryptableMessage)(nil),
		"another event":      &events.Connected{},
		"keys of a group": fromAna(&waE2E.Message{
			SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{}, MessageContextInfo: &waE2E.MessageContextInfo{}}),
		"only context":        fromAna(&waE2E.Message{MessageContextInfo: &waE2E.MessageContextInfo{}}),
		"nothing":             fromAna(&waE2E.Message{}),
		"keys of settings":    fromAna(protocol(waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE)),
		"history":             fromAna(protocol(waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION)),
		"phone number shared": fromAna(protocol(waE2E.ProtocolMessage_SHARE_PHONE_NUMBER)),
		"protocol, no type":   fromAna(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{}}),
		"pin":                 fromAna(&waE2E.Message{PinInChatMessage: &waE2E.PinInChatMessage{}}),
		"call log":            fromAna(&waE2E.Message{CallLogMesssage: &waE2E.CallLogMessage{}}),
		"undecryptable in a group": &events.UndecryptableMessage{Info: types.MessageInfo{ID: "A1", MessageSource: types.MessageSource{
			Chat: types.NewJID("120363000000000001", types.GroupServer), Sender: anaLID, IsGroup: true}}},
		"undecryptable from this very device": &events.UndecryptableMessage{Info: types.MessageInfo{ID: "A1", MessageSource: types.MessageSource{
			Chat: anaLID, Sender: types.NewADJID(shop.User, 0, 7), IsFromMe: true}}},
	}
	for name, evt := range rows {
		t.Run(name, func(t *testing.T) {
			if m, ok := shopDecoder().Decode(evt); ok {
				t.Errorf("taken for a message: %+v", m)
			}
		})
	}
}

// TestC7Identities: phone and LID are one person, whichever of them a message shows.
func TestC7Identities(t *testing.T) {
	phone, lid := bot.Identity{Kind: bot.Phone, Value: "+5511900000001"}, bot.Identity{Kind: bot.LID, Value: "900000000000001"}
	known := func(id bot.Identity) (bot.Identity, bool) {
		if id.Kind == bot.Phone {
			return lid, true
		}
		return phone, true
	}
	rows := []struct {
		name        string
		sender, alt types.JID
		look        func(bot.Identity) (bot.Identity, bool)
		want        []bot.Identity
	}{
		{"LID with phone", anaLID, anaPhone, nil, []bot.Identity{lid, phone}},
		{"phone with LID", anaPhone, anaLID, nil, []bot.Identity{phone, lid}},
		{"phone alone", anaPhone, types.EmptyJID, nil, []bot.Identity{phone}},
		{"LID alone", anaLID, types.EmptyJID, nil, []bot.Identity{lid}},
		{"phone, LID in the map", anaPhone, types.EmptyJID, known, []bot.Identity{phone, lid}},
		{"LID, phone in the map", anaLID, types.EmptyJID, known, []bot.Identity{lid, phone}},
		{"what the message shows is not overruled by the map", anaLID, types.NewJID("5511900000002", types.DefaultUserServer), known,
			[]bot.Identity{lid, {Kind: bot.Phone, Value: "+5511900000002"}}},
		{"account in the cloud", types.NewJID("5511900000001", types.HostedServer), types.EmptyJID, nil, []bot.Identity{phone}},
		{"old spelling of a phone", types.NewJID("5511900000001", types.LegacyUserServer), types.EmptyJID, nil, []bot.Identity{phone}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			evt := fromAna(text("oi"))
			evt.Info.Sender, evt.Info.SenderAlt, evt.Info.Chat = row.sender, row.alt, row.sender
			evt.Info.Sender.Device, evt.Info.SenderAlt.Device = 12, 12
			d := shopDecoder()
			d.Alt = row.look
			m, ok := d.Decode(evt)
			if !ok || !reflect.DeepEqual(m.Identities, row.want) {
				t.Errorf("got %v %v, want %v", m.Identities, ok, row.want)
			}
		})
	}
}

func TestT4TypedOnTheBusinessPhone(t *testing.T) {
	evt := fromAna(&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
		DestinationJID: proto.String(anaLID.String()), Message: text("I will look after you myself")}})
	evt.Info.IsFromMe, evt.Info.Sender, evt.Info.SenderAlt = true, shop, types.EmptyJID
	evt.Info.RecipientAlt, evt.Info.PushName = anaPhone, "Casa Aurora"
	m, ok := shopDecoder().Decode(evt)
	want := bot.Message{ID: "A1", Identities: anaBoth, Kind: bot.KindText, Text: "I will look after you myself", FromMe: true, At: when.UTC()}
	if !ok || !reflect.DeepEqual(m, want) {
		t.Errorf("got %+v %v\nwant %+v", m, ok, want)
	}
}

func TestHistoryAndWhatThePhoneHandsOver(t *testing.T) {
	evt := fromAna(text("stop"))
	evt.SourceWebMsg = &waWeb.WebMessageInfo{Key: &waCommon.MessageKey{ID: proto.String("A1")}}
	if m, ok := shopDecoder().Decode(evt); !ok || !m.History {
		t.Errorf("a message of the history: %+v %v", m, ok)
	}
	evt.UnavailableRequestID = "R1"
	if m, ok := shopDecoder().Decode(evt); !ok || m.History {
		t.Errorf("a message the phone handed over is live: %+v %v", m, ok)
	}
	evt.SourceWebMsg.Key.ID = proto.String("A2") // ParseWebMessage puts the original's ID into Info
	if m, ok := shopDecoder().Decode(evt); !ok || m.ID != "A2" || m.EditOf != "A1" {
		t.Errorf("an edit the phone handed over: %+v %v", m, ok)
	}
	evt.UnavailableRequestID = ""
	evt.Info.IsFromMe, evt.Info.Sender = true, shop // no DeviceSentMeta in history
	if m, ok := shopDecoder().Decode(evt); !ok || !m.FromMe || !m.History {
		t.Errorf("typed on the phone, in history: %+v %v", m, ok)
	}
}

func TestT3Undecryptable(t *testing.T) {
	own := fromAna(text("")).Info
	own.IsFromMe, own.Sender, own.SenderAlt = true, types.NewADJID(shop.User, 0, 0), types.EmptyJID
	for _, row := range []struct {
		evt  *events.UndecryptableMessage
		want bot.Message
	}{
		{&events.UndecryptableMessage{Info: fromAna(text("")).Info}, bot.Message{Name: "Ana", Identities: anaBoth}},
		{&events.UndecryptableMessage{Info: fromAna(text("")).Info, IsUnavailable: true, UnavailableType: events.UnavailableTypeViewOnce},
			bot.Message{Name: "Ana", Identities: anaBoth, ViewOnce: true}},
		{&events.UndecryptableMessage{Info: fromAna(text("")).Info, DecryptFailMode: events.DecryptFailHide},
			bot.Message{Name: "Ana", Identities: anaBoth, Hidden: true}},
		{&events.UndecryptableMessage{Info: own}, bot.Message{Identities: anaBoth[:1], FromMe: true}},
	} {
		m, ok := shopDecoder().Decode(row.evt)
		want := row.want
		want.ID, want.Kind, want.At = "A1", bot.KindUndecryptable, when.UTC()
		if !ok || !reflect.DeepEqual(m, want) {
			t.Errorf("got %+v %v\nwant %+v", m, ok, want)
		}
	}
}

func TestNameThatIsNone(t *testing.T) {
	evt := fromAna(text("oi"))
	evt.Info.PushName = "-"
	if m, _ := shopDecoder().Decode(evt); m.Name != "" {
		t.Errorf("name %q", m.Name)
	}
}

// FuzzDecode: whatever somebody sends, decoding ends, does not panic, and keeps its promises about
// the result.
func FuzzDecode(f *testing.F) {
	deep := text("stop")
	for range 40 {
		deep = &waE2E.Message{EphemeralMessage: wrap(deep)}
	}
	for _, m := range []*waE2E.Message{
		text("stop"), edit("A0", text("stop")), edit("A0", edit("A0", text("x"))), protocol(waE2E.ProtocolMessage_REVOKE), deep,
		{ViewOnceMessageV2: wrap(&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("2")}})},
		{DeviceSentMessage: &waE2E.DeviceSentMessage{Message: text("hello")}},
		{ProtocolMessage: &waE2E.ProtocolMessage{}, MessageContextInfo: &waE2E.MessageContextInfo{}},
		unknown(177, &waE2E.Message{}), {EphemeralMessage: wrap(unknown(150, &waE2E.Message{}))}, interactive(`{"id":"stop"}`, "reply"),
		{PlaceholderMessage: &waE2E.PlaceholderMessage{}}, {AlbumMessage: &waE2E.AlbumMessage{}},
		{SendPaymentMessage: &waE2E.SendPaymentMessage{NoteMessage: edit("A0", text("stop"))}},
	} {
		raw, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		for flags := range byte(8) {
			f.Add(raw, flags)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, flags byte) {
		var m waE2E.Message
		if proto.Unmarshal(raw, &m) != nil {
			return
		}
		evt := fromAna(&m)
		evt.Info.IsFromMe = flags&1 != 0
		evt.Info.IsGroup = flags&2 != 0
		if flags&4 != 0 {
			evt.SourceWebMsg = &waWeb.WebMessageInfo{}
		}
		got, ok := shopDecoder().Decode(evt)
		switch {
		case !ok:
		case evt.Info.IsGroup:
			t.Error("a group's message became a contact's")
		case got.Kind == "" || got.ID == "" || len(got.Identities) == 0 || got.At.Location() != time.UTC:
			t.Errorf("incomplete: %+v", got)
		case evt.IsEdit && got.EditOf == "":
			t.Errorf("an edit became a new message: %+v", got)
		}
	})
}
