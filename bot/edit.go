package bot

import (
	"cmp"
	"slices"
)

// A GivenAnswer is a message of theirs that answered a question of the flow.
type GivenAnswer struct {
	ID         string `json:"id"`
	Preference string `json:"preference"`
}

// maxGivenAnswers is how many of their last answers can still be edited.
const maxGivenAnswers = 5

// answeredBy remembers which message answered a question: an edit of it changes the answer.
func (t *turn) answeredBy(preference string) {
	id := cmp.Or(t.in.EditOf, t.in.ID)
	if id == "" {
		return
	}
	given := slices.DeleteFunc(slices.Clone(t.c.Answers), func(a GivenAnswer) bool { return a.ID == id })
	given = append(given, GivenAnswer{ID: id, Preference: preference})
	t.c.Answers = given[max(0, len(given)-maxGivenAnswers):]
}

// reanswer reads an edit of a message that answered a question: the answer changes as by a later
// vote in a poll, and the conversation stays where it is. What is no answer any more changes
// nothing.
func (t *turn) reanswer() bool {
	i := slices.IndexFunc(t.c.Answers, func(a GivenAnswer) bool { return t.in.EditOf != "" && a.ID == t.in.EditOf })
	if i < 0 {
		return false
	}
	preference := t.c.Answers[i].Preference
	q := t.env.Machine.Question(preference)
	if q == nil {
		return false
	}
	values, ok := q.Answer(t.in.Text, t.c.Language, t.flow)
	if !ok || slices.Equal(values, t.c.Preferences[preference]) {
		return false
	}
	t.setPreference(preference, values)
	t.sayText(SayReply, t.flow.PreferenceText(preference, values, t.c.Language)+" ✓")
	return true
}
