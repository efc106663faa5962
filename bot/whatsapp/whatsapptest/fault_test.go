package whatsapptest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"optinbot/bot/whatsapp/whatsapptest"
)

func text(s string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(s)} }

func TestErrorAcks(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	for _, code := range []int{463, 479, 429, 500} {
		srv.Next(whatsapptest.Fate{Error: code})
		_, err := c.SendMessage(within(t), ann.PhoneJID(), text("refused"))
		if !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.HasSuffix(err.Error(), fmt.Sprint(" ", code)) {
			t.Errorf("%d: got %v", code, err)
		}
	}
	c.say(ann.PhoneJID(), "accepted")
	equalSlices(t, "received", ann.Texts(), []string{"accepted"})
	equal(t, "failures", len(ann.Failures()), 0)
}

// TestCuts breaks the socket around a message: the library reconnects and writes the same frame
// again.
func TestCuts(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	srv.Next(whatsapptest.Fate{Cut: whatsapptest.CutBefore})
	id := c.say(ann.PhoneJID(), "lost on the way")
	equal(t, "decryptions", ann.Decryptions(id), 1)
	equal(t, "failures", len(ann.Failures()), 0)
	await[*events.Disconnected](c, nil)
	awaitN[*events.Connected](c, 2, nil)

	srv.Next(whatsapptest.Fate{Cut: whatsapptest.CutAfter})
	id = c.say(ann.PhoneJID(), "acknowledgement lost")
	equal(t, "decryptions", ann.Decryptions(id), 1)
	failures := ann.Failures()
	equal(t, "copies dropped", len(failures), 1)
	equal(t, "same ciphertext", failures[0].Duplicate, true)
}

func TestAcknowledgements(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	hold := make(chan struct{})
	srv.Next(whatsapptest.Fate{Hold: hold}, whatsapptest.Fate{NoAck: true}, whatsapptest.Fate{Delay: time.Millisecond})
	done := make(chan error, 1)
	go func() {
		_, err := c.SendMessage(context.Background(), ann.PhoneJID(), text("held"))
		done <- err
	}()
	if _, err := ann.WaitText(within(t), "held"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Fatalf("acknowledged too early: %v", err)
	default:
	}
	close(hold)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	_, err := c.SendMessage(within(t), ann.PhoneJID(), text("never"), whatsmeow.SendRequestExtra{Timeout: 50 * time.Millisecond})
	if !errors.Is(err, whatsmeow.ErrMessageTimedOut) {
		t.Errorf("got %v", err)
	}
	c.say(ann.PhoneJID(), "later")
	equalSlices(t, "received", ann.Texts(), []string{"held", "never", "later"})
}

func TestDecide(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann, bob := srv.Contact("+15550100001"), srv.Contact("+15550100002")
	srv.Decide(func(m whatsapptest.Outbound) whatsapptest.Fate {
		if m.Contact == bob {
			return whatsapptest.Fate{Error: 463}
		}
		return whatsapptest.Fate{}
	})
	c.say(ann.PhoneJID(), "yes")
	if _, err := c.SendMessage(within(t), bob.PhoneJID(), text("no")); err == nil {
		t.Error("bob's was accepted")
	}
}

func TestMute(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	c.say(ann.PhoneJID(), "before")
	srv.Mute()
	id := ann.Send("while mute")
	_, err := c.SendMessage(within(t), ann.PhoneJID(), text("into the void"), whatsmeow.SendRequestExtra{Timeout: 50 * time.Millisecond})
	if !errors.Is(err, whatsmeow.ErrMessageTimedOut) {
		t.Errorf("got %v", err)
	}
	equal(t, "handled while mute", len(copiesOf(c, id)), 0)
	srv.Unmute()
	c.message(id)
	if _, err := ann.WaitText(within(t), "into the void"); err != nil {
		t.Fatal(err)
	}
}

func TestKeepAlive(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	srv.Mute()
	await[*events.KeepAliveTimeout](c, nil)
	srv.Unmute()
	await[*events.KeepAliveRestored](c, nil)
	equal(t, "disconnected events", len(seen[*events.Disconnected](c)), 0)
}

func TestPHash(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	c.message(ann.Send("hi"))
	var asked atomic.Int32
	srv.Trace(func(from whatsapptest.Direction, n *waBinary.Node) {
		if from == whatsapptest.FromClient && n.Attrs["xmlns"] == "usync" {
			asked.Add(1)
		}
	})
	c.say(ann.LID(), "one")
	c.say(ann.LID(), "two")
	equal(t, "device lists asked for", asked.Load(), 1)
	srv.Next(whatsapptest.Fate{PHash: "2:changed"})
	c.say(ann.LID(), "three")
	c.say(ann.LID(), "four")
	equal(t, "device lists asked for", asked.Load(), 2)
}

func TestStreamErrors(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	srv.Phone().StreamError(503)
	await[*events.Disconnected](c, nil)
	awaitN[*events.Connected](c, 2, nil)
	srv.Phone().StreamError(599)
	equal(t, "code", await[*events.StreamError](c, nil).Code, "599")
	awaitN[*events.Connected](c, 3, nil)
	srv.Drop()
	awaitN[*events.Connected](c, 4, nil)
	srv.Phone().Replace()
	await[*events.StreamReplaced](c, nil)
	equal(t, "disconnected events", len(seen[*events.Disconnected](c)), 3)
}

func TestSecondLoginReplacesTheFirst(t *testing.T) {
	srv := newServer(t)
	container := newStore(t)
	first := newClient(t, srv, container)
	first.linkQR(srv.Scan)
	second := newClient(t, srv, container)
	second.connect()
	await[*events.StreamReplaced](first, nil)
	await[*events.Connected](second, nil)
}

func TestUnlink(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	srv.Phone().Unlink()
	equal(t, "on connect", await[*events.LoggedOut](c, nil).OnConnect, false)
	equal(t, "linked", len(srv.Phone().Linked()), 0)
}

func TestLogout(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	if err := c.Logout(within(t)); err != nil {
		t.Fatal(err)
	}
	equal(t, "linked", len(srv.Phone().Linked()), 0)
}

// TestRefusedLogins goes through the reasons that a login is refused for.
func TestRefusedLogins(t *testing.T) {
	for _, reason := range []int{401, 403, 406} {
		t.Run(fmt.Sprint(reason), func(t *testing.T) {
			srv := newServer(t)
			c := link(t, srv)
			c.Disconnect()
			srv.Phone().Refuse(whatsapptest.Refusal{Reason: reason})
			c.connect()
			e := await[*events.LoggedOut](c, nil)
			equal(t, "on connect", e.OnConnect, true)
			equal(t, "reason", int(e.Reason), reason)
		})
	}
	t.Run("402", func(t *testing.T) {
		srv := newServer(t)
		c := link(t, srv)
		srv.Phone().Ban(101, time.Hour)
		e := await[*events.TemporaryBan](c, nil)
		equal(t, "code", e.Code, events.TempBanSentToTooManyPeople)
		equal(t, "expire", e.Expire, time.Hour)
		srv.Phone().Accept()
		await[socketClosed](c, nil)
		c.connect()
		awaitN[*events.Connected](c, 2, nil)
	})
	t.Run("405", func(t *testing.T) {
		srv := newServer(t)
		c := link(t, srv)
		c.Disconnect()
		srv.Phone().Refuse(whatsapptest.Refusal{Reason: 405})
		c.connect()
		await[*events.ClientOutdated](c, nil)
	})
	t.Run("503", func(t *testing.T) {
		srv := newServer(t)
		c := link(t, srv)
		c.Disconnect()
		srv.Phone().Refuse(whatsapptest.Refusal{Reason: 503})
		c.connect()
		await[*events.Disconnected](c, nil)
		srv.Phone().Accept()
		awaitN[*events.Connected](c, 2, nil)
	})
	t.Run("HTTP 503", func(t *testing.T) {
		srv := newServer(t)
		c := link(t, srv)
		c.Disconnect()
		srv.RefuseHTTP(503)
		if err := c.Connect(); err == nil {
			t.Error("connected")
		}
		srv.RefuseHTTP(0)
		c.connect()
	})
}

func TestDeletedDevice(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	if err := c.Store.Delete(within(t)); err != nil {
		t.Fatal(err)
	}
	c.Disconnect()
	if err := c.Connect(); !errors.Is(err, store.ErrDeviceDeleted) {
		t.Errorf("got %v", err)
	}
}

func TestTimeLock(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	warm, cold := srv.Contact("+15550100001"), srv.Contact("+15550100002")
	c.message(warm.Send("I wrote first"))
	until := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	srv.Phone().TimeLock(until)
	e := await[*events.NotifyAccountReachoutTimelock](c, nil)
	equal(t, "active", e.IsActive, true)
	equal(t, "until", e.TimeEnforcementEnds.Time.Unix(), until.Unix())
	c.say(warm.LID(), "an answer")
	if _, err := c.SendMessage(within(t), cold.PhoneJID(), text("hello")); err == nil || !strings.HasSuffix(err.Error(), " 463") {
		t.Errorf("got %v", err)
	}
	srv.Phone().LiftTimeLock()
	await(c, func(e *events.NotifyAccountReachoutTimelock) bool { return !e.IsActive })
	c.say(cold.PhoneJID(), "hello")
}

func TestPreKeysUsedUp(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	srv.Mute() // the client does not hear that there are none
	srv.Phone().UsePreKeys(0)
	ids := []string{srv.Contact("+15550100001").Send("one"), srv.Contact("+15550100002").Send("two")}
	equal(t, "left", srv.Phone().PreKeys(), 0)
	srv.Unmute()
	for _, id := range ids {
		c.message(id)
	}
	equal(t, "undecryptable", len(seen[*events.UndecryptableMessage](c)), 0)
	if err := srv.WaitUntil(within(t), func() bool { return srv.Phone().PreKeys() == 50 }); err != nil {
		t.Fatalf("%v: %d", err, srv.Phone().PreKeys())
	}
}

func TestUnreadable(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	c.message(ann.Send("fine"))
	for n := range 3 {
		id := ann.Send("readable later", whatsapptest.Unreadable(n+1))
		m := c.message(id)
		equal(t, "text", m.Message.GetConversation(), "readable later")
		equal(t, "retries", m.RetryCount, n+1)
		if err := ann.WaitAcknowledged(within(t), id); err != nil {
			t.Fatal(err)
		}
	}
	id := ann.Send("never readable", whatsapptest.Unreadable(-1))
	awaitN(c, 5, func(e *events.UndecryptableMessage) bool { return e.Info.ID == id })
	equal(t, "retries", ann.Sent(id).Retries, 4)
	c.message(ann.Send("fine again"))
}

func TestPhoneAnswersRequests(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	c.SynchronousAck = true // then the library asks at once
	srv.Phone().AnswerRequests(true)
	ann := srv.Contact("+15550100001")
	ann.SetRetries(false)
	id := ann.Send("from the phone", whatsapptest.Unreadable(-1))
	m := await(c, func(e *events.Message) bool { return e.UnavailableRequestID != "" })
	equal(t, "ID", m.Info.ID, id)
	equal(t, "text", m.Message.GetConversation(), "from the phone")
}

func TestRetryReceipts(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	c.message(ann.Send("hi"))
	id := c.say(ann.LID(), "again please")
	for n, keys := range []bool{true, false, true} {
		ann.AskAgain(id, keys)
		rs := must(ann.WaitFor(within(t), n+2))(t)
		equal(t, "ID", rs[n+1].ID, id)
		equal(t, "retry", rs[n+1].Retry, n+1)
	}
	equal(t, "decryptions", ann.Decryptions(id), 4)
}

func TestReinstall(t *testing.T) {
	srv := newServer(t)
	c := link(t, srv)
	ann := srv.Contact("+15550100001")
	c.message(ann.Send("hi"))
	c.say(ann.LID(), "one")
	ann.Reinstall()
	id := c.say(ann.LID(), "two")
	r := must(ann.WaitText(within(t), "two"))(t)
	equal(t, "ID", r.ID, id)
	equal(t, "retry", r.Retry, 1)
	equal(t, "failures", len(ann.Failures()), 1)
	ann.Reinstall()
	ann.AnnounceIdentity()
	await(c, func(e *events.IdentityChange) bool { return !e.Implicit })
	c.say(ann.LID(), "three")
	if _, err := ann.WaitText(within(t), "three"); err != nil {
		t.Fatal(err)
	}
	c.message(ann.Send("bye"))
}
