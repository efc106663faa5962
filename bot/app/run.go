package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/pump"
	"optinbot/bot/text"
	"optinbot/bot/whatsapp"
	"optinbot/flows"
	"optinbot/store"
)

// RunCmd is `run`.
type RunCmd struct{}

// Example is shown by --help.
func (RunCmd) Example() string { return "optinbot run" }

// Help is what a supervisor has to know.
func (RunCmd) Help() string {
	return `It ends with 0 when it is told to stop (Ctrl-C, SIGTERM), and with 78 where somebody has to change a
file first: do not start it again by itself after 78. What happens to a number does not end it.`
}

// Run serves every number that is linked, or will be, until it is told to stop (Ctrl-C, SIGTERM, SIGHUP); then it finishes what is in hand.
func (RunCmd) Run(ctx context.Context, a *App) error {
	a.sayTestServer()
	if err := a.anyHome(ctx); err != nil {
		return err
	}
	h, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	release, err := whatsapp.Lock(a.files().runLock())
	if err != nil {
		return fmt.Errorf("another `optinbot run` serves this folder: %w", err)
	}
	defer release()
	if err := a.files().sweep(); err != nil {
		a.log.Warn(err.Error())
	}
	server, err := a.testServer()
	if err != nil {
		return err
	}
	if err := h.settleAll(ctx); err != nil {
		return err
	}
	if err := h.applyOptouts(ctx); err != nil {
		return err
	}
	if unknown := a.config.Unknown(); unknown != "" {
		if err := h.store.NotifyOnce(ctx, a.config.Numbers[0].Name, bot.NoticeNumber, unknown, a.now()); err != nil {
			return err
		}
	}
	backups, err := h.daily()
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	if backups != nil {
		g.Go(func() error { keepBackups(ctx, backups); return nil })
	}
	asked := make(chan struct{}, 1)
	for _, n := range a.config.Numbers {
		s := &served{house: h, number: n, server: server, asked: asked}
		g.Go(func() error { s.keep(ctx); return nil })
	}
	g.Go(func() error { return h.watchDatabase(ctx) })
	g.Go(func() error { h.watchFlows(ctx, asked, func() { h.reloadAll(ctx, a.config.Numbers) }); return nil })
	return g.Wait()
}

// watchDatabase returns an error when the files of the database were taken away: what would be acknowledged from then on would be lost.
func (h *house) watchDatabase(ctx context.Context) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := h.store.Present(); err != nil {
			return err
		}
	}
}

// applyOptouts carries out what optouts.log has and the database has not, and tells the operator what is wrong with that file.
func (h *house) applyOptouts(ctx context.Context) error {
	found, err := h.store.ApplyOptouts(ctx, h.envs, h.now())
	if err != nil {
		return err
	}
	says := ""
	switch {
	case found.Rebuilt:
		says = "optouts.log was gone. It has been written anew from the database, which knows everybody who left: nothing is lost. Look who took it away"
	case found.Fault != "":
		says = "optouts.log: " + found.Fault + ". " + mendOptouts
	case found.Lines > 0:
		says = fmt.Sprintf("optouts.log had %s that the database did not have: %s left by it, and %s erased. That is obeyed",
			text.Plural(found.Lines, "line", "lines"), text.Plural(found.OptedOut, "person", "people"), text.Plural(found.Erased, "was", "were"))
	default:
		return nil
	}
	return h.store.Notify(ctx, h.config.Numbers[0].Name, bot.NoticeNumber, says, h.now())
}

// settleAll makes every number ready before the first is served. It is an error where none has a flow.
func (h *house) settleAll(ctx context.Context) error {
	for _, n := range h.config.Numbers {
		if err := h.settle(ctx, n); err != nil {
			return err
		}
	}
	return h.nobodySpeaks()
}

// settle makes a number ready to be served. A number that cannot speak is told to the operator, and is no error: it waits for its file,
// and the others are served.
func (h *house) settle(ctx context.Context, n config.Number) error {
	if h.machine(n.Name) != nil {
		if err := h.settleFlow(ctx, n); err != nil {
			return err
		}
	}
	if why := h.silent[n.Name]; why != nil {
		h.log.Error("the number is not served", "number", n.Name, "error", why)
		text := fmt.Sprintf("number %s is not served, for there is no version of its flow that can be used; it is as soon as the file is mended. %v", n.Name, why)
		if err := h.store.NotifyOnce(ctx, n.Name, bot.NoticeFlow, text, h.now()); err != nil {
			return err
		}
	}
	_, err := h.store.SettleOrder(ctx, n.Name, h.envs)
	return err
}

// settleFlow lets a number that is about to be served speak its flow, and moves people where `moved:` says. Where the file is broken, or
// people stand on a state that it does not have, the number goes on with the version that it last ran with, and the operator is told.
// Without such a version the number is left without a flow.
func (h *house) settleFlow(ctx context.Context, n config.Number) error {
	if !slices.Contains(h.broken, n.Name) {
		c := &candidate{number: n, flow: h.machine(n.Name).Flow, moves: map[string]int{}}
		if err := h.standing(ctx, c); err != nil {
			return err
		}
		if len(c.gone) == 0 {
			return h.settleOn(ctx, c)
		}
		flow, err := h.lastAccepted(ctx, n, c.people)
		if err != nil {
			return err
		}
		if flow == nil {
			h.silence(n, misconfigured{fmt.Errorf("number %s: flow %s has no state for people who stand there: %s. "+
				"Bring the state back, or say where they go, at the top of the file: moved: {OLD: NEW}", n.Name, c.flow.Name, strings.Join(c.gone, ", "))})
			return nil
		}
		h.goOn(n, flow)
	}
	return errors.Join(h.reload(ctx, n), h.olderDrafts(ctx, n), h.hearArmed(ctx, n)) // the first says what is wrong
}

// settleOn lets a number speak its file.
func (h *house) settleOn(ctx context.Context, c *candidate) (err error) {
	if _, c.source, _, err = h.files.flowSource(ctx, c.number.Flow); err != nil {
		return err
	}
	if err := h.take(ctx, c, h.now()); err != nil {
		return err
	}
	return errors.Join(h.olderFlow(ctx, c.number), h.olderDrafts(ctx, c.number), h.hearArmed(ctx, c.number))
}

// whoMoves tells from the people on each state who has to move, and which states are gone with people on them.
func whoMoves(flow *flows.Flow, standing map[string]int) (moved map[string]string, gone []string) {
	moved = map[string]string{}
	for state, n := range standing {
		to, ok := flow.Moved[state]
		switch {
		case flow.States[state] != nil:
		case ok:
			moved[state] = to
		default:
			gone = append(gone, fmt.Sprintf("%s on %q", text.People(n), state))
		}
	}
	slices.Sort(gone)
	return moved, gone
}

// served is one number while `run` serves it. It is the connection's way in: the pump, and what serving adds.
type served struct {
	bot.Inbound // the pump
	*house
	number config.Number
	server *whatsapp.TestServer
	jid    string
	row    store.NumberRow          // as it was when nobody could link the number
	over   chan bot.NumberEventKind // WhatsApp has ended the session
	failed string                   // what was told last about why it cannot be served
	client *whatsapp.Client
	pump   *pump.Pump
	who    *whoIsWho
	logged int64 // the last notice that was logged

	asked    chan<- struct{} // somebody asked to look at the flows
	reloadAt time.Time       // when that was
	anchorAt time.Time       // the next look at the head of the ledger
	noNotice time.Time       // until then no notice is sent to the own chat
	clockAt  time.Time       // when the clock was last noted
}

// poll is how often `run` looks whether a verb in another process has written.
const poll = 250 * time.Millisecond

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
		s.log.Info("serving", "number", s.number.Name, "flow", s.machine(s.number.Name).Version())
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
	if row, err := s.store.Number(context.WithoutCancel(ctx), s.number.Name); err == nil {
		s.row = row
	}
	return err
}

// open makes the client, with its way in, and the pump.
func (s *served) open(ctx context.Context, inbound bot.Inbound) (err error) {
	s.client, err = whatsapp.Open(ctx, whatsapp.Options{
		Number: s.number.Name, Store: s.session(), JID: s.jid, Inbound: inbound, Refuse: s.refuse, Left: s.left, Log: s.log,
		TestServer: s.server, Barred: barred(s.row), SendTimeout: s.config.WhatsApp.SendTimeout.D(), Now: s.now, Media: s.store.Media,
	})
	if err != nil {
		return err
	}
	s.who = s.newWhoIsWho()
	s.pump = pump.New(pump.Config{
		Number: s.number.Name, Inbox: s.store, Outbox: s.store, Timers: s.store, Schedule: s.store, Transport: s.client,
		Envs: s.envsOf(s.client), Now: s.now, Limits: func() bot.Limits { return s.limits[s.number.Name] }, Render: s.render, Armed: s.armedNow,
		Retention: bot.Retention{Messages: s.config.Retention.Messages.D(), Strangers: s.config.Retention.Strangers.D()},
		Edited:    func(o bot.Occurrence) bool { return s.edited(ctx, o) }, Card: s.card, Log: s.log,
	})
	s.Inbound = s.pump
	return nil
}

// barred is until when the number is banned; zero: it is not. A time-lock leaves the connection as it is.
func barred(row store.NumberRow) time.Time {
	if row.Status != bot.NumberBanned {
		return time.Time{}
	}
	return row.RestrictedUntil
}

func (s *served) session() string { return s.config.SessionFile(s.number.Name) }

func (s *served) card() bot.Card {
	_, phone := s.client.Linked()
	return bot.Card{Name: s.cardName(s.number.Name), Phone: phone}
}

// watch wakes the pump when another process has written, and hands notices to the number's own chat.
func (s *served) watch(ctx context.Context) error {
	w, err := s.store.Watch(ctx)
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
	at, err := s.store.ReloadAsked(ctx, s.number.Name)
	if err != nil || !at.After(s.reloadAt) {
		return
	}
	s.reloadAt = at
	select {
	case s.asked <- struct{}{}:
	default: // it is about to look
	}
}

// noticePause is how long notices wait after one that WhatsApp refused or did not answer. Every turn of a contact is an occasion
// to try, and a number that is refused must not knock at each of them.
const noticePause = 10 * time.Minute

// hand writes the notices that have not reached the operator's phone to the "Message yourself" chat.
func (s *served) hand(ctx context.Context) {
	notices, err := s.store.UnsentNotices(ctx, s.number.Name, 5)
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
		if wait := s.noNotice.Sub(s.now()); wait > 0 && wait <= noticePause { // longer: the clock was set back since
			return
		}
		if err := s.client.Notify(ctx, text); err != nil { // it stays unsent, and is shown by `status`
			if !errors.Is(err, bot.ErrNotTried) {
				s.noNotice = s.now().Add(noticePause)
			}
			return
		}
		if err := s.store.NoticeSent(ctx, n.Number, n.ID, s.now()); err != nil {
			return
		}
	}
}

// logNotice logs a notice; of a test only that there is one, for it is a message's text.
func (s *served) logNotice(n store.Notice) {
	if n.Kind == string(bot.NoticeTest) {
		s.log.Info("a test of a broadcast goes to the own chat", "number", n.Number)
		return
	}
	s.log.Warn("notice", "number", n.Number, "kind", n.Kind, "text", n.Text, "contact", n.Contact)
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

// refuse keeps a promotion from being sent again, because a phone could not read it, to somebody who left meanwhile or was erased. Where
// the store does not answer, nothing is sent again.
func (s *served) refuse(to []bot.Identity, id string) bool {
	known := false
	for _, identity := range to {
		c, err := s.store.Contact(context.Background(), s.number.Name, identity.Value)
		if err != nil || out(c, id) {
			return true
		}
		known = known || c != nil
	}
	return !known
}

// left tells whether somebody opted out, so that the message with an ID is not for them. Where the store does not answer, it is not.
func (s *served) left(who bot.Identity, id string) bool {
	c, err := s.store.Contact(context.Background(), s.number.Name, who.Value)
	return err != nil || out(c, id)
}

// out: the contact opted out, and the message with an ID is not the goodbye.
func out(c *bot.Contact, id string) bool {
	return c != nil && c.Consent == bot.Unsubscribed && c.Goodbye != id
}
