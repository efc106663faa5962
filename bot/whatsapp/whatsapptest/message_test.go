package whatsapptest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot/whatsapp/whatsapptest"
)

func TestTextBothWays(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	ann.SetName("Ann")
	id := ann.Send("hello")
	m := c.message(id)
	equal(t, "text", m.Message.GetConversation(), "hello")
	equal(t, "sender", m.Info.Sender, ann.LID())
	equal(t, "other address", m.Info.SenderAlt, ann.PhoneJID())
	equal(t, "name", m.Info.PushName, "Ann")
	if err := ann.WaitAcknowledged(within(t), id); err != nil {
		t.Fatal(err)
	}

	answer := c.say(m.Info.Chat, "welcome")
	equal(t, "received before the acknowledgement", ann.Decryptions(answer), 1)
	r := must(ann.Next(within(t)))(t)
	equal(t, "answer", r.Text, "welcome")
	equal(t, "from the phone's", r.From, srv.Phone())
	equal(t, "device", r.Device, 1)
	await(c, func(e *events.Receipt) bool { return e.MessageIDs[0] == answer && e.Type == types.ReceiptTypeDelivered })
	ann.Read(answer)
	await(c, func(e *events.Receipt) bool { return e.MessageIDs[0] == answer && e.Type == types.ReceiptTypeRead })

	copies := srv.Phone().Copies()
	equal(t, "copies on the phone", len(copies), 1)
	equal(t, "copy", copies[0].Text, "welcome")
	equal(t, "copy to", copies[0].To, ann.LID())

	if err := c.MarkRead(within(t), []types.MessageID{id}, time.Now(), m.Info.Chat, m.Info.Sender); err != nil {
		t.Fatal(err)
	}
	if err := ann.WaitRead(within(t), id); err != nil {
		t.Fatal(err)
	}
	if err := srv.Phone().WaitIdle(within(t)); err != nil {
		t.Fatal(err)
	}
}

// TestAddressing goes through the four ways to address, with the bot or the contact writing first.
func TestAddressing(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	modes := map[string]whatsapptest.Addressing{
		"LID": whatsapptest.FromLID, "LID only": whatsapptest.FromLIDOnly,
		"phone": whatsapptest.FromPhone, "phone only": whatsapptest.FromPhoneOnly,
	}
	n := 0
	for name, mode := range modes {
		for _, botFirst := range []bool{true, false} {
			n++
			who := srv.Contact(fmt.Sprintf("+155501%05d", n))
			t.Run(fmt.Sprintf("%s/bot first=%v", name, botFirst), func(t *testing.T) {
				who.SetAddressing(mode)
				if botFirst {
					c.say(who.PhoneJID(), "hi")
				}
				m := c.message(who.Send("one"))
				fromPhone := mode == whatsapptest.FromPhone || mode == whatsapptest.FromPhoneOnly
				equal(t, "from the phone number", m.Info.Sender.Server == types.DefaultUserServer, fromPhone)
				equal(t, "no other address", m.Info.SenderAlt.IsEmpty(), mode == whatsapptest.FromLIDOnly || (mode == whatsapptest.FromPhoneOnly && !botFirst))
				answer := c.say(m.Info.Chat, "two")
				c.message(who.Send("three"))
				c.message(who.Send("four"))
				equal(t, "answers decrypted", who.Decryptions(answer), 1)
				equal(t, "failures at the contact", len(who.Failures()), 0)
				await(c, func(e *events.Receipt) bool { return e.MessageIDs[0] == answer })
			})
		}
	}
}

func TestNumberGivenToSomebodyElse(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	old := srv.Contact("+15550100001")
	c.message(old.Send("I am the old one"))
	c.say(old.LID(), "hello old one")
	young := srv.Reassign("+15550100001")
	if young == old || young.LID() == old.LID() {
		t.Fatal("the new person is the old one")
	}
	equal(t, "number of the old one", old.Number(), "")
	equal(t, "whose number", srv.Contact("+15550100001"), young)
	m := c.message(young.Send("I am the new one"))
	equal(t, "sender", m.Info.Sender, young.LID())
	equal(t, "number", m.Info.SenderAlt, young.PhoneJID())
	c.say(young.PhoneJID(), "hello new one")
	equalSlices(t, "new one's texts", young.Texts(), []string{"hello new one"})
	m = c.message(old.Send("still here"))
	equal(t, "old one's number", m.Info.SenderAlt, types.EmptyJID)
	equalSlices(t, "old one's texts", old.Texts(), []string{"hello old one"})
}

func TestNobody(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	srv.Contact("+15550100001")
	found := must(c.IsOnWhatsApp(within(t), []string{"+15550100001", "+15550199999"}))(t)
	equal(t, "answers", len(found), 2)
	equal(t, "somebody", found[0].IsIn, true)
	equal(t, "nobody", found[1].IsIn, false)
	_, err := c.SendMessage(within(t), types.NewJID("15550199999", types.DefaultUserServer), &waE2E.Message{Conversation: proto.String("x")})
	if err == nil {
		t.Error("a message to nobody was sent")
	}
}

func TestOfflineQueue(t *testing.T) {
	srv := newServer(t)
	container := newStore(t)
	c := newClient(t, srv, container)
	c.linkQR(srv.Scan)
	ann := srv.Contact("+15550100001")
	c.message(ann.Send("one"))
	if err := srv.Phone().WaitIdle(within(t)); err != nil {
		t.Fatal(err)
	}
	c.Disconnect()
	if err := srv.WaitUntil(within(t), func() bool { return !srv.Phone().Online() }); err != nil {
		t.Fatal(err)
	}
	ids := []string{ann.Send("two"), ann.Send("three"), ann.Send("four")}
	equal(t, "waiting", srv.Phone().Waiting(), 3)

	again := newClient(t, srv, container)
	again.connect()
	preview := await[*events.OfflineSyncPreview](again, nil)
	equal(t, "announced", preview.Messages, 3)
	done := await[*events.OfflineSyncCompleted](again, nil)
	equal(t, "handed over", done.Count, 3)
	for _, id := range ids {
		again.message(id)
	}
	var order []string
	for _, m := range seen[*events.Message](again) {
		order = append(order, m.Info.ID)
	}
	equalSlices(t, "order", order, ids)
	if err := srv.Phone().WaitIdle(within(t)); err != nil {
		t.Fatal(err)
	}
}

// TestRedelivery shows that what a handler refused comes again after a reconnect, with the
// library's event buffer.
func TestRedelivery(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	c.SynchronousAck, c.EnableDecryptedEventBuffer = true, true
	ann := srv.Contact("+15550100001")
	refused := make(chan struct{})
	var tries int
	c.mu.Lock()
	c.handle = func(e any) bool {
		if _, ok := e.(*events.Message); !ok {
			return true
		}
		if tries++; tries == 1 {
			close(refused)
			return false
		}
		return true
	}
	c.mu.Unlock()
	id := ann.Send("hello")
	<-refused
	equal(t, "acknowledged", ann.Sent(id).Acknowledged, false)
	srv.Drop()
	if err := ann.WaitAcknowledged(within(t), id); err != nil {
		t.Fatal(err)
	}
	awaitN(c, 2, func(e *events.Message) bool { return e.Info.ID == id })
}

func TestDuplicates(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	id := ann.Send("hello")
	c.message(id)
	ann.Repeat(id)
	last := ann.Send("after the repetition")
	c.message(last)
	equal(t, "handled once", len(copiesOf(c, id)), 1)
	ann.Reencrypt(id)
	awaitN(c, 2, func(e *events.Message) bool { return e.Info.ID == id })

	for range 2 {
		_, err := c.SendMessage(within(t), ann.LID(), &waE2E.Message{Conversation: proto.String("same")}, whatsmeow.SendRequestExtra{ID: "3EB0SAME"})
		if err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "decrypted by the contact", ann.Decryptions("3EB0SAME"), 2)
}

func TestTypedOnThePhone(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	for _, mode := range []whatsapptest.Addressing{whatsapptest.FromLID, whatsapptest.FromPhone} {
		ann.SetAddressing(mode)
		m := c.message(srv.Phone().TypeTo(ann, "from the shop"))
		equal(t, "from me", m.Info.IsFromMe, true)
		equal(t, "wrapped", m.Info.DeviceSentMeta != nil, true)
		equal(t, "text", m.Message.GetConversation(), "from the shop")
		if m.Info.Chat != ann.LID() && m.Info.Chat != ann.PhoneJID() {
			t.Errorf("chat %s", m.Info.Chat)
		}
	}
	equalSlices(t, "contact has", ann.Texts(), []string{"from the shop", "from the shop"})
	equal(t, "device", ann.Received()[0].Device, 0)
}

func TestMessageYourself(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	c.say(srv.Phone().JID(), "a notice")
	notes := must(srv.Phone().WaitNote(within(t), 1))(t)
	equal(t, "notes", len(notes), 1)
	equal(t, "note", notes[0].Text, "a notice")
	m := c.message(srv.Phone().TypeNote("read it"))
	equal(t, "from me", m.Info.IsFromMe, true)
	equal(t, "chat", m.Info.Chat, srv.Phone().LID())
	equal(t, "notes", len(srv.Phone().Notes()), 2)
}

func TestSeveralNumbers(t *testing.T) {
	srv := newServer(t)
	one := link(t, srv)
	other := srv.AddPhone("+15550000002")
	two := newClient(t, srv, newStore(t))
	two.linkQR(other.Scan)
	ann := srv.Contact("+15550100001")
	one.message(ann.Send("to one"))
	two.message(ann.Send("to two", whatsapptest.To(other)))
	one.say(ann.LID(), "from one")
	two.say(ann.LID(), "from two")
	equal(t, "first from", must(ann.Next(within(t)))(t).From, srv.Phone())
	equal(t, "second from", must(ann.Next(within(t)))(t).From, other)
}

func TestNoMessage(t *testing.T) {
	srv := newServer(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := srv.Contact("+15550100001").Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func copiesOf(c *client, id string) (out []*events.Message) {
	for _, m := range seen[*events.Message](c) {
		if m.Info.ID == id {
			out = append(out, m)
		}
	}
	return out
}
