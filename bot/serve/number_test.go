package serve

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/whatsapp"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// A numberStage is one number as `run` serves it, without its loops, linked to a server on loopback. It tells what its handler
// has been told.
type numberStage struct {
	*numberServer
	t   *testing.T
	srv *whatsapptest.Server
	ctx context.Context

	told  chan bot.NumberEvent
	taken chan string
	ahead atomic.Int64 // how far the clock is ahead, in nanoseconds
}

func newNumberStage(t *testing.T) *numberStage {
	t.Helper()
	if testing.Short() {
		t.Skip("talks to a WhatsApp server; with -race the library's own races may show (docs/testing.md)")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	srv := whatsapptest.NewServer()
	t.Cleanup(srv.Close)
	srv.Hasty(true)
	s := &numberStage{t: t, srv: srv, ctx: ctx, told: make(chan bot.NumberEvent, 100), taken: make(chan string, 100)}
	o := testOptions(t)
	o.Now = func() time.Time { return time.Now().UTC().Add(time.Duration(s.ahead.Load())) }
	srv.SetClock(o.Now)
	d, err := desk.Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, d.Close()) })
	key := srv.RootKey()
	wire := whatsapp.Options{
		Store: o.Config.SessionFile(mainNumber), Log: o.Log,
		TestServer: &whatsapp.TestServer{Addr: srv.Addr(), CertPubKey: hex.EncodeToString(key[:])},
	}
	s.numberServer = &numberServer{Desk: d, Store: d.Store, number: o.Config.Numbers[0], options: Options{Connect: wire.OpenConnection}}
	must(t, s.open(ctx, s))
	t.Cleanup(func() { must(t, s.client.Close()) })
	s.link()
	return s
}

// link links the number and connects it, as `link` and then `run` do.
func (s *numberStage) link() {
	s.t.Helper()
	jid, err := s.client.(*whatsapp.Client).Link(s.ctx, whatsapp.LinkOptions{PrintCode: true, Out: scanner(s.srv.Scan)})
	must(s.t, err)
	_, phone := s.client.Linked()
	must(s.t, s.RememberLink(s.ctx, "main", jid, phone))
	s.connect()
}

func (s *numberStage) connect() {
	s.t.Helper()
	must(s.t, s.client.Connect(s.ctx))
	s.wait(bot.NumberSynced)
}

// Message and NumberEvent note what the number has taken, once it is committed.
func (s *numberStage) Message(ctx context.Context, m bot.Message) error {
	err := s.numberServer.Message(ctx, m)
	if err == nil {
		s.taken <- m.ID
	}
	return err
}

func (s *numberStage) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	err := s.numberServer.NumberEvent(ctx, e)
	s.told <- e
	return err
}

func (s *numberStage) wait(kind bot.NumberEventKind) {
	s.t.Helper()
	for {
		select {
		case e := <-s.told:
			if e.Kind == kind {
				return
			}
		case <-s.ctx.Done():
			s.t.Fatalf("%s did not happen", kind)
		}
	}
}

func (s *numberStage) waitTaken(id string) {
	s.t.Helper()
	for {
		select {
		case got := <-s.taken:
			if got == id {
				return
			}
		case <-s.ctx.Done():
			s.t.Fatalf("message %s was not taken", id)
		}
	}
}

func (s *numberStage) notices() []store.Notice {
	s.t.Helper()
	list, err := s.Store.Notices(s.ctx, "main", 20)
	must(s.t, err)
	slices.Reverse(list)
	return list
}

// notes are the texts in the number's own chat. The library's requests to the phone are there too, and have none.
func (s *numberStage) notes() (texts []string) {
	for _, n := range s.srv.Phone().Notes() {
		if n.Text != "" {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// waits is why the number sends no promotions now, the warm-up aside.
func (s *numberStage) waits() bot.Reason {
	s.t.Helper()
	row, err := s.Store.Number(s.ctx, "main")
	must(s.t, err)
	row.LinkedAt = row.LinkedAt.AddDate(0, 0, -90)
	return bot.NumberMaySend(row.NumberState, s.Limits("main"), s.Now()).Reason
}

// TestB1EveryEndIsAStateAHoldAndANotice: what `status` shows, why promotions wait, and what the operator is told to do: in the
// number's own chat, once it is connected again.
func TestB1EveryEndIsAStateAHoldAndANotice(t *testing.T) {
	refuse := func(reason int) func(*whatsapptest.Phone) {
		return func(p *whatsapptest.Phone) {
			p.Refuse(whatsapptest.Refusal{Reason: reason})
			p.Drop()
		}
	}
	rows := []struct {
		name   string
		does   func(*whatsapptest.Phone)
		kind   bot.NumberEventKind
		waits  bot.Reason
		says   string
		linked bool
		after  bot.Reason // once it is connected again
	}{
		{"unlinked on the phone", (*whatsapptest.Phone).Unlink, bot.NumberLoggedOut, bot.Disconnected, "run `optinbot link`", false, ""},
		{"account locked", refuse(403), bot.NumberLoggedOut, bot.Disconnected, "(403)", false, ""},
		{"account banned", refuse(406), bot.NumberLoggedOut, bot.Disconnected, "(406)", false, ""},
		{"outdated", refuse(405), bot.NumberOutdated, bot.Disconnected, "Install a newer optinbot", true, ""},
		{"refused", refuse(409), bot.NumberFailed, bot.Disconnected, "look at WhatsApp on the phone", true, ""},
		{"replaced", (*whatsapptest.Phone).Replace, bot.NumberReplaced, bot.Disconnected, "find and stop it", true, ""},
		{"banned for a time", func(p *whatsapptest.Phone) { p.Ban(101, time.Hour) }, bot.NumberBanned, bot.RestrictedUntil, "tried again by itself after the end", true, bot.RestrictedUntil},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := newNumberStage(t)
			row.does(s.srv.Phone())
			s.wait(row.kind)
			n, err := s.Store.Number(s.ctx, "main")
			must(t, err)
			if n.Status != row.kind || (n.JID != "") != row.linked || s.waits() != row.waits {
				t.Errorf("status %s, linked %q, promotions wait for %q", n.Status, n.JID, s.waits())
			}
			if banned := barred(n); banned.IsZero() == (row.kind == bot.NumberBanned) || !banned.IsZero() && !banned.Equal(n.RestrictedUntil) {
				t.Errorf("the next start of `run` does not log in before %v, restricted until %v", banned, n.RestrictedUntil)
			}
			told := s.notices()
			if len(told) != 1 || told[0].Kind != string(bot.NoticeNumber) || !strings.Contains(told[0].Text, row.says) {
				t.Fatalf("notices: %+v", told)
			}
			s.hand(s.ctx) // it cannot go out now, and waits
			s.srv.Phone().Accept()
			if row.linked {
				s.connect()
			} else {
				s.link()
			}
			s.hand(s.ctx)
			if notes := s.notes(); len(notes) != 1 || !strings.Contains(notes[0], row.says) {
				t.Errorf("in the own chat: %q", notes)
			}
			if got := s.waits(); got != row.after {
				t.Errorf("connected again, promotions wait for %q", got)
			}
		})
	}
}

// TestB3ARefusedNoticeIsNotRepeatedBlindly: every write to the store is an occasion to send what waits for the operator; after a
// refusal the next one is ten minutes away.
func TestB3ARefusedNoticeIsNotRepeatedBlindly(t *testing.T) {
	s := newNumberStage(t)
	must(t, s.Store.Notify(s.ctx, "main", bot.NoticeNumber, "look here", s.Now()))
	s.srv.Next(whatsapptest.Fate{Error: 429})
	for range 3 {
		s.hand(s.ctx)
	}
	if notes := s.notes(); len(notes) != 0 {
		t.Errorf("sent in spite of the refusal: %q", notes)
	}
	s.ahead.Store(int64(noticePause))
	s.hand(s.ctx)
	if notes := s.notes(); len(notes) != 1 {
		t.Errorf("after a while: %q", notes)
	}
}

// TestB3TimeLockHoldsPromotionsOnly: the connection stays, people who write are answered, and the hold ends when it is lifted.
func TestB3TimeLockHoldsPromotionsOnly(t *testing.T) {
	s := newNumberStage(t)
	s.srv.Phone().TimeLock(time.Now().Add(time.Hour))
	s.wait(bot.NumberRestricted)
	if got := s.waits(); got != bot.RestrictedUntil {
		t.Errorf("promotions wait for %q", got)
	}
	ana := s.srv.Contact("+5511900000001")
	s.waitTaken(ana.Send("oi"))
	if sent, err := s.pump.SendNext(s.ctx); err != nil || !sent || len(ana.Received()) != 1 {
		t.Errorf("the answer: %v %v, received %q", sent, err, ana.Texts())
	}
	s.srv.Phone().LiftTimeLock()
	s.wait(bot.NumberReleased)
	if got := s.waits(); got != "" {
		t.Errorf("lifted, promotions wait for %q", got)
	}
	told := s.notices()
	if len(told) != 2 || !strings.Contains(told[0].Text, "look at the phone") || !strings.Contains(told[1].Text, "lifted") {
		t.Errorf("notices: %+v", told)
	}
}

// TestB3NeedsInbound: a 463 for one contact holds promotions to them and leaves one notice, and nothing is tried again; what
// they write next ends it.
func TestB3NeedsInbound(t *testing.T) {
	s := newNumberStage(t)
	ana := s.srv.Contact("+5511900000001")
	s.waitTaken(ana.Send("quero promoções"))
	s.srv.Next(whatsapptest.Fate{Error: 463})
	s.srv.Next(whatsapptest.Fate{Error: 463})
	s.drain()
	held := func() bool {
		c, err := s.Store.Contact(s.ctx, "main", ana.Number())
		must(t, err)
		return c.Has(bot.NeedsInbound)
	}
	var told []string
	for _, n := range s.notices() {
		told = append(told, n.Kind)
	}
	// The first message refused was the one that tells them what they signed up for, which has a notice of its own.
	if want := []string{string(bot.NoticeNeedsInbound), string(bot.NoticeNotDelivered)}; !slices.Equal(told, want) || !held() {
		t.Errorf("held %v, notices %v", held(), told)
	}
	if got := ana.Received(); len(got) != 0 {
		t.Errorf("sent again: %+v", got)
	}
	s.waitTaken(ana.Send("A"))
	if held() {
		t.Error("they wrote, and it is still held")
	}
	s.drain()
	if len(ana.Received()) == 0 {
		t.Error("no answer")
	}
}

// TestT3UndecryptableHoldsPromotions: it may have been a stop. They are asked once to write again, and their next readable
// message ends the hold.
func TestT3UndecryptableHoldsPromotions(t *testing.T) {
	s := newNumberStage(t)
	ana := s.srv.Contact("+5511900000001")
	s.waitTaken(ana.Send("quero promoções"))
	s.drain()
	before := len(ana.Received())
	s.waitTaken(ana.Send("sair", whatsapptest.Unreadable(-1)))
	s.drain()
	c, err := s.Store.Contact(s.ctx, "main", ana.Number())
	must(t, err)
	told := s.notices()
	if !c.Has(bot.UndecryptableMessage) || len(told) != 1 || told[0].Kind != string(bot.NoticeUnreadable) {
		t.Errorf("holds %v, notices %+v", c.Holds, told)
	}
	if n := len(ana.Received()); n != before {
		t.Errorf("%d messages at once: it may come again by itself", n-before)
	}
	s.later(bot.AskResendAfter)
	if got, err := ana.WaitFor(s.ctx, before+1); err != nil || len(got) != before+1 {
		t.Errorf("asked to write again: %d messages, %v", len(got)-before, err)
	}
	s.waitTaken(ana.Send("A"))
	if c, err = s.Store.Contact(s.ctx, "main", ana.Number()); err != nil || c.Has(bot.UndecryptableMessage) {
		t.Errorf("they wrote, and it holds: %v %v", c.Holds, err)
	}
}

// TestB1ThePhoneIsSeen: linking is a sign of the phone, and what is typed on it is.
func TestB1ThePhoneIsSeen(t *testing.T) {
	s := newNumberStage(t)
	linked, err := s.Store.Number(s.ctx, "main")
	must(t, err)
	if linked.PhoneAt.IsZero() {
		t.Error("linked, and the phone was not seen")
	}
	s.ahead.Store(int64(48 * time.Hour))
	later := s.Now().Truncate(time.Second)
	s.waitTaken(s.srv.Phone().TypeTo(s.srv.Contact("+5511900000001"), "hello"))
	if n, err := s.Store.Number(s.ctx, "main"); err != nil || n.PhoneAt.Before(later) {
		t.Errorf("seen at %v, not after %v: %v", n.PhoneAt, later, err)
	}
}

// later lets time pass, and happen what is due.
func (s *numberStage) later(d time.Duration) {
	s.t.Helper()
	s.ahead.Add(int64(d))
	must(s.t, s.pump.Tick(s.ctx))
	s.drain()
}

// drain sends what is to be sent.
func (s *numberStage) drain() {
	s.t.Helper()
	for sent := true; sent; {
		var err error
		sent, err = s.pump.SendNext(s.ctx)
		must(s.t, err)
	}
}
