package whatsapp

import (
	"bytes"
	"compress/zlib"
	"errors"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

func past(id string, fromMe bool, minute int, m *waE2E.Message) *waHistorySync.HistorySyncMsg {
	return &waHistorySync.HistorySyncMsg{Message: &waWeb.WebMessageInfo{
		Key:              &waCommon.MessageKey{ID: proto.String(id), FromMe: proto.Bool(fromMe)},
		Message:          m,
		MessageTimestamp: proto.Uint64(uint64(when.Add(time.Duration(minute) * time.Minute).Unix())),
	}}
}

func someHistory() *waHistorySync.HistorySync {
	return &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_RECENT.Enum(), Progress: proto.Uint32(100),
		Conversations: []*waHistorySync.Conversation{
			{ID: proto.String("900000000000001@lid"), PnJID: proto.String("5511900000001@s.whatsapp.net"), Messages: []*waHistorySync.HistorySyncMsg{
				past("H3", false, 3, text("stop")), // the newest first, as phones list them
				past("H1", true, 1, text("Can I help?")),
				past("H0", false, 0, nil), // a line that the app wrote
			}},
			{ID: proto.String("5511900000002@s.whatsapp.net"), Messages: []*waHistorySync.HistorySyncMsg{past("H2", false, 2, text("oi"))}},
			{ID: proto.String("120363000000000001@g.us"), Messages: []*waHistorySync.HistorySyncMsg{past("G1", false, 2, text("stop"))}},
			{ID: proto.String("status@broadcast"), Messages: []*waHistorySync.HistorySyncMsg{past("S1", false, 2, text("stop"))}},
			{ID: proto.String("351910000000@s.whatsapp.net"), Messages: []*waHistorySync.HistorySyncMsg{past("N1", true, 2, text("note to self"))}},
			{ID: proto.String("not an address:::")},
		},
	}
}

// TestB5History: of the history, what people wrote in direct chats arrives, the oldest first,
// marked as history.
func TestB5History(t *testing.T) {
	s := linkedSession(t, open(t, testOptions(t, nil)))
	got := s.historyMessages(someHistory())
	var ids string
	for _, m := range got {
		ids += m.ID + " "
		if !m.History || m.FromMe != (m.ID == "H1") {
			t.Errorf("%+v", m)
		}
	}
	if ids != "H1 H2 H3 " {
		t.Errorf("got %s", ids)
	}
	if last := got[2]; last.Text != "stop" || bot.PhoneOf(last.Identities) != "+5511900000001" || bot.LIDOf(last.Identities) != "900000000000001" {
		t.Errorf("%+v", last)
	}
}

// TestB5HistoryIsKeptBeforeItIsAcknowledged: the library would acknowledge first and keep the
// notification in memory.
func TestB5HistoryIsKeptBeforeItIsAcknowledged(t *testing.T) {
	raw, err := proto.Marshal(someHistory())
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(raw)
	w.Close()
	evt := fromAna(&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type:                    waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
		HistorySyncNotification: &waE2E.HistorySyncNotification{InitialHistBootstrapInlinePayload: packed.Bytes()},
	}})

	broken := true
	h := &recorder{before: func(m bot.Message) error {
		if broken && m.ID == "H2" {
			return errors.New("disk full")
		}
		return nil
	}}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	if !c.handle(s, evt) {
		t.Fatal("somebody else's notification must be acknowledged")
	}
	if pending, err := c.store.pendingHistory(t.Context(), s.jid); err != nil || len(pending) != 0 {
		t.Fatalf("a contact's notification was kept: %v %v", pending, err)
	}
	evt.Info.IsFromMe, evt.Info.Category = true, "peer"
	for range 2 {
		if !c.handle(s, evt) {
			t.Fatal("kept, and not acknowledged")
		}
	}
	pending, err := c.store.pendingHistory(t.Context(), s.jid)
	if err != nil || len(pending) != 1 {
		t.Fatalf("pending: %v %v", pending, err)
	}
	if err := c.readBlob(t.Context(), s, pending[0]); err == nil {
		t.Fatal("done without the handler's commit")
	}
	broken = false
	if err := c.readBlob(t.Context(), s, pending[0]); err != nil {
		t.Fatal(err)
	}
	if pending, _ = c.store.pendingHistory(t.Context(), s.jid); len(pending) != 0 {
		t.Error("still pending")
	}
	if len(h.numbers) != 1 || h.numbers[0].Kind != NumberHistoryRead {
		t.Errorf("told %+v", h.numbers)
	}
}

func TestSealedEdit(t *testing.T) {
	sealed := &waE2E.SecretEncryptedMessage{
		SecretEncType:    waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(),
		TargetMessageKey: &waCommon.MessageKey{ID: proto.String("A0")},
	}
	for name, opened := range map[string]*waE2E.Message{"bare": text("stop"), "as an edit": edit("A0", text("stop"))} {
		evt := fromAna(&waE2E.Message{SecretEncryptedMessage: sealed})
		evt.Message = asEdit(opened, sealed)
		if m, ok := shopDecoder().Decode(evt); !ok || m.Text != "stop" || m.EditOf != "A0" || m.ID != "A1" {
			t.Errorf("%s: %+v %v", name, m, ok)
		}
	}
	c := open(t, testOptions(t, &recorder{}))
	s := linkedSession(t, c)
	evt := fromAna(&waE2E.Message{SecretEncryptedMessage: sealed})
	c.openSealedEdit(s, evt) // the secret of the original is not known
	if m, ok := shopDecoder().Decode(evt); !ok || m.Kind != bot.KindUndecryptable {
		t.Errorf("%+v %v", m, ok)
	}
}
