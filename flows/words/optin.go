package words

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nearMissWords is how many words more than the phrase a near miss may have.
const nearMissWords = 6

// An optInPhrase is one of the flow's, compiled.
type optInPhrase struct {
	Phrase
	key  string   // its words
	body []string // those that carry its meaning: neither closed-list nor polite words
	core []string // those of body that are not verbs of wanting: "promotions"
	own  set
}

// optInPhrases compiles the phrases in the order of the flow's languages.
func (l *lexicon) optInPhrases(c Config) []optInPhrase {
	var out []optInPhrase
	for _, language := range c.Languages {
		for _, text := range c.OptIn[language] {
			p := optInPhrase{Phrase: Phrase{Language: language, Phrase: text}, key: canonical(text),
				own: l.setOf(language)}
			if p.key == "" {
				continue
			}
			for _, word := range strings.Fields(p.key) {
				e := l.entry(word)
				if e.isFiller(p.own) {
					continue
				}
				p.body = append(p.body, word)
				if !e.is(want, p.own) && !e.is(send, p.own) {
					p.core = append(p.core, word)
				}
			}
			out = append(out, p)
		}
	}
	return out
}

// isFiller reports words that a phrase may gain or lose and mean the same.
func (e *entry) isFiller(l set) bool {
	if e.is(want, l) || e.is(send, l) || e.is(object, l) {
		return false
	}
	return e.is(with, l) || e.is(polite, l) || e.is(greeting, l) || e.is(yes, l)
}

// longestOptIn is how many bytes a message may have that is compared with the phrases: nobody asks
// for promotions in more.
const longestOptIn = 800

// OptIn compares one message with the opt-in phrases. registered tells whether a source tag was
// made by `invite --source`.
//
// Exact is equality of the words in normal form and nothing else (C1). Near forgives slips,
// courtesies and small words, but never a negation, and never a message in which Recognise sees a
// wish to stop (C3, C5).
func (r *Reading) OptIn(language string, registered func(tag string) bool) Phrase {
	p, rest, m := r.exactly(language, registered)
	if p.Match != NoMatch || m == nil {
		return p
	}
	return r.near(rest, m)
}

// OptInExactly is OptIn for callers to whom a near miss is nothing. It takes a fraction of the
// time.
func (r *Reading) OptInExactly(language string, registered func(tag string) bool) Phrase {
	p, _, _ := r.exactly(language, registered)
	if p.Match != Exact {
		return Phrase{}
	}
	return p
}

// OptIn reads a message and compares it with the opt-in phrases.
func (v *Vocabulary) OptIn(text, language string, registered func(tag string) bool) Phrase {
	return v.Read(text).OptIn(language, registered)
}

// refusals are signs that take a yes back, wherever they stand.
const refusals = stopSymbols + "❌✖❎👎🖕🙅"

// isDoubtful reports a sign of refusal or a question mark that the phrase itself does not have.
func isDoubtful(text, phrase string) bool {
	for _, r := range text {
		if (strings.ContainsRune(refusals, r) || r == '?' || r == '؟' || r == '？' || r == '¿') &&
			!strings.ContainsRune(phrase, r) {
			return true
		}
	}
	return false
}

// unlessDoubtful makes the phrase a near miss where a sign says that it may not be meant: "🚫 I want
// promotions", "I want promotions?".
func (p Phrase) unlessDoubtful(text string) Phrase {
	if isDoubtful(text, p.Phrase) {
		p.Match, p.Source = Near, ""
	}
	return p
}

// exactly looks for an exact phrase. Where there is none, rest is the text without its tag, as m
// was read from it.
func (r *Reading) exactly(language string, registered func(tag string) bool) (p Phrase, rest string, m *message) {
	text := r.text
	if len(text) > longestOptIn {
		return Phrase{}, text, nil
	}
	m = r.in(r.setOf(language))
	if p := r.exact(m.text, m.own); p.Match == Exact && unbroken(text, p.Phrase) {
		return p.unlessDoubtful(text), text, m
	}
	rest, tag, tagged := cutTag(text)
	if !tagged {
		return Phrase{}, text, m
	}
	m = r.Read(rest).in(m.own)
	if p := r.exact(m.text, m.own); p.Match == Exact && unbroken(rest, p.Phrase) && registered != nil &&
		registered(tag) {
		p.Source = tag
		return p.unlessDoubtful(text), rest, m
	}
	return Phrase{}, rest, m
}

// unbroken reports whether there is nothing between the words of a message but spaces, apostrophes,
// and what the phrase itself has: normalisation drops punctuation at the ends only, and "I, want:
// promotions" is not the phrase.
func unbroken(text, phrase string) bool {
	inside := Normalise(phrase)
	for _, r := range Normalise(text) {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) &&
			!strings.ContainsRune(" '’‘ʼ`"+inside, r) {
			return false
		}
	}
	return true
}

// exact prefers the contact's language, then the order of the flow.
func (v *Vocabulary) exact(key string, own set) Phrase {
	found := Phrase{}
	for _, p := range v.optIn {
		if p.key != key || found.Match == Exact && p.own != own {
			continue
		}
		found = p.Phrase
		found.Match = Exact
		if p.own == own {
			break
		}
	}
	return found
}

// cutTag cuts a trailing "#tag" of letters, digits, - and _.
func cutTag(text string) (rest, tag string, ok bool) {
	i := strings.LastIndexAny(text, "#＃")
	if i < 0 {
		return text, "", false
	}
	tag = strings.TrimLeft(text[i:], "#＃")
	tag = strings.ToLower(norm.NFKC.String(strings.TrimFunc(tag, func(r rune) bool { return !isWordRune(r) })))
	valid := tag != "" && !strings.ContainsFunc(tag,
		func(r rune) bool { return !isWordRune(r) && r != '-' && r != '_' })
	return text[:i], tag, valid
}

func (v *Vocabulary) near(text string, m *message) Phrase {
	if m.len() == 0 || m.recognise(text).Outcome != Neither {
		return Phrase{}
	}
	comesBack := m.comesBack()
	for _, own := range []bool{true, false} {
		for _, p := range v.optIn {
			if (p.own == m.own) == own && (comesBack || p.isNear(m)) {
				p.Match = Near
				return p.Phrase
			}
		}
	}
	return Phrase{}
}

// comesBack reports whether the whole message asks to be on the list again: "START",
// "please add me back".
func (m *message) comesBack() bool {
	for _, l := range []set{m.own, m.setOf("en")} {
		if roles := m.rolesIn(l); roles != nil && m.from < m.to &&
			onlyRoles(roles[m.from:m.to], rolesOf(roleComeBack, roleSlip)) {
			return true
		}
	}
	return false
}

// onlyRoles reports whether every word has one of the roles.
func onlyRoles(roles []roleSet, any roleSet) bool {
	for _, s := range roles {
		if s&any == 0 {
			return false
		}
	}
	return true
}

func (p *optInPhrase) isNear(m *message) bool {
	if m.len() > strings.Count(p.key, " ")+1+nearMissWords || p.isNegated(m) || m.from >= m.to {
		return false
	}
	body, polite := p.bodyOf(m)
	switch {
	case len(body) == 0:
		return false
	case isNearBody(body, p.body) || len(p.core) > 0 && polite && m.to-m.from <= len(body)+1 &&
		isNearBody(body, p.core):
		return true
	case p.asksForCore(m, body):
		return true
	}
	return isWithin(m.core(), p.key, utf8.RuneCountInString(p.key)/8)
}

// isNegated looks for any negation in the phrase's or the contact's language.
func (p *optInPhrase) isNegated(m *message) bool {
	own := p.own | m.own
	for i := range m.found {
		for _, e := range m.found[i] {
			if e.is(not, own) || e.is(none, own) || e.is(no, own) {
				return true
			}
		}
	}
	return false
}

// bodyOf is the message without closed-list words and courtesies. polite tells
// whether there was a courtesy.
func (p *optInPhrase) bodyOf(m *message) (body []string, isPolite bool) {
	isPolite = m.from > 0 || m.to < m.len()
	own := p.own | m.own
	roles := m.rolesIn(p.own)
	for i := m.from; i < m.to; i++ {
		word := m.slice(i, i+1)
		e := m.at(i, 1)
		if roles != nil && roles[i].has(roleAgain) && !slices.Contains(p.body, word) {
			continue // "I want promotions again"
		}
		isPolite = isPolite || e.is(polite, own)
		if slices.Contains(p.body, word) || !e.isFiller(own) {
			body = append(body, word)
		}
	}
	return body, isPolite
}

// asksForCore accepts other verbs: "send me promotions".
func (p *optInPhrase) asksForCore(m *message, body []string) bool {
	own := p.own | m.own
	rest := slices.DeleteFunc(slices.Clone(body), func(w string) bool {
		e := m.entry(w)
		return e.is(want, own) || e.is(send, own)
	})
	if len(rest) == len(body) || len(p.core) == 0 {
		return false
	}
	return isNearBody(rest, p.core) || len(rest) == 1 && len(p.core) == 1 && m.entry(rest[0]).is(deal, own) &&
		m.entry(p.core[0]).is(deal, p.own)
}

// isNearBody compares word by word, each with slips in proportion to its length.
func isNearBody(have, want []string) bool {
	if len(have) != len(want) {
		return false
	}
	for i, w := range want {
		if len(have[i]) > 3*len(w)+8 {
			return false // and be spared the comparison
		}
		if have[i] != w && !isInflected(have[i], w) && !isWithin(have[i], w, slips(w)) {
			return false
		}
	}
	return true
}

// isInflected reports words that begin alike for at least four letters and three quarters
// of the shorter: "promonya", "promo". The Arabic article does not count.
func isInflected(a, b string) bool {
	x, y := []rune(strings.TrimPrefix(a, "ال")), []rune(strings.TrimPrefix(b, "ال"))
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return n >= 4 && 4*n >= 3*min(len(x), len(y))
}

func slips(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n <= 3:
		return 0
	case n <= 5:
		return 1
	case n <= 9:
		return 2
	}
	return 3
}
