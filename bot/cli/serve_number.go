package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/store"
)

// anchor puts the head of the number's ledger into its own chat, about once a week. A clock that
// was set back only delays it.
func (s *served) anchor(ctx context.Context) {
	now := s.Now()
	if wait := s.anchorAt.Sub(now); wait > 0 && wait <= anchorLook {
		return
	}
	s.anchorAt = now.Add(anchorLook)
	if err := s.Store.AnchorHead(ctx, s.number.Name, now); err != nil {
		s.Log.Error("the head of the ledger could not be noted", "number", s.number.Name, "error", err)
	}
}

// seeClock notes by how much the machine's clock is ahead of WhatsApp's: what an operator records
// goes by the one, what people write by the other. Stops recorded since the last look get their
// true times.
func (s *served) seeClock(ctx context.Context) {
	ahead, known := s.client.Ahead()
	if !known {
		return
	}
	now := s.Now()
	changed := (ahead - time.Duration(s.Ahead.Load())).Abs() >= time.Second
	if since := now.Sub(s.clockAt); !changed && since >= 0 && since < clockEvery {
		return
	}
	s.Ahead.Store(int64(ahead))
	restated, err := s.Store.SeeClock(ctx, s.number.Name, ahead, s.Envs)
	if err != nil {
		s.clockAt = time.Time{} // it is tried again, and the store's own loops report its errors
		return
	}
	s.clockAt = now
	if restated > 0 {
		s.Log.Warn("stops had been recorded by a wrong clock", "number", s.number.Name, "people", restated, "ahead",
			ahead)
	}
}

// keep serves a number for as long as `run` runs. Its trouble is its own: a number that cannot be
// served is told and tried again, and the others are served. One that is not linked, or whose
// session WhatsApp has ended, is not held, so that `link` can link it, and is waited for.
func (s *served) keep(ctx context.Context) {
	if !s.awaitFlow(ctx) {
		return
	}
	s.takeUp(ctx)
	for pause := time.Duration(0); ctx.Err() == nil; {
		row, err := s.Store.Number(ctx, s.number.Name)
		if err == nil && row.JID == "" {
			s.Log.Warn("number is not linked; `optinbot link` links it, also while this runs", "number", s.number.Name)
			s.await(ctx, row, 0)
			continue
		}
		began := time.Now()
		if s.jid, s.row = row.JID, row; err == nil {
			err = s.serve(ctx)
		}
		var over sessionOver
		switch {
		case ctx.Err() != nil:
		case errors.As(err, &over):
			s.await(ctx, s.row, 0)
		case errors.Is(err, bot.ErrNotLinked):
			s.tell(ctx, bot.NumberLoggedOut, fmt.Sprintf("the file of its WhatsApp session (%s) does not have it any "+
				"more. Nothing is sent; `optinbot link` links the number again", desk.ShownPath(s.Config.SessionFile(s.number.Name))))
		case errors.Is(err, bot.ErrInUse): // `link` is about to have linked it
			s.Log.Warn("the number is not served yet", "number", s.number.Name, "error", err)
			s.await(ctx, row, firstPause)
		default:
			if time.Since(began) > longestPause {
				pause, s.failed = 0, ""
			}
			pause = min(max(2*pause, firstPause), longestPause)
			s.tell(ctx, bot.NumberFailed, fmt.Sprintf("the number cannot be served: %v. It is tried again by itself, "+
				"a minute apart at most; the other numbers are served. "+
				"If it is the file of its session that cannot be read, `optinbot link` sets it aside and links the "+
				"number again", err))
			s.await(ctx, row, pause)
		}
	}
}

// awaitFlow returns when the number has a flow, and is false when ctx is done before.
func (s *served) awaitFlow(ctx context.Context) bool {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for s.Machine(s.number.Name) == nil {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
	}
	return true
}

// await returns when the number was linked, by whatever process, since a row was read; or after a
// time, 0: never.
func (s *served) await(ctx context.Context, since store.NumberRow, atMost time.Duration) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for began := time.Now(); atMost == 0 || time.Since(began) < atMost; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// `link` notes the sign of the phone also where the session is the one of before.
		if row, err := s.Store.Number(ctx, s.number.Name); err == nil && row.JID != "" &&
			(row.JID != since.JID || !row.PhoneAt.Equal(since.PhoneAt)) {
			s.failed = ""
			return
		}
	}
}

// tell tells the operator why the number is not served, once for each reason.
func (s *served) tell(ctx context.Context, kind bot.NumberEventKind, detail string) {
	if s.failed == detail {
		return
	}
	s.failed = detail
	s.Log.Error("the number is not served", "number", s.number.Name, "detail", detail)
	if err := s.Store.NumberEvent(ctx, s.number.Name,
		bot.NumberEvent{Kind: kind, Detail: detail, At: s.Now()}); err != nil {
		s.Log.Error("the store refused", "number", s.number.Name, "error", err)
	}
}

// takeUp notes a link that was completed on the phone, and of which nobody took note: `link` was
// killed in between.
func (s *served) takeUp(ctx context.Context) {
	row, err := s.Store.Number(ctx, s.number.Name)
	if _, missing := os.Stat(s.Config.SessionFile(s.number.Name)); err != nil || row.JID != "" || missing != nil {
		return
	}
	client, err := s.connect(ctx, bot.ConnectionOptions{Number: s.number.Name, Now: s.Now})
	if err != nil {
		s.Log.Warn("the WhatsApp session cannot be read", "number", s.number.Name, "error", err)
		return
	}
	defer client.Close()
	if jid, phone := client.Linked(); jid != "" {
		if err := s.Store.Linked(ctx, s.number.Name, jid, phone, s.Now()); err != nil {
			s.tell(ctx, bot.NumberFailed, err.Error())
		}
	}
}

// served is one number while `run` serves it. It is the connection's way in: the pump, and what
// serving adds.
type served struct {
	bot.Inbound // the pump
	*desk.Desk
	number  config.Number
	connect bot.OpenConnection
	jid     string
	row     store.NumberRow          // as it was when nobody could link the number
	over    chan bot.NumberEventKind // WhatsApp has ended the session
	failed  string                   // what was told last about why it cannot be served
	client  bot.Connection
	pump    *pump.Pump
	who     *whoIsWho
	logged  int64 // the last notice that was logged

	asked    chan<- struct{} // somebody asked to look at the flows
	reloadAt time.Time       // when that was
	anchorAt time.Time       // the next look at the head of the ledger
	noNotice time.Time       // until then no notice is sent to the own chat
	clockAt  time.Time       // when the clock was last noted
}

// serve serves the number until ctx is done, or it cannot be served.
func (s *served) serve(ctx context.Context) error {
	s.over = make(chan bot.NumberEventKind, 1)
	if err := s.open(ctx, s); err != nil {
		return err
	}
	defer s.client.Close()
	// The pump ends first, with what it has in hand; then the connection.
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.pump.Run(ctx) })
	g.Go(func() error { return s.watch(ctx) })
	g.Go(func() error { return s.who.watch(ctx) })
	g.Go(func() error {
		if err := s.client.Connect(ctx); err != nil {
			return err
		}
		s.Log.Info("serving", "number", s.number.Name, "flow", s.Machine(s.number.Name).Version())
		return nil
	})
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case kind := <-s.over:
			return sessionOver(kind)
		}
	})
	err := g.Wait()
	s.client.Disconnect()
	if row, err := s.Store.Number(context.WithoutCancel(ctx), s.number.Name); err == nil {
		s.row = row
	}
	return err
}

// open makes the client, with its way in, and the pump.
func (s *served) open(ctx context.Context, inbound bot.Inbound) (err error) {
	s.client, err = s.connect(ctx, bot.ConnectionOptions{
		Number: s.number.Name, Account: s.jid, Inbound: inbound, Refuse: s.refuse, Left: s.left, Barred: barred(s.row), Now: s.Now, Media: s.Store.Media,
	})
	if err != nil {
		return err
	}
	s.who = s.newWhoIsWho()
	s.pump = pump.New(pump.Config{
		Number: s.number.Name, Inbox: s.Store, Outbox: s.Store, Timers: s.Store, Schedule: s.Store, Transport: s.client,
		Envs: s.envsOf(s.client.Directory()), Now: s.Now, Limits: func() bot.Limits { return s.Limits[s.number.Name] }, Render: s.Render, Armed: s.ArmedNow,
		Retention: bot.Retention{Messages: s.Config.Retention.Messages.D(),
			Strangers: s.Config.Retention.Strangers.D()},
		Edited: func(o bot.Occurrence) bool { return s.Edited(ctx, o) }, Card: s.card, Log: s.Log,
	})
	s.Inbound = s.pump
	return nil
}

// barred is until when the number is banned; zero: it is not. A time-lock leaves the connection as
// it is.
func barred(row store.NumberRow) time.Time {
	if row.Status != bot.NumberBanned {
		return time.Time{}
	}
	return row.RestrictedUntil
}

func (s *served) card() bot.Card {
	_, phone := s.client.Linked()
	return bot.Card{Name: s.CardName(s.number.Name), Phone: phone}
}

// watch wakes the pump when another process has written, and hands notices to the number's own
// chat.
func (s *served) watch(ctx context.Context) error {
	w, err := s.Store.Watch(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		s.anchor(ctx)
		s.seeClock(ctx)
		changed, err := w.Changed(ctx)
		if err != nil || !changed {
			continue // the store's own loops report its errors
		}
		s.pump.Wake()
		s.lookAtReload(ctx)
		s.hand(ctx)
	}
}

// lookAtReload passes on that `flow reload` was called.
func (s *served) lookAtReload(ctx context.Context) {
	at, err := s.Store.ReloadAsked(ctx, s.number.Name)
	if err != nil || !at.After(s.reloadAt) {
		return
	}
	s.reloadAt = at
	select {
	case s.asked <- struct{}{}:
	default: // it is about to look
	}
}

// noticePause is how long notices wait after one that WhatsApp refused or did not answer. Every
// turn of a contact is an occasion to try, and a number that is refused must not knock at each of
// them.
const noticePause = 10 * time.Minute

// hand writes the notices that have not reached the operator's phone to the "Message yourself"
// chat.
func (s *served) hand(ctx context.Context) {
	notices, err := s.Store.UnsentNotices(ctx, s.number.Name, 5)
	if err != nil {
		return
	}
	for _, n := range notices {
		if n.ID > s.logged {
			s.logged = n.ID
			s.logNotice(n)
		}
		text := n.Text
		if n.Contact != 0 {
			text = fmt.Sprintf("%s (contact %d: `optinbot contacts list`)", text, n.Contact)
		}
		if wait := s.noNotice.Sub(s.Now()); wait > 0 && wait <= noticePause { // longer: the clock was set back since
			return
		}
		if err := s.client.Notify(ctx, text); err != nil { // it stays unsent, and is shown by `status`
			if !errors.Is(err, bot.ErrNotTried) {
				s.noNotice = s.Now().Add(noticePause)
			}
			return
		}
		if err := s.Store.NoticeSent(ctx, n.Number, n.ID, s.Now()); err != nil {
			return
		}
	}
}

// logNotice logs a notice; of a test only that there is one, for it is a message's text.
func (s *served) logNotice(n store.Notice) {
	if n.Kind == string(bot.NoticeTest) {
		s.Log.Info("a test of a broadcast goes to the own chat", "number", n.Number)
		return
	}
	s.Log.Warn("notice", "number", n.Number, "kind", n.Kind, "text", n.Text, "contact", n.Contact)
}

// Message commits one inbound message, and looks to whom the shop has typed.
func (s *served) Message(ctx context.Context, m bot.Message) error {
	if err := s.Inbound.Message(ctx, m); err != nil {
		return err
	}
	s.who.wrote(m)
	return nil
}

// NumberEvent notes what happened to the connection, and ends serving when the session is over.
func (s *served) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	err := s.Inbound.NumberEvent(ctx, e)
	if e.Kind == bot.NumberConnected {
		s.who.connected()
	}
	switch e.Kind {
	case bot.NumberLoggedOut, bot.NumberOutdated, bot.NumberReplaced, bot.NumberFailed:
		select {
		case s.over <- e.Kind:
		default: // it is known
		}
	}
	return err
}

// refuse keeps a promotion from being sent again, because a phone could not read it, to somebody
// who left meanwhile or was erased. Where the store does not answer, nothing is sent again.
func (s *served) refuse(to []bot.Identity, id string) bool {
	known := false
	for _, identity := range to {
		c, err := s.Store.Contact(context.Background(), s.number.Name, identity.Value)
		if err != nil || out(c, id) {
			return true
		}
		known = known || c != nil
	}
	return !known
}

// left tells whether somebody opted out, so that the message with an ID is not for them. Where the
// store does not answer, it is not.
func (s *served) left(who bot.Identity, id string) bool {
	c, err := s.Store.Contact(context.Background(), s.number.Name, who.Value)
	return err != nil || out(c, id)
}

// out: the contact opted out, and the message with an ID is not the goodbye.
func out(c *bot.Contact, id string) bool {
	return c != nil && c.Consent == bot.Unsubscribed && c.Goodbye != id
}

func (s *served) newWhoIsWho() *whoIsWho {
	return &whoIsWho{served: s, look: make(chan struct{}, 1), typed: make(chan string, typedAtMost),
		asked: map[string]bool{}}
}

// envsOf is what decisions of the served number need, with the session's map.
func (s *served) envsOf(directory bot.Directory) bot.Envs {
	return func(number string) bot.Env {
		env := s.Envs(number)
		if number == s.number.Name && directory != nil {
			env.OtherAddress = directory.Other
		}
		return env
	}
}
