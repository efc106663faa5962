package whatsapptest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// A Chat is a chat in the phone's history.
type Chat struct {
	With  *Contact
	Past  []Past
	Timer time.Duration // of disappearing messages, and
	Set   time.Time     // when that was set. Zero: never
}

// A Past is one message of a chat in the history.
type Past struct {
	ID     string // "": one is made
	At     time.Time
	FromMe bool // the business wrote it
	Text   string
}

// SyncHistory sends the chats to the clients, as a phone does after it has linked one: a file, and
// a message that says where it is (message.go:715-745). The client downloads it, stores what it
// needs and hands the rest to its handlers.
func (p *Phone) SyncHistory(chats ...Chat) {
	sync := &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_RECENT.Enum(), ChunkOrder: proto.Uint32(1), Progress: proto.Uint32(100),
	}
	for _, chat := range chats {
		sync.Conversations = append(sync.Conversations, chat.conversation())
		if pn := chat.With.PhoneJID(); !pn.IsEmpty() {
			sync.PhoneNumberToLidMappings = append(
				sync.PhoneNumberToLidMappings,
				&waHistorySync.PhoneNumberToLIDMapping{
					PnJID: proto.String(pn.String()), LidJID: proto.String(chat.With.lid.String()),
				},
			)
		}
	}
	f := p.srv.media.seal(compress(sync), whatsmeow.MediaHistory)
	for _, d := range p.linked() {
		p.sendPeer(d, &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(),
			HistorySyncNotification: &waE2E.HistorySyncNotification{
				FileSHA256: f.sum, FileLength: &f.length, MediaKey: f.key, FileEncSHA256: f.encrypted, DirectPath: &f.path,
				SyncType: waE2E.HistorySyncType_RECENT.Enum(), ChunkOrder: proto.Uint32(1), Progress: proto.Uint32(100),
			},
		})
	}
}

func compress(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("whatsapptest: history: %v", err))
	}
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(raw) // a bytes.Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

func (c Chat) conversation() *waHistorySync.Conversation {
	c.With.mu.Lock()
	address, _ := c.With.from()
	c.With.mu.Unlock()
	out := &waHistorySync.Conversation{ID: proto.String(address.String())}
	if !c.Set.IsZero() {
		out.EphemeralExpiration, out.EphemeralSettingTimestamp = proto.Uint32(
			uint32(c.Timer/time.Second),
		), proto.Int64(
			c.Set.Unix(),
		)
	}
	for _, past := range c.Past {
		out.Messages = append(out.Messages, &waHistorySync.HistorySyncMsg{Message: past.message(address)})
	}
	return out
}

func (p Past) message(chat types.JID) *waWeb.WebMessageInfo {
	id := p.ID
	if id == "" {
		id = newMessageID()
	}
	return &waWeb.WebMessageInfo{
		Key:              &waCommon.MessageKey{RemoteJID: proto.String(chat.String()), FromMe: &p.FromMe, ID: &id},
		Message:          &waE2E.Message{Conversation: &p.Text},
		MessageTimestamp: proto.Uint64(uint64(p.At.Unix())),
	}
}
