package whatsapp

import (
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
)

// TestB1SignsOfThePhone: only what the phone itself does counts, not what its other devices and
// contacts do.
func TestB1SignsOfThePhone(t *testing.T) {
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	own := func(device uint16) types.MessageSource {
		return types.MessageSource{IsFromMe: true, Sender: types.JID{User: "15550000001", Server: types.DefaultUserServer, Device: device}}
	}
	message := func(s types.MessageSource) *events.Message {
		return &events.Message{Info: types.MessageInfo{MessageSource: s, Timestamp: at}, Message: &waE2E.Message{Conversation: proto.String("hi")}}
	}
	history := message(own(0))
	history.SourceWebMsg = new(waWeb.WebMessageInfo)
	rows := []struct {
		name  string
		event any
		sign  bool
	}{
		{"typed on the phone", message(own(0)), true},
		{"the phone read it", &events.Receipt{MessageSource: own(0), Timestamp: at, Type: types.ReceiptTypeReadSelf}, true},
		{"the phone has our message", &events.Receipt{MessageSource: own(0), Timestamp: at, Type: types.ReceiptTypeSender}, true},
		{"another linked device", message(own(3)), false},
		{"another linked device read it", &events.Receipt{MessageSource: own(3), Timestamp: at}, false},
		{"history", history, false},
		{"a contact", message(types.MessageSource{Sender: types.JID{User: "5511900000001", Server: types.DefaultUserServer}}), false},
		{"a contact read it", &events.Receipt{MessageSource: types.MessageSource{Sender: types.JID{User: "1", Server: types.HiddenUserServer}}, Timestamp: at}, false},
		{"the connection", &events.Connected{}, false},
	}
	for _, row := range rows {
		if got := phoneSign(row.event); got.IsZero() == row.sign || row.sign && !got.Equal(at) {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

// TestB1PhoneSeen: the handler hears of the phone, by the time of WhatsApp's server, and once an
// hour at most.
func TestB1PhoneSeen(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Now().Unix())
	clock := func() time.Time { return time.Unix(now.Load(), 0) }
	srv, _, h := connected(t, func(o *Options) { o.Now = clock })
	srv.SetClock(clock)
	ana := srv.Contact("+5511900000001")
	id := ana.Send("oi")
	h.message(t, id, bot.KindText)
	seen := times(h, bot.NumberPhoneSeen) // linking may have told of it
	signs := []struct {
		after time.Duration
		do    func()
		told  int
	}{
		{24 * time.Hour, func() { srv.Phone().TypeTo(ana, "hello") }, 1},
		{10 * time.Minute, func() { srv.Phone().TypeTo(ana, "hello?") }, 1},
		{24 * time.Hour, func() { srv.Phone().Read(ana, id) }, 2},
		{24 * time.Hour, func() { ana.Send("tchau") }, 2},
	}
	for i, sign := range signs {
		now.Add(int64(sign.after / time.Second))
		sign.do()
		if err := srv.Phone().WaitIdle(within(t)); err != nil {
			t.Fatal(err)
		}
		if got := times(h, bot.NumberPhoneSeen) - seen; got != sign.told {
			t.Fatalf("sign %d: told %d times, want %d", i, got, sign.told)
		}
		if got := h.number(t, bot.NumberPhoneSeen, seen+1).At; i < 2 && clock().Sub(got) > time.Hour {
			t.Errorf("sign %d: told %v at %v", i, got, clock())
		}
	}
}
