package words

import (
	"strings"
	"sync"
)

// Most messages that are not ASCII are Latin letters with accents: "não", "mañana", "geç".
// Normalising each of those letters by itself and the whole text together are the same thing, so
// they are looked up and the Unicode tables left alone.

// latinEnd is one past the last rune of latinLetters: the end of Latin Extended-B.
const latinEnd = 0x0250

// latinLetters holds what every rune below latinEnd is in normal form, before tidy, where that is
// ASCII, and also ¡, ¿ and ¶, which stand for themselves. These neither combine with what is beside
// them nor change again, whatever text they are in.
var latinLetters = sync.OnceValue(func() *[latinEnd]latinLetter {
	var t [latinEnd]latinLetter
	for r := range rune(latinEnd) {
		form := foldOnce(string(r))
		t[r] = latinLetter{form, isASCII(form) || r == '¡' || r == '¿' || r == lineEnd}
	}
	return &t
})

type latinLetter struct {
	form string
	ok   bool // else Unicode has to be asked
}

// normaliseLatin is Normalise for texts of ASCII, Latin letters and the quotation marks and dashes
// that phones put in. ok is false for others.
func normaliseLatin(text string) (normal string, ok bool) {
	letters := latinLetters()
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r < latinEnd && letters[r].ok:
			b.WriteString(letters[r].form)
		case isPlainSign(r):
			b.WriteRune(r)
		default: // also U+FFFD, which is what invalid UTF-8 reads as
			return "", false
		}
	}
	return tidy(b.String()), true
}

// isPlainSign reports signs that are their own normal form: “ ” ‘ ’ – — and the emoji of the common
// blocks.
func isPlainSign(r rune) bool {
	return r >= 0x2018 && r <= 0x201D || r == 0x2013 || r == 0x2014 || r >= 0x1F300 && r <= 0x1F64F && r != keycapTen
}
