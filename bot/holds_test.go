package bot

import (
	"fmt"
	"testing"
	"time"
)

// subscriber is somebody who opted in the day before.
func subscriber() Contact {
	return Contact{ID: 1, Number: "main", Consent: Subscribed, State: "member", Language: "en", Identities: ids("+15550100001", ""),
		Choices: Choices{OptedIn: tuesday.Add(-24 * time.Hour)}, Presence: Presence{LastInbound: tuesday.Add(-24 * time.Hour)}}
}

// unreadable is a message that could not be read, so many seconds after tuesday.
func unreadable(second int) Message {
	m := told{"", second, false}.message()
	m.ID, m.Kind = fmt.Sprintf("sealed@%d", second), KindUndecryptable
	return m
}

// TestC2AnUnreadableMessageInAnyOrder: a message that could not be read holds promotions until
// words that were written after it, in whatever order the two come.
func TestC2AnUnreadableMessageInAnyOrder(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	env.Now = tuesday.Add(time.Hour)
	for n := range 3 * 3 * 3 {
		sealed, phrase, words := n%3, n/3%3, n/9
		messages := []told{{"", sealed, false}, {"I want promotions", phrase, false}, {"how much is the red bag", words, false}}
		orders(messages, func(order []told) {
			c := subscriber()
			for _, said := range order {
				m := said.message()
				if said.text == "" {
					m = unreadable(said.second)
				}
				c, _ = takes(t, env, c, m)
			}
			if want := sealed >= max(phrase, words); c.Has(UndecryptableMessage) != want {
				t.Errorf("%v: holds %v, want %v", order, c.Has(UndecryptableMessage), want)
			}
		})
	}
}

// TestC2ForgettingEndsNoHold: of many messages that could not be read the oldest lose their IDs.
// That they come at last ends nothing: one of those that nobody remembers may have been a stop.
// Words end it.
func TestC2ForgettingEndsNoHold(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	env.Now = tuesday.Add(time.Hour)
	const sent = maxUnreadable + 5
	one, other := subscriber(), subscriber()
	other.ID, other.Identities = 2, ids("", "71")
	all := one
	for i := range sent {
		all, _ = takes(t, env, all, unreadable(i))
		if i%2 == 0 {
			one, _ = takes(t, env, one, unreadable(i))
		} else {
			other, _ = takes(t, env, other, unreadable(i))
		}
	}
	merged, _, err := Merge(env, one, other)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]Contact{"of one contact": all, "of two that are one person": merged} {
		if len(c.Unreadable) != maxUnreadable || c.nextResendAsk().IsZero() {
			t.Errorf("%s: %d are remembered, and they are to be asked at %v", what, len(c.Unreadable), c.nextResendAsk())
		}
		for i := range sent {
			read := unreadable(i)
			read.Kind, read.Text = KindReaction, "😀"
			c, _ = takes(t, env, c, read)
		}
		if !c.Has(UndecryptableMessage) {
			t.Errorf("%s: the hold has ended, and of %d messages nobody knows whether they came", what, sent-maxUnreadable+1)
		}
		if c, _ = takes(t, env, c, told{"how much is the red bag", sent, false}.message()); c.Has(UndecryptableMessage) || len(c.Unreadable) > 0 {
			t.Errorf("%s: words after all of them do not end the hold: %v", what, c.Unreadable)
		}
	}
}

// TestB7HoldsEndByWordsWrittenAfter: a hold that ends when they write ends by what they wrote after
// that which set it, and by nothing that was under way then, whatever the machine's clock says.
func TestB7HoldsEndByWordsWrittenAfter(t *testing.T) {
	t.Parallel()
	reassign := func(e Env, c Contact) (Contact, []Effect, error) {
		return Reassign(e, c, "+15550100009", e.ServerNow())
	}
	for reason, set := range map[Reason]Act{SafeMode: HoldForSafety, NumberChanged: ChangeNumber, NumberReassigned: reassign} {
		for _, ahead := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
			for second, want := range map[int]bool{-60: true, 0: true, 1: false, 3600: false} {
				env := shippedEnv(t)
				env.ClockAhead, env.Now = ahead, tuesday.Add(ahead)
				c, _, err := set(env, subscriber())
				if err != nil {
					t.Fatal(err)
				}
				env.Now = env.Now.Add(2 * time.Hour)
				if c, _ = takes(t, env, c, told{"how much is the red bag", second, false}.message()); c.Has(reason) != want {
					t.Errorf("%s, clock ahead by %s, written %d s after it: holds %v", reason, ahead, second, c.Has(reason))
				}
			}
			env := shippedEnv(t)
			env.Now = tuesday
			c, _, _ := set(env, subscriber())
			env.Now = tuesday.Add(time.Hour)
			c, _, _ = set(env, c) // again
			if c, _ = takes(t, env, c, told{"how much is the red bag", 60, false}.message()); !c.Has(reason) {
				t.Errorf("%s: it was set twice, and words of between the two end it", reason)
			}
		}
	}
}

// TestC7AMergeKeepsTheStricter: what keeps the bot from writing, or makes it listen, is kept from
// whichever side has it.
func TestC7AMergeKeepsTheStricter(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	at := tuesday
	for what, test := range map[string]struct {
		set  func(*Contact)
		kept func(Contact) bool
	}{
		"the bot is muted":        {func(c *Contact) { c.MutedTo = at }, func(c Contact) bool { return c.MutedTo.Equal(at) }},
		"they wait for an answer": {func(c *Contact) { c.BrakedSince = at }, func(c Contact) bool { return c.BrakedSince.Equal(at) }},
		"asked whether they want to stop": {func(c *Contact) {
			c.BotQuestion = BotQuestion{Kind: askUnsure, At: at}
			c.hold(UnsureStop, at)
		}, func(c Contact) bool { return c.BotQuestion.Kind == askUnsure && c.Has(UnsureStop) }},
		"a takeover": {func(c *Contact) { c.LastHuman = at }, func(c Contact) bool { return c.TakeoverUntil().After(at) }},
	} {
		for _, later := range []bool{false, true} {
			one, other := subscriber(), subscriber()
			other.ID, other.Identities, other.BotQuestion = 2, ids("", "71"), BotQuestion{Kind: askConfirm, At: at}
			if test.set(&one); later {
				other.LastInbound = tuesday // the conversation goes on there
			}
			for _, pair := range [][2]Contact{{one, other}, {other, one}} {
				if m, _, err := Merge(env, pair[0], pair[1]); err != nil || !test.kept(m) {
					t.Errorf("%s, the other side wrote last: %v: it is lost: %+v %v", what, later, m, err)
				}
			}
		}
	}
	one, other := subscriber(), subscriber()
	one.Sends, other.Sends = []time.Time{at}, []time.Time{at.Add(-time.Hour)}
	if m, _, _ := Merge(env, one, other); !m.Sends[len(m.Sends)-1].Equal(at) {
		t.Error("the last promotion is not the last:", m.Sends)
	}
}

// TestT4TakeoversGoByTheServersClock: a person of the shop writes by the desk or takes a chat over,
// and gives it back, by a clock that is wrong. Who wrote last is known all the same.
func TestT4TakeoversGoByTheServersClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
		env := shippedEnv(t)
		env.ClockAhead, env.Now = ahead, tuesday.Add(ahead)
		c := subscriber()
		c.LastInbound = tuesday.Add(-time.Hour)
		replied, _, err := Reply(env, c, "We have it in red")
		if err != nil || !replied.LastHuman.Equal(tuesday) {
			t.Errorf("clock ahead by %s: they wrote at %v, want %v (%v)", ahead, replied.LastHuman, tuesday, err)
		}
		paused, _, _ := Pause(env, c)
		typed := told{"We have it in blue", 0, false}.message()
		typed.FromMe = true
		typedTo, _ := takes(t, env, c, typed)
		for what, taken := range map[string]Contact{"a reply": replied, "a pause": paused, "a text": typedTo} {
			if taken.TakeoverUntil().IsZero() {
				t.Errorf("clock ahead by %s: %s takes nothing over", ahead, what)
			}
			if back, _, _ := Resume(env, taken); !back.TakeoverUntil().IsZero() {
				t.Errorf("clock ahead by %s: %s, given back, is taken over until %v", ahead, what, back.TakeoverUntil())
			}
		}
	}
}
