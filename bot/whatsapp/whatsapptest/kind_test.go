package whatsapptest_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot/whatsapp/whatsapptest"
)

func TestKinds(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	first := ann.Send("first")
	c.message(first)
	theirs := c.say(ann.LID(), "ours")
	data := bytes.Repeat([]byte("picture"), 1000)

	for name, step := range map[string]struct {
		id    string
		check func(*events.Message) bool
	}{
		"quote own": {ann.Quote(first, "q"), func(m *events.Message) bool {
			x := m.Message.GetExtendedTextMessage()
			return x.GetText() == "q" && x.GetContextInfo().GetStanzaID() == first && x.GetContextInfo().GetQuotedMessage().GetConversation() == "first"
		}},
		"quote ours": {ann.Quote(theirs, "q"), func(m *events.Message) bool {
			x := m.Message.GetExtendedTextMessage().GetContextInfo()
			return x.GetParticipant() == srv.Phone().LID().String() && x.GetQuotedMessage().GetConversation() == "ours"
		}},
		"forward": {ann.Forward("f"), func(m *events.Message) bool {
			return m.Message.GetExtendedTextMessage().GetContextInfo().GetIsForwarded()
		}},
		"edit": {ann.Edit(first, "second"), func(m *events.Message) bool {
			p := m.Message.GetProtocolMessage()
			return m.IsEdit && m.Info.Edit == "1" && p.GetKey().GetID() == first && p.GetEditedMessage().GetConversation() == "second"
		}},
		"revoke": {ann.Revoke(first), func(m *events.Message) bool {
			p := m.Message.GetProtocolMessage()
			return m.Info.Edit == "7" && p.GetType() == waE2E.ProtocolMessage_REVOKE && p.GetKey().GetID() == first
		}},
		"reaction": {ann.React(theirs, "👍"), func(m *events.Message) bool {
			return m.Info.Type == "reaction" && m.Message.GetReactionMessage().GetText() == "👍" && !m.Message.GetReactionMessage().GetKey().GetFromMe()
		}},
		"image": {ann.SendImage(data, "look"), func(m *events.Message) bool {
			got, err := c.Download(within(t), m.Message.GetImageMessage())
			return err == nil && bytes.Equal(got, data) && m.Message.GetImageMessage().GetCaption() == "look" && m.Info.MediaType == "image"
		}},
		"video": {ann.SendVideo(data, "see"), func(m *events.Message) bool {
			got, err := c.Download(within(t), m.Message.GetVideoMessage())
			return err == nil && bytes.Equal(got, data) && m.Info.MediaType == "video"
		}},
		"document": {ann.SendDocument(data, "a.pdf", "read"), func(m *events.Message) bool {
			got, err := c.Download(within(t), m.Message.GetDocumentMessage())
			return err == nil && bytes.Equal(got, data) && m.IsDocumentWithCaption
		}},
		"voice": {ann.SendVoice(data), func(m *events.Message) bool {
			return m.Info.MediaType == "ptt" && m.Message.GetAudioMessage().GetPTT()
		}},
		"sticker": {ann.SendSticker(data), func(m *events.Message) bool {
			return m.Info.MediaType == "sticker" && m.Message.GetStickerMessage() != nil
		}},
		"view once": {ann.SendViewOnce(data, "once"), func(m *events.Message) bool {
			return m.IsViewOnceV2 && m.Message.GetImageMessage().GetCaption() == "once"
		}},
		"disappearing": {ann.SendDisappearing("gone soon", 24*time.Hour), func(m *events.Message) bool {
			return m.IsEphemeral && m.Message.GetExtendedTextMessage().GetContextInfo().GetExpiration() == 86400
		}},
		"timer": {ann.SetTimer(time.Hour), func(m *events.Message) bool {
			return m.Message.GetProtocolMessage().GetEphemeralExpiration() == 3600
		}},
		"card": {ann.SendCard("Bob", "+15550100002"), func(m *events.Message) bool {
			return m.Message.GetContactMessage().GetDisplayName() == "Bob"
		}},
		"location": {ann.SendLocation(1.5, 2.5, "here"), func(m *events.Message) bool {
			return m.Message.GetLocationMessage().GetDegreesLatitude() == 1.5
		}},
		"poll": {ann.SendPoll("which?", []string{"a", "b"}), func(m *events.Message) bool {
			return m.Info.Type == "poll" && len(m.Message.GetPollCreationMessageV3().GetOptions()) == 2
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if m := c.message(step.id); !step.check(m) {
				t.Errorf("got %+v\n%v", m.Info, m.Message)
			}
		})
	}
	equal(t, "undecryptable", len(seen[*events.UndecryptableMessage](c)), 0)
}

func TestUnavailableViewOnce(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	id := ann.SendUnavailable()
	e := await[*events.UndecryptableMessage](c, nil)
	equal(t, "unavailable", e.IsUnavailable, true)
	equal(t, "kind", e.UnavailableType, events.UnavailableTypeViewOnce)
	if err := srv.WaitUntil(within(t), func() bool { return slices.Contains(srv.Phone().Requests(), id) }); err != nil {
		t.Fatal(err)
	}
}

func TestImageFromClient(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	data := bytes.Repeat([]byte{1, 2, 3}, 5000)
	up := must(c.Upload(within(t), data, whatsmeow.MediaImage))(t)
	_, err := c.SendMessage(within(t), ann.PhoneJID(), &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
		URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey, FileSHA256: up.FileSHA256, FileEncSHA256: up.FileEncSHA256,
		FileLength: &up.FileLength, Mimetype: proto.String("image/jpeg"), Caption: proto.String("for you"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := must(ann.Next(within(t)))(t)
	equal(t, "caption", r.Text, "for you")
	equal(t, "type", r.Type, "media")
	if got := must(ann.Download(r.Message.GetImageMessage()))(t); !bytes.Equal(got, data) {
		t.Error("the image differs")
	}
}

func TestPollVotes(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	for i, mode := range []whatsapptest.Addressing{whatsapptest.FromLID, whatsapptest.FromLIDOnly, whatsapptest.FromPhone, whatsapptest.FromPhoneOnly} {
		ann := srv.Contact("+1555010000" + string(rune('1'+i)))
		ann.SetAddressing(mode)
		resp, err := c.SendMessage(within(t), ann.PhoneJID(), c.BuildPollCreation("which?", []string{"red", "blue"}, 1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ann.Vote(resp.ID, "green"); err == nil {
			t.Error("voted for what is not there")
		}
		m := c.message(must(ann.Vote(resp.ID, "blue"))(t))
		vote := must(c.DecryptPollVote(within(t), m))(t)
		if want := whatsmeow.HashPollOptions([]string{"blue"}); len(vote.SelectedOptions) != 1 || !bytes.Equal(vote.SelectedOptions[0], want[0]) {
			t.Errorf("mode %d: got %x", mode, vote.SelectedOptions)
		}
	}
}

func TestGroupAndStatus(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	group := srv.NewGroup()
	id := group.Send(ann, "to all")
	events := awaitN(c, 2, func(e *events.Message) bool { return e.Info.ID == id })
	equal(t, "first is the key", events[0].Message.GetSenderKeyDistributionMessage() != nil, true)
	equal(t, "then the text", events[1].Message.GetConversation(), "to all")
	equal(t, "group", events[1].Info.Chat, group.JID())
	equal(t, "is a group", events[1].Info.IsGroup, true)
	c.message(group.Send(ann, "again"))
	m := c.message(ann.PostStatus("my day"))
	equal(t, "chat", m.Info.Chat, types.StatusBroadcastJID)
}

func TestHistory(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	at := time.Now().Add(-48 * time.Hour).Truncate(time.Second)
	srv.Phone().SyncHistory(whatsapptest.Chat{With: ann, Past: []whatsapptest.Past{
		{ID: "OLD1", At: at, Text: "stop"}, {At: at.Add(time.Minute), FromMe: true, Text: "sorry"},
	}})
	e := await[*events.HistorySync](c, nil)
	chat := e.Data.GetConversations()[0]
	equal(t, "chat", chat.GetID(), ann.LID().String())
	m, err := c.ParseWebMessage(ann.LID(), chat.GetMessages()[0].GetMessage())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "text", m.Message.GetConversation(), "stop")
	equal(t, "ID", m.Info.ID, "OLD1")
	equal(t, "time", m.Info.Timestamp.Unix(), at.Unix())
}
