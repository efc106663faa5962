package whatsapp

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
)

// The tests in this file and in server_*_test.go run through the unmodified library against a
// WhatsApp server on loopback.

func startServer(t *testing.T) *whatsapptest.Server {
	t.Helper()
	if testing.Short() {
		t.Skip("talks to a WhatsApp server; with -race the library's own races may show (docs/testing.md)")
	}
	srv := whatsapptest.NewServer()
	t.Cleanup(srv.Close)
	return srv
}

func serverOptions(t *testing.T, srv *whatsapptest.Server, h bot.Inbound) Options {
	o := testOptions(t, h)
	key := srv.RootKey()
	o.TestServer = &TestServer{Addr: srv.Addr(), CertPubKey: hex.EncodeToString(key[:])}
	return o
}

// scanner is the person who holds the phone before the screen.
type scanner func(code string) error

func (s scanner) Write(p []byte) (int, error) { return len(p), s(strings.TrimSpace(string(p))) }

func link(t *testing.T, srv *whatsapptest.Server, c *Client) string {
	t.Helper()
	jid, err := c.Link(within(t), LinkOptions{PrintCode: true, Out: scanner(srv.Scan)})
	if err != nil {
		t.Fatal(err)
	}
	return jid
}

func connect(t *testing.T, c *Client, h *recorder) {
	t.Helper()
	before := times(h, bot.NumberConnected)
	if err := c.Connect(within(t)); err != nil {
		t.Fatal(err)
	}
	h.number(t, bot.NumberConnected, before+1)
}

func times(h *recorder, kind bot.NumberEventKind) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.numbers {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// connected starts a server and a client that is linked to it and connected.
func connected(t *testing.T, change func(*Options)) (*whatsapptest.Server, *Client, *recorder) {
	t.Helper()
	srv, h := startServer(t), &recorder{}
	o := serverOptions(t, srv, h)
	if change != nil {
		change(&o)
	}
	c := open(t, o)
	link(t, srv, c)
	queries := watch(srv) // after link, whose last queries may stay without an answer
	connect(t, c, h)
	queries.quiet(t, 0)
	t.Cleanup(func() { queries.settle(time.Second) }) // before the cleanup that closes the client
	return srv, c, h
}

func to(c *whatsapptest.Contact) []bot.Identity {
	return []bot.Identity{{Kind: bot.Phone, Value: c.Number()}, {Kind: bot.LID, Value: c.LID().User}}
}

func send(t *testing.T, c *Client, to []bot.Identity, text string) (string, bot.SendResult) {
	t.Helper()
	id := c.NewMessageID()
	return id, c.Send(within(t), bot.Outgoing{ID: id, To: to, Text: text})
}

func mustSend(t *testing.T, c *Client, to []bot.Identity, text string) string {
	t.Helper()
	id, result := send(t, c, to, text)
	if result.Status != bot.SendAccepted {
		t.Fatalf("send: %+v", result)
	}
	return id
}

func TestLinkAndLoginAgain(t *testing.T) {
	srv, h := startServer(t), &recorder{}
	o := serverOptions(t, srv, h)
	c := open(t, o)
	jid := link(t, srv, c)
	if got, phone := c.Linked(); got != jid || phone != srv.Phone().Number() {
		t.Errorf("linked to %q %q, paired %q", got, phone, jid)
	}
	if _, err := c.Link(within(t), LinkOptions{}); !errors.Is(err, ErrAlreadyLinked) {
		t.Errorf("linked twice: %v", err)
	}
	queries := watch(srv)
	connect(t, c, h)
	if err := c.Connect(within(t)); err != nil {
		t.Errorf("connecting when connected: %v", err)
	}
	queries.quiet(t, 0)
	c.Disconnect()
	connect(t, c, h)
	queries.quiet(t, 0)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	o.JID = jid
	c = open(t, o)
	connect(t, c, h)
	if n := len(srv.Phone().Linked()); n != 1 {
		t.Errorf("%d devices", n)
	}
	ana := srv.Contact("+5511900000001")
	mustSend(t, c, to(ana)[:1], "oi")
	queries.quiet(t, 1)
}

func TestLinkByTypedCode(t *testing.T) {
	srv := startServer(t)
	c := open(t, serverOptions(t, srv, &recorder{}))
	_, err := c.Link(within(t), LinkOptions{
		PrintCode: true, Phone: srv.Phone().Number(), Out: scanner(func(code string) error { return srv.Phone().EnterCode(code) }),
	})
	if err != nil {
		t.Fatal(err)
	}
	c = open(t, serverOptions(t, srv, nil))
	if _, err = c.Link(within(t), LinkOptions{Phone: "0123456789"}); err == nil || !strings.Contains(err.Error(), "country code") {
		t.Errorf("a phone without country code: %v", err)
	}
}

// TestLinkTellsItsSteps: for whoever shows them in another way than a terminal does.
func TestLinkTellsItsSteps(t *testing.T) {
	for _, row := range []struct {
		typed bool
		want  string
	}{
		{false, "connects; scan 1 of 6, good for 1m0s; accepted"},
		{true, "connects; type, good for 2m0s; misfit; type, good for 2m0s; accepted"},
	} {
		srv := startServer(t)
		c := open(t, serverOptions(t, srv, nil))
		var told []string
		o := LinkOptions{Tell: func(step bot.LinkStep) {
			says := string(step.Kind)
			if step.Of > 0 {
				says += fmt.Sprintf(" %d of %d", step.Which, step.Of)
			}
			if step.Code != "" {
				says += fmt.Sprintf(", good for %s", step.Good)
			}
			told = append(told, says)
			var err error
			switch {
			case step.Kind == bot.LinkScan && len(told) == 2:
				err = srv.Phone().Scan(step.Code)
			case step.Kind == bot.LinkType && len(told) == 2:
				_ = srv.Phone().EnterCode("AAAAAAAA")
			case step.Kind == bot.LinkType:
				err = srv.Phone().EnterCode(step.Code)
			}
			if err != nil {
				t.Error(err)
			}
		}}
		if row.typed {
			o.Phone = srv.Phone().Number()
		}
		if _, err := c.Link(within(t), o); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(told, "; "); got != row.want {
			t.Errorf("told %s\nwant %s", got, row.want)
		}
	}
}

func TestLinkIsEndedByItsContext(t *testing.T) {
	srv := startServer(t)
	c := open(t, serverOptions(t, srv, nil))
	if _, err := c.Link(t.Context(), LinkOptions{Timeout: 300 * time.Millisecond}); err == nil || !strings.Contains(err.Error(), "no phone took a code") {
		t.Errorf("time-out: %v", err)
	}
	shown := make(chan struct{})
	ended := make(chan error)
	go func() {
		_, err := c.Link(t.Context(), LinkOptions{PrintCode: true, Out: scanner(func(string) error { close(shown); return nil })})
		ended <- err
	}()
	<-shown
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("linked")
	}
}

// TestC7BothWaysInEveryAddressing: a contact writes from phone or LID, with the other beside it or
// not, and is answered.
func TestC7BothWaysInEveryAddressing(t *testing.T) {
	srv, c, h := connected(t, nil)
	for number, addressing := range map[string]whatsapptest.Addressing{
		"+5511900000001": whatsapptest.FromLID, "+5511900000002": whatsapptest.FromLIDOnly,
		"+5511900000003": whatsapptest.FromPhone, "+5511900000004": whatsapptest.FromPhoneOnly,
	} {
		ana := srv.Contact(number)
		ana.SetAddressing(addressing)
		ana.SetName("Ana")
		id := ana.Send("I want promotions")
		m := h.message(t, id, bot.KindText)
		if m.Text != "I want promotions" || m.Name != "Ana" || m.FromMe || m.History || m.At.IsZero() {
			t.Errorf("%+v", m)
		}
		phone, lid := bot.PhoneOf(m.Identities), bot.LIDOf(m.Identities)
		if addressing != whatsapptest.FromLIDOnly && phone != ana.Number() || addressing != whatsapptest.FromPhoneOnly && lid != ana.LID().User {
			t.Errorf("%v: identities %v", addressing, m.Identities)
		}
		answer := mustSend(t, c, m.Identities, "welcome")
		if got, err := ana.WaitText(within(t), "welcome"); err != nil || got.ID != answer {
			t.Errorf("%v: the answer: %+v %v", addressing, got, err)
		}
		ana.Read(answer)
		h.until(t, "read receipt", func() bool {
			for _, r := range h.receipts {
				if r.Kind == bot.ReceiptRead && r.MessageIDs[0] == answer {
					return true
				}
			}
			return false
		})
		if err := c.MarkRead(t.Context(), id, m.Identities); err != nil {
			t.Error(err)
		}
		if err := ana.WaitRead(within(t), id); err != nil {
			t.Errorf("%v: %v", addressing, err)
		}
	}
}

func TestT3GroupsAndStatusAreAcknowledgedAndIgnored(t *testing.T) {
	srv, _, h := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	group := srv.NewGroup()
	group.Send(ana, "stop")
	ana.PostStatus("stop")
	group.Send(ana, "2")
	last := ana.Send("oi")
	h.message(t, last, bot.KindText)
	if err := srv.Phone().WaitIdle(within(t)); err != nil {
		t.Error(err)
	}
	if len(h.messages) != 1 {
		t.Errorf("%+v", h.messages)
	}
}

func TestT3KindsOverTheWire(t *testing.T) {
	srv, c, h := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	first := ana.Send("I want promotions")
	h.message(t, first, bot.KindText)
	question := mustSend(t, c, to(ana), "Reply 2 to stop")
	if _, err := ana.WaitText(within(t), "Reply 2"); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		id   string
		want bot.Message
	}{
		{ana.Quote(question, "2"), bot.Message{Kind: bot.KindText, Text: "2"}},
		{ana.Forward("I want promotions"), bot.Message{Kind: bot.KindText, Text: "I want promotions", Forwarded: true}},
		{ana.Edit(first, "stop"), bot.Message{Kind: bot.KindText, Text: "stop", EditOf: first}},
		{ana.React(question, "👍"), bot.Message{Kind: bot.KindReaction, Text: "👍"}},
		{ana.Revoke(first), bot.Message{Kind: bot.KindRevoke, EditOf: first}},
		{ana.SendDisappearing("oi", 24*time.Hour), bot.Message{Kind: bot.KindText, Text: "oi", Expires: 24 * time.Hour}},
		{ana.SendImage([]byte("picture"), "stop"), bot.Message{Kind: bot.KindImage, Text: "stop"}},
		{ana.SendVoice([]byte("voice")), bot.Message{Kind: bot.KindAudio}},
		{ana.SendSticker([]byte("sticker")), bot.Message{Kind: bot.KindSticker}},
		{ana.SendDocument([]byte("document"), "list.pdf", "cancel"), bot.Message{Kind: bot.KindDocument, Text: "cancel"}},
		{ana.SendViewOnce([]byte("picture"), "2"), bot.Message{Kind: bot.KindImage, Text: "2"}},
		{ana.SendCard("Rui", "+351910000009"), bot.Message{Kind: bot.KindContact}},
		{ana.SendLocation(38.7, -9.1, "Bus stop"), bot.Message{Kind: bot.KindLocation}},
		{ana.SendPoll("Stop?", []string{"yes", "no"}), bot.Message{Kind: bot.KindPoll}},
		{ana.SendUnavailable(), bot.Message{Kind: bot.KindUndecryptable}},
	}
	for _, row := range rows {
		got := h.message(t, row.id, "")
		if got.Kind != row.want.Kind || got.Text != row.want.Text || got.EditOf != row.want.EditOf ||
			got.Forwarded != row.want.Forwarded || got.Expires != row.want.Expires {
			t.Errorf("got  %+v\nwant %+v", got, row.want)
		}
	}
	if m := h.message(t, ana.SetTimer(time.Hour), bot.KindTimer); !m.Timed || m.Expires != time.Hour {
		t.Errorf("%+v", m)
	}
	if err := srv.Phone().WaitIdle(within(t)); err != nil {
		t.Error(err)
	}
	if want := len(rows) + 2; len(h.messages) != want {
		t.Errorf("%d messages, want %d", len(h.messages), want)
	}
}

func TestT3UndecryptableThenReadable(t *testing.T) {
	srv, _, h := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	h.message(t, ana.Send("oi"), bot.KindText)
	id := ana.Send("stop", whatsapptest.Unreadable(1))
	h.message(t, id, bot.KindUndecryptable)
	if m := h.message(t, id, bot.KindText); m.Text != "stop" || m.History {
		t.Errorf("%+v", m)
	}
}

// TestT3ThePhoneHandsOver: what the sender cannot make readable, our own phone may.
func TestT3ThePhoneHandsOver(t *testing.T) {
	srv, _, h := connected(t, nil)
	srv.Phone().AnswerRequests(true)
	ana := srv.Contact("+5511900000001")
	h.message(t, ana.Send("oi"), bot.KindText)
	id := ana.Send("stop", whatsapptest.Unreadable(-1))
	h.message(t, id, bot.KindUndecryptable)
	if m := h.message(t, id, bot.KindText); m.Text != "stop" || m.History || bot.PhoneOf(m.Identities) != ana.Number() {
		t.Errorf("%+v", m)
	}
}

func TestT4HumanTypesOnThePhone(t *testing.T) {
	srv, _, h := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	m := h.message(t, srv.Phone().TypeTo(ana, "I will look after you"), bot.KindText)
	if !m.FromMe || m.Name != "" || m.Text != "I will look after you" || bot.PhoneOf(m.Identities) != ana.Number() || bot.LIDOf(m.Identities) != ana.LID().User {
		t.Errorf("%+v", m)
	}
}

func TestNotifyReachesTheOwnChat(t *testing.T) {
	srv, c, h := connected(t, nil)
	queries := watch(srv)
	if err := c.Notify(within(t), "The number was restricted."); err != nil {
		t.Fatal(err)
	}
	queries.quiet(t, 1)
	if notes, err := srv.Phone().WaitNote(within(t), 1); err != nil || notes[0].Text != "The number was restricted." {
		t.Errorf("%+v %v", notes, err)
	}
	if len(h.messages) != 0 {
		t.Errorf("the notice came back: %+v", h.messages)
	}
}
