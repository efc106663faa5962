package bot

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"optinbot/flows"
	"optinbot/flows/words"
)

// converse is the flow's part of a turn: the answer to its open question, a rule of `when:`, an
// addition to the last answer, else the fallback.
func (t *turn) converse(words.Recognition) (bool, error) {
	state := t.flow.States[t.c.State]
	if state == nil {
		return true, fmt.Errorf("flow %s has no state %q", t.flow.Name, t.c.State)
	}
	if t.reanswer() {
		return true, nil
	}
	if t.in.Text != "" && !slices.Contains(t.c.Understood, t.in.EditOf) {
		for _, try := range []func(*flows.State) (bool, error){t.afterTaps, t.addition, t.answer, t.when} {
			if done, err := try(state); done || err != nil {
				t.understood()
				return true, err
			}
			state = t.flow.States[t.c.State]
		}
	}
	if t.in.EditOf != "" || t.spoke && t.c.FlowQuestion != nil {
		return true, nil // an edit that is no answer needs none. Nor do words after taps, beyond the next question
	}
	return true, t.fallback(state)
}

// afterTaps takes what they tapped in a poll for their answer, because they write about something
// else.
func (t *turn) afterTaps(*flows.State) (bool, error) {
	q := t.tappedQuestion()
	if q == nil {
		return false, nil
	}
	if _, ok := q.Answer(t.in.Text, t.c.Language, t.flow); ok {
		t.stopWaiting()
		return false, nil
	}
	return false, t.pollAnswered(q)
}

// understood remembers that the flow has made something of this message.
func (t *turn) understood() {
	const last = 5
	if id := cmp.Or(t.in.EditOf, t.in.ID); id != "" {
		t.c.Understood = append(t.c.Understood, id)
	}
	if n := len(t.c.Understood); n > last {
		t.c.Understood = t.c.Understood[n-last:]
	}
}

// openQuestion is the flow's question that has been put and not answered, or nil.
func (t *turn) openQuestion() *flows.Question {
	if t.c.FlowQuestion == nil || t.flow.States[t.c.State] == nil {
		return nil
	}
	return t.flow.States[t.c.State].Ask
}

func (t *turn) answer(state *flows.State) (bool, error) {
	q := t.openQuestion()
	if q == nil {
		return false, nil
	}
	values, ok := q.Answer(t.in.Text, t.c.Language, t.flow)
	if !ok {
		return false, nil
	}
	return true, t.answered(q, values)
}

// answered takes the answer to the open question.
func (t *turn) answered(q *flows.Question, values []string) error {
	t.setPreference(q.Preference, values)
	t.answeredBy(q.Preference)
	if !t.c.UnhelpedSince.Before(t.c.FlowQuestion.Asked) {
		t.c.UnhelpedSince = time.Time{} // it was about this question
	}
	return t.pollAnswered(q)
}

func (t *turn) when(state *flows.State) (bool, error) {
	i, ok := state.Rule(t.in.Text, t.c.Language, t.flow)
	if !ok {
		return false, nil
	}
	t.c.Misses = 0
	if say := state.When[i].Say; !say.Empty() {
		t.say(SayReply, say)
	}
	return true, t.transition(flows.EventWhen(i))
}

// addition reads "also B" after a `many` question has been answered, also while the next question
// is open.
func (t *turn) addition(*flows.State) (bool, error) {
	if t.c.AddsTo == "" {
		return false, nil
	}
	q := t.env.Machine.Question(t.c.AddsTo)
	if q == nil {
		return false, nil
	}
	values, ok := q.Addition(t.in.Text, t.c.Language, t.flow)
	if !ok {
		return false, nil
	}
	t.setPreference(q.Preference, inOrder(q, append(slices.Clone(t.c.Preferences[q.Preference]), values...)))
	t.c.Misses = 0
	t.sayText(SayReply, t.flow.PreferenceText(q.Preference, t.c.Preferences[q.Preference], t.c.Language)+" ✓")
	return true, nil
}

// inOrder puts the values of a menu into the order of its options, each once.
func inOrder(q *flows.Question, values []string) []string {
	var out []string
	for _, o := range q.Options {
		if slices.Contains(values, o.Value) && !slices.Contains(out, o.Value) {
			out = append(out, o.Value)
		}
	}
	return out
}

func (t *turn) setPreference(name string, values []string) {
	if t.c.Preferences == nil {
		t.c.Preferences = map[string][]string{}
	}
	if !slices.Equal(t.c.Preferences[name], values) {
		t.effects = append(t.effects, SetPreference{name, values})
	}
	t.c.Preferences[name] = values
}

// fallback answers what nothing matched: a question that was never put is put now. Else it says
// `otherwise`, at most AtMost times in a row, then once a notice, then quiet. In a chat in which a
// person of the shop wrote lately there is no fallback.
func (t *turn) fallback(state *flows.State) error {
	if t.humanChat() || t.leftOut() {
		return nil
	}
	if state.Ask != nil && t.c.FlowQuestion == nil {
		t.enter(state)
		return nil
	}
	t.c.Misses++
	if t.c.UnhelpedSince.IsZero() || !t.c.UnhelpedSince.After(later(t.c.LastHuman, t.c.OptedOut)) {
		t.c.UnhelpedSince = t.env.Now
	}
	switch {
	case t.c.Misses == state.Otherwise.AtMost+1:
		t.notify(NoticeNeedsPerson, fmt.Sprintf("the bot did not understand them %d times in a row in state %s and "+
			"is quiet now", t.c.Misses, state.Name))
		return nil
	case t.c.Misses > state.Otherwise.AtMost:
		return nil
	}
	if err := t.transition(flows.EventOtherwise); err != nil {
		return err
	}
	t.sayFallback(state)
	return nil
}

func (t *turn) sayFallback(state *flows.State) {
	text := state.Otherwise.Say
	if t.in.Text == "" && t.in.Kind != KindOrder && !t.flow.Unreadable.Empty() {
		text = t.flow.Unreadable // a voice note, a sticker: say that the bot reads text only
	}
	if q := t.openQuestion(); q != nil {
		menu := t.menu(q)
		said := t.render(text, menu)
		if state.Otherwise.Again {
			said += "\n\n" + t.questionText(state)
		}
		t.sayQuestion(SayQuestion, said, q)
		return
	}
	t.say(SayReply, text)
}

// enter says what belongs to a state: its text, its question, the contact card.
func (t *turn) enter(s *flows.State) {
	if s.Ask == nil {
		t.say(SayReply, s.Say)
	} else {
		t.ask(s)
	}
	if s.Card {
		t.out(Say{ID: t.env.NewID(), Kind: SayCard, Text: t.env.CardText})
	}
}

// ask puts the state's question and starts its timers.
func (t *turn) ask(s *flows.State) {
	q := s.Ask
	// The last question put is the one that a yes or no answers. Other answers leave "do you want
	// to stop?" open.
	if t.c.BotQuestion.Kind == askConfirm || q.Choose == flows.YesNo || q.Choose == flows.Free {
		t.c.BotQuestion = BotQuestion{}
	}
	t.c.Misses = 0
	if t.c.AddsTo == q.Preference {
		t.c.AddsTo = "" // it is being asked again
	}
	t.c.FlowQuestion = &FlowQuestion{Asked: t.env.Now, Timeout: t.env.Now.Add(q.Timeout.After)}
	timer := SetTimer{Kind: TimerTimeout, At: t.c.FlowQuestion.Timeout}
	if q.Reminder != nil {
		if at := t.env.Now.Add(q.Reminder.After); at.Before(timer.At) {
			timer = SetTimer{Kind: TimerReminder, At: at}
		}
	}
	t.effects = append(t.effects, timer)
	if !q.Poll || t.env.Wire.Buttons {
		t.sayQuestion(SayQuestion, t.render(s.Say, t.menu(q)), q)
		return
	}
	t.sayPoll(s)
}

func (t *turn) closeQuestion() {
	if t.c.FlowQuestion == nil {
		return
	}
	t.c.FlowQuestion = nil
	t.effects = append(t.effects, SetTimer{})
	t.stopWaiting()
}

// questionHoldsUntil is the end of question_open: the state's timeout, or 30 minutes after their
// last message, whichever is first, zero without a question.
func (c *Contact) questionHoldsUntil() time.Time {
	if c.FlowQuestion == nil {
		return time.Time{}
	}
	until := c.LastInbound.Add(QuestionHolds)
	if c.FlowQuestion.Timeout.Before(until) {
		until = c.FlowQuestion.Timeout
	}
	return until
}
