package bot

import (
	"fmt"
	"time"
)

// A Brake bounds how many messages a number says to people who are not subscribed, so that a flood
// of strangers cannot make it write like a spammer. Beyond it greetings and fallbacks are left out,
// and whatever else there is to say waits. Stops are obeyed at once, and whoever is subscribed is
// answered as ever. The zero Brake brakes nothing.
type Brake struct {
	PerMinute int // messages in any 60 seconds
	PerHour   int // messages in any 60 minutes
}

// MostAMinute is the ceiling of Brake.PerMinute.
const MostAMinute = 120

// awayAfter is how old a message is that came while the bot was away. Its greeting waits instead of
// being left out, up to StaleAfter.
const awayAfter = time.Minute

// floodOver is how long nobody has been left without an answer when a flood is over, and the next
// one is told again.
const floodOver = time.Hour

// AnswerBrake is the number's brake. With whatsapp.test_limits: off there is none.
func (l Limits) AnswerBrake() Brake {
	if l.Unlimited {
		return Brake{}
	}
	return l.Brake
}

// NewFlood reports whether somebody who has to wait for an answer is the first of a flood. last is
// when somebody last had to. Zero: never.
func NewFlood(last, now time.Time) bool {
	return last.IsZero() || now.Sub(last) > floodOver || last.After(now)
}

// FloodText is what the operator is told of a flood.
func FloodText(b Brake) string {
	return fmt.Sprintf("more people who are not subscribed write than the bot answers (%d messages a minute, %d an "+
		"hour). Whoever gets no greeting now gets it when they write again; HELP and what follows an opt-in waits "+
		"its turn. Stops count at once, and subscribers are answered as ever. Nothing to do; who has no answer: "+
		"`optinbot contacts waiting`", b.PerMinute, b.PerHour)
}

// braked reports whether what this turn says goes out at the brake's pace: the person was not
// subscribed when it began.
func (t *turn) braked() bool { return t.env.Brake != (Brake{}) && t.consentBefore != Subscribed }

// brakeFull reports whether the brake has no room now for what this turn would say. The first in a
// turn to ask makes it known.
func (t *turn) brakeFull() bool {
	if !t.braked() || t.env.CountBraked == nil {
		return false
	}
	if t.brakeChecked == nil {
		full := t.env.CountBraked(time.Minute) >= t.env.Brake.PerMinute ||
			t.env.CountBraked(time.Hour) >= t.env.Brake.PerHour
		t.brakeChecked = &full
		if full {
			t.effects = append(t.effects, Flood{})
		}
	}
	return *t.brakeChecked
}

// leftOut reports whether a greeting or a fallback is left out: the person stays as they were, and
// counts as waiting.
func (t *turn) leftOut() bool {
	if age := t.env.ServerNow().Sub(t.in.At); age > awayAfter && age <= StaleAfter || !t.brakeFull() {
		return false
	}
	t.c.BrakedSince = t.env.Now
	return true
}
