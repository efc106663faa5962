package words

import "math/bits"

// The grammar of short requests, tier 2: a message of at most eight words, each of which one
// language knows as a word of the grammar, is a request to stop when the right classes come
// together. So the tables need not list every sentence: "don't", "send" and the closed list make
// "please don't send me any more of these".
//
//	phrase                                  "leave me alone"
//	strong, at most four words              "stop this now"
//	strong or halt + send, object or list   "stop sending me messages", "para de mandar mensagem"
//	not + send                              "no me escriban más"
//	not + want + send, object, more, list   "não quero mais receber"
//	none + object                           "keine Werbung mehr"
//	remove + list                           "tira meu número da lista"
//
// A stop word after a negation ("don't stop") is unsure, and so are the last four when the message
// asks a question.

// A reading is a message understood in one language.
type reading struct {
	has     [classes]bool
	words   int
	negated bool
	entry   *entry // the first that speaks of stopping
	text    string
}

// grammar reads the message in the contact's language first, then in every other that could hold
// all its words.
func (m *message) grammar() Recognition {
	candidates := m.candidates()
	if candidates&m.own != 0 {
		if v := m.judge(m.readIn(m.own)); v.Tier != 0 {
			return v
		}
	}
	if m.to-m.from == 1 {
		return Recognition{} // one word of another language is a word of this one: "some" is Portuguese for "get lost"
	}
	var unsure Recognition
	for rest := candidates &^ m.own; rest != 0; rest &= rest - 1 {
		v := m.judge(m.readIn(1 << bits.TrailingZeros64(uint64(rest))))
		if v.Outcome == Out {
			return v
		}
		if v.Outcome == Unsure {
			unsure = v
		}
	}
	return unsure
}

// candidates are the languages that know every word of the message and see a reason to stop in one.
func (m *message) candidates() set {
	reason := set(0)
	known := make([]set, m.to-m.from, phraseMessage)
	for i := m.from; i < m.to; i++ {
		for n := 1; n <= len(m.found[i]) && i+n <= m.to; n++ {
			e := m.at(i, n)
			if e == nil {
				continue
			}
			for k := range n {
				known[i+k-m.from] |= e.any | e.in[maybe]
			}
			reason |= e.in[strong] | e.in[phrase] | e.in[not] | e.in[none] | e.in[halt] | e.in[remove]
		}
	}
	for _, k := range known {
		reason &= k
	}
	return reason &^ (1 << 63)
}

// readIn cuts the message into the longest entries that the language has. ok is false when a word
// is left over.
func (m *message) readIn(l set) (r reading, ok bool) {
	r.words = m.to - m.from
	var cut [phraseMessage]span
	n := 0
	for i := m.from; i < m.to; {
		size := m.longest(i, l)
		if size == 0 {
			return r, false
		}
		cut[n] = span{i, i + size}
		n, i = n+1, i+size
	}
	for i := range n {
		m.note(&r, cut[:n], i, l)
	}
	return r, true
}

func (m *message) longest(i int, l set) int {
	for n := min(len(m.found[i]), m.to-i); n > 0; n-- {
		if e := m.at(i, n); e != nil && e.any&l != 0 {
			return n
		}
	}
	for n := min(len(m.found[i]), m.to-i); n > 0; n-- { // a hint may stand beside a request: "so annoying, stop"
		if m.at(i, n).is(maybe, l) {
			return n
		}
	}
	return 0
}

// note adds the piece i to what the reading has.
func (m *message) note(r *reading, cut []span, i int, l set) {
	e := m.at(cut[i].from, cut[i].to-cut[i].from)
	if (e.is(not, l) || e.is(none, l)) && m.endsClause(cut, i) && !e.is(phrase, l) && !e.is(send, l) && !e.is(want, l) {
		return // "No, I want promotions": an answer, not a negation
	}
	for c := strong; c < ordinary; c++ {
		if e.in[c]&l != 0 {
			// "para" is stop, and the preposition of half of all sentences
			r.has[c] = r.has[c] || c != weak || l == m.own && !e.is(with, l)
		}
	}
	if r.entry == nil && (e.is(strong, l) || e.is(phrase, l) || e.is(halt, l)) {
		r.entry, r.text = e, m.slice(cut[i].from, cut[i].to)
	}
	first := m.at(cut[i].from, 1) // of a phrase: "não | para de mandar"
	if (e.is(strong, l) || e.is(halt, l) || e.is(phrase, l) && (first.is(strong, l) || first.is(halt, l))) &&
		!e.is(not, l) && m.isNegated(cut, i, l) {
		r.negated = true
	}
}

func (m *message) endsClause(cut []span, i int) bool {
	return i+1 < len(cut) && m.isBroken(cut[i+1].from)
}

// isNegated looks for a negation that belongs to the stop word at piece i: before it with at most
// two small words between, or right after it with nothing left to negate ("band mat karo", "stopp
// nicht"), and always within one clause.
func (m *message) isNegated(cut []span, i int, l set) bool {
	for j := i - 1; j >= max(0, i-3) && !m.isBroken(cut[j+1].from); j-- {
		e := m.at(cut[j].from, cut[j].to-cut[j].from)
		if e.is(not, l) {
			return !e.is(send, l) && !e.is(want, l)
		}
		if e.is(send, l) || e.is(object, l) || e.is(more, l) {
			break
		}
	}
	if i+1 >= len(cut) || m.isBroken(cut[i+1].from) {
		return false
	}
	e := m.at(cut[i+1].from, cut[i+1].to-cut[i+1].from)
	if !e.is(not, l) || e.is(send, l) || e.is(want, l) {
		return false
	}
	for _, c := range cut[i+2:] {
		if e := m.at(c.from, c.to-c.from); e.is(send, l) || e.is(want, l) || e.is(object, l) {
			return false
		}
	}
	return true
}

// judge applies the grammar's rules to one reading.
func (m *message) judge(r reading, ok bool) Recognition {
	has := &r.has
	switch {
	case !ok:
		return Recognition{}
	case r.negated:
		return m.verdict(Unsure, 3, "tier3.negated", r.entry, r.text)
	case has[phrase]:
		return m.verdict(Out, 2, "tier2.phrase", r.entry, r.text)
	case has[strong] && r.words <= shortMessage && !has[not]:
		return m.verdict(Out, 2, "tier2.short", r.entry, r.text)
	case (has[strong] || has[halt]) && (has[send] || has[object] || has[list]):
		return m.verdict(Out, 2, ruleGrammar, r.entry, r.text)
	case !asksToStop(has) || r.words == 1 && !(has[not] && has[send]): // "niente", "abonnement" alone ask for nothing
		if has[weak] && r.words <= shortMessage {
			return m.verdict(Unsure, 3, "tier3.word", r.entry, r.text)
		}
		return Recognition{}
	case m.question:
		return m.verdict(Unsure, 3, "tier3.phrase", nil, m.core())
	}
	return m.verdict(Out, 2, ruleGrammar, nil, m.core())
}

// ruleGrammar marks a request of the grammar: out only where a frame agrees.
const ruleGrammar = "tier2.grammar"

func asksToStop(has *[classes]bool) bool {
	return has[not] && has[send] ||
		has[not] && has[want] && (has[object] || has[more] || has[list]) ||
		has[none] && has[object] ||
		has[remove] && has[list]
}
