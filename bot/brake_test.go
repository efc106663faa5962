package bot

import (
	"slices"
	"testing"
	"time"
)

// TestT2TheBrakeOnAnswers has each kind of message of each kind of person, while the brake is full
// and while it is not: what is left out, what waits, what is never braked.
func TestT2TheBrakeOnAnswers(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	pending := func(c *Contact) { c.Consent, c.State = Pending, "welcome" }
	subscribed := func(c *Contact) { c.Consent, c.State = Subscribed, "welcome" }
	left := func(c *Contact) { c.Consent, c.State, c.Goodbye = Unsubscribed, "welcome", "G" }
	for _, test := range []struct {
		name    string
		person  func(*Contact)
		text    string
		age     time.Duration
		left    bool // nothing is said while the brake is full
		free    bool // and what is said does not go at its pace
		consent Consent
	}{
		{name: "a greeting", text: "hello", left: true, consent: New},
		{name: "a greeting to somebody who wrote while the bot was away", text: "hello", age: 5 * time.Hour, consent: Pending},
		{name: "a greeting to somebody who wrote long ago", text: "hello", age: 7 * time.Hour, left: true, consent: New},
		{name: "a fallback", person: pending, text: "what is this", left: true, consent: Pending},
		{name: "help", text: "help", consent: New},
		{name: "the disclosure", text: "I want promotions", consent: Subscribed},
		{name: "the confirm question", text: "i wnat promotions", consent: Pending},
		{name: "the goodbye of a stranger", text: "2", left: true, consent: Unsubscribed},
		{name: "the goodbye of a subscriber", person: subscribed, text: "2", free: true, consent: Unsubscribed},
		{name: "a fallback to a subscriber", person: subscribed, text: "what is this", free: true, consent: Subscribed},
		{name: "somebody who left and writes again", person: left, text: "what is this", left: true, consent: Unsubscribed},
	} {
		for _, full := range []bool{false, true} {
			asked := []time.Duration{}
			env.Brake = Brake{PerMinute: 60, PerHour: 1000}
			env.CountBraked = func(within time.Duration) int {
				asked = append(asked, within)
				if full && within == time.Hour {
					return 1000
				}
				return 59
			}
			c := Contact{ID: 1, Number: "main", Consent: New, Identities: ids("+12125550101", "")}
			if test.person != nil {
				test.person(&c)
			}
			in := Message{ID: "IN", Identities: c.Identities, Kind: KindText, Text: test.text, At: env.Now.Add(-test.age)}
			after, effects, err := Step(env, c, in)
			if err != nil {
				t.Fatal(err)
			}
			said := slices.ContainsFunc(effects, func(e Effect) bool { _, ok := e.(Say); return ok })
			flood := slices.ContainsFunc(effects, func(e Effect) bool { _, ok := e.(Flood); return ok })
			if said == (full && test.left) {
				t.Errorf("%s, full %v: said %v", test.name, full, said)
			}
			for _, e := range effects {
				if say, ok := e.(Say); ok && say.Braked == test.free {
					t.Errorf("%s, full %v: %+v", test.name, full, say)
				}
			}
			waits := full && test.left && test.text != "2"
			if full && after.Consent != test.consent || !full && after.Consent == New && test.text != "help" {
				t.Errorf("%s, full %v: they are %s", test.name, full, after.Consent)
			}
			if got := waitsForRoom(&after); got != waits {
				t.Errorf("%s, full %v: counts as waiting: %v", test.name, full, got)
			}
			// The age that makes a greeting wait comes first: then nobody asks whether there is
			// room.
			if tells := full && !test.free; flood != tells || len(asked) > 2 {
				t.Errorf("%s, full %v: the operator is to know: %v; it asked %v", test.name, full, flood, asked)
			}
			if waits {
				env.CountBraked = nil
				again, effects, err := Step(env, after, in)
				if err != nil || again.Consent == New || waitsForRoom(&again) || len(effects) == 0 {
					t.Errorf("%s: their next message: %+v %v %v", test.name, again, effects, err)
				}
			}
		}
	}
}

func waitsForRoom(c *Contact) bool {
	return slices.ContainsFunc(WaitsForPerson(c, nil), func(w Wait) bool { return w.Reason == string(NoticeFlood) })
}

// TestT2OneNoticeAFlood: a flood is over when nobody had to wait for an hour.
func TestT2OneNoticeAFlood(t *testing.T) {
	t.Parallel()
	for last, want := range map[time.Time]bool{{}: true, tuesday.Add(-time.Minute): false, tuesday.Add(-time.Hour): false, tuesday.Add(-61 * time.Minute): true} {
		if NewFlood(last, tuesday) != want {
			t.Errorf("the last at %v: new %v", last, !want)
		}
	}
}

// TestT2TheBrakeGoesByWhatsAppsClock: a machine whose clock is ahead takes no message for one that
// came while the bot was away.
func TestT2TheBrakeGoesByWhatsAppsClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		env := shippedEnv(t)
		env.Brake, env.CountBraked = Brake{PerMinute: 60, PerHour: 1000}, func(time.Duration) int { return 1000 }
		env.ClockAhead, env.Now = ahead, tuesday.Add(ahead)
		_, effects := takes(t, env, Contact{ID: 1, Number: "main", Consent: New, Identities: ids("+15550100001", "")}, told{"hello", 0, false}.message())
		if saysAnything(effects) {
			t.Errorf("a clock that is %s ahead: greeted while the brake is full", ahead)
		}
	}
}

// TestT2TooMuchIsToldOnce: whoever writes without end makes no notice of each message.
func TestT2TooMuchIsToldOnce(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	for _, c := range []Contact{
		{ID: 1, Number: "main", Consent: Unsubscribed, State: "welcome", Language: "en", Choices: Choices{OptedOut: tuesday.Add(-time.Hour)}, Identities: ids("+15550100001", "")},
		{ID: 2, Number: "main", Consent: Subscribed, State: "member", Language: "en", Choices: Choices{OptedIn: tuesday.Add(-time.Hour)}, Identities: ids("+15550100001", "")},
	} {
		notices := 0
		for i := range 1000 {
			m := told{"could you send fewer messages?", i, false}.message()
			if i%2 == 0 {
				m.Kind, m.Text = KindUndecryptable, ""
			}
			env.Now = m.At
			var effects []Effect
			c, effects = takes(t, env, c, m)
			for _, e := range effects {
				if _, is := e.(Notify); is {
					notices++
				}
			}
		}
		if notices > answeredAnHour+2 {
			t.Errorf("%s: %d notices of 1000 messages", c.Consent, notices)
		}
	}
}
