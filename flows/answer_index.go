package flows

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// An answerIndex is what a question recognises, made once when the flow is compiled.
type answerIndex struct {
	phrases map[string]int // key, value, label, also -> option
	keys    map[rune]int   // the keys of one character
	isKey   map[string]bool
	asked   map[string]bool // phrases that have a question mark in the file
	longest int             // words of the longest phrase
}

// lookup is the index of the question. A question that was not compiled makes one as it goes.
func (q *Question) lookup() *answerIndex {
	if q.index != nil {
		return q.index
	}
	return newAnswerIndex(q)
}

func newAnswerIndex(q *Question) *answerIndex {
	x := &answerIndex{
		phrases: map[string]int{}, keys: map[rune]int{}, isKey: map[string]bool{}, asked: map[string]bool{},
	}
	for i, o := range q.Options {
		for _, w := range optionWords("", o) {
			x.add(w.text, i)
			x.asked[phraseKey(w.text)] = x.asked[phraseKey(w.text)] || questions(w.text)
		}
		key := phraseKey(o.Key)
		x.isKey[key] = true
		if r, size := utf8.DecodeRuneInString(key); size > 0 && size == len(key) {
			x.keys[r] = i
		}
	}
	x.lookalikes()
	// after everything the file says: a value or a singular never wins over a word of the file
	for i, o := range q.Options {
		x.add(o.Value, i)
		x.singulars(o, i)
	}
	return x
}

// lookalikes adds a key as another keyboard types it: the Cyrillic А for A, and the other way
// round.
func (x *answerIndex) lookalikes() {
	for r, option := range maps.Clone(x.keys) {
		for _, same := range alike(r) {
			if _, taken := x.phrases[string(same)]; !taken {
				x.phrases[string(same)], x.keys[same], x.isKey[string(same)] = option, option, true
			}
		}
	}
}

// add makes a phrase mean an option, unless it means one already.
func (x *answerIndex) add(phrase string, option int) {
	key := phraseKey(phrase)
	if _, taken := x.phrases[key]; taken || key == "" {
		return
	}
	x.phrases[key] = option
	x.longest = max(x.longest, strings.Count(key, " ")+1)
}

// names reports a message with a question mark that is an option all the same: keys alone ("B?"),
// or words that the file has with the mark.
func (x *answerIndex) names(text string) bool {
	s := cut(text)
	if x.asked[s.text] {
		return true
	}
	for i := range s.tokens {
		if !x.isKey[s.word(i)] {
			return false
		}
	}
	return s.size() > 0
}

// singulars adds singular forms: "shoe" means the option "Shoes".
func (x *answerIndex) singulars(o Option, option int) {
	for _, w := range optionWords("", o) {
		x.add(singular(w.text), option)
	}
}

// singular is a word or phrase without the s at its end, or "" where there is none to take off.
func singular(text string) string {
	one, ok := strings.CutSuffix(phraseKey(text), "s")
	if !ok || len(one) < 3 || strings.HasSuffix(one, "s") {
		return ""
	}
	return one
}

// read finds options in a sentence that consists of options and the words around them. ok is false
// with any other word.
func (x *answerIndex) read(s sentence, in speech, many bool) (picked []int, ok bool) {
	byLabel := false
	for i := 0; i < s.size(); {
		option, n := x.phrase(s, i)
		switch {
		case n == 1 && x.isKey[s.word(i)] && s.letter(i) && x.meansNothing(s, i, in, len(picked) > 0):
			n = 1
		case n > 0:
			if n == 1 && x.stretch(s, i) {
				return nil, false
			}
			byLabel = byLabel || !x.isKey[s.words(i, i+n)]
			picked = include(picked, option)
		case asks(s, i):
			return nil, false
		case filler(s, i, in, len(picked) > 0) && s.size() > 1:
			n = 1
		default:
			options := x.compact(s.word(i))
			if !many || byLabel || options == nil {
				return nil, false
			}
			picked, n = include(picked, options...), 1
		}
		i += n
	}
	return picked, true
}

// phrase finds the longest phrase that begins at word i. n is how many words it has, 0 for none.
func (x *answerIndex) phrase(s sentence, i int) (option, n int) {
	for n = min(x.longest, s.size()-i); n > 0; n-- {
		if option, ok := x.phrases[s.words(i, i+n)]; ok {
			return option, n
		}
	}
	return 0, 0
}

// meansNothing tells a letter that is a key apart from the same letter as a word: the e of "A e C",
// the a of "a bag".
func (x *answerIndex) meansNothing(s sentence, i int, in speech, after bool) bool {
	last := i+1 >= s.size()
	if last || s.tokens[i].comma || s.tokens[i+1].comma {
		return false
	}
	lex := answerLexicon()
	if after && lex.and.own(s.word(i), in) {
		return true
	}
	next := s.word(i + 1)
	if lex.and.anyOf(next, in) {
		return false // no article stands before "and": the A of "A e C"
	}
	_, n := x.phrase(s, i+1)
	return n > 0 && !x.isKey[next] && lex.around.own(s.word(i), in)
}

// stretch reports "A-C": it may mean A to C or A and C.
func (x *answerIndex) stretch(s sentence, i int) bool {
	if i == 0 || !s.tokens[i].hyphen || !x.isKey[s.word(i)] || !x.isKey[s.word(i-1)] {
		return false
	}
	from, to := x.phrases[s.word(i-1)], x.phrases[s.word(i)]
	return to-from > 1 || from-to > 1
}

// compact reads keys written together, in the order of the options: AC, but not CAB.
func (x *answerIndex) compact(word string) (options []int) {
	for _, r := range word {
		option, ok := x.keys[r]
		if !ok || (len(options) > 0 && options[len(options)-1] >= option) {
			return nil
		}
		options = append(options, option)
	}
	return options
}

// filler reports a word that may stand around an option. "also" counts after the first one, a
// single letter that joins only between two.
func filler(s sentence, i int, in speech, after bool) bool {
	lex, word := answerLexicon(), s.word(i)
	joins := lex.and.expected(word, in) || after && i+1 < s.size() && lex.and.anyOf(word, in)
	return joins || lex.around.expected(word, in) || after && lex.also[word]
}

// asks reports words that begin a question: "do you have bags".
func asks(s sentence, i int) bool {
	lex := answerLexicon()
	begins := i == 0 || s.tokens[i].pause || lex.greetings.has(s.word(i-1))
	return begins && i+2 <= s.size() && lex.asks[s.words(i, i+2)]
}

// include adds options that are not there yet.
func include(picked []int, options ...int) []int {
	for _, option := range options {
		if !slices.Contains(picked, option) {
			picked = append(picked, option)
		}
	}
	return picked
}
