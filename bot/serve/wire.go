package serve

import (
	"context"
	"time"

	"optinbot/bot"
)

// cameEvery is how often it is noted until when all that was sent to a number has come.
const cameEvery = time.Minute

// noteCame notes until when all that was sent to the number has come, on a wire that does not say so
// itself after a break: the next run waits for the rest. It does nothing when that was noted within a
// time.
func (s *numberServer) noteCame(ctx context.Context, within time.Duration) {
	platform, now := s.client.Platform(), s.Now()
	if wait := now.Sub(s.cameAt); platform == nil || wait >= 0 && wait < within {
		return
	}
	at := platform.CameUntil()
	if at.IsZero() {
		return
	}
	s.cameAt = now
	if err := s.Store.CameUntil(ctx, s.number.Name, at); err != nil {
		s.Log.Error("the store refused", "number", s.number.Name, "error", err)
	}
}

// limits are those of the number, no faster than its wire lets it.
func (s *numberServer) limits() bot.Limits {
	l := s.Limits(s.number.Name)
	if platform := s.client.Platform(); platform != nil {
		rate := platform.Throughput()
		l.Every = max(l.Every, time.Second/time.Duration(rate))
		l.Wire.InFlight = rate
	}
	return l
}
