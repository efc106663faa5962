package whatsapp

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
)

// TestB0RedeliveredAfterAPanic: the message is not acknowledged, stays with WhatsApp, can be
// decrypted a second time, and has its turn in the next process.
func TestB0RedeliveredAfterAPanic(t *testing.T) {
	for name, problem := range map[string]func(bot.Message) error{
		"panic": func(bot.Message) error { panic("a bug") },
		"error": func(bot.Message) error { return errors.New("disk full") },
	} {
		t.Run(name, func(t *testing.T) {
			srv, h := startServer(t), &recorder{}
			o := serverOptions(t, srv, h)
			c := open(t, o)
			link(t, srv, c)
			connect(t, c, h)
			tried := make(chan string, 10)
			h.setBefore(func(m bot.Message) error { tried <- m.ID; return problem(m) })
			ana := srv.Contact("+5511900000001")
			id := ana.Send("2")
			if got := <-tried; got != id {
				t.Fatalf("tried %s", got)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if srv.Phone().Waiting() == 0 {
				t.Fatal("acknowledged without a commit")
			}
			h.setBefore(nil)
			c = open(t, o)
			connect(t, c, h)
			if m := h.message(t, id, bot.KindText); m.Text != "2" {
				t.Errorf("%+v", m)
			}
			if err := ana.WaitAcknowledged(within(t), id); err != nil {
				t.Error(err)
			}
			if len(h.messages) != 1 {
				t.Errorf("%d turns", len(h.messages))
			}
		})
	}
}

// TestB5OfflineMessagesComeBeforeTheEndOfTheSync: a stop that waited is handed over before
// NumberSynced lets marketing go on.
func TestB5OfflineMessagesComeBeforeTheEndOfTheSync(t *testing.T) {
	srv, c, h := connected(t, nil)
	h.number(t, bot.NumberSynced, 1)
	c.Disconnect()
	ana := srv.Contact("+5511900000001")
	id := ana.Send("stop")
	connect(t, c, h)
	h.number(t, bot.NumberSynced, 2)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.messages) != 1 || h.messages[0].ID != id {
		t.Errorf("at the end of the sync: %+v", h.messages)
	}
}

func TestB3RefusalsHaveTheirCode(t *testing.T) {
	srv, c, _ := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	for _, code := range []int{463, 479, 429, 500} {
		srv.Next(whatsapptest.Fate{Error: code})
		if _, result := send(t, c, to(ana), "oi"); result.Status != bot.SendRefused || result.Code != code {
			t.Errorf("%d: %+v", code, result)
		}
	}
	mustSend(t, c, to(ana), "still readable")
	if got, err := ana.WaitText(within(t), "still readable"); err != nil || len(ana.Received()) != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestUnknownIsWhatMayHaveArrived: no acknowledgement in time, and a cut that lasts.
func TestUnknownIsWhatMayHaveArrived(t *testing.T) {
	srv, c, h := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	queries := watch(srv)
	mustSend(t, c, to(ana), "first")
	queries.quiet(t, 1)

	srv.Next(whatsapptest.Fate{NoAck: true})
	id, result := sendBriefly(t, c, to(ana), "second")
	if result.Status != bot.SendUnknown {
		t.Errorf("no acknowledgement: %+v", result)
	}
	if ana.Decryptions(id) != 1 {
		t.Errorf("decrypted %d times", ana.Decryptions(id))
	}

	for _, cut := range []whatsapptest.Cut{whatsapptest.CutBefore, whatsapptest.CutAfter} {
		srv.Phone().Refuse(whatsapptest.Refusal{Reason: 503})
		srv.Next(whatsapptest.Fate{Cut: cut})
		before := times(h, bot.NumberConnected)
		if _, result = sendBriefly(t, c, to(ana), "third"); result.Status != bot.SendUnknown {
			t.Errorf("cut %v: %+v", cut, result)
		}
		if _, result = send(t, c, to(ana), "fourth"); result.Status != bot.SendNotTried {
			t.Errorf("while not connected: %+v", result)
		}
		srv.Phone().Accept()
		h.number(t, bot.NumberConnected, before+1)
	}
	mustSend(t, c, to(ana), "fifth")
}

// sendBriefly sends, and waits a second for the answer. Only what is not to be answered is sent so:
// a slow machine needs longer.
func sendBriefly(t *testing.T, c *Client, to []bot.Identity, text string) (string, bot.SendResult) {
	t.Helper()
	ctx, cancel := context.WithTimeout(within(t), time.Second)
	defer cancel()
	id := c.NewMessageID()
	return id, c.Send(ctx, bot.Outgoing{ID: id, To: to, Text: text})
}

// TestB5NoReceiptKeepsAStopWaiting: a read receipt, before which the library asks for the privacy
// setting, does not hold up what comes after the message it is for.
func TestB5NoReceiptKeepsAStopWaiting(t *testing.T) {
	// longer than the test is ready to wait
	srv, c, h := connected(t, func(o *Options) { o.SendTimeout = 2 * time.Minute })
	srv.Ignore("privacy")
	h.setBefore(func(m bot.Message) error { return c.MarkRead(t.Context(), m.ID, m.Identities) })
	ana := srv.Contact("+5511900000001")
	greeting, stop := ana.Send("oi"), ana.Send("2")
	h.message(t, greeting, bot.KindText)
	h.message(t, stop, bot.KindText)
	if err := ana.WaitAcknowledged(within(t), stop); err != nil {
		t.Error(err)
	}
}

// TestShortCutIsHealedByTheLibrary: it repeats the identical frame, and the contact reads the
// message once.
func TestShortCutIsHealedByTheLibrary(t *testing.T) {
	srv, c, h := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	queries := watch(srv)
	mustSend(t, c, to(ana), "first")
	queries.quiet(t, 1)
	for _, cut := range []whatsapptest.Cut{whatsapptest.CutBefore, whatsapptest.CutAfter} {
		srv.Next(whatsapptest.Fate{Cut: cut})
		before := times(h, bot.NumberConnected)
		id := mustSend(t, c, to(ana), "second")
		h.number(t, bot.NumberConnected, before+1)
		if n := ana.Decryptions(id); n != 1 {
			t.Errorf("cut %v: decrypted %d times", cut, n)
		}
	}
}

func TestCloseEndsASendUnderWay(t *testing.T) {
	srv, c, _ := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	queries := watch(srv)
	mustSend(t, c, to(ana), "first")
	queries.quiet(t, 1)
	reached := make(chan struct{})
	srv.Decide(func(whatsapptest.Outbound) whatsapptest.Fate { close(reached); return whatsapptest.Fate{NoAck: true} })
	result := make(chan bot.SendResult)
	go func() {
		result <- c.Send(context.Background(), bot.Outgoing{ID: NewMessageID(), To: to(ana), Text: "oi"})
	}()
	<-reached
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if r := <-result; r.Status != bot.SendUnknown {
		t.Errorf("%+v", r)
	}
}

// TestC7NothingForTheNextOwnerOfTheNumber: through the real client, with the server knowing the new
// owner.
func TestC7NothingForTheNextOwnerOfTheNumber(t *testing.T) {
	srv, c, h := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	h.message(t, ana.Send("I want promotions"), bot.KindText)
	known := to(ana)
	rui := srv.Reassign("+5511900000001")
	rui.Send("Hello, is this a shop?")
	h.until(t, "Rui's message", func() bool { return len(h.messages) == 2 })
	if _, result := send(t, c, known, "offer"); result.Status != bot.SendRefused {
		t.Errorf("%+v", result)
	}
	if len(rui.Received()) != 0 {
		t.Errorf("Rui got %v", rui.Texts())
	}
}

// TestB1EveryEndOfAConnection: what the server does, what the operator is told, and whether the
// number is still linked.
func TestB1EveryEndOfAConnection(t *testing.T) {
	rows := []struct {
		name   string
		does   func(*whatsapptest.Phone)
		kind   bot.NumberEventKind
		says   string
		linked bool
	}{
		{"unlinked on the phone", (*whatsapptest.Phone).Unlink, bot.NumberLoggedOut, "401", false},
		{"account locked", refuse(403), bot.NumberLoggedOut, "403", false},
		{"account banned", refuse(406), bot.NumberLoggedOut, "406", false},
		{"outdated", refuse(405), bot.NumberOutdated, "2026-09-21", true},
		{"user agent", refuse(409), bot.NumberFailed, "409", true},
		{"replaced", (*whatsapptest.Phone).Replace, bot.NumberReplaced, "another program", true},
		{"banned for a time", func(p *whatsapptest.Phone) { p.Ban(101, time.Hour) }, bot.NumberBanned, "101", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			srv, c, h := connected(t, nil)
			row.does(srv.Phone())
			e := h.number(t, row.kind, 1)
			if !strings.Contains(e.Detail, row.says) {
				t.Errorf("%q does not say %q", e.Detail, row.says)
			}
			if row.kind == bot.NumberBanned && time.Until(e.Until) > time.Hour {
				t.Errorf("until %v", e.Until)
			}
			if _, result := send(t, c, to(srv.Contact("+5511900000001")), "oi"); result.Status != bot.SendNotTried {
				t.Errorf("a send: %+v", result)
			}
			if jid, _ := c.Linked(); (jid != "") != row.linked {
				t.Errorf("linked to %q", jid)
			}
			srv.Phone().Accept()
			if row.linked {
				connect(t, c, h)
				return
			}
			if err := c.Connect(within(t)); !errors.Is(err, bot.ErrNotLinked) {
				t.Errorf("connect: %v", err)
			}
			link(t, srv, c) // by hand, never by itself
			connect(t, c, h)
		})
	}
}

func refuse(reason int) func(*whatsapptest.Phone) {
	return func(p *whatsapptest.Phone) {
		p.Refuse(whatsapptest.Refusal{Reason: reason})
		p.Drop()
	}
}

func TestB1ReconnectsByItself(t *testing.T) {
	srv, _, h := connected(t, nil)
	srv.Phone().Drop()
	h.number(t, bot.NumberDisconnected, 1)
	h.number(t, bot.NumberConnected, 2)
	srv.Phone().StreamError(503)
	h.number(t, bot.NumberConnected, 3)
}

func TestB3TimeLock(t *testing.T) {
	srv, c, h := connected(t, nil)
	end := time.Now().Add(6 * 24 * time.Hour).Truncate(time.Second)
	srv.Phone().TimeLock(end)
	if e := h.number(t, bot.NumberRestricted, 1); !e.Until.Equal(end) {
		t.Errorf("until %v, want %v", e.Until, end)
	}
	ana, rui := srv.Contact("+5511900000001"), srv.Contact("+5511900000002")
	h.message(t, ana.Send("oi"), bot.KindText)
	mustSend(t, c, to(ana), "people who write are answered")
	if _, result := send(t, c, to(rui), "offer"); result.Code != 463 {
		t.Errorf("%+v", result)
	}
	srv.Phone().LiftTimeLock()
	h.number(t, bot.NumberReleased, 1)
}

// TestB6RetryAfterARestart: a contact whose phone could not read a message gets it again from the
// next process, unless the bot refuses.
func TestB6RetryAfterARestart(t *testing.T) {
	srv, h := startServer(t), &recorder{}
	left := ""
	asked := make(chan string, 10)
	o := serverOptions(t, srv, h)
	o.Refuse = func(who []bot.Identity, id string) bool {
		asked <- id
		return id == left
	}
	c := open(t, o)
	link(t, srv, c)
	connect(t, c, h)
	ana := srv.Contact("+5511900000001")
	queries := watch(srv)
	wanted, unwanted := mustSend(t, c, to(ana), "welcome"), mustSend(t, c, to(ana), "offer")
	queries.quiet(t, 1)
	left = unwanted
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, o)
	connect(t, c, h)
	ana.AskAgain(unwanted, true)
	if id := <-asked; id != unwanted {
		t.Errorf("asked about %s", id)
	}
	ana.AskAgain(wanted, true)
	if _, err := ana.WaitFor(within(t), 3); err != nil {
		t.Fatal(err)
	}
	if a, b := ana.Decryptions(wanted), ana.Decryptions(unwanted); a != 2 || b != 1 {
		t.Errorf("decrypted %d and %d times", a, b)
	}
}

func TestB5HistoryOverTheWire(t *testing.T) {
	srv, _, h := connected(t, nil)
	ana, rui := srv.Contact("+5511900000001"), srv.Contact("+5511900000002")
	then := time.Now().Add(-time.Hour).Truncate(time.Second)
	failed := make(chan struct{}, 10)
	h.setBefore(func(bot.Message) error { failed <- struct{}{}; return errors.New("disk full") })
	srv.Phone().SyncHistory(
		whatsapptest.Chat{With: ana, Past: []whatsapptest.Past{{ID: "H2", At: then.Add(time.Minute), Text: "stop"}, {ID: "H1", At: then, FromMe: true, Text: "Hi Ana"}}},
		whatsapptest.Chat{With: rui, Past: []whatsapptest.Past{{ID: "H3", At: then.Add(2 * time.Minute), Text: "oi"}}},
	)
	<-failed
	h.setBefore(nil)
	srv.Phone().Drop() // the next connection takes it up again
	h.number(t, NumberHistoryRead, 1)
	stop := h.message(t, "H2", bot.KindText)
	if !stop.History || stop.FromMe || stop.Text != "stop" || !stop.At.Equal(then.Add(time.Minute)) ||
		bot.PhoneOf(stop.Identities) != ana.Number() || bot.LIDOf(stop.Identities) != ana.LID().User {
		t.Errorf("%+v", stop)
	}
	if typed := h.message(t, "H1", bot.KindText); !typed.History || !typed.FromMe {
		t.Errorf("%+v", typed)
	}
	h.message(t, "H3", bot.KindText)
	if len(h.messages) != 3 || h.messages[0].ID != "H1" {
		t.Errorf("%+v", h.messages)
	}
}

func TestB6CardAndTimerArrive(t *testing.T) {
	srv, c, _ := connected(t, nil)
	ana := srv.Contact("+5511900000001")
	card := bot.Outgoing{ID: NewMessageID(), To: to(ana), Card: &bot.Card{Name: "Casa Aurora", Phone: srv.Phone().Number()}}
	if result := c.Send(within(t), card); result.Status != bot.SendAccepted {
		t.Fatalf("%+v", result)
	}
	vanishing := bot.Outgoing{ID: NewMessageID(), To: to(ana), Text: "oi", Expires: time.Hour}
	if result := c.Send(within(t), vanishing); result.Status != bot.SendAccepted {
		t.Fatalf("%+v", result)
	}
	got, err := ana.WaitFor(within(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	if v := got[0].Message.GetContactMessage(); got[0].ID != card.ID || v.GetDisplayName() != "Casa Aurora" || !strings.Contains(v.GetVcard(), "TEL;") {
		t.Errorf("%v", got[0].Message)
	}
	if x := got[1].Message.GetExtendedTextMessage(); x.GetText() != "oi" || x.GetContextInfo().GetExpiration() != 3600 {
		t.Errorf("%v", got[1].Message)
	}
}

// TestB6NotAvailable: contacts see our name, and the shop's phone goes on ringing.
func TestB6NotAvailable(t *testing.T) {
	srv, _, _ := connected(t, nil)
	err := srv.WaitUntil(within(t), func() bool { return srv.Phone().Presence() == "unavailable" })
	if err != nil {
		t.Errorf("presence %q: %v", srv.Phone().Presence(), err)
	}
}

func TestNobodyHasThePhone(t *testing.T) {
	_, c, _ := connected(t, nil)
	_, result := send(t, c, []bot.Identity{{Kind: bot.Phone, Value: "+4915799999999"}}, "oi")
	if result.Status != bot.SendRefused || result.Code != 0 || strings.Contains(result.Detail, "4915799999999") {
		t.Errorf("%+v", result)
	}
}
