package words

import "strings"

// YesNo reads an exact yes or no, politeness removed, in the contact's language, any of the flow's,
// or English.
//
// Strict, because a yes may be a consent (C1): "ok", "sure", thumbs and anything with another word
// in it are no answer.
func (r *Reading) YesNo(language string) Answer {
	m := r.in(r.setOf(language))
	if m.len() == 0 {
		return NoAnswer
	}
	a := r.yesNo(m, language)
	if a == Yes && isDoubtful(r.text, "") {
		return NoAnswer // "yes?", "yes 🚫"
	}
	return a
}

// YesNo reads a message and its yes or no.
func (v *Vocabulary) YesNo(text, language string) Answer { return v.Read(text).YesNo(language) }

func (v *Vocabulary) yesNo(m *message, language string) Answer {
	if a := v.answer(m.at(0, m.len()), language); a != NoAnswer { // before politeness: Indonesian "ya" is both
		return a
	}
	from, to := m.withoutPoliteness()
	if from >= to {
		return NoAnswer
	}
	return v.answer(m.at(from, to-from), language)
}

func (v *Vocabulary) answer(e *entry, language string) Answer {
	for _, l := range v.asked(language) {
		switch {
		case e.is(yes, l) && e.is(no, l):
			return NoAnswer
		case e.is(yes, l):
			return Yes
		case e.is(no, l):
			return No
		}
	}
	return NoAnswer
}

// Refuses reports a no to whatever was said last: an exact one, or a thumb down alone.
func (r *Reading) Refuses(language string) bool {
	if r.any.len() == 0 {
		return strings.ContainsAny(r.text, "👎❌")
	}
	return r.YesNo(language) == No
}

// signsOfYes alone are a yes to whether they want to stop. A consent needs a word.
const signsOfYes = "👍👌✅☑✔🆗💯"

// mostWordsOfAnswer is how many words an answer has that is not exact.
const mostWordsOfAnswer = 6

// WantsOut reads the answer to whether they want to stop: Yes is out, No stays. It forgives what a
// consent does not: "ok", "sure", 👍 are a yes, and whatever asks to go on is a no. verdict is what
// Recognise made of the text: "don't stop" is a no.
func (r *Reading) WantsOut(language string, verdict Recognition) Answer {
	if a := r.YesNo(language); a != NoAnswer {
		return a
	}
	m := r.in(r.setOf(language))
	if m.len() == 0 {
		if strings.ContainsAny(r.text, signsOfYes) && !isDoubtful(r.text, "") {
			return Yes
		}
		return NoAnswer
	}
	if strings.HasSuffix(verdict.Rule, "negated") {
		return No
	}
	roles := m.rolesIn(m.own)
	if m.len() > mostWordsOfAnswer || roles == nil || m.endsAsked || isDoubtful(r.text, "") {
		return NoAnswer
	}
	if m.goesOn(roles) {
		return No
	}
	if verdict.Outcome != Neither || has(roles, roleThing) {
		return NoAnswer
	}
	says, negated := m.saysNo(), hasAny(roles, negations)
	switch {
	case hasAny(roles, rolesOf(roleSend, roleSends)) && !negated, says && m.at(0, 1).is(no, m.own):
		return No
	case has(roles, roleSure) && !negated && !says:
		return Yes
	}
	return NoAnswer
}

// goesOn reports a wish to go on that nothing negates: "no, keep them", but not "I don't want to
// continue".
func (m *message) goesOn(roles []roleSet) bool {
	for i, r := range roles {
		if r&rolesOf(roleStay, roleKeep) == 0 || has(roles, roleHalt) && !r.has(roleStay) {
			continue
		}
		for j := i; j > 0 && !m.isBroken(j); j-- {
			if roles[j-1]&negations != 0 && !roles[j-1].has(roleStay) {
				return false
			}
		}
		return true
	}
	return false
}

// saysNo reports a word that is the answer no.
func (m *message) saysNo() bool {
	for i := range m.found {
		if m.at(i, 1).is(no, m.own) {
			return true
		}
	}
	return false
}

// asked are the languages in which an answer counts, the contact's first: words such as "no" mean
// different things in some.
func (v *Vocabulary) asked(language string) []set {
	out := make([]set, 0, len(v.flow)+2)
	out = append(out, v.setOf(language))
	for _, l := range v.flow {
		out = append(out, v.setOf(l))
	}
	return append(out, v.setOf("en"))
}

// withoutPoliteness is the message without politeness at its ends. Greetings stay: "hi yes" is no
// exact yes.
func (m *message) withoutPoliteness() (from, to int) {
	from, to = 0, m.len()
	for n := 1; n > 0 && from < to; from += n {
		n = m.politeFrom(from, to)
	}
	for n := 1; n > 0 && from < to; to -= n {
		n = m.politeBefore(from, to)
	}
	return from, to
}

func (m *message) politeFrom(from, to int) int {
	for n := min(len(m.found[from]), to-from); n > 0; n-- {
		if m.at(from, n).is(polite, m.own) {
			return n
		}
	}
	return 0
}

func (m *message) politeBefore(from, to int) int {
	for n := min(6, to-from); n > 0; n-- {
		if m.at(to-n, n).is(polite, m.own) {
			return n
		}
	}
	return 0
}

// IsOrdinary reports whether the whole text is listed as one that only looks like a stop: "shop",
// "stop by".
func (v *Vocabulary) IsOrdinary(text string) bool {
	return v.entry(canonical(text)).is(ordinary, everywhere)
}

// IsHelp reports whether the whole message asks for help (HELP, INFO, ajuda, ...), in any language.
func (r *Reading) IsHelp() bool {
	m := r.in(everywhere)
	return m.from < m.to && m.at(m.from, m.to-m.from).is(help, everywhere)
}

// IsHelp reads a message and whether it asks for help.
func (v *Vocabulary) IsHelp(text string) bool { return v.Read(text).IsHelp() }

// IsGreeting reports whether the whole message is nothing but greetings and politeness, with a
// greeting among them.
func (v *Vocabulary) IsGreeting(text string) bool {
	m := v.Read(text).in(everywhere)
	return m.len() > 0 && m.from >= m.to && m.greeted
}

// NamedLanguage returns the flow's language that the whole message names ("english", "em
// português", "español").
func (r *Reading) NamedLanguage() (language string, ok bool) {
	m := r.in(everywhere)
	for m.from < m.to {
		named := m.at(m.from, m.to-m.from)
		for _, l := range r.flow {
			if named.is(name, r.setOf(l)) {
				return l, true
			}
		}
		if !m.at(m.from, 1).is(with, everywhere) { // "in", "em", "bahasa"
			break
		}
		m.from++
	}
	return "", false
}

// NamedLanguage reads a message and the language that it names.
func (v *Vocabulary) NamedLanguage(text string) (language string, ok bool) {
	return v.Read(text).NamedLanguage()
}
