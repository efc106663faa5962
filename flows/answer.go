package flows

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"optinbot/flows/words"
)

// Limits of what is read as an answer.
const (
	maxFreeText = 500 // characters of an answer to `choose: text`
	maxAnswer   = 300 // bytes of any other answer
)

// Answer reads a message as the answer to the question. ok is false where it does not fit: a message with any word that
// is neither an option nor around one is free chat, not an answer. The values are what is stored; several only for Many,
// in the order of the options.
func (q *Question) Answer(text, language string, f *Flow) (values []string, ok bool) {
	if q.Choose == Free {
		return freeText(text)
	}
	if len(text) > maxAnswer {
		return nil, false
	}
	switch q.Choose {
	case One, Many:
		return q.chosen(cut(text), language)
	case Number:
		return q.numberIn(text)
	case Date:
		return dateIn(text)
	case YesNo:
		return yesNo(text, language, f)
	}
	return nil, false
}

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

// numberIn reads the one whole number of a message: 42, 42 years, 1.500.
func (q *Question) numberIn(text string) ([]string, bool) {
	s := cut(text)
	digits := ""
	for i := range s.tokens {
		word := s.word(i)
		switch {
		case !strings.ContainsAny(word, "0123456789"):
			continue
		case digits == "" && allDigits(word):
			digits = word
		case s.tokens[i].dot && len(word) == 3 && allDigits(word) && len(digits)%3 != 0 == (len(digits) < 3) && digits != "0":
			digits += word
		default:
			return nil, false
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if negative(text) {
		n = -n
	}
	if err != nil || n < q.Min || n > q.Max || s.size() > 8 {
		return nil, false
	}
	return []string{strconv.FormatInt(n, 10)}, true
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// negative reports a minus sign before the number: at the beginning, or after a space.
func negative(text string) bool {
	text = " " + strings.TrimSpace(text)
	i := strings.IndexAny(text, "-\u2212")
	if strings.Contains(text, "\u2212") {
		i = strings.Index(text, "\u2212")
	}
	return i > 0 && text[i-1] == ' ' && i+1 < len(text) && text[i+1] != ' '
}

// chosen reads options: of One exactly one, of Many as many as there are.
func (q *Question) chosen(s sentence, language string) ([]string, bool) {
	picked, ok := q.lookup().read(s, language, q.Choose == Many)
	if !ok && q.Choose == Many {
		picked, ok = q.everything(s, language)
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
func (q *Question) everything(s sentence, language string) ([]int, bool) {
	lex := lexiconOf()
	for s.size() > 1 && !lex.all[s.joined()] && !lex.both[s.joined()] {
		last := s.size() - 1
		switch {
		case lex.around.in(s.word(0), language, true):
			s = s.part(1, s.size())
		case lex.around.in(s.word(last), language, true):
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

// Addition reads a message that adds to a question of kind Many after it was answered: "also B", "bags too", "+ C". The
// values are only the added ones.
func (q *Question) Addition(text, language string, f *Flow) ([]string, bool) {
	if q.Choose != Many || len(text) > maxAnswer {
		return nil, false
	}
	s := cut(text)
	rest, adds := withoutAlso(s, language)
	if !adds && !strings.HasPrefix(strings.TrimSpace(text), "+") {
		return nil, false
	}
	return q.chosen(rest, language)
}

// withoutAlso takes "also" out of a sentence wherever it stands, and "and" off its beginning. adds tells whether there was
// one.
func withoutAlso(s sentence, language string) (rest sentence, adds bool) {
	lex := lexiconOf()
	rest.text = s.text
	for i := 0; i < s.size(); i++ {
		two := i+1 < s.size() && lex.also[s.words(i, i+2)]
		switch {
		case two:
			adds = true
			i++
		case lex.also[s.word(i)], i == 0 && s.size() > 1 && lex.and.in(s.word(i), language, !s.letter(i)):
			adds = true
		default:
			rest.tokens = append(rest.tokens, s.tokens[i])
		}
	}
	return rest, adds
}
