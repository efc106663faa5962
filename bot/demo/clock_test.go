package demo

import (
	"testing"
	"time"
)

// TestTheClockGoesOnFromWhereItIs: another speed does not let it jump, and it never goes back.
func TestTheClockGoesOnFromWhereItIs(t *testing.T) {
	begin := time.Date(2026, 3, 3, 13, 0, 0, 0, time.UTC)
	c := &clock{}
	c.set(begin)
	if now := c.Now(); !now.Equal(begin) {
		t.Errorf("it stands at %s", now)
	}
	c.goes(1e6)
	for c.Now().Before(begin.Add(time.Hour)) { // an instant on the machine's clock
	}
	c.goes(0)
	stands := c.Now()
	if c.Now() != stands || stands.Before(begin.Add(time.Hour)) {
		t.Errorf("it stood at %s, and is at %s", stands, c.Now())
	}
	c.goes(1)
	if now := c.Now(); now.Before(stands) || now.Sub(stands) > time.Hour {
		t.Errorf("it stood at %s, and goes on at %s", stands, now)
	}
}
