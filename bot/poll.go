package bot

import (
	"slices"
	"strings"
	"time"

	"optinbot/flows"
)

// maxTitle is how long the question of a poll may be, in characters, as in WhatsApp's apps.
const maxTitle = 255

// maxPolls bounds how many earlier polls are remembered.
const maxPolls = 20

// sayPoll puts the state's question as a poll. Where no polls are shown, and in the reminder and
// the fallback, the text menu is its equal.
func (t *turn) sayPoll(s *flows.State) {
	menu := t.menu(s.Ask)
	said := t.render(s.Say, menu)
	poll := &Poll{
		Title:   shortened(strings.ReplaceAll(said, menu, ""), maxTitle),
		Options: s.Ask.PollOptions(t.c.Language, t.flow),
	}
	if s.Ask.Choose == flows.One {
		poll.Most = 1
	}
	id := t.env.NewID()
	if t.out(Say{ID: id, Kind: SayQuestion, Text: shortened(withMenu(said, menu), maxText), Poll: poll}) {
		t.rememberPoll()
		t.c.Poll = &SentPoll{ID: id, Preference: s.Ask.Preference, Sent: t.env.Now}
	}
}

// rememberPoll puts the last poll among the earlier ones, and forgets those in which a vote counts
// no more.
func (t *turn) rememberPoll() {
	if t.c.Poll == nil {
		return
	}
	earlier := *t.c.Poll
	earlier.Wait = time.Time{}
	if earlier.Sent.IsZero() { // sent before that was kept
		earlier.Sent = t.env.Now
	}
	t.c.Polls = slices.DeleteFunc(append(t.c.Polls, earlier),
		func(p SentPoll) bool { return t.env.Now.Sub(p.Sent) > PollLasts })
	if n := len(t.c.Polls); n > maxPolls {
		t.c.Polls = t.c.Polls[n-maxPolls:]
	}
}

// pollOf returns the poll that a vote is in, nil where there is none in which it counts.
func (t *turn) pollOf(id string) *SentPoll {
	if t.c.Poll != nil && t.c.Poll.ID == id {
		return t.c.Poll
	}
	for i := range t.c.Polls {
		if p := &t.c.Polls[i]; p.ID == id && t.env.Now.Sub(p.Sent) <= PollLasts {
			return p
		}
	}
	return nil
}

// vote reads a vote: an answer while the poll's question is open, a change of the answer
// afterwards. It is never a yes or a stop (C1, C2: those are words), and nothing to somebody who
// left, or about a question put before a person of the shop took the chat over.
func (t *turn) vote() error {
	p := t.pollOf(t.in.Poll)
	if p == nil || t.c.Consent == Unsubscribed || t.env.Now.Before(t.c.TakeoverUntil()) && !t.askedSinceTakeover() {
		return nil
	}
	q, open := t.env.Machine.Question(p.Preference), t.openQuestion()
	if q == nil {
		return nil
	}
	answers := open != nil && open.Preference == p.Preference && p == t.c.Poll
	if t.in.Sealed {
		if answers && !p.Typed { // once: then they know how
			p.Typed = true
			t.sayText(SayQuestion, t.questionText(t.flow.States[t.c.State]))
		}
		return nil
	}
	if t.in.At.Before(p.Voted) {
		return nil // a later vote came first
	}
	p.Voted = t.in.At
	values, ok := q.Voted(t.in.Votes, t.flow)
	switch {
	case len(t.in.Votes) == 0:
		t.withdrawVote(p)
		return nil
	case !ok:
		return nil
	}
	same := slices.Equal(t.c.Preferences[p.Preference], values)
	t.setPreference(p.Preference, values)
	switch {
	case !answers && !same:
		t.sayText(SayReply, t.flow.PreferenceText(p.Preference, values, t.c.Language)+" ✓")
		return nil
	case !answers:
		return nil
	case q.Choose == flows.Many: // phones send a vote with every tap
		p.Wait, t.answersSoon = t.env.Now.Add(PollWait), true
		t.effects = append(t.effects, SetTimer{Kind: TimerPoll, At: p.Wait})
		return nil
	}
	return t.pollAnswered(q)
}

// withdrawVote takes the answer back with the vote. An open question stays open.
func (t *turn) withdrawVote(p *SentPoll) {
	if _, had := t.c.Preferences[p.Preference]; had {
		t.setPreference(p.Preference, nil)
		delete(t.c.Preferences, p.Preference)
	}
	if p == t.c.Poll {
		t.stopWaiting()
	}
}

// stopWaiting ends the wait for further taps.
func (t *turn) stopWaiting() {
	if t.c.Poll != nil && !t.c.Poll.Wait.IsZero() {
		t.c.Poll.Wait = time.Time{}
		t.effects = append(t.effects, SetTimer{Kind: TimerPoll})
	}
}

// tappedQuestion reports whether they have tapped an answer in the poll of the open question, and
// may tap more.
func (t *turn) tappedQuestion() *flows.Question {
	q := t.openQuestion()
	if q == nil || t.c.Poll == nil || t.c.Poll.Wait.IsZero() || t.c.Poll.Preference != q.Preference {
		return nil
	}
	return q
}

// pollAnswered goes on from a question whose answer is stored.
func (t *turn) pollAnswered(q *flows.Question) error {
	t.c.Misses = 0
	if q.Choose == flows.Many {
		t.c.AddsTo = q.Preference
	}
	t.stopWaiting()
	return t.transition(flows.EventAnswer)
}

// pollWaitOver goes on when no further vote has come for PollWait, unless a person of the shop has
// taken the chat over meanwhile.
func (t *turn) pollWaitOver() error {
	q := t.tappedQuestion()
	if q == nil || t.env.Now.Before(t.c.Poll.Wait) {
		return nil
	}
	if t.env.Now.Before(t.c.TakeoverUntil()) && !t.askedSinceTakeover() {
		t.stopWaiting()
		return nil
	}
	return t.pollAnswered(q)
}
