package serve

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/store"
)

// A numberServer is one number while `run` serves it. It is the connection's way in: the pump, and what
// serving adds.
type numberServer struct {
	bot.Inbound // the pump
	*desk.Desk
	Store     *store.Store // through which the owner of the number writes
	options   Options
	number    config.Number
	jid       string
	row       store.NumberRow          // as it was when nobody could link the number
	over      chan bot.NumberEventKind // WhatsApp has ended the session
	failed    string                   // what was told last about why it cannot be served
	busy      string                   // what was logged last about who else has it
	client    bot.Connection
	pump      *pump.Pump
	addresses *addressFinder
	logged    int64 // the last notice that was logged

	asked    chan<- struct{} // somebody asked to look at the flows
	reloadAt time.Time       // when that was
	anchorAt time.Time       // the next look at the head of the ledger
	noNotice time.Time       // until then no notice is sent to the own chat
	clockAt  time.Time       // when the clock was last noted
	cameAt   time.Time       // when it was last noted until when everything has come
}

// serve serves the number until ctx is done, or it cannot be served.
func (s *numberServer) serve(ctx context.Context) error {
	s.over = make(chan bot.NumberEventKind, 1)
	if err := s.open(ctx, s); err != nil {
		return err
	}
	defer s.client.Close()
	s.busy = ""
	// The pump ends first, with what it has in hand. Then the connection.
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.pump.Run(ctx) })
	g.Go(func() error { return s.watch(ctx) })
	g.Go(func() error { return s.addresses.watch(ctx) })
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
	s.noteCame(context.WithoutCancel(ctx), 0)
	s.client.Disconnect()
	if row, err := s.Store.Number(context.WithoutCancel(ctx), s.number.Name); err == nil {
		s.row = row
	}
	return err
}

// open makes the client, with its way in, and the pump.
func (s *numberServer) open(ctx context.Context, inbound bot.Inbound) (err error) {
	s.client, err = s.options.Connect(ctx, bot.ConnectionOptions{
		Number: s.number.Name, Account: s.jid, Inbound: inbound, Refuse: s.refuse, Left: s.left, Barred: barred(s.row), Now: s.Now, Media: s.Store.Media,
	})
	if err != nil {
		return err
	}
	s.addresses = s.newAddressFinder()
	config := pump.Config{
		Number: s.number.Name, Inbox: s.Store, Outbox: s.Store, Timers: s.Store, Schedule: s.Store, Transport: s.client,
		Envs: s.envsOf(s.client.Directory()), Now: s.Now, Limits: s.limits, Render: s.Render, Armed: s.ArmedNow,
		Retention: retention(s.Config),
		Edited:    func(o bot.Occurrence) bool { return s.Edited(ctx, o) },
		Asks:      func(b bot.Schedule) error { return s.AskTemplates(ctx, b) },
		Card:      s.card, Log: s.Log, Meter: s.options.Meter, MaxIdle: s.options.MaxIdle,
	}
	if s.Store.Shared() {
		config.Stopped = s.Store.HasStopped
	}
	s.pump = pump.New(config)
	s.Inbound = s.pump
	return nil
}

// barred is until when the number is banned. Zero: it is not. A time-lock leaves the connection as
// it is.
func barred(row store.NumberRow) time.Time {
	if row.Status != bot.NumberBanned {
		return time.Time{}
	}
	return row.RestrictedUntil
}

func (s *numberServer) card() bot.Card {
	_, phone := s.client.Linked()
	return bot.Card{Name: s.CardName(s.number.Name), Phone: phone}
}

// watch wakes the pump when another process has written, and hands notices to the number's own
// chat.
func (s *numberServer) watch(ctx context.Context) error {
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
		s.noteCame(ctx, cameEvery)
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
func (s *numberServer) lookAtReload(ctx context.Context) {
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

// Message commits one inbound message, and looks to whom the shop has typed.
func (s *numberServer) Message(ctx context.Context, m bot.Message) error {
	if err := s.Inbound.Message(ctx, m); err != nil {
		return err
	}
	s.addresses.wrote(m)
	return nil
}

// NumberEvent notes what happened to the connection, and ends serving when the session is over.
func (s *numberServer) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	kind := e.Kind
	if kind == bot.NumberReplaced && s.Store.Shared() { // perhaps by the owner of today: see replaced
		e.Kind, e.Detail = bot.NumberDisconnected, ""
	}
	err := s.Inbound.NumberEvent(ctx, e)
	if e.Kind == bot.NumberConnected {
		s.addresses.connected()
	}
	switch kind {
	case bot.NumberLoggedOut, bot.NumberOutdated, bot.NumberReplaced, bot.NumberFailed:
		select {
		case s.over <- kind:
		default: // it is known
		}
	}
	return err
}

// envsOf is what decisions of the served number need, with the session's map.
func (s *numberServer) envsOf(directory bot.Directory) bot.Envs {
	return func(number string) bot.Env {
		env := s.Envs(number)
		if number == s.number.Name && directory != nil {
			env.OtherAddress = directory.Other
		}
		return env
	}
}
