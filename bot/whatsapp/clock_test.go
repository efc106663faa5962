package whatsapp

import (
	"testing"
	"time"
)

// TestC8Ahead: the difference to WhatsApp's clock is what the session's identifier shows, in both
// directions and over the end of a week.
func TestC8Ahead(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC), time.Unix(0, 0).Add(50*sessionWrap - sessionShift)} {
		for _, ahead := range []time.Duration{0, time.Second, -time.Second, time.Hour, -time.Hour, 3 * 24 * time.Hour, -3 * 24 * time.Hour} {
			server := at.Add(-ahead)
			identifier := time.Duration(server.Add(sessionShift).UnixMilli()) * time.Millisecond % sessionWrap
			if got := aheadBy(at, identifier); got != ahead {
				t.Errorf("at %v, %s ahead: %s", at, ahead, got)
			}
			clock := serverClock{machine: at, server: server}
			want := ahead
			if want.Abs() < closeEnough {
				want = 0
			}
			if got := clock.at(at.Add(time.Hour)); got != want {
				t.Errorf("an hour later, %s ahead: %s", ahead, got)
			}
		}
	}
}
