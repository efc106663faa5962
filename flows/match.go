package flows

// Rule finds the rule of `when` that a message meets: the whole message is one of its words,
// politeness around it aside. index counts from 0. EventWhen(index) is its event.
func (s *State) Rule(text, language string, f *Flow) (index int, ok bool) {
	if len(s.When) == 0 || len(text) > maxAnswer {
		return 0, false
	}
	rules := s.rules
	if rules == nil {
		rules = ruleIndex(s)
	}
	return lookUp(rules, text, speech{language, f.Languages})
}

// lookUp finds a message in a table by phraseKey, whole or without politeness around it.
func lookUp[V any](table map[string]V, text string, in speech) (v V, ok bool) {
	message := cut(text)
	for {
		if v, ok = table[message.joined()]; ok {
			return v, true
		}
		shorter := withoutPoliteness(message, in)
		if shorter.size() == message.size() || shorter.size() == 0 {
			return v, false
		}
		message = shorter
	}
}

// withoutPoliteness takes one word off the beginning or, where none can go there, off the end.
func withoutPoliteness(s sentence, in speech) sentence {
	around := answerLexicon().around
	switch last := s.size() - 1; {
	case last < 1:
		return s
	case around.expected(s.word(0), in):
		return s.part(1, last+1)
	case around.expected(s.word(last), in):
		return s.part(0, last)
	}
	return s
}
