package words

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// isTypo reports whether one slip of the hand makes typo of word: a transposition, a doubled or a
// dropped letter, or the key beside the right one (as Braze's fuzzy opt-out does, see the decision
// in product, "The recogniser", tier 2).
func isTypo(typo, word string) bool {
	d := differenceOf(typo, word)
	switch {
	case d.is(0, 1), d.isSwap():
		return true
	case d.is(1, 0):
		return d.ours == d.before
	case d.is(1, 1):
		ours, _ := utf8.DecodeRuneInString(d.ours)
		theirs, _ := utf8.DecodeRuneInString(d.theirs)
		return slices.Contains(adjacent(theirs), ours)
	}
	return false
}

// isSlip reports whether the Distance of two words is 1.
func isSlip(a, b string) bool {
	d := differenceOf(a, b)
	return d.is(0, 1) || d.is(1, 0) || d.is(1, 1) || d.isSwap()
}

// mayBeSlip tells at a glance most words that are more than one slip away from a word of at least
// four letters: one slip leaves its first letter or its last.
func mayBeSlip(slip, word string) bool {
	longer := len(slip) - len(word)
	return longer <= utf8.UTFMax && -longer <= utf8.UTFMax &&
		(slip[0] == word[0] || slip[len(slip)-1] == word[len(word)-1])
}

// A difference is what is left of two words without their common beginning and end.
type difference struct {
	ours, theirs string
	before       string // the letter that stands before both
}

func differenceOf(ours, theirs string) (d difference) {
	for ours != "" && theirs != "" {
		r, size := utf8.DecodeRuneInString(ours)
		if other, _ := utf8.DecodeRuneInString(theirs); r != other {
			break
		}
		d.before, ours, theirs = ours[:size], ours[size:], theirs[size:]
	}
	for ours != "" && theirs != "" {
		r, size := utf8.DecodeLastRuneInString(ours)
		if other, _ := utf8.DecodeLastRuneInString(theirs); r != other {
			break
		}
		ours, theirs = ours[:len(ours)-size], theirs[:len(theirs)-size]
	}
	d.ours, d.theirs = ours, theirs
	return d
}

// is reports how many letters are left of each word.
func (d difference) is(ours, theirs int) bool {
	return utf8.RuneCountInString(d.ours) == ours && utf8.RuneCountInString(d.theirs) == theirs
}

// isSwap reports two letters that have changed places.
func (d difference) isSwap() bool {
	if !d.is(2, 2) {
		return false
	}
	_, size := utf8.DecodeRuneInString(d.ours)
	return d.ours[size:]+d.ours[:size] == d.theirs
}

// adjacent returns the keys beside r on QWERTY, QWERTZ and AZERTY keyboards, digits above included
// ("st0p").
func adjacent(r rune) []rune {
	var out []rune
	for _, rows := range [...][4]string{
		{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"},
		{"1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"},
		{"1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"},
	} {
		out = append(out, adjacentIn(rows, r)...)
	}
	return out
}

// adjacentIn reads one keyboard. Each row lies half a key to the right of the one above.
func adjacentIn(rows [4]string, r rune) []rune {
	var out []rune
	for y := 1; y < len(rows); y++ {
		x := strings.IndexRune(rows[y], r)
		if x < 0 {
			continue
		}
		for _, at := range [...][2]int{{y, x - 1}, {y, x + 1}, {y - 1, x}, {y - 1, x + 1}, {y + 1, x - 1}, {y + 1, x}} {
			if at[0] < len(rows) && at[1] >= 0 && at[1] < len(rows[at[0]]) {
				out = append(out, rune(rows[at[0]][at[1]]))
			}
		}
	}
	return out
}

// cuts lists word and every form of it with one letter less.
func cuts(word string) []string {
	letters := []rune(word)
	out := []string{word}
	for i := range letters {
		out = append(out, string(letters[:i])+string(letters[i+1:]))
	}
	return out
}

// isWithin reports whether Distance is at most slips, without measuring what differs more than that
// in length alone.
func isWithin(a, b string, slips int) bool {
	more := utf8.RuneCountInString(a) - utf8.RuneCountInString(b)
	return more <= slips && -more <= slips && Distance(a, b) <= slips
}

// Distance is the optimal string alignment distance of two short words: how many letters to insert,
// delete, replace or swap with their neighbours.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows, width := make([]int, 3*(len(y)+1)), len(y)+1
	two, one, now := rows[:width], rows[width:2*width], rows[2*width:]
	for j := range one {
		one[j] = j
	}
	for i := range x {
		now[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			now[j+1] = min(now[j]+1, one[j+1]+1, one[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				now[j+1] = min(now[j+1], two[j-1]+1)
			}
		}
		two, one, now = one, now, two
	}
	return one[len(y)]
}
