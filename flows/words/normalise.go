package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Normalise is the one normalisation of everything that is matched (see product, "The recogniser").
// It is idempotent.
//
// The normal form is Unicode NFKC (UAX #15), case folded, without Latin accents, Arabic tashkeel
// and tatweel, enclosing marks, format characters and variation selectors. Alef, teh marbuta and
// alef maksura in one shape, digits in ASCII. Nothing but letters, numbers and marks at either end.
// Single spaces. Punctuation inside stays: tokens are cut later.
//
// A letter written three or more times becomes one, not two: "stoooop" is "stop", and "stopp" (two)
// is left alone, so words with double letters survive. What that costs ("arrrret" becomes "aret")
// is given back by the typo rule, which knows dropped letters.
func Normalise(text string) string {
	if s, ok := normaliseLatin(text); ok {
		return s
	}
	return normaliseUnicode(text)
}

func normaliseUnicode(text string) string {
	s := strings.ToValidUTF8(text, " ")
	// Folding can make a text that decomposes again (UAX #15, "NFKC_Casefold"). Two rounds settle
	// all but oddities.
	for range 4 {
		next := normaliseOnce(s)
		if next == s || isASCII(next) {
			return next
		}
		s = next
	}
	return s
}

func isASCII[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func normaliseOnce(s string) string { return tidy(foldOnce(s)) }

// foldOnce is one round of the normal form, before tidy.
func foldOnce(s string) string {
	var space [256]byte
	apart := norm.NFKD.AppendString(space[:0], s)
	kept := make([]byte, 0, len(apart))
	for i := 0; i < len(apart); {
		r, size := utf8.DecodeRune(apart[i:])
		i += size
		kept = appendFolded(kept, r)
	}
	if isASCII(kept) { // as most Latin text is by now
		return strings.ToLower(string(kept))
	}
	return string(cases.Fold().Bytes(norm.NFKC.Bytes(kept)))
}

// appendFolded appends what one decomposed rune stands for: nothing, another letter, or itself.
func appendFolded(b []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		return append(b, byte(r))
	case r == keycapTen:
		return append(b, "10"...)
	case isDropped(r):
		return b
	}
	if to, ok := foldedLetter(r); ok {
		return utf8.AppendRune(b, to)
	}
	if d, ok := Digit(r); ok {
		return append(b, byte('0'+d))
	}
	return utf8.AppendRune(b, r)
}

// keycapTen has no decomposition. The other keycaps are a digit and an enclosing mark.
const keycapTen = '\U0001F51F'

func isDropped(r rune) bool {
	switch {
	case r >= 0x0300 && r <= 0x036F: // Latin, Greek and Cyrillic accents
	case r >= 0xFE00 && r <= 0xFE0F: // variation selectors
	case r == 0x0640: // tatweel
	case isTashkeel(r):
	case unicode.In(r, unicode.Me, unicode.Cf):
	default:
		return false
	}
	return true
}

// isTashkeel reports Arabic vowel and Quranic marks. U+0654 and U+0655 are the hamzas that
// decomposed alefs leave behind.
func isTashkeel(r rune) bool {
	return r >= 0x064B && r <= 0x065F || r == 0x0670 || r >= 0x0610 && r <= 0x061A ||
		r >= 0x06D6 && r <= 0x06ED && unicode.Is(unicode.Mn, r)
}

func foldedLetter(r rune) (rune, bool) {
	switch r {
	case 'ı':
		return 'i', true
	case 'ٱ', 'ٲ', 'ٳ', 'ٵ': // wasla and the alefs that Unicode does not decompose
		return 'ا', true
	case 'ة', 'ۃ', 'ۀ', 'ە': // teh marbuta
		return 'ه', true
	case 'ى', 'ی', 'ې', 'ے': // alef maksura and the yehs of Persian and Urdu keyboards
		return 'ي', true
	case 'ک': // keheh, the kaf of the same keyboards
		return 'ك', true
	}
	if r >= 0x1F150 && r <= 0x1F189 { // negative circled and negative squared A to Z
		if n := (r - 0x1F150) % 32; n < 26 {
			return 'a' + n, true
		}
	}
	return r, false
}

// Digit is the value of a decimal digit of any script, and of the circled digits that do not
// decompose.
func Digit(r rune) (int, bool) {
	for _, first := range [...]rune{0x2776, 0x2780, 0x278A, 0x24F5} {
		if r >= first && r < first+9 {
			return int(r-first) + 1, true
		}
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	// Every range of Nd starts with a zero and holds whole decades (The Unicode Standard, 4.6
	// "Numeric Value").
	for _, x := range unicode.Nd.R16 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return int(r-rune(x.Lo)) % 10, true
		}
	}
	for _, x := range unicode.Nd.R32 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return int(r-rune(x.Lo)) % 10, true
		}
	}
	return 0, false
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// tidy trims everything but words from the ends, collapses spaces and squeezes runs of three or
// more of a letter.
func tidy(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return !isWordRune(r) })
	if isTidy(s) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		end := i + size
		n := 1
		for end < len(s) && strings.HasPrefix(s[end:], s[i:i+size]) {
			end, n = end+size, n+1
		}
		switch {
		case isSpace(r):
			if len(b) == 0 || b[len(b)-1] != ' ' {
				b = append(b, ' ')
			}
		case n >= 3 && isSqueezed(r):
			b = append(b, s[i:i+size]...)
		default:
			b = append(b, s[i:end]...)
		}
		i = end
	}
	return string(b)
}

// isTidy spares most messages the copy.
func isTidy(s string) bool {
	var before, last rune
	for _, r := range s {
		if isSpace(r) && (r != ' ' || last == ' ') || r == last && r == before && isSqueezed(r) {
			return false
		}
		before, last = last, r
	}
	return true
}

func isSpace(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func isSqueezed(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
