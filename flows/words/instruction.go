package words

// instructs reports whether the message tells its reader how to stop, after something else: "Thanks
// for writing! Text STOP to opt out." That is what an automatic reply says of its own messages. A
// person who wants out does not tell the shop what to answer. "Reply 2 to stop." alone, as the
// shop's own message says it, is no such message.
func (m *message) instructs(roles []roleSet) bool {
	if roles == nil {
		return false
	}
	for stop := 1; stop < m.len(); stop++ {
		if m.isStopWord(stop) && (m.verbThenPurpose(stop, roles) || m.purposeThenVerb(stop, roles)) {
			return true
		}
	}
	return false
}

// verbThenPurpose reads "text STOP to opt out".
func (m *message) verbThenPurpose(stop int, roles []roleSet) bool {
	verb := stop - 1
	for verb > 0 && stop-verb < wordsBetween && !isAnswering(roles[verb]) {
		verb--
	}
	return isAnswering(roles[verb]) && m.hasSentenceBefore(verb) && m.hasPurposeAfter(stop, roles)
}

// purposeThenVerb reads "abonelikten çıkmak için STOP yazıp gönderin", as languages say it that put
// the verb last.
func (m *message) purposeThenVerb(stop int, roles []roleSet) bool {
	verb := stop + 1
	if verb >= m.len() || m.before[verb]&ended == ended ||
		!isAnswering(roles[verb]) && (verb+1 >= m.len() || !isAnswering(roles[verb+1])) {
		return false
	}
	for i := stop - 1; i > 0 && stop-i <= longestPurpose && m.before[i+1]&ended != ended; i-- {
		if roles[i].has(roleLeave) {
			return m.hasSentenceBefore(i)
		}
	}
	return false
}

func isAnswering(r roleSet) bool { return r.has(roleTwo) || r.has(roleSend) }

// wordsBetween is how many words may stand between the verb and the stop word: "antworten Sie mit
// STOP".
const wordsBetween = 3

func (m *message) isStopWord(i int) bool {
	e := m.at(i, 1)
	return m.slice(i, i+1) == "2" || e.is(strong, everywhere) || e.is(strong, m.theirs) || e.is(weak, m.theirs)
}

// hasSentenceBefore reports whether a sentence of at least two words ends before word i, and
// another begins.
func (m *message) hasSentenceBefore(i int) bool {
	for end := 2; end <= i; end++ {
		if m.before[end]&ended == ended {
			return true
		}
	}
	return false
}

// hasPurposeAfter reports whether the sentence goes on with what the stop word is for: "to
// unsubscribe".
func (m *message) hasPurposeAfter(stop int, roles []roleSet) bool {
	for i := stop + 1; i < m.len() && i <= stop+longestPurpose && m.before[i]&ended != ended; i++ {
		if i > stop+1 && (roles[i].has(roleHalt) || roles[i].has(roleLeave) || roles[i].has(roleRemove) ||
			roles[i].has(roleCancel)) {
			return true
		}
		if i == stop+1 && (roles[i].has(roleLeave) || roles[i].has(roleCancel)) {
			return true
		}
	}
	return false
}

const longestPurpose = 5
