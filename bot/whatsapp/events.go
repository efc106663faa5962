package whatsapp

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"optinbot/bot"
)

// NumberHistoryRead is one more event of a number: the history that the phone sends after linking
// has been read to its end, so that the stop words in it have counted.
const NumberHistoryRead = bot.NumberHistoryRead

// onNumber follows what happens to the connection, and tells the handler, one event after the
// other. It asks the library nothing that needs a lock. That a connection has ended is the keeper's
// to tell, who sees it from the socket.
func (c *Client) onNumber(s *session, event any) {
	e, ok := numberEvent(event, c.options.Now())
	if _, out := event.(*events.LoggedOut); out {
		if !s.finish() {
			return
		}
		c.forget(s)
	}
	defer c.decide()()
	tells, over := c.follow(s, event, ok)
	if over {
		defer s.hangUp()
	}
	if !tells {
		return
	}
	for _, e := range s.inOrder(e, ok) {
		c.tellState(s, e)
	}
}

// follow does what an event asks for. The handler is told where tells is true, which it is not of a
// connection that has ended meanwhile. over: the connection is to be ended then. known: the event
// is one of the number.
func (c *Client) follow(s *session, event any, known bool) (tells, over bool) {
	switch evt := event.(type) {
	case *events.Connected:
		return c.connected(s), false
	case *events.OfflineSyncCompleted:
		return s.open(), false
	case *events.LoggedOut:
		return true, true
	case *events.TemporaryBan:
		s.bar(barredFor(evt))
		return true, true
	case *events.ConnectFailure:
		if !known {
			c.log.Warn("WhatsApp refused the connection", "reason", masked(evt.Reason.String()))
			return true, true
		}
		return s.finish(), true
	case events.PermanentDisconnect: // any other
		finished := s.finish()
		return finished, finished
	}
	c.followWire(s, event)
	return true, false
}

// connected notes that WhatsApp has let the number in. It is false when it is told late, and that
// connection has ended.
func (c *Client) connected(s *session) bool {
	if !s.goOnline() {
		return false
	}
	s.seeClock(c.options.Now())
	c.wakeHistory()
	c.goBackground(func(ctx context.Context) { c.announce(ctx, s) })
	return true
}

// followWire does what an event asks for that says how the connection is.
func (c *Client) followWire(s *session, event any) {
	switch evt := event.(type) {
	case *events.AppStateSyncComplete:
		if evt.Name == appstate.WAPatchCriticalBlock { // the one that brings our own name
			c.beUnavailable(s)
		}
	case *events.PushNameSetting:
		c.beUnavailable(s)
	case *events.Disconnected:
		select {
		case s.gone <- struct{}{}:
		default:
		}
	case *events.KeepAliveTimeout:
		c.log.Warn("WhatsApp does not answer", "times", evt.ErrorCount)
		c.missed(s, keepalive)
		if evt.ErrorCount >= deadAfter {
			s.hangUp()
		}
	case *events.KeepAliveRestored:
		c.heard(s, keepalive)
	case *events.ManualLoginReconnect: // stream error 515: connect again
		s.hangUp()
	case *events.StreamError:
		c.log.Warn("WhatsApp ended the connection with an error", "code", masked(evt.Code))
		s.hangUp()
	}
}

// deadAfter is how many keepalives in a row without an answer end a connection. The library sends
// one every 20 to 30 seconds, and waits ten for the answer (keepalive.go).
const deadAfter = 2

// unknownBan is when to try again after a ban whose end WhatsApp does not name.
const unknownBan = 24 * time.Hour

func barredFor(evt *events.TemporaryBan) time.Duration {
	if evt.Expire <= 0 {
		return unknownBan
	}
	return evt.Expire
}

// isRefusal tells whether a refused login is WhatsApp's last word. Any other code says that it did
// not work this time.
func isRefusal(reason events.ConnectFailureReason) bool {
	switch reason {
	case events.ConnectFailureGeneric, events.ConnectFailureBadUserAgent, events.ConnectFailureExperimental:
		return true
	}
	return reason >= events.ConnectFailureCATExpired && reason <= events.ConnectFailureClientUnknown // 413 to 418
}

// tellState queues a state of the number for the handler. Link reports on its own connection. It is
// called between decide and handOver.
func (c *Client) tellState(s *session, e bot.NumberEvent) {
	if e.Kind == bot.NumberSynced {
		s.endSync()
	}
	if s.watch != nil {
		return
	}
	s.told = e.Kind
	c.teller.enqueue(e)
}

// tellDown tells that the number is not connected, unless that or the reason for it has been told.
func (c *Client) tellDown(s *session, detail string) {
	defer c.decide()()
	s.goOffline()
	s.synced = nil
	if over, wait := s.next(); over || wait > 0 || s.told == bot.NumberDisconnected {
		return
	}
	c.tellState(s, bot.NumberEvent{Kind: bot.NumberDisconnected, At: c.options.Now().UTC(), Detail: detail})
}

// tellTrouble tells the operator what they should know though it goes on by itself.
func (c *Client) tellTrouble(s *session, detail string) {
	defer c.decide()()
	if s.watch == nil {
		c.teller.enqueue(bot.NumberEvent{Kind: bot.NumberTrouble, At: c.options.Now().UTC(), Detail: detail})
	}
}

// missed holds promotions because something was left without an answer. It is called between
// decide and handOver.
func (c *Client) missed(s *session, what unanswered) {
	if s.miss(what) {
		c.tellState(s, bot.NumberEvent{
			Kind: bot.NumberUnanswered, At: c.options.Now().UTC(),
			Detail: "WhatsApp does not answer. Promotions wait until it does, or until a fresh connection; nothing to do",
		})
	}
}

// missedSend holds promotions because a message was left without an answer, until anything comes.
func (c *Client) missedSend(s *session) {
	defer c.decide()()
	c.missed(s, message)
	s.onNext(func() {
		c.goBackground(func(context.Context) {
			defer c.decide()()
			c.heard(s, message)
		})
	})
}

// heard lets promotions go on. It is called between decide and handOver.
func (c *Client) heard(s *session, upTo unanswered) {
	if s.hear(upTo) {
		c.tellState(
			s,
			bot.NumberEvent{Kind: bot.NumberSynced, At: c.options.Now().UTC(), Detail: "WhatsApp answers again"},
		)
	}
}

// forgetting is how long it may take to delete a session: it has many rows, and each is
// overwritten.
const forgetting = time.Minute

// forget takes a session that WhatsApp has ended out of the file. The library does so too, in the
// context of a connection that is ending, and may be cut off. What is left would look like a link.
func (c *Client) forget(s *session) {
	c.dropSession(s)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), forgetting)
	defer cancel()
	if err := c.store.forget(ctx, s.jid); err != nil {
		c.log.Error("the session that WhatsApp has ended could not be deleted", "error", masked(err.Error()))
	}
}

// inOrder keeps the end of the offline sync until the connection it belongs to has been told:
// WhatsApp sends both at once, and the library tells them from two goroutines (handleConnectSuccess
// and handleIB in connectionevents.go). It is called between decide and handOver.
func (s *session) inOrder(e bot.NumberEvent, ok bool) []bot.NumberEvent {
	switch {
	case !ok:
		return nil
	case e.Kind == bot.NumberSynced && !s.isOnline():
		s.synced = &e
		return nil
	case e.Kind == bot.NumberConnected && s.synced != nil:
		synced := *s.synced
		s.synced = nil
		return []bot.NumberEvent{e, synced}
	}
	s.synced = nil // of a connection that is gone
	return []bot.NumberEvent{e}
}

// seenEvery is how often a sign of the phone is told: a day's worth of them says no more than one.
const seenEvery = time.Hour

// seePhone tells the handler when the number's own phone gives a sign. WhatsApp logs linked devices
// out when the phone is not used for 14 days, and sends no warning.
func (c *Client) seePhone(s *session, event any) {
	at := phoneSign(event)
	if at.IsZero() {
		return
	}
	if now := c.options.Now(); at.After(now) {
		at = now
	}
	defer c.decide()()
	if at.Before(s.phoneSeen.Add(seenEvery)) {
		return
	}
	s.phoneSeen = at
	c.teller.enqueue(bot.NumberEvent{
		Kind: bot.NumberPhoneSeen, At: at.UTC(), Detail: "the phone of the number has given a sign",
	})
}

// phoneSign returns when the phone itself did what an event tells of. Zero where the event is not
// the phone's. The phone is device 0 of our own account. It types, answers requests, shares keys,
// and sends receipts for what we sent or it read.
func phoneSign(event any) time.Time {
	var source types.MessageSource
	var at time.Time
	switch evt := event.(type) {
	case *events.Message:
		if evt.SourceWebMsg == nil { // else it is history
			source, at = evt.Info.MessageSource, evt.Info.Timestamp
		}
	case *events.Receipt:
		source, at = evt.MessageSource, evt.Timestamp
	}
	if !source.IsFromMe || source.Sender.IsEmpty() || source.Sender.Device != 0 {
		return time.Time{}
	}
	return at
}

// numberEvent names an event of the connection and says what the operator does next.
func numberEvent(event any, now time.Time) (bot.NumberEvent, bool) {
	e := bot.NumberEvent{At: now.UTC()}
	switch evt := event.(type) {
	case *events.Connected:
		e.Kind, e.Detail = bot.NumberConnected, "connected to WhatsApp"
	case *events.OfflineSyncCompleted:
		e.Kind = bot.NumberSynced
		items := "1 item"
		if evt.Count != 1 {
			items = fmt.Sprintf("%d items", evt.Count)
		}
		e.Detail = fmt.Sprintf("WhatsApp has handed over what came while we were away (%s)", items)
	case *events.LoggedOut:
		e.Kind, e.Detail = bot.NumberLoggedOut, loggedOut(evt)
	case *events.ClientOutdated:
		e.Kind, e.Detail = bot.NumberOutdated, outdated()
	case *events.StreamReplaced:
		e.Kind = bot.NumberReplaced
		e.Detail = "another program connected with this session, so this one was cut off; find and stop it " +
			"(a copied folder, a second server), then start again"
	case *events.TemporaryBan:
		e.Kind, e.Until, e.Detail = bot.NumberBanned, banEnd(evt, now), banned(evt)
	case *events.NotifyAccountReachoutTimelock:
		restriction(evt, &e)
	case *events.ConnectFailure:
		if !isRefusal(evt.Reason) {
			return bot.NumberEvent{}, false
		}
		e.Kind = bot.NumberFailed
		e.Detail = fmt.Sprintf("WhatsApp refused the connection (%s); it is not tried again by itself: "+
			"look at WhatsApp on the phone, then start again", masked(evt.Reason.String()))
	case *events.CATRefreshError:
		e.Kind, e.Detail = bot.NumberFailed, "WhatsApp refused the connection (access token); start again"
	default:
		return bot.NumberEvent{}, false
	}
	return e, true
}

func loggedOut(evt *events.LoggedOut) string {
	const next = " Nothing is sent any more, and the number is not linked again by itself. " +
		"Open WhatsApp on the phone and look for a warning there first; when it is well, run `optinbot link`."
	switch evt.Reason {
	case events.ConnectFailureMainDeviceGone:
		return "WhatsApp has locked the account or it has moved to another phone (403)." + next
	case events.ConnectFailureUnknownLogout:
		return "WhatsApp has banned the account or ended the session for a reason it does not name (406)." + next
	}
	return "This device was unlinked, on the phone or by WhatsApp (401)." + next
}

func outdated() string {
	version, date := Version()
	return fmt.Sprintf("WhatsApp no longer accepts this build (405): it links whatsmeow %s of %s. "+
		"Install a newer optinbot; the number stays linked.", version, date.Format(time.DateOnly))
}

func banned(evt *events.TemporaryBan) string {
	return fmt.Sprintf(
		"WhatsApp has banned the number for a time (%s). Nothing can be sent. Do not link it elsewhere; "+
			"it is tried again by itself after the end. Send less then, only to people who saved the number.",
		evt.Code,
	)
}

// banEnd is zero where WhatsApp names no end.
func banEnd(evt *events.TemporaryBan, now time.Time) time.Time {
	if evt.Expire <= 0 {
		return time.Time{}
	}
	return now.Add(evt.Expire).UTC()
}

func restriction(evt *events.NotifyAccountReachoutTimelock, e *bot.NumberEvent) {
	if !evt.IsActive {
		e.Kind, e.Detail = bot.NumberReleased, "WhatsApp has lifted the restriction on starting chats"
		return
	}
	e.Kind = bot.NumberRestricted
	if !evt.TimeEnforcementEnds.IsZero() {
		e.Until = evt.TimeEnforcementEnds.UTC()
	}
	e.Detail = fmt.Sprintf(
		"WhatsApp does not let this number start chats for now (%s). Marketing waits; answers to people "+
			"who write go on. A logout may follow: look at the phone.",
		masked(evt.EnforcementType),
	)
}

// announce makes sure that our own name is known and then tells WhatsApp that we are not looking.
func (c *Client) announce(ctx context.Context, s *session) {
	if s.named {
		c.beUnavailable(s)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
	defer cancel()
	// Only a first synchronisation tells the name. If the one after linking was cut short, nothing
	// repeats it. Before the phone has shared the keys this fails, and the library does it itself
	// when they come (handleAppStateSyncKeyShare).
	if err := s.wa.FetchAppState(ctx, appstate.WAPatchCriticalBlock, false, true); err != nil {
		c.log.Debug("the number's own name is not known yet", "error", masked(err.Error()))
	}
}

// beUnavailable sends the presence once after connecting, because without it contacts see "-" for
// our name (SendPresence in presence.go), and as unavailable: an available linked device silences
// the notifications of the phone, and the shop's people must see what comes in.
func (c *Client) beUnavailable(s *session) {
	c.goBackground(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
		defer cancel()
		err := s.wa.SendPresence(ctx, types.PresenceUnavailable)
		if err != nil && err != whatsmeow.ErrNoPushName {
			c.log.Debug("could not send the presence", "error", masked(err.Error()))
		}
	})
}
