package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/flows"
	"optinbot/flows/words"
)

// converse is the flow's part of a turn: the answer to its open question, a rule of `when:`, an addition to the last answer,
// else the fallback.
func (t *turn) converse(words.Verdict) (bool, error) {
	state := t.flow.States[t.c.State]
	if state == nil {
		return true, fmt.Errorf("flow %s has no state %q", t.flow.Name, t.c.State)
	}
	if t.in.Text != "" {
		for _, try := range []func(*flows.State) (bool, error){t.answer, t.when, t.addition} {
			if done, err := try(state); done || err != nil {
				return true, err
			}
		}
	}
	if t.in.EditOf != "" {
		return true, nil // an edit that is no answer needs none
	}
	return true, t.fallback(state)
}

// openQuestion is the flow's question that has been put and not answered, or nil.
func (t *turn) openQuestion() *flows.Question {
	if t.c.Open == nil || t.flow.States[t.c.State] == nil {
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
	t.prefer(q.Preference, values)
	t.c.Misses = 0
	if q.Choose == flows.Many {
		t.c.Answered = q.Preference
	}
	return true, t.fire(flows.EventAnswer)
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
	return true, t.fire(flows.EventWhen(i))
}

// addition reads "also B" after a `many` question has been answered, also while the next question is open.
func (t *turn) addition(*flows.State) (bool, error) {
	if t.c.Answered == "" {
		return false, nil
	}
	q := t.env.Machine.Question(t.c.Answered)
	if q == nil {
		return false, nil
	}
	values, ok := q.Addition(t.in.Text, t.c.Language, t.flow)
	if !ok {
		return false, nil
	}
	t.prefer(q.Preference, inOrder(q, append(slices.Clone(t.c.Preferences[q.Preference]), values...)))
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

func (t *turn) prefer(name string, values []string) {
	if t.c.Preferences == nil {
		t.c.Preferences = map[string][]string{}
	}
	t.c.Preferences[name] = values
}

// fallback answers what nothing matched: a question that was never put is put now; else `otherwise`, at most AtMost times in
// a row, then once a notice, then quiet. In a chat in which a person of the shop wrote lately there is no fallback.
func (t *turn) fallback(state *flows.State) error {
	if t.humanChat() {
		return nil
	}
	if state.Ask != nil && t.c.Open == nil {
		t.enter(state)
		return nil
	}
	t.c.Misses++
	switch {
	case t.c.Misses == state.Otherwise.AtMost+1:
		t.tell(NoticeNeedsPerson, fmt.Sprintf("the bot did not understand them %d times in a row in state %s and is quiet now", t.c.Misses, state.Name))
		return nil
	case t.c.Misses > state.Otherwise.AtMost:
		return nil
	}
	if err := t.fire(flows.EventOtherwise); err != nil {
		return err
	}
	t.sayFallback(state)
	return nil
}

func (t *turn) sayFallback(state *flows.State) {
	text := state.Otherwise.Say
	if t.in.Text == "" && !t.flow.Unreadable.Empty() {
		text = t.flow.Unreadable // a voice note, a sticker: say that the bot reads text only
	}
	if q := t.openQuestion(); q != nil {
		menu := t.menu(q)
		said := t.render(text, menu)
		if state.Otherwise.Again {
			said += "\n\n" + t.questionText(state)
		}
		t.sayText(SayQuestion, withMenu(said, menu))
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
	t.c.Own = OwnQuestion{} // the last question put is the one that a yes answers
	t.c.Misses = 0
	if t.c.Answered == q.Preference {
		t.c.Answered = "" // it is being asked again
	}
	t.c.Open = &Question{Asked: t.env.Now, Timeout: t.env.Now.Add(q.Timeout.After)}
	timer := SetTimer{Kind: TimerTimeout, At: t.c.Open.Timeout}
	if q.Reminder != nil {
		if at := t.env.Now.Add(q.Reminder.After); at.Before(timer.At) {
			timer = SetTimer{Kind: TimerReminder, At: at}
		}
	}
	t.effects = append(t.effects, timer)
	t.sayText(SayQuestion, t.questionText(s))
}

func (t *turn) questionText(s *flows.State) string {
	menu := t.menu(s.Ask)
	return withMenu(t.render(s.Say, menu), menu)
}

func (t *turn) menu(q *flows.Question) string { return q.Menu(t.c.Language, t.flow) }

// withMenu adds the menu under a question, unless its text has it already by {options}.
func withMenu(text, menu string) string {
	if menu == "" || strings.Contains(text, menu) {
		return text
	}
	return strings.TrimSpace(text + "\n\n" + menu)
}

func (t *turn) closeQuestion() {
	if t.c.Open == nil {
		return
	}
	t.c.Open = nil
	t.effects = append(t.effects, SetTimer{})
}

// say sends one of the variants of text to the contact and returns its message ID; "" where there is nothing to say, or the
// bot is muted.
func (t *turn) say(kind SayKind, text flows.Text) (id string) {
	if text.Empty() {
		return ""
	}
	return t.sayText(kind, t.render(text, ""))
}

func (t *turn) sayText(kind SayKind, text string) (id string) {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	id = t.env.NewID()
	if !t.out(Say{ID: id, Kind: kind, Text: shortened(text, maxText)}) {
		return ""
	}
	return id
}

// out puts a message into the outbox, unless a loop has been cut. The goodbye and the disclosure always go out.
func (t *turn) out(s Say) bool {
	if s.Kind != SayGoodbye && !s.Disclosure && t.muted() {
		return false
	}
	s.Stale = !t.in.At.IsZero() && t.env.Now.Sub(t.in.At) > StaleAfter
	t.spoke = true
	t.effects = append(t.effects, s)
	return true
}

// muted counts the turns in which the bot replies and cuts what looks like two bots talking to each other.
func (t *turn) muted() bool {
	if t.env.Now.Before(t.c.MutedTo) {
		return true
	}
	if t.spoke || t.in.ID == "" {
		return false // counted already; timers cannot loop
	}
	if t.env.Now.Sub(t.c.Recent.From) > loopWindow {
		t.c.Recent = Recent{From: t.env.Now}
	}
	t.c.Recent.Replies++
	if t.c.Recent.Replies <= loopReplies {
		return false
	}
	t.c.MutedTo, t.c.Recent = t.env.Now.Add(loopMutes), Recent{}
	t.tell(NoticeLoop, fmt.Sprintf("%d answers in %s: this looks like another bot; no replies for %s (a stop is still obeyed)", loopReplies, loopWindow, loopMutes))
	return true
}

// render picks the variant and fills the placeholders. options is the menu, for {options}.
func (t *turn) render(text flows.Text, options string) string {
	variants := text.In(t.c.Language, t.flow.Languages)
	if len(variants) == 0 {
		return ""
	}
	variant := variants[int(t.c.ID+int64(t.c.Said))%len(variants)]
	t.c.Said++
	out, _ := variant.Render(func(name string) string {
		if name == "options" {
			return options
		}
		return t.c.value(name, t.flow)
	})
	return out
}

// value is what a placeholder stands for; "" where it is not known.
func (c *Contact) value(name string, flow *flows.Flow) string {
	switch name {
	case "brand":
		return flow.Brand
	case "name":
		return c.Name
	case "first_name":
		return FirstName(c.Name)
	}
	if values, ok := c.Preferences[name]; ok {
		return flow.PreferenceText(name, values, c.Language)
	}
	return ""
}

// FirstName returns the first word of a WhatsApp name if it looks like a name (letters, at most 20 of them), else "". People
// call themselves "🌸", "~", "Bus 42" or with a whole sentence.
func FirstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	runes := []rune(first)
	if len(runes) < 2 || len(runes) > 20 {
		return ""
	}
	for _, r := range runes {
		if !nameRune(r) {
			return ""
		}
	}
	return first
}

// questionHoldsUntil is the end of question_open: the state's timeout, or 30 minutes after their last message, whichever is
// first; zero without a question.
func (c *Contact) questionHoldsUntil() time.Time {
	if c.Open == nil {
		return time.Time{}
	}
	until := c.LastInbound.Add(QuestionHolds)
	if c.Open.Timeout.Before(until) {
		until = c.Open.Timeout
	}
	return until
}
