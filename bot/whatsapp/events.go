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

// NumberHistoryRead is one more event of a number: the history that the phone sends after linking has been read to its
// end, so that the stop words in it have counted.
const NumberHistoryRead = bot.NumberHistoryRead

// onNumber follows what happens to the connection, and tells the handler, one event after the other.
func (c *Client) onNumber(s *session, event any) {
	e, ok := numberEvent(event, c.options.Now())
	c.telling.Lock()
	defer c.telling.Unlock()
	switch evt := event.(type) {
	case *events.Connected:
		s.setOnline(true)
		c.wakeHistory()
		c.goBackground(func(ctx context.Context) { c.announce(ctx, s) })
	case *events.AppStateSyncComplete:
		if evt.Name == appstate.WAPatchCriticalBlock { // the one that brings our own name
			c.beUnavailable(s)
		}
	case *events.PushNameSetting:
		c.beUnavailable(s)
	case *events.Disconnected:
		// Told from a goroutine of its own, this can arrive after the next connection is up.
		if !s.wa.IsConnected() {
			s.setOnline(false)
		}
	case *events.LoggedOut:
		c.dropSession(s)
		s.end()
	case events.PermanentDisconnect:
		s.end()
	case *events.KeepAliveTimeout:
		c.log.Warn("WhatsApp does not answer", "times", evt.ErrorCount)
	case *events.StreamError:
		c.log.Warn("WhatsApp ended the connection with an error", "code", masked(evt.Code))
	}
	for _, e := range s.inOrder(e, ok && s.watch == nil) { // Link reports on its own connection
		c.tell(e)
	}
}

// inOrder keeps the end of the offline sync until the connection it belongs to has been told: WhatsApp sends both at
// once, and the library tells them from two goroutines (handleConnectSuccess and handleIB in connectionevents.go).
// It is called with Client.telling held.
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

func (c *Client) tell(e bot.NumberEvent) {
	c.log.Info("number", "event", string(e.Kind), "detail", e.Detail)
	if c.options.Handler != nil {
		c.options.Handler.Number(c.ctx, e)
	}
}

// seenEvery is how often a sign of the phone is told: a day's worth of them says no more than one.
const seenEvery = time.Hour

// seePhone tells the handler when the number's own phone gives a sign. WhatsApp logs linked devices out when the phone is not
// used for 14 days, and sends no warning.
func (c *Client) seePhone(s *session, event any) {
	at := phoneSign(event)
	if at.IsZero() {
		return
	}
	if now := c.options.Now(); at.After(now) {
		at = now
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	if at.Before(s.phoneSeen.Add(seenEvery)) {
		return
	}
	s.phoneSeen = at
	c.tell(bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: at.UTC(), Detail: "the phone of the number has given a sign"})
}

// phoneSign returns when the phone itself did what an event tells of; zero where the event is not the phone's. The phone is
// device 0 of our own account. It types, answers requests, shares keys, and sends receipts for what we sent or it read.
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
	case *events.Disconnected:
		e.Kind, e.Detail = bot.NumberDisconnected, "the connection to WhatsApp is gone; it is tried again by itself, nothing to do"
	case *events.OfflineSyncCompleted:
		e.Kind = bot.NumberSynced
		e.Detail = fmt.Sprintf("WhatsApp has handed over what came while we were away (%d items)", evt.Count)
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
	return fmt.Sprintf("WhatsApp has banned the number for a time (%s). Nothing can be sent. Do not link it elsewhere; "+
		"connect again after the end, and send less, only to people who saved the number.", evt.Code)
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
	e.Detail = fmt.Sprintf("WhatsApp does not let this number start chats for now (%s). Marketing waits; answers to people "+
		"who write go on. A logout may follow: look at the phone.", masked(evt.EnforcementType))
}

// announce makes sure that our own name is known and then tells WhatsApp that we are not looking.
func (c *Client) announce(ctx context.Context, s *session) {
	if s.named {
		c.beUnavailable(s)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.SendTimeout)
	defer cancel()
	// Only a first synchronisation tells the name. If the one after linking was cut short, nothing repeats it; before the
	// phone has shared the keys this fails, and the library does it itself when they come (handleAppStateSyncKeyShare).
	if err := s.wa.FetchAppState(ctx, appstate.WAPatchCriticalBlock, false, true); err != nil {
		c.log.Debug("the number's own name is not known yet", "error", masked(err.Error()))
	}
}

// beUnavailable sends the presence once after connecting, because without it contacts see "-" for our name
// (SendPresence in presence.go), and as unavailable: an available linked device silences the notifications of the phone,
// and the shop's people must see what comes in.
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
