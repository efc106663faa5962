package words

import (
	"strings"
	"unicode/utf8"
)

// tokens is a message cut into words: joined by single spaces in text, so that any run of words is
// a substring of it and a map can be asked for it without a copy.
type tokens struct {
	text   string
	bounds []span
	before []gap // before[i]: what stands between word i-1 and word i
}

// A gap is what stands between two words.
type gap uint8

// The gaps, each of which has the bits of those before it.
const (
	joined   gap = 0          // a space, an apostrophe, a hyphen
	broken   gap = 1          // a comma, a bracket, an emoji: a clause ends
	ended    gap = 2 | broken // a full stop or the end of a line: a sentence ends
	question gap = 4 | ended  // a question ends
	newLine  gap = 8 | ended  // a line ends
)

type span struct{ from, to int }

func (t *tokens) len() int { return len(t.bounds) }

// slice returns words from to to-1, joined.
func (t *tokens) slice(from, to int) string {
	return t.text[t.bounds[from].from:t.bounds[to-1].to]
}

// tokenise cuts a normalised text at everything that is not letter, number or mark (marks, for
// Hindi and Thai).
//
// An English ending after an apostrophe stays with its word (don't is "dont", as many write it).
// Other apostrophes cut, for French and Italian (n'envoyez). Three or more single letters in a row
// are one word: "s.t.o.p".
func tokenise(normal string) tokens {
	var t tokens
	n := 1 + len(normal)/5
	t.bounds, t.before = make([]span, 0, n), make([]gap, 0, n)
	b := make([]byte, 0, len(normal))
	start, before := -1, joined
	for i := 0; i < len(normal); {
		r, size := utf8.DecodeRuneInString(normal[i:])
		switch {
		case isWordRune(r):
			if start < 0 {
				if len(b) > 0 {
					b = append(b, ' ')
				}
				start = len(b)
			}
			b = appendLoose(b, r)
		case start >= 0 && isApostrophe(r) && isContraction(normal[i+size:]):
		default:
			if start >= 0 && len(b) > start {
				t.add(start, len(b), before)
				before = joined
			}
			start = -1
			before |= gapOf(r, normal[i+size:])
		}
		i += size
	}
	if start >= 0 && len(b) > start {
		t.add(start, len(b), before)
	}
	t.text = string(b)
	return t.mergeLetters()
}

func (t *tokens) add(from, to int, before gap) {
	t.bounds, t.before = append(t.bounds, span{from, to}), append(t.before, before)
}

// isBroken reports whether punctuation stands between word i-1 and word i.
func (t *tokens) isBroken(i int) bool { return t.before[i]&broken != 0 }

// isBrokenWithin reports whether punctuation stands between the n words from i on.
func (t *tokens) isBrokenWithin(i, n int) bool {
	for j := i + 1; j < i+n; j++ {
		if t.isBroken(j) {
			return true
		}
	}
	return false
}

// gapOf is the gap that a sign makes, which the text after it follows. "1.5" and "s.t.o.p" are no
// two sentences.
func gapOf(r rune, after string) gap {
	switch r {
	case ' ', '-', '+':
		return joined
	case '?', '؟', '？':
		return question
	case '!', '।', '…', '！':
		return ended
	case lineEnd:
		return newLine
	case '.':
		if after == "" || after[0] == ' ' || after[0] == '.' {
			return ended
		}
		return broken
	}
	if isApostrophe(r) {
		return joined
	}
	return broken
}

// lineEnd stands for the end of a line, which the normal form would make a space.
const lineEnd = '¶'

// withLineEnds writes the ends of lines as signs, which the normal form keeps: spaces would join
// two sentences.
func withLineEnds(text string) string {
	if !strings.Contains(text, "\n") {
		return text
	}
	return strings.ReplaceAll(text, "\n", " "+string(lineEnd)+" ")
}

// appendLoose writes Devanagari as hurried people do: without nukta, and with anusvara for
// chandrabindu. Letters with a stroke, which do not decompose, lose it: many who have no such key
// leave it out.
func appendLoose(b []byte, r rune) []byte {
	switch r {
	case '\u093C':
		return b
	case '\u0901':
		r = '\u0902'
	case 'ł':
		r = 'l'
	case 'đ':
		r = 'd'
	case 'ø':
		r = 'o'
	}
	return utf8.AppendRune(b, r)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == '`' || r == '´' || r == 'ʼ' }

func isContraction(rest string) bool {
	end := strings.IndexFunc(rest, func(r rune) bool { return !isWordRune(r) })
	if end < 0 {
		end = len(rest)
	}
	switch rest[:end] {
	case "t", "s", "m", "d", "re", "ll", "ve":
		return true
	}
	return false
}

// mergeLetters joins three or more single letters in a row.
func (t tokens) mergeLetters() tokens {
	from, to := t.letterRun(0)
	if from == to {
		return t
	}
	var out tokens
	b := make([]byte, 0, len(t.text))
	for i := 0; i < t.len(); i++ {
		if len(b) > 0 && !(i > from && i < to) {
			b = append(b, ' ')
		}
		if i == to {
			from, to = t.letterRun(i)
		}
		start := len(b)
		b = append(b, t.slice(i, i+1)...)
		if i > from && i < to {
			out.bounds[len(out.bounds)-1].to = len(b)
			continue
		}
		out.add(start, len(b), t.before[i])
	}
	out.text = string(b)
	return out
}

// letterRun finds the next three or more single letters at or after i. from equals to
// when there are none.
func (t *tokens) letterRun(i int) (from, to int) {
	for from = i; from < t.len(); from = to + 1 {
		for to = from; to < t.len() && t.isLetter(to); to++ {
		}
		if to-from >= 3 {
			return from, to
		}
	}
	return t.len(), t.len()
}

func (t *tokens) isLetter(i int) bool {
	s := t.slice(i, i+1)
	return utf8.RuneCountInString(s) == 1 && (s[0] > '9')
}
