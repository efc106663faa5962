package bot

import (
	"slices"
	"strings"

	"optinbot/flows"
)

// StopPayload comes back from the button of a promotion that says stop.
const StopPayload = "stop"

// buttonMark stands between the preference and the value in the ID of a button. No name of a
// preference has it.
const buttonMark = "="

// AnswerID is the ID of the button that answers a question with one of its values.
func AnswerID(q *flows.Question, value string) string { return q.Preference + buttonMark + value }

// sayQuestion puts a question with its menu: as buttons too, where the wire has them.
func (t *turn) sayQuestion(kind SayKind, said string, q *flows.Question) (id string) {
	menu := t.menu(q)
	s := Say{Kind: kind, Text: shortened(withMenu(said, menu), maxText), Buttons: t.buttons(said, menu, q)}
	if s.Text == "" {
		return ""
	}
	if s.ID = t.env.NewID(); !t.out(s) {
		return ""
	}
	return s.ID
}

// buttons are the options of a question to be tapped. The wire shows them where they fit, and else
// the menu.
func (t *turn) buttons(said, menu string, q *flows.Question) *Buttons {
	if !t.env.Wire.Buttons || len(q.Options) == 0 {
		return nil
	}
	title := withoutMenu(said, menu)
	if q.Choose == flows.Many {
		title = withMenu(said, menu) // who wants several has to see what to type
	}
	b := &Buttons{Title: shortened(title, maxText), Choose: flows.ChooseWord(t.c.Language)}
	for _, o := range q.Options {
		b.Options = append(b.Options, Button{AnswerID(q, o.Value), o.Label.In(t.c.Language, t.flow.Languages)})
	}
	return b
}

// withoutMenu is a question's text without the menu that {options} put into it.
func withoutMenu(said, menu string) string {
	if menu == "" {
		return said
	}
	parts := strings.Split(said, menu)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "\n\n")
}

// tapped is the question of the flow that a tapped button answers, and with what. Nil: no button
// was tapped, or one that is no answer any more. Then the words on it count, as if they were typed.
func (t *turn) tapped() (q *flows.Question, values []string) {
	preference, value, ok := strings.Cut(t.in.Button, buttonMark)
	if !ok || t.c.State == "" {
		return nil, nil
	}
	if q = t.openQuestion(); q == nil || q.Preference != preference {
		q = t.env.Machine.Question(preference)
	}
	if q == nil || !q.Has(value) {
		return nil, nil
	}
	return q, []string{value}
}

// answerByButton takes a tapped button: for the answer while its question is open, and for a change
// of the answer afterwards, as a vote in a poll. It is never a yes or a stop (C1, C2), and nothing
// to somebody who left, or about a question put before a person of the shop took the chat over.
func (t *turn) answerByButton(q *flows.Question, values []string) error {
	if t.writtenBeforeStop() || t.c.Consent == Unsubscribed ||
		t.env.Now.Before(t.c.TakeoverUntil()) && !t.askedSinceTakeover() {
		return nil
	}
	if t.c.BotQuestion.Kind == askConfirm && !t.writtenBeforeQuestion() {
		t.c.BotQuestion = BotQuestion{} // they talk about something else
	}
	if open := t.openQuestion(); open == q {
		t.understood()
		return t.answered(q, values)
	}
	if q.Choose == flows.Many {
		values = inOrder(q, append(slices.Clone(t.c.Preferences[q.Preference]), values...))
	}
	if slices.Equal(t.c.Preferences[q.Preference], values) {
		return nil
	}
	t.setPreference(q.Preference, values)
	t.sayText(SayReply, t.flow.PreferenceText(q.Preference, values, t.c.Language)+" ✓")
	return nil
}
