package words

import (
	"strings"
	"unicode/utf8"
)

// lookAlikes are Cyrillic and Greek letters that look like a Latin one, in normal form (Unicode
// Technical Standard #39, confusables).
const (
	lookAlikes = "авсеԁһіјкӏмнорԛѕтѵԝхуѡοανρτυικηχμε"
	latinForms = "abcedhijklmhopqstvwxywoavptuiknxue"
)

// longestMasked is the most words of a message in which somebody hides a stop word.
const longestMasked = 25

// unmask writes a word in Latin letters that is a stop word but for letters that look like them:
// "SТОP", typed with a Cyrillic keyboard on. Any other word stays as it is.
func (m *message) unmask() {
	if isASCII(m.text) || m.len() > longestMasked {
		return
	}
	for i := 0; i < m.len(); i++ {
		word := m.slice(i, i+1)
		if isASCII(word) {
			continue
		}
		plain, ok := latinOf(word)
		if !ok || !m.entry(plain).is(strong, everywhere) || m.isKnown(word) {
			continue
		}
		m.tokens = m.replaced(i, plain)
	}
}

// latinOf is the word in the Latin letters that its own look like. ok is false where one looks like
// none.
func latinOf(word string) (string, bool) {
	var b strings.Builder
	for _, r := range word {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		at := strings.IndexRune(lookAlikes, r)
		if at < 0 {
			return "", false
		}
		b.WriteByte(latinForms[utf8.RuneCountInString(lookAlikes[:at])])
	}
	return b.String(), true
}

// replaced is the tokens with another word at i.
func (t *tokens) replaced(i int, word string) tokens {
	from, to := t.bounds[i].from, t.bounds[i].to
	out := tokens{text: t.text[:from] + word + t.text[to:], before: t.before}
	out.bounds = append(out.bounds, t.bounds...)
	for j := i; j < len(out.bounds); j++ {
		if j > i {
			out.bounds[j].from += len(word) - (to - from)
		}
		out.bounds[j].to += len(word) - (to - from)
	}
	return out
}
