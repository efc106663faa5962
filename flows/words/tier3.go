package words

import (
	"math/bits"
	"strings"
)

func (m *message) tier3(roles []roleSet, guess Recognition) Recognition {
	e := m.at(m.from, m.to-m.from)
	if e.is(strong, everywhere) || e.is(weak, everywhere) {
		return m.verdict(Unsure, 3, "tier3.scope", e, m.core())
	}
	object, thing := has(roles, roleObject), has(roles, roleThing)
	statement := hasAny(roles, rolesOf(roleReceives, roleSends)) && hasAny(roles, negations) && !has(roles, roleWant)
	known := m.knowsAll(roles)
	short := m.to-m.from <= shortMessage && !thing
	// "when do the offers end?"
	ofDeals := (m.endsAsked || has(roles, roleQuestion)) && !m.namesMessages(roles) && !has(roles, roleHow)
	for i := range m.found {
		for n := len(m.found[i]); n > 0; n-- {
			e := m.at(i, n)
			if e.is(strong, m.own) && (short && m.mayBeStop(roles, i, i+n, known) ||
				object && !thing && !statement && !ofDeals) {
				return m.verdict(Unsure, 3, "tier3.word", e, m.slice(i, i+n))
			}
			if (e.is(phrase, m.own) || e.is(maybe, m.own)) && !thing && !statement &&
				(m.endsClauseAt(i+n) || n > 1 && e.is(maybe, m.own)) && (n > 2 || short && known || object) &&
				!has(roles, roleCall) {
				return m.verdict(Unsure, 3, "tier3.phrase", e, m.slice(i, i+n))
			}
		}
	}
	for i, r := range roles {
		if r.has(roleHint) && !thing && (short && known || object || m.isLongHint(roles, i)) {
			return Recognition{Outcome: Unsure, Tier: 3, Rule: "frame.hint", Word: m.slice(i, i+1),
				Language: m.languageOfSet(m.own)}
		}
		if r&rolesOf(roleMinor, roleWrongPerson, roleLawyer) != 0 {
			return Recognition{Outcome: Unsure, Tier: 3, Rule: "frame.person", Word: m.slice(i, i+1),
				Language: m.languageOfSet(m.own)}
		}
	}
	if guess.Outcome != Neither && m.namesMessages(roles) && !thing && !statement && !m.isPlainQuestion(roles) {
		guess.Outcome, guess.Tier, guess.Rule = Unsure, 3, "tier3.phrase"
		return guess
	}
	return Recognition{}
}

// namesMessages reports an object that is more than the promotions people ask for: "no discounts
// for me" may be a complaint.
func (m *message) namesMessages(roles []roleSet) bool {
	for _, r := range roles {
		if r.has(roleObject) && !r.has(roleDeal) {
			return true
		}
	}
	return false
}

// isLongHint reports whether the hint at word i is of several words, or one beside another, and not
// about something else: "I've had enough of slugs".
func (m *message) isLongHint(roles []roleSet, i int) bool {
	if i+1 >= len(roles) || !roles[i+1].has(roleHint) || i > 0 && roles[i-1].has(roleHint) {
		return false
	}
	end := i + 1
	for end < len(roles) && roles[end].has(roleHint) {
		end++
	}
	f := frameReader{message: m, roles: roles}
	return f.unknowns(end, min(end+longestAbout, f.clauseEnd(end-1))) == 0
}

// longestAbout is how many words after a hint may say what it is about.
const longestAbout = 4

// isPlainQuestion reports a question that asks for no end: "niente offerte oggi?".
func (m *message) isPlainQuestion(roles []roleSet) bool {
	return (m.endsAsked || has(roles, roleQuestion)) && !has(roles, rolePlease) && !has(roles, roleHalt) &&
		!has(roles, roleRemove)
}

// knowsAll reports whether every word means something here: an unknown one beside a hint is mostly
// a thing ("no egg").
func (m *message) knowsAll(roles []roleSet) bool {
	f := frameReader{message: m, roles: roles}
	return roles == nil || f.unknowns(m.from, m.to) == 0
}

// mayBeStop reports whether the stop word from i to before j may be meant in a short message.
// Beside an unknown word it may be about anything: only at an end of the message, and not of a
// question.
func (m *message) mayBeStop(roles []roleSet, i, j int, known bool) bool {
	if m.hasNumber() {
		return false
	}
	if roles == nil {
		return true
	}
	switch r := roles[i]; {
	case r&rolesOf(rolePlain, roleCorrection) != 0:
		return false
	case r.has(roleCancel):
		return known && !has(roles, roleLimit)
	}
	return known || !m.endsAsked && (i == m.from || j == m.to && m.isBroken(i))
}

func (m *message) hasNumber() bool { return strings.ContainsAny(m.text, "0123456789") }

func (m *message) endsClauseAt(i int) bool { return i >= m.len() || m.isBroken(i) }

func has(roles []roleSet, r role) bool { return hasAny(roles, rolesOf(r)) }

func hasAny(roles []roleSet, any roleSet) bool {
	for _, s := range roles {
		if s&any != 0 {
			return true
		}
	}
	return false
}

// rolesIn is the roles of the message's words in one language, or nil where it has none.
func (m *message) rolesIn(language set) []roleSet {
	table := roleTables()[m.languageOfSet(language)]
	if table == nil {
		return nil
	}
	return table().of(&m.tokens, make([]roleSet, 0, m.len()))
}

func (m *message) languageOfSet(s set) string {
	if i := bits.TrailingZeros64(uint64(s)); i < len(m.languages) {
		return m.languages[i]
	}
	return ""
}

// isSafe reports whether the whole message is one that asks for nothing: "para nada", "nothing
// else".
func (m *message) isSafe(roles []roleSet) bool {
	if roles == nil || has(roles, roleMachine) {
		return roles != nil
	}
	return onlyRoles(roles[m.from:m.to], rolesOf(roleSafe))
}

// frames reads the message in the contact's language, and then in the others that know more of its
// words.
func (m *message) frames(roles []roleSet) Recognition {
	verdict := m.framesIn(m.own, roles)
	known := m.known(roles, m.own)
	if verdict.Tier != 0 || 2*known >= m.len() {
		return verdict
	}
	for rest := m.others(); rest != 0; rest &= rest - 1 {
		l := set(1) << bits.TrailingZeros64(uint64(rest))
		roles := m.rolesIn(l)
		if n := m.known(roles, l); 2*n < m.len() || n <= known {
			continue
		}
		if v := m.framesIn(l, roles); v.Outcome > verdict.Outcome {
			verdict = v
		}
	}
	return verdict
}

// others are all languages but the contact's own.
func (m *message) others() set { return set(1)<<len(m.languages) - 1&^m.own }

func (m *message) framesIn(language set, roles []roleSet) Recognition {
	if roles == nil {
		return Recognition{}
	}
	return m.readFrames(m.languageOfSet(language), roles).judgeFrames()
}

// known counts the words that a language knows.
func (m *message) known(roles []roleSet, language set) (n int) {
	for i, r := range roles {
		if e := m.at(i, 1); r != 0 || e != nil && e.any&language != 0 {
			n++
		}
	}
	return n
}
