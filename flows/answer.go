package flows

import (
	"slices"
	"strings"
	"unicode/utf8"

	"optinbot/flows/words"
)

// Limits of what is read as an answer.
const (
	maxFreeText = 500 // characters of an answer to `choose: text`
	maxAnswer   = 300 // bytes of any other answer
)

// Answer reads a message as the answer to the question. ok is false where it does not fit: a
// message with any word that is neither an option nor around one is free chat, not an answer, and
// so is a question. The values are what is stored, several only for Many, in the order of the
// options.
func (q *Question) Answer(text, language string, f *Flow) (values []string, ok bool) {
	if q.Choose == Free {
		return freeText(text)
	}
	if len(text) > maxAnswer || questions(text) && !q.lookup().names(text) {
		return nil, false
	}
	in := speech{language, f.Languages}
	switch q.Choose {
	case One, Many:
		return q.chosen(cut(text), in)
	case Number:
		return q.numberIn(text, in)
	case Date:
		return dateIn(text)
	case YesNo:
		return yesNo(text, language, f)
	}
	return nil, false
}

// questions reports a question mark of any script.
func questions(text string) bool { return strings.ContainsAny(text, "?¿؟？⁇❓❔") }

// freeText takes any text up to a length.
func freeText(text string) ([]string, bool) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	if text == "" || utf8.RuneCountInString(text) > maxFreeText {
		return nil, false
	}
	return []string{text}, true
}

func yesNo(text, language string, f *Flow) ([]string, bool) {
	switch f.Words.YesNo(text, language) {
	case words.Yes:
		return []string{"yes"}, true
	case words.No:
		return []string{"no"}, true
	}
	return nil, false
}

// chosen reads options: of One exactly one, of Many as many as there are.
func (q *Question) chosen(s sentence, in speech) ([]string, bool) {
	picked, ok := q.lookup().read(s, in, q.Choose == Many)
	if !ok && q.Choose == Many {
		picked, ok = q.everything(s, in)
	}
	if !ok || len(picked) == 0 || (q.Choose == One && len(picked) != 1) {
		return nil, false
	}
	return q.values(picked), true
}

// values turns options into what is stored, in the order of the file.
func (q *Question) values(picked []int) []string {
	slices.Sort(picked)
	values := make([]string, len(picked))
	for i, option := range picked {
		values[i] = q.Options[option].Value
	}
	return values
}

// everything reads "all", and "both" where there are two options.
func (q *Question) everything(s sentence, in speech) ([]int, bool) {
	lex := answerLexicon()
	for s.size() > 1 && !lex.all[s.joined()] && !lex.both[s.joined()] {
		last := s.size() - 1
		switch {
		case lex.around.anyOf(s.word(0), in):
			s = s.part(1, s.size())
		case lex.around.anyOf(s.word(last), in):
			s = s.part(0, last)
		default:
			return nil, false
		}
	}
	if all := s.joined(); !lex.all[all] && (!lex.both[all] || len(q.Options) != 2) {
		return nil, false
	}
	picked := make([]int, len(q.Options))
	for i := range picked {
		picked[i] = i
	}
	return picked, true
}

// Addition reads a message that adds to a question of kind Many after it was answered: "also B",
// "bags too", "+ C". The values are only the added ones.
func (q *Question) Addition(text, language string, f *Flow) ([]string, bool) {
	if q.Choose != Many || len(text) > maxAnswer {
		return nil, false
	}
	s, in := cut(text), speech{language, f.Languages}
	rest, adds := withoutAlso(s, in)
	if questions(text) {
		return nil, false
	}
	if !adds && !strings.HasPrefix(strings.TrimSpace(text), "+") {
		return nil, false
	}
	return q.chosen(rest, in)
}

// withoutAlso takes "also" out of a sentence wherever it stands, and "and" off its beginning. adds
// tells whether there was one.
func withoutAlso(s sentence, in speech) (rest sentence, adds bool) {
	lex := answerLexicon()
	rest.text = s.text
	for i := 0; i < s.size(); i++ {
		two := i+1 < s.size() && lex.also[s.words(i, i+2)]
		switch {
		case two:
			adds = true
			i++
		case lex.also[s.word(i)], i == 0 && s.size() > 1 && lex.and.expected(s.word(i), in):
			adds = true
		default:
			rest.tokens = append(rest.tokens, s.tokens[i])
		}
	}
	return rest, adds
}
