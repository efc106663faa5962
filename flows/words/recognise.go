package words

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of tier 2, in words.
const (
	shortMessage  = 4
	phraseMessage = 8
)

// A message is one text, read against the lexicon.
type message struct {
	tokens
	*lexicon
	found     [][]*entry // found[i][n-1]: the entry that words i to i+n-1 are
	own       set        // the contact's language
	theirs    set        // their own, the flow\'s and those of their phone\'s country
	from, to  int        // what is left between greetings and politeness
	greeted   bool
	question  bool
	endsAsked bool // the last sentence is a question
}

// A Reading is one message, cut into words and looked up. It serves whatever is asked about the
// message, in any language, by many at once.
type Reading struct {
	*Vocabulary
	text string
	any  message // before anything is asked of it in a language
}

// Read reads one message, the contact's own text only.
func (v *Vocabulary) Read(text string) *Reading {
	r := &Reading{Vocabulary: v, text: text}
	m := &r.any
	m.tokens, m.lexicon = tokenise(Normalise(withLineEnds(text))), v.lexicon
	m.unmask()
	m.question = strings.ContainsAny(text, "?؟？")
	m.endsAsked = m.question && endsAsked(text)
	m.look()
	return r
}

// in is the message as somebody of a language wrote it.
func (r *Reading) in(own set) *message {
	m := r.any
	m.own, m.to = own, m.len()
	m.trim()
	return &m
}

// endsAsked reports whether a text ends in a question mark, whatever signs stand beside it.
func endsAsked(text string) bool {
	last := strings.LastIndexFunc(text, isWordRune)
	return strings.ContainsAny(text[last+1:], "?؟？")
}

// look finds the entries at every word, once: as many lookups for each as the tables have words
// that follow, so a long message costs no more by the word.
func (m *message) look() {
	m.found = make([][]*entry, m.len())
	pool := make([]*entry, 0, m.len()+m.len()/2)
	var few [32]wordID
	ids := few[:0]
	for i := range m.found {
		ids = append(ids, idOf(m.slice(i, i+1)))
	}
	for i := range m.found {
		start := len(pool)
		node, reach := tableWords[ids[i]].node, 0
		first := node.entry()
		if added := m.added[m.slice(i, i+1)]; added != nil {
			first, reach = added, added.reach
		}
		pool = append(pool, first)
		for n := 2; i+n <= m.len() && (node != 0 || n <= reach); n++ {
			node = node.next(ids[i+n-1])
			e := node.entry()
			if n <= reach {
				e = m.entry(m.slice(i, i+n))
			}
			if e.is(ordinary, everywhere) && m.isBrokenWithin(i, n) {
				e = nil // "stop, by the way" is no "stop by"
			}
			pool = append(pool, e)
		}
		m.found[i] = pool[start:]
	}
}

// at returns the entry of n words from i on, or nil.
func (m *message) at(i, n int) *entry {
	if n < 1 || n > len(m.found[i]) {
		return nil
	}
	return m.found[i][n-1]
}

// trim sets from and to to what remains without greetings and politeness at the ends.
//
// "no mas" stays whole, although "mas" is how Indonesians say sir.
func (m *message) trim() {
	if m.len() == 0 || m.at(0, m.len()).speaksOfStopping(m.own) {
		return
	}
	for m.from < m.to {
		n := m.courtesyFrom(m.from)
		if n == 0 {
			break
		}
		m.from += n
	}
	for m.from < m.to {
		n := m.courtesyBefore(m.to)
		if n == 0 {
			break
		}
		m.to -= n
	}
}

func (m *message) courtesyFrom(i int) int {
	for n := min(len(m.found[i]), m.to-i); n > 0; n-- {
		if m.isCourtesy(i, n) {
			return n
		}
	}
	return 0
}

func (m *message) courtesyBefore(end int) int {
	for n := min(6, end-m.from); n > 0; n-- {
		if m.isCourtesy(end-n, n) {
			return n
		}
	}
	return 0
}

func (m *message) isCourtesy(i, n int) bool {
	e := m.at(i, n)
	if e.is(greeting, m.own) {
		m.greeted = true
		return true
	}
	return e.is(polite, m.own)
}

func (m *message) core() string {
	if m.from >= m.to {
		return ""
	}
	return m.slice(m.from, m.to)
}

// Recognise compares the message with the stop words. language is the
// contact's (ISO 639-1), and spoken are further ones that they may speak: those of their phone's
// country. The flow's are always among them.
//
// The rules are tier1.two, tier1.word, tier2.short (few words, one strong), tier2.phrase (a listed
// phrase), tier2.typo, tier2.two ("reply 2"), tier2.signed (a stop word and a name under it),
// tier2.brand (a stop word and the shop's brand, nothing else),
// frame.* (a request of word roles, see frames.go), tier3.negated ("don't stop"), tier3.question,
// tier3.limit, tier3.only, tier3.call (a tier 2 that this speaks against), tier3.scope (a stop word
// of another language alone), tier3.word, tier3.phrase (one inside a longer message, or a listed
// hint), tier3.two ("22"), tier3.enough ("enough, thanks"), tier3.instruction ("Thanks! Text STOP
// to opt out"), tier3.symbol (🛑 alone), frame.*/why (a request that something speaks against),
// frame.hint, frame.person (a child, a lawyer, the wrong person). Cost is linear in the length of
// the text.
func (r *Reading) Recognise(language string, spoken ...string) Recognition {
	m := r.in(r.setOf(language))
	m.theirs = m.own
	for _, l := range r.flow {
		m.theirs |= r.setOf(l)
	}
	for _, l := range spoken {
		m.theirs |= r.setOf(l)
	}
	return m.recognise(r.text)
}

// Recognise reads a message and recognises it.
func (v *Vocabulary) Recognise(text, language string, spoken ...string) Recognition {
	return v.Read(text).Recognise(language, spoken...)
}

func (m *message) recognise(text string) Recognition {
	if m.len() == 0 {
		return symbols(text)
	}
	if m.from == m.to {
		return Recognition{}
	}
	roles := m.rolesIn(m.own)
	if verdict := m.tier1(roles); verdict.Tier != 0 {
		return verdict
	}
	if verdict := m.branded(); verdict.Tier != 0 {
		return verdict
	}
	verdict := m.requested(roles)
	verdict.Request = m.requestOf(roles)
	return verdict
}

// requested tries tiers 2 and 3 and the frames on a message that is no stop word.
func (m *message) requested(roles []roleSet) Recognition {
	if m.instructs(roles) {
		if has(roles, roleMachine) {
			return Recognition{}
		}
		return m.verdict(Unsure, 3, "tier3.instruction", nil, m.core())
	}
	if verdict := m.two(roles); verdict.Tier != 0 {
		return verdict
	}
	if e := m.at(0, 1); e.is(strong, m.own) && m.len() > 1 && m.isSignatureFrom(1) && !has(roles, roleThing) {
		return m.verdict(Out, 2, "tier2.signed", e, m.slice(0, 1))
	}
	if m.isSafe(roles) {
		return Recognition{}
	}
	var guess Recognition // what the grammar alone is not enough for
	if m.to-m.from <= phraseMessage {
		guess = m.tier2(roles)
		switch guess.Rule {
		case "tier3.negated", "tier3.call", "tier3.limit", "tier3.question", "tier3.only":
			return guess
		}
		if guess.Rule == ruleTypo && m.to-m.from > 3 {
			if verdict := m.frames(roles); verdict.Tier != 0 { // the words as they stand say more
				return verdict
			}
		}
		if guess.Outcome == Out && guess.Rule != ruleGrammar {
			return guess
		}
	}
	if verdict := m.frames(roles); verdict.Tier != 0 {
		return verdict
	}
	return m.tier3(roles, guess)
}

// stopSymbols alone are a hint, not a word: 🛑 may be an answer to anything.
const stopSymbols = "🛑⛔🚫🔕🙅✋"

func symbols(text string) Recognition {
	for _, r := range text {
		if strings.ContainsRune(stopSymbols, r) {
			return Recognition{Outcome: Unsure, Tier: 3, Rule: "tier3.symbol", Word: string(r)}
		}
	}
	return Recognition{}
}

func (m *message) verdict(o Outcome, tier int, rule string, e *entry, word string) Recognition {
	v := Recognition{Outcome: o, Tier: tier, Rule: rule, Word: word}
	if e != nil {
		v.Language = m.languageOf(e, m.own)
	}
	return v
}

func (m *message) tier1(roles []roleSet) Recognition {
	if m.onlyTwos() {
		if m.greeted {
			return m.verdict(Out, 2, "tier2.short", nil, "2")
		}
		return m.verdict(Out, 1, "tier1.two", nil, "2")
	}
	e := m.at(m.from, m.to-m.from)
	if m.isRepeated() {
		e = m.at(m.from, 1)
	}
	if e.is(weak, m.own) && !e.is(strong, m.own) && m.isThanked(roles) {
		return m.verdict(Unsure, 3, "tier3.enough", e, m.core())
	}
	if e.is(strong, m.own) || e.is(weak, m.own) {
		if m.greeted {
			return m.verdict(Out, 2, "tier2.short", e, m.core())
		}
		return m.verdict(Out, 1, "tier1.word", e, m.core())
	}
	if (e.is(strong, m.theirs) || e.is(weak, m.theirs)) && !m.isOrdinary(roles) {
		return m.verdict(Out, 1, "tier1.word", e, m.core())
	}
	return m.twoAndStop()
}

// branded hears "STOP Casa Aurora": a stop word before the shop's brand or after it. They say whose
// messages are to end. A question may be about something else, and so may a small word that stops
// only alone: "para Casa Aurora".
func (m *message) branded() Recognition {
	if m.brand == "" || m.question {
		return Recognition{}
	}
	n := strings.Count(m.brand, " ") + 1
	from, to := m.from, m.to
	switch {
	case to-from <= n:
		return Recognition{}
	case m.slice(to-n, to) == m.brand:
		to -= n
	case m.slice(from, from+n) == m.brand:
		from += n
	default:
		return Recognition{}
	}
	e := m.at(from, to-from)
	if e.is(strong, m.theirs) || e.is(weak, m.own) && !e.is(with, m.own) {
		return m.verdict(Out, 2, "tier2.brand", e, m.slice(from, to))
	}
	return Recognition{}
}

// isThanked reports "enough, thanks": it ends an order as often as a subscription.
func (m *message) isThanked(roles []roleSet) bool {
	return roles != nil && has(roles, roleThanks) && has(roles[m.from:m.to], roleNoMore)
}

// isRepeated reports whether the whole message is one word, more than once: "¡Baja, baja!".
func (m *message) isRepeated() bool {
	word := m.slice(m.from, m.from+1)
	for i := m.from + 1; i < m.to; i++ {
		if m.slice(i, i+1) != word {
			return false
		}
	}
	return m.to-m.from > 1
}

// isOrdinary reports whether a single word means something else in their own language than in the
// one whose stop word it is.
func (m *message) isOrdinary(roles []roleSet) bool {
	return m.to-m.from == 1 && (roles == nil || roles[m.from] != 0 || m.at(m.from, 1).any&m.own != 0)
}

// twoAndStop hears both ways out with politeness between them: "2 pls stop".
func (m *message) twoAndStop() Recognition {
	from := m.from
	if m.slice(from, from+1) != "2" {
		return Recognition{}
	}
	for from++; from < m.to; {
		n := m.courtesyFrom(from)
		if n == 0 {
			break
		}
		from += n
	}
	if from == m.to {
		return Recognition{}
	}
	if e := m.at(from, m.to-from); e.is(strong, m.own) {
		return m.verdict(Out, 2, "tier2.short", e, m.slice(from, m.to))
	}
	return Recognition{}
}

func (m *message) onlyTwos() bool {
	for i := m.from; i < m.to; i++ {
		if m.slice(i, i+1) != "2" {
			return false
		}
	}
	return true
}

func (m *message) tier2(roles []roleSet) Recognition {
	verdict := m.grammarOrTypo(roles)
	if verdict.Outcome == Out && verdict.Rule != ruleGrammar && m.to-m.from > 1 && roles != nil {
		f := frameReader{message: m, roles: roles}
		why, nothing := f.againstPhrase()
		if nothing {
			return Recognition{}
		}
		if why != "" {
			verdict.Outcome, verdict.Tier, verdict.Rule = Unsure, 3, "tier3."+why
		}
	}
	return verdict
}

// ruleTypo marks a request with a slip in one word.
const ruleTypo = "tier2.typo"

func (m *message) grammarOrTypo(roles []roleSet) Recognition {
	if e := m.at(m.from, m.to-m.from); e.is(maybe, m.own) && !e.is(phrase, m.own) {
		return m.verdict(Unsure, 3, "tier3.phrase", e, m.core())
	}
	if verdict := m.grammar(); verdict.Tier != 0 {
		return verdict
	}
	if verdict := m.misspelt(); verdict.Tier != 0 {
		return verdict
	}
	return m.blurred(roles)
}

// blurred reads the message again when exactly one word is unknown and it is a slip for a known
// one: "stop sendng messages".
func (m *message) blurred(roles []roleSet) Recognition {
	at := -1
	for i := m.from; i < m.to; i++ {
		if len(m.found[i]) > 1 || m.found[i][0] != nil || roles != nil && roles[i] != 0 {
			continue
		}
		if at >= 0 {
			return Recognition{}
		}
		at = i
	}
	if at < 0 || m.to-m.from < 2 || m.flowWords[m.slice(at, at+1)] {
		return Recognition{}
	}
	for _, word := range m.meant(m.slice(at, at+1)) {
		if !m.carries(word) {
			continue // "las pasas" are raisins, no "esas"
		}
		read := m.with(at, word)
		verdict := read.grammar()
		if verdict.Rule == ruleGrammar {
			verdict = read.frames(read.rolesIn(read.own))
		}
		if verdict.Outcome == Out {
			verdict.Rule = ruleTypo
			return verdict
		}
	}
	return Recognition{}
}

// carries reports whether a word is one of those that make a request, not one that may stand beside
// it: a thing is one slip away from many small words.
func (m *message) carries(word string) bool {
	if utf8.RuneCountInString(word) >= longEnough {
		return true
	}
	e := m.entry(word)
	return e.is(strong, m.own) || e.is(halt, m.own) || e.is(object, m.own) || e.is(not, m.own) || e.is(none, m.own) ||
		e.is(remove, m.own) || e.is(list, m.own)
}

// longEnough is from how many letters on a word is unlike others.
const longEnough = 7

// with is the message between its courtesies, with another word at i.
func (m *message) with(i int, word string) *message {
	out := &message{lexicon: m.lexicon, own: m.own, theirs: m.theirs, question: m.question, endsAsked: m.endsAsked}
	for j := m.from; j < m.to; j++ {
		if j > m.from {
			out.text += " "
		}
		start := len(out.text)
		if j == i {
			out.text += word
		} else {
			out.text += m.slice(j, j+1)
		}
		out.tokens.add(start, len(out.text), m.before[j])
	}
	out.to = out.len()
	out.look()
	return out
}

// Other words of the grammar are known by a slip from shortestBlurred letters on. Endless words
// must not cost the square of their length.
const (
	shortestBlurred = 5
	longestBlurred  = 24
)

// meant lists what an unknown word may be a slip for: strong words, and words of the grammar and of
// the phrases.
func (m *message) meant(word string) []string {
	var out []string
	for _, w := range m.stopsMeant(word) {
		if m.entry(w).is(strong, m.own) {
			out = append(out, w)
		}
	}
	n := utf8.RuneCountInString(word)
	if n < shortestBlurred || n > longestBlurred {
		return out
	}
	like := wordsLike(word, n)
	if len(like) == 0 {
		return out
	}
	for _, cut := range cuts(word) { // the first letter that differs comes first
		for _, w := range like {
			if (w == cut || slices.Contains(cuts(w), cut)) && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}

// misspelt tells a whole message that is a strong word with one slip.
func (m *message) misspelt() Recognition {
	if m.to-m.from > 3 {
		return Recognition{}
	}
	word := strings.ReplaceAll(m.core(), " ", "")
	if m.to-m.from > 1 { // "st op": a space is a slip too, of words long enough
		e := m.entry(word)
		if len(word) >= shortestMisspelt && e.is(strong, m.own) && !m.anyKnown() {
			return m.verdict(Out, 2, ruleTypo, e, word)
		}
		return Recognition{}
	}
	if m.flowWords[word] {
		return Recognition{}
	}
	for _, meant := range m.stopsMeant(word) {
		if e := m.entry(meant); e.is(strong, m.own) {
			return m.verdict(Out, 2, ruleTypo, e, meant)
		}
	}
	return Recognition{}
}

// anyKnown reports whether a single word of the message means something by itself.
func (m *message) anyKnown() bool {
	for i := m.from; i < m.to; i++ {
		if word := m.slice(i, i+1); len(word) > 2 && m.isKnown(word) {
			return true
		}
	}
	return false
}
