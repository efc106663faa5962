package bot

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A told is one message of a test, so many seconds after tuesday.
type told struct {
	text    string
	second  int
	history bool
}

func (m told) message() Message {
	return Message{
		ID: fmt.Sprintf("%s@%d%v", m.text, m.second, m.history), Identities: ids("+15550100001", ""), Kind: KindText, Text: m.text, History: m.history,
		At: tuesday.Add(time.Duration(m.second) * time.Second),
	}
}

// orders calls each with every order of the messages.
func orders(messages []told, each func([]told)) {
	if len(messages) == 0 {
		each(nil)
		return
	}
	for i := range messages {
		rest := slices.Delete(slices.Clone(messages), i, i+1)
		orders(rest, func(o []told) { each(append([]told{messages[i]}, o...)) })
	}
}

func takes(t *testing.T, env Env, c Contact, m Message) (Contact, []Effect) {
	t.Helper()
	after, effects, err := Step(env, c, m)
	if err != nil {
		t.Fatal(err)
	}
	return after, effects
}

func saysAnything(effects []Effect) bool {
	return slices.ContainsFunc(effects, func(e Effect) bool { _, is := e.(Say); return is })
}

// TestC2EveryOrder: two opt-ins, a stop, one in history and words, at any times, come in any order.
// In the end the last word by the server's time has won, and of a tie the stop. The times of the
// last opt-in and the last stop never go back, and what was written not later than the stop that
// stands is not answered.
func TestC2EveryOrder(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	env.Now = tuesday.Add(time.Hour)
	const phrase, stop, words = "I want promotions", "2", "how much is the red bag"
	for n := range 3 * 3 * 3 * 3 {
		messages := []told{{phrase, n % 3, false}, {stop, n / 3 % 3, false}, {phrase, n / 9 % 3, false}, {stop, n / 27, true}, {words, 1, false}}
		in, out := max(messages[0].second, messages[2].second), max(messages[1].second, messages[3].second)
		want := Unsubscribed
		if in > out {
			want = Subscribed
		}
		orders(messages, func(order []told) {
			c := Contact{ID: 1, Number: "main", Consent: New, Identities: ids("+15550100001", "")}
			for _, m := range order {
				before := c
				message := m.message()
				var effects []Effect
				c, effects = takes(t, env, c, message)
				if c.OptedIn.Before(before.OptedIn) || c.OptedOut.Before(before.OptedOut) {
					t.Fatalf("%v: a time goes back: %+v, %+v", order, before, c)
				}
				if before.Consent == Unsubscribed && !message.At.After(before.OptedOut) && saysAnything(effects) {
					t.Fatalf("%v: an answer to %v, written before their stop", order, m)
				}
			}
			if c.Consent != want {
				t.Fatalf("%v: %s, want %s", order, c.Consent, want)
			}
		})
	}
}

// TestC2WhatLosesIsAnEntry: an opt-in and a stop that lose by their time change nothing, say
// nothing and are in the ledger. The stop is carried to the brand's other numbers, each of which
// compares it with its own last opt-in.
func TestC2WhatLosesIsAnEntry(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	env.Now = tuesday.Add(time.Minute)
	out := Contact{ID: 1, Number: "main", Consent: Unsubscribed, State: "welcome", Language: "en", Choices: Choices{OptedOut: tuesday.Add(20 * time.Second)}, Identities: ids("+15550100001", "")}
	_, effects := takes(t, env, out, told{"I want promotions", 20, false}.message())
	if e := entryOf(effects); e == nil || e.Public.Event != EntrySuperseded || e.Public.To != Unsubscribed || saysAnything(effects) {
		t.Errorf("an opt-in in the second of the stop: %+v", effects)
	}
	in := Contact{ID: 1, Number: "main", Consent: Subscribed, State: "member", Language: "en", Choices: Choices{OptedIn: tuesday.Add(20 * time.Second)}, Identities: ids("+15550100001", "")}
	after, effects := takes(t, env, in, told{"2", 10, false}.message())
	e := entryOf(effects)
	if e == nil || e.Public.Event != EntrySuperseded || e.Public.To != Subscribed || after.Consent != Subscribed || saysAnything(effects) {
		t.Fatalf("a stop before the opt-in: %+v", effects)
	}
	carried := effects[len(effects)-1].(OptOutElsewhere)
	for _, there := range []struct {
		name string
		in   int
		want Consent
	}{{"earlier", 5, Unsubscribed}, {"in that second", 10, Unsubscribed}, {"later", 11, Subscribed}} {
		c := in
		c.Number, c.OptedIn = "outlet", tuesday.Add(time.Duration(there.in)*time.Second)
		c, effects, err := OptOutFromBrand(env, c, carried.Entry, carried.Goodbye)
		if err != nil || c.Consent != there.want || !c.OptedOut.Equal(tuesday.Add(10*time.Second)) || entryOf(effects) == nil || saysAnything(effects) {
			t.Errorf("elsewhere, with an opt-in %s: %s, %+v %v", there.name, c.Consent, effects, err)
		}
		if _, again, _ := OptOutFromBrand(env, c, carried.Entry, false); entryOf(again) != nil {
			t.Errorf("carried a second time: %+v", again)
		}
	}
}

func entryOf(effects []Effect) *Entry {
	for _, e := range effects {
		if r, is := e.(Record); is {
			return &r.Entry
		}
	}
	return nil
}

// TestC1AYesBeforeTheQuestion: a yes that was written before the bot asked anything answers
// nothing, by whatever clock, and what was written before the question does not take it back.
func TestC1AYesBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
		env := shippedEnv(t)
		env.ClockAhead, env.Now = ahead, tuesday.Add(time.Minute+ahead)
		c := Contact{ID: 1, Number: "main", Consent: New, Identities: ids("+15550100001", "")}
		c, _ = takes(t, env, c, told{"i wnat promotions", 0, false}.message())
		for _, m := range []told{{"yes", 30, false}, {"how much is the red bag", 31, false}} {
			if c, _ = takes(t, env, c, m.message()); c.Consent != Pending || c.BotQuestion.Kind != askConfirm {
				t.Fatalf("ahead %s: %v, written before the question: %s, asked %q", ahead, m, c.Consent, c.BotQuestion.Kind)
			}
		}
		if c, _ = takes(t, env, c, told{"yes", 61, false}.message()); c.Consent != Subscribed {
			t.Errorf("ahead %s: their yes to the question: %s", ahead, c.Consent)
		}
	}
}

// TestC2AHoldIsNotEndedByWhatWasWrittenBefore: words that may have been a stop, and a message that
// could not be read, hold promotions until something that was written after them.
func TestC2AHoldIsNotEndedByWhatWasWrittenBefore(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	env.Now = tuesday.Add(time.Minute)
	c := Contact{ID: 1, Number: "main", Consent: Subscribed, State: "member", Language: "en", Choices: Choices{OptedIn: tuesday}, Identities: ids("+15550100001", "")}
	unsure, _ := takes(t, env, c, told{"could you send fewer messages?", 20, false}.message())
	sealed := told{"", 20, false}.message()
	sealed.Kind = KindUndecryptable
	unread, _ := takes(t, env, c, sealed)
	for _, test := range []struct {
		c      Contact
		m      told
		resent bool
		hold   Reason
		ends   bool
	}{
		{unsure, told{"I want promotions", 19, false}, false, UnsureStop, false},
		{unsure, told{"I want promotions", 20, false}, false, UnsureStop, false},
		{unsure, told{"I want promotions", 21, false}, false, UnsureStop, true},
		{unread, told{"hello", 19, false}, false, UndecryptableMessage, false},
		{unread, told{"hello", 20, false}, false, UndecryptableMessage, false},
		{unread, told{"hello", 20, false}, true, UndecryptableMessage, true},
		{unread, told{"hello", 21, false}, false, UndecryptableMessage, true},
	} {
		m := test.m.message()
		if m.Resent = test.resent; m.Resent {
			m.ID = sealed.ID
		}
		after, _ := takes(t, env, test.c, m)
		if !test.c.Has(test.hold) || after.Has(test.hold) == test.ends {
			t.Errorf("%s after %+v: %v, before: %v", test.hold, test.m, after.Holds, test.c.Holds)
		}
	}
}

// TestC2TooManyChanges: somebody alternates the phrase and "2", once a second, and later nothing
// but phrases. Three opt-ins count. The rest is silence, but for one entry and one notice a day.
// Every stop counts.
func TestC2TooManyChanges(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	c := Contact{ID: 1, Number: "main", Consent: New, Identities: ids("+15550100001", "")}
	said, entries, notices := 0, map[string]int{}, map[NoticeKind]int{}
	write := func(text string, second int) {
		m := told{text, second, false}.message()
		env.Now = m.At
		var effects []Effect
		c, effects = takes(t, env, c, m)
		for _, e := range effects {
			switch e := e.(type) {
			case Say:
				said++
			case Record:
				entries[e.Entry.Public.Event]++
			case Notify:
				notices[e.Kind]++
			}
		}
		if text == "2" && c.Consent != Unsubscribed {
			t.Fatalf("after their stop they are %s", c.Consent)
		}
	}
	for i := range 90 {
		write("I want promotions", 2*i)
		write("2", 2*i+1)
	}
	if said > 20 || entries[EntryOptedIn] != 3 || entries[EntryOptedOut] != 3 || entries[EntryTooManyChanges] != 1 || notices[NoticeTooManyChanges] != 1 {
		t.Errorf("180 messages: %d answers, entries %v, notices %v", said, entries, notices)
	}
	said = 0
	for i := range 200 {
		write("I want promotions", 24*3600+200+i)
	}
	if c.Consent != Subscribed || said > 90 || notices[NoticeLoop] != 1 {
		t.Errorf("the next day, 200 times the phrase: %s, %d answers, notices %v", c.Consent, said, notices)
	}
}

// TestC8AnOperatorsStopHasItsTime: it takes effect whatever the machine's clock says, and gets its
// true time when that is known.
func TestC8AnOperatorsStopHasItsTime(t *testing.T) {
	t.Parallel()
	in := Contact{ID: 1, Number: "main", Consent: Subscribed, State: "member", Language: "en", Choices: Choices{OptedIn: tuesday}, Identities: ids("+15550100001", "")}
	for _, clock := range []time.Duration{-time.Hour, 0, time.Hour} {
		env := shippedEnv(t)
		env.Now = tuesday.Add(clock)
		c, _, err := OptOutByOperator(env, in, "at the till")
		if err != nil || c.Consent != Unsubscribed || c.OptedOut.Before(c.OptedIn) {
			t.Errorf("clock %s: %s, %v", clock, c.Consent, err)
		}
		env.ClockAhead = clock
		if c, _, _ := OptOutByOperator(env, in, "at the till"); !c.OptedOut.Equal(tuesday) {
			t.Errorf("a clock that is known to be %s ahead: their stop is of %v", clock, c.OptedOut)
		}
	}
	env := shippedEnv(t)
	env.Now = tuesday.Add(2 * time.Hour)
	at := func(minutes int) time.Time { return tuesday.Add(time.Duration(minutes) * time.Minute) }
	for _, test := range []struct {
		name          string
		in, said      int // minutes after tuesday
		was, is, want int
		consent, then Consent
		lost          []time.Time
		notices       int
	}{
		{name: "set back", was: 60, is: 10, want: 10, consent: Unsubscribed, then: Unsubscribed},
		{name: "set back, and an opt-in had lost to it", was: 60, is: 10, want: 10, consent: Unsubscribed, then: Unsubscribed, lost: []time.Time{at(5), at(20)}, notices: 1},
		{name: "never before the last opt-in", in: 15, was: 60, is: 10, want: 15, consent: Unsubscribed, then: Unsubscribed},
		{name: "never before a stop that they wrote", said: 15, was: 60, is: 10, want: 15, consent: Unsubscribed, then: Unsubscribed},
		{name: "they opted in again since", in: 70, was: 60, is: 10, want: 10, consent: Subscribed, then: Subscribed},
		{name: "moved on", was: 10, is: 60, want: 60, consent: Unsubscribed, then: Unsubscribed},
		{name: "moved on, over an opt-in", in: 20, was: 10, is: 60, want: 60, consent: Subscribed, then: Unsubscribed},
		{name: "moved on, not over a later opt-in", in: 70, was: 10, is: 60, want: 60, consent: Subscribed, then: Subscribed},
	} {
		c := in
		c.OptedIn, c.OptedOut, c.StopWritten, c.Consent = at(test.in), at(test.was), at(test.said), test.consent
		after, effects, err := Restate(env, c, at(test.was), at(test.is), test.lost)
		notices := 0
		for _, e := range effects {
			if _, is := e.(Notify); is {
				notices++
			}
		}
		if err != nil || !after.OptedOut.Equal(at(test.want)) || after.Consent != test.then || notices != test.notices {
			t.Errorf("%s: stop of %v, %s, %d notices, %v", test.name, after.OptedOut, after.Consent, notices, err)
		}
	}
}

// TestC7TimesOfAMerge: of two contacts that are one person the times are the later ones, the last
// word decides, and a question that one of them was asked before the other's stop is over.
func TestC7TimesOfAMerge(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	asked := Contact{ID: 1, Number: "main", Consent: Pending, State: "welcome", Language: "en", Identities: ids("+15550100001", ""), Presence: Presence{LastInbound: tuesday},
		Dialogue: Dialogue{BotQuestion: BotQuestion{Kind: askConfirm, At: tuesday}}}
	left := Contact{ID: 2, Number: "main", Consent: Unsubscribed, Identities: ids("", "71"), Choices: Choices{OptedIn: tuesday.Add(-time.Hour), OptedOut: tuesday.Add(time.Second)}}
	for _, pair := range [][2]Contact{{asked, left}, {left, asked}} {
		m, _, err := Merge(env, pair[0], pair[1])
		if err != nil || m.Consent != Unsubscribed || m.BotQuestion.Kind != "" || !m.OptedIn.Equal(left.OptedIn) || !m.OptedOut.Equal(left.OptedOut) {
			t.Errorf("%+v %v", m, err)
		}
	}
	again := left
	again.Consent, again.OptedIn = Subscribed, tuesday.Add(time.Minute)
	if m, _, _ := Merge(env, again, left); m.Consent != Subscribed {
		t.Errorf("their last word was an opt-in: %s", m.Consent)
	}
	// of two stops the last one tells whether WhatsApp keeps it too
	for _, last := range []bool{true, false} {
		first, second := left, asked
		first.StoppedAtWhatsApp, second.StoppedAtWhatsApp = !last, last
		second.OptedOut = left.OptedOut.Add(time.Second)
		for _, pair := range [][2]Contact{{first, second}, {second, first}} {
			if m, _, _ := Merge(env, pair[0], pair[1]); m.StoppedAtWhatsApp != last {
				t.Errorf("stopped at WhatsApp: %v, want %v", m.StoppedAtWhatsApp, last)
			}
		}
	}
}

// TestC2AShopMessageOfBeforeTheQuestion: what a person of the shop wrote before the bot asked may
// come after it, from another device or from history. The answer to the question is heard all the
// same.
func TestC2AShopMessageOfBeforeTheQuestion(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{0, 10 * time.Minute, -10 * time.Minute} {
		for _, test := range []struct {
			second  int
			history bool
			then    Consent
		}{{30, false, Unsubscribed}, {30, true, Unsubscribed}, {90, false, Subscribed}} {
			env := shippedEnv(t)
			env.ClockAhead, env.Now = ahead, tuesday.Add(time.Minute+ahead)
			c := Contact{ID: 1, Number: "main", Consent: Subscribed, State: "member", Language: "en", Choices: Choices{OptedIn: tuesday}, Identities: ids("+15550100001", "")}
			c, _ = takes(t, env, c, told{"could you send fewer messages?", 60, false}.message())
			shop := told{"we have new bags", test.second, test.history}.message()
			shop.FromMe = true
			c, _ = takes(t, env, c, shop)
			if c, _ = takes(t, env, c, told{"yes", 95, false}.message()); c.Consent != test.then {
				t.Errorf("ahead %s, %+v: their yes to the stop question: %s, want %s", ahead, test, c.Consent, test.then)
			}
		}
	}
}

// TestC2AMergeEndsTheConversation: somebody answers a question by taps, and turns out to be a
// person who has left. Nothing more is asked.
func TestC2AMergeEndsTheConversation(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	env.Now = tuesday.Add(time.Minute)
	open := Contact{ID: 1, Number: "main", Consent: Subscribed, State: "interests", Language: "en", Identities: ids("+15550100001", ""), Presence: Presence{LastInbound: env.Now},
		Choices: Choices{OptedIn: tuesday.Add(-time.Minute)}, Dialogue: Dialogue{FlowQuestion: &FlowQuestion{Asked: tuesday, Timeout: tuesday.Add(time.Hour)}, Poll: &SentPoll{ID: "P", Preference: "interests", Sent: tuesday, Wait: env.Now}}}
	left := Contact{ID: 2, Number: "main", Consent: Unsubscribed, Identities: ids("", "71"), Choices: Choices{OptedOut: tuesday}}
	for _, pair := range [][2]Contact{{open, left}, {left, open}} {
		m, _, err := Merge(env, pair[0], pair[1])
		if err != nil || m.Consent != Unsubscribed {
			t.Fatalf("%+v %v", m, err)
		}
		for _, kind := range []TimerKind{TimerPoll, TimerTimeout, TimerReminder} {
			at := env
			at.Now = tuesday.Add(2 * time.Hour)
			if _, effects, err := TimerElapsed(at, m, kind); err != nil || saysAnything(effects) {
				t.Errorf("timer %s: %+v %v", kind, effects, err)
			}
		}
		for _, timer := range m.Timers() {
			if !timer.At.IsZero() {
				t.Errorf("a timer waits: %+v", timer)
			}
		}
	}
	if open.Poll.Wait.IsZero() || open.FlowQuestion == nil {
		t.Error("the merge has changed the contact that it was given")
	}
}

// TestT2AVoteTakenBackInAnEarlierPoll leaves the taps alone that wait in the poll of today.
func TestT2AVoteTakenBackInAnEarlierPoll(t *testing.T) {
	t.Parallel()
	env := shippedEnv(t)
	c := Contact{ID: 1, Number: "main", Consent: Subscribed, State: "interests", Language: "en", Identities: ids("+15550100001", ""), Choices: Choices{OptedIn: tuesday},
		Dialogue: Dialogue{FlowQuestion: &FlowQuestion{Asked: tuesday, Timeout: tuesday.Add(time.Hour)}, Preferences: map[string][]string{"place": {"x"}}, Poll: &SentPoll{ID: "P", Preference: "interests", Sent: tuesday, Wait: tuesday.Add(PollWait)}, Polls: []SentPoll{{ID: "O", Preference: "place", Sent: tuesday}}}}
	back := told{"", 1, false}.message()
	back.Kind, back.Poll = KindPollVote, "O"
	after, _ := takes(t, env, c, back)
	if _, had := after.Preferences["place"]; had || after.Poll.Wait.IsZero() {
		t.Errorf("preferences %v, the taps wait until %v", after.Preferences, after.Poll.Wait)
	}
}

// TestC1AYesAfterALaterStop: somebody who left is asked whether they want promotions, and then it
// turns out that a later stop binds them, of whatever origin. Their yes to the question of before
// it answers nothing.
func TestC1AYesAfterALaterStop(t *testing.T) {
	t.Parallel()
	stop := tuesday.Add(20 * time.Second)
	for what, leave := range map[string]Act{
		"known by their phone": func(e Env, c Contact) (Contact, []Effect, error) { return Suppress(e, c, stop) },
		"of another number": func(e Env, c Contact) (Contact, []Effect, error) {
			return OptOutFromBrand(e, c, Entry{Public: Public{ServerTime: stop, Actor: "contact", Rule: "tier1.word"}}, false)
		},
		"of an operator": func(e Env, c Contact) (Contact, []Effect, error) { return OptOutByOperator(e, c, "at the till") },
	} {
		env := shippedEnv(t)
		env.Now = tuesday
		c := Contact{ID: 1, Number: "main", Consent: Unsubscribed, State: "welcome", Language: "en", Identities: ids("+15550100001", ""), Choices: Choices{OptedOut: tuesday.Add(-time.Hour)}}
		if c, _ = takes(t, env, c, told{"i wnat promotions", 0, false}.message()); c.BotQuestion.Kind != askConfirm {
			t.Fatalf("they are not asked: %+v", c.BotQuestion)
		}
		env.Now = stop
		c, _, err := leave(env, c)
		if err != nil || !c.OptedOut.Equal(stop) {
			t.Fatalf("%s: %v %v", what, c.OptedOut, err)
		}
		env.Now = tuesday.Add(time.Minute)
		if c, _ = takes(t, env, c, told{"yes", 60, false}.message()); c.Consent != Unsubscribed {
			t.Errorf("a stop %s, and then a yes to the question of before it: %s", what, c.Consent)
		}
	}
}
