package flows

import (
	"slices"
	"testing"
)

// A walker goes through a flow by answering. It knows the table of transitions and nothing else.
type walker struct {
	f    *Flow
	rows map[Transition]string // {Event, From, ""} -> To
}

func newWalker(t *testing.T, f *Flow) *walker {
	w := &walker{f, map[Transition]string{}}
	for _, row := range f.Transitions() {
		key := Transition{Event: row.Event, From: row.From}
		if _, twice := w.rows[key]; twice {
			t.Errorf("%s: two rows for %v", f.Name, key)
		}
		w.rows[key] = row.To
	}
	return w
}

// messages are what people can write in a state to move on, in a language, with the event each must cause.
func (w *walker) messages(s *State, language string) map[string]string {
	m := map[string]string{}
	if s.Ask != nil {
		m[example(s.Ask, language, w.f)] = EventAnswer
	}
	for i, rule := range s.When {
		words := rule.Words[language]
		if words == nil {
			words = rule.Words[""]
		}
		m[words[0]] = EventWhen(i)
	}
	for _, phrase := range w.f.OptIn.Phrases[language][:1] {
		m[phrase] = EventOptIn
	}
	return m
}

// example is an answer to a question.
func example(q *Question, language string, f *Flow) string {
	switch q.Choose {
	case One:
		return q.Options[0].Label.In(language, f.Languages)
	case Many:
		return q.Options[0].Key + ", " + q.Options[1].Key
	case Number:
		return "42"
	case Date:
		return "1990-04-03"
	case YesNo:
		return "yes"
	}
	return "Ana"
}

// event is what a message causes in a state; "" for nothing.
func (w *walker) event(s *State, text, language string) string {
	if w.f.Words.OptIn(text, language, func(string) bool { return false }).Match == 2 { // words.Exact
		return EventOptIn
	}
	if s.Ask != nil {
		if _, ok := s.Ask.Answer(text, language, w.f); ok {
			return EventAnswer
		}
	}
	if i, ok := s.Rule(text, language, w.f); ok {
		return EventWhen(i)
	}
	return ""
}

// rest follows states that do not wait.
func (w *walker) rest(t *testing.T, name string) (path []string) {
	for range 33 {
		path = append(path, name)
		if w.f.States[name].Waits() {
			return path
		}
		name = w.rows[Transition{Event: EventNext, From: name}]
	}
	t.Fatalf("%s: no rest after %v", w.f.Name, path)
	return nil
}

// TestEveryStateIsVisited walks each flow's own graph, breadth first and in every language, by what people write.
func TestEveryStateIsVisited(t *testing.T) {
	for name, f := range goodFlows(t) {
		for _, language := range f.Languages {
			w := newWalker(t, f)
			visited := w.visit(t, language)
			for _, state := range f.Order {
				if !visited[state] {
					t.Errorf("%s in %s: state %s was not reached", name, language, state)
				}
			}
		}
	}
}

// visit goes everywhere from the start.
func (w *walker) visit(t *testing.T, language string) map[string]bool {
	visited := map[string]bool{}
	queue := w.rest(t, w.f.Start)
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		if visited[state] {
			continue
		}
		visited[state] = true
		s := w.f.States[state]
		if !s.Waits() {
			continue
		}
		for text, want := range w.messages(s, language) {
			if got := w.event(s, text, language); got != want {
				t.Errorf("%s, %s, %q: event %q, want %q", state, language, text, got, want)
			}
			to := w.rows[Transition{Event: want, From: state}]
			if w.f.States[to] == nil {
				t.Fatalf("%s: %s leads to %q", state, want, to)
			}
			queue = append(queue, w.rest(t, to)...)
		}
	}
	return visited
}

func TestTransitions(t *testing.T) {
	f := good(t, "everything.yaml")
	for _, want := range []Transition{
		{EventAnswer, "size", "age"}, {EventWhen(0), "size", "age"}, {EventTimeout, "size", "member"}, {EventOtherwise, "size", "size"},
		{EventNext, "thanks", "member"}, {EventOptIn, "thanks", "interests"}, {EventOptOut, "member", "welcome"}, {"when:1", "member", "member"},
	} {
		if !slices.Contains(f.Transitions(), want) {
			t.Errorf("no %v", want)
		}
	}
	for _, row := range f.Transitions() {
		if row.Event == EventNext && f.States[row.From].Waits() {
			t.Errorf("%v from a state that waits", row)
		}
	}
}
