package serve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// The pauses between two tries to serve a number that cannot be served.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// sessionOver is how serving a number ends when WhatsApp has ended its session: nothing is tried
// before somebody has linked it.
type sessionOver bot.NumberEventKind

func (e sessionOver) Error() string { return "WhatsApp has ended the session: " + string(e) }

// keep serves a number for as long as `run` runs. Its trouble is its own: one that cannot be served
// is told and tried again, and the others are served. One that is not linked, or whose session
// WhatsApp has ended, is not held, so that the page or `link` can link it, and is waited for.
func (s *numberServer) keep(ctx context.Context) {
	if !s.awaitFlow(ctx) {
		return
	}
	s.takeUp(ctx)
	for pause := time.Duration(0); ctx.Err() == nil; {
		row, err := s.Store.Number(ctx, s.number.Name)
		if err == nil && !s.linked(row) {
			s.Log.Warn("number is not linked; `"+s.number.LinkVerb()+"` links it, also while this runs", "number", s.number.Name)
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
		case errors.Is(err, bot.ErrNotOwner):
			return // in silence: another process serves the number
		case errors.As(err, &over) && bot.NumberEventKind(over) == bot.NumberReplaced && s.Store.Shared():
			if errors.Is(s.Store.StillOwner(ctx), bot.ErrNotOwner) {
				return
			}
			pause = s.replaced(ctx, pause, time.Since(began))
			s.await(ctx, row, pause)
		case errors.As(err, &over):
			s.await(ctx, s.row, 0)
		case errors.Is(err, bot.ErrNotLinked) && s.Store.Shared():
			s.tell(ctx, bot.NumberLoggedOut, "its WhatsApp session is gone from the database. Nothing is sent; `optinbot link` links the number again")
		case errors.Is(err, bot.ErrNotLinked):
			s.tell(ctx, bot.NumberLoggedOut, fmt.Sprintf("the file of its WhatsApp session (%s) does not have it any "+
				"more. Nothing is sent; `optinbot link` links the number again", desk.ShownPath(s.options.SessionFile(s.number.Name))))
		case errors.Is(err, bot.ErrInUse): // who has linked it is about to let go of it
			if s.busy != err.Error() {
				s.busy = err.Error()
				s.Log.Warn("the number is not served yet", "number", s.number.Name, "error", err)
			}
			s.await(ctx, row, poll)
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

// replaced is how long to wait after somebody else's connection has taken the place of the owner's: of a
// process that was the owner before, and learns of it, or of a program that is not ours, which is told.
func (s *numberServer) replaced(ctx context.Context, pause, lasted time.Duration) time.Duration {
	if lasted > longestPause {
		pause, s.failed = 0, ""
	}
	if pause >= 4*firstPause {
		s.tell(ctx, bot.NumberReplaced, "another program uses the WhatsApp session of this number again and again: look for one that was given a "+
			"copy of it. The connection is tried again by itself, a minute apart at most")
	}
	return min(max(2*pause, firstPause), longestPause)
}

// linked reports whether a number is, by the transport that it has in the configuration.
func (s *numberServer) linked(row store.NumberRow) bool { return s.Config.LinkedTo(s.number, row.JID) }

// awaitFlow returns when the number has a flow, and is false when ctx is done before.
func (s *numberServer) awaitFlow(ctx context.Context) bool {
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

// await returns when the number was linked, by whatever process, since a row was read, or after a
// time, 0: never.
func (s *numberServer) await(ctx context.Context, since store.NumberRow, atMost time.Duration) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for began := time.Now(); atMost == 0 || time.Since(began) < atMost; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// `link` notes the sign of the phone also where the session is the one of before.
		if row, err := s.Store.Number(ctx, s.number.Name); err == nil && s.linked(row) &&
			(row.JID != since.JID || !row.PhoneAt.Equal(since.PhoneAt)) {
			s.failed = ""
			return
		}
	}
}

// tell tells the operator why the number is not served, once for each reason.
func (s *numberServer) tell(ctx context.Context, kind bot.NumberEventKind, detail string) {
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
func (s *numberServer) takeUp(ctx context.Context) {
	file := s.options.SessionFile(s.number.Name)
	row, err := s.Store.Number(ctx, s.number.Name)
	if err != nil || row.JID != "" || file == "" {
		return
	}
	if _, missing := os.Stat(file); missing != nil {
		return
	}
	client, err := s.options.Connect(ctx, bot.ConnectionOptions{Number: s.number.Name, Now: s.Now})
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
