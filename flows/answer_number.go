package flows

import (
	"strconv"
	"strings"
)

// numberIn reads the one whole number that a message consists of: 42, 42 years, I am 42, 1.500. Any
// word that is not listed around a number makes it no answer, for it may be a "not", an "under", or
// the number of something else: of an order, of minutes.
func (q *Question) numberIn(text string, in speech) ([]string, bool) {
	s := cut(text)
	if s.size() > 8 || unsettled(text) || asks(s, 0) {
		return nil, false
	}
	digits, lex := "", answerLexicon()
	for i := 0; i < s.size(); {
		word, n := s.word(i), 1
		switch {
		case digits == "" && allDigits(word):
			digits = word
		case s.tokens[i].dot && thousands(digits, word):
			digits += word
		case lex.number.run(s, i, in) > 0:
			n = lex.number.run(s, i, in)
		case digits != "" && lex.measures.run(s, i, in) > 0:
		default:
			return nil, false
		}
		i += n
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if negative(text) {
		value = -value
	}
	if err != nil || value < q.Min || value > q.Max {
		return nil, false
	}
	return []string{strconv.FormatInt(value, 10)}, true
}

// thousands reports the next three digits of a number that is written in groups: 1.500.
func thousands(digits, next string) bool {
	return len(next) == 3 && allDigits(next) && digits != "" && digits != "0" && len(digits)%3 != 0 == (len(digits) < 3)
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// unsettled reports signs by which a number is refused, compared, a share or a fraction, or the
// number of something.
func unsettled(text string) bool {
	if strings.ContainsAny(text, "%‰٪％<>≤≥≠±#№/½⅓⅔¼¾⅛⅜⅝⅞❌✖🚫⛔🛑🔞👎") {
		return true
	}
	plus := strings.LastIndexAny(text, "+＋")
	return plus >= 0 && strings.ContainsAny(text[:plus], "0123456789") // 18+
}

// negative reports a minus sign before the number: at the beginning, or after a space.
func negative(text string) bool {
	text = " " + strings.TrimSpace(text)
	i := strings.IndexAny(text, "-\u2212")
	if strings.Contains(text, "\u2212") {
		i = strings.Index(text, "\u2212")
	}
	return i > 0 && text[i-1] == ' ' && i+1 < len(text) && text[i+1] != ' '
}
