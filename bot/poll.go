package bot

import (
	"strings"

	"optinbot/flows"
)

// maxTitle is how long the question of a poll may be, in characters, as in WhatsApp's apps.
const maxTitle = 255

// sayPoll puts the state's question as a poll. Where no polls are shown, and in the reminder and the fallback, the text menu is its equal.
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
		t.c.Poll = &SentPoll{ID: id, Preference: s.Ask.Preference}
	}
}

// vote reads a vote in the last poll: an answer while the question is open, a change of the answer afterwards. It is never a yes or a stop
// (C1, C2: those are words), and nothing to somebody who left or whom a person of the shop is talking to.
func (t *turn) vote() error {
	p := t.c.Poll
	if p == nil || p.ID != t.in.Poll || t.c.Consent == Unsubscribed || t.env.Now.Before(t.c.TakeoverUntil()) {
		return nil
	}
	q, open := t.env.Machine.Question(p.Preference), t.openQuestion()
	if q == nil {
		return nil
	}
	answers := open != nil && open.Preference == p.Preference
	if t.in.Sealed {
		if answers && !p.Typed { // once: then they know how
			p.Typed = true
			t.sayText(SayQuestion, t.questionText(t.flow.States[t.c.State]))
		}
		return nil
	}
	values, ok := q.Voted(t.in.Votes, t.flow)
	if !ok {
		return nil
	}
	t.prefer(p.Preference, values)
	if !answers {
		t.sayText(SayReply, t.flow.PreferenceText(p.Preference, values, t.c.Language)+" ✓")
		return nil
	}
	t.c.Misses = 0
	if q.Choose == flows.Many {
		t.c.Answered = p.Preference
	}
	return t.fire(flows.EventAnswer)
}
