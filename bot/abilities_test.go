package bot

import (
	"testing"
	"time"
)

// TestK1AnAnswerNeedsAnOpenWindow: where the wire has one. A promotion needs none.
func TestK1AnAnswerNeedsAnOpenWindow(t *testing.T) {
	now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	window := CloudAbilities().Window
	for name, c := range map[string]struct {
		wire       Abilities
		wrote      time.Duration // so long ago
		occurrence int64
		untried    bool
	}{
		"no window on this wire":     {wrote: 40 * 24 * time.Hour},
		"just wrote":                 {wire: CloudAbilities()},
		"the last moment":            {wire: CloudAbilities(), wrote: window - time.Second},
		"the window is over":         {wire: CloudAbilities(), wrote: window, untried: true},
		"never wrote":                {wire: CloudAbilities(), wrote: 1000 * 24 * time.Hour, untried: true},
		"a promotion is a template":  {wire: CloudAbilities(), wrote: window, occurrence: 7},
		"a clock that was set back":  {wire: CloudAbilities(), wrote: -time.Hour},
		"a promotion without a rule": {wrote: window, occurrence: 7},
	} {
		k := &Claim{Contact: Contact{Presence: Presence{LastInbound: now.Add(-c.wrote)}}, Occurrence: c.occurrence}
		got := c.wire.OutsideWindow(k, now)
		if (got != nil) != c.untried {
			t.Errorf("%s: %+v", name, got)
		}
		if got != nil && (got.Status != SendRefused || got.Cause != CauseWindow || got.Detail == "") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
