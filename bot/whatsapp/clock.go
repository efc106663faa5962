package whatsapp

import (
	"strconv"
	"time"
)

// WhatsApp tells its time, to the second, when it accepts a login. The library keeps the difference
// to our clock and shows it only in the identifier of its session: the server's time in
// milliseconds, three days on, within a week (getUnifiedSessionID in client.go).
const (
	sessionShift = 3 * 24 * time.Hour
	sessionWrap  = 7 * 24 * time.Hour
)

// closeEnough is how far two clocks may be apart without it meaning anything: WhatsApp's time comes
// by the second and over a line.
const closeEnough = 2 * time.Second

// A serverClock is what WhatsApp's clock said at one moment of ours.
type serverClock struct{ machine, server time.Time }

// seeClock notes WhatsApp's time after a login.
func (s *session) seeClock(now time.Time) {
	//lint:ignore SA1019 the library shows the server's time nowhere else
	ms, err := strconv.ParseInt(s.wa.DangerousInternals().GetUnifiedSessionID(), 10, 64)
	if err != nil {
		return
	}
	s.clock.Store(&serverClock{machine: now, server: now.Add(-aheadBy(now, time.Duration(ms)*time.Millisecond))})
}

// aheadBy returns by how much our clock, at now, is ahead of the one that a session's identifier
// shows: between half a week behind and half a week ahead, which is farther apart than two clocks
// can be that agree on a certificate for long.
func aheadBy(now time.Time, identifier time.Duration) time.Duration {
	ours := time.Duration(now.Add(sessionShift).UnixMilli()) * time.Millisecond % sessionWrap
	ahead := (ours - identifier) % sessionWrap
	switch {
	case ahead > sessionWrap/2:
		return ahead - sessionWrap
	case ahead < -sessionWrap/2:
		return ahead + sessionWrap
	}
	return ahead
}

// at returns by how much our clock is ahead at a later moment. It may have been set since. How long
// ago the login was is known all the same where the two readings have a monotonic part.
func (c serverClock) at(now time.Time) time.Duration {
	server := c.server.Round(0).Add(now.Sub(c.machine))
	ahead := now.Round(0).Sub(server).Truncate(time.Millisecond)
	if ahead.Abs() < closeEnough {
		return 0
	}
	return ahead
}

// Ahead returns by how much the machine's clock is ahead of WhatsApp's, negative where it is
// behind. known is false before the first login, and while there is no connection: a machine that
// sleeps stops counting.
func (c *Client) Ahead() (ahead time.Duration, known bool) {
	s := c.current()
	if s == nil || !s.isOnline() {
		return 0, false
	}
	clock := s.clock.Load()
	if clock == nil {
		return 0, false
	}
	return clock.at(c.options.Now()), true
}
