package words

import "strings"

// two reads the "2" of the hint with the words that people put around it. The "2" alone is tier 1.
//
// Out: words of answering and "2" ("reply 2", "opção 2 por favor"), or "2" and a name under it.
// Unsure: "2" said to have been sent before ("já respondi 2 e continua chegando"), 22, 02, 2.0, and
// two, spelled.
func (m *message) two(roles []roleSet) Recognition {
	at := m.twoAt()
	if at < 0 || m.slice(m.from, m.to) == "2 0" {
		if m.isLikeTwo(roles) {
			return m.verdict(Unsure, 3, "tier3.two", nil, m.core())
		}
		return Recognition{}
	}
	if has(roles, roleThing) || has(roles, roleMachine) {
		return Recognition{}
	}
	switch {
	case m.isSigned(at):
		return m.verdict(Out, 2, "tier2.two", nil, "2")
	case m.isReply(roles):
		if m.endsAsked {
			return m.verdict(Unsure, 3, "tier3.two", nil, "2")
		}
		return m.verdict(Out, 2, "tier2.two", nil, "2")
	case m.len() <= longestToldTwo && m.isToldTwo(at, roles):
		return m.verdict(Unsure, 3, "tier3.two", nil, "2")
	}
	return Recognition{}
}

const (
	longestToldTwo   = 12 // words
	longestSignature = 5  // words
)

func (m *message) twoAt() int {
	for i := range m.len() {
		if m.slice(i, i+1) == "2" {
			return i
		}
	}
	return -1
}

// isLikeTwo reports whole messages that may be a clumsy "2".
func (m *message) isLikeTwo(roles []roleSet) bool {
	switch m.core() {
	case "22", "222", "02", "2 0", "ii", "stop2", "2stop":
		return true
	}
	if strings.HasPrefix(m.core(), "stop2") {
		return true
	}
	return m.to-m.from == 1 && roles != nil && roles[m.from].has(roleTwoWord)
}

// isSigned reports a "2" on a line of its own with a few words under it: a name, "sent from my
// phone".
func (m *message) isSigned(at int) bool {
	return at == 0 && m.len() > 1 && m.isSignatureFrom(1)
}

// isSignatureFrom reports whether the words from i on are a few on lines of their own.
func (m *message) isSignatureFrom(i int) bool {
	return m.before[i]&newLine == newLine && m.len()-i <= longestSignature
}

// isReply reports whether every word beside the "2" is one of answering, or of politeness.
func (m *message) isReply(roles []roleSet) bool {
	answering, twos, told := false, 0, false
	for i := m.from; i < m.to; i++ {
		e := m.at(i, 1)
		switch {
		case m.slice(i, i+1) == "2":
			twos++
		case roles != nil && roles[i].has(roleTwo), e.is(strong, m.own),
			e.is(weak, m.own) && !e.is(with, m.own) && !(roles != nil && roles[i].has(roleNoMore)):
			answering = true
		case roles != nil && roles[i].has(roleTold):
			told = true
		case roles != nil && roles[i]&rolesOf(rolePlease, roleThanks) != 0, e.is(with, m.own), e.is(polite, everywhere),
			e.is(greeting, m.own):
		default:
			return false
		}
	}
	return (answering || told && twos > 1) && m.to-m.from <= 2*shortMessage
}

// isToldTwo reports whether they say that they have sent a "2" before.
func (m *message) isToldTwo(at int, roles []roleSet) bool {
	for i := max(0, at-2); i < at; i++ {
		if roles != nil && roles[i].has(roleTwo) && (has(roles, roleTold) || has(roles, roleKeep)) {
			return true
		}
	}
	return false
}
