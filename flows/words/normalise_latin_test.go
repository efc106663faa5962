package words

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The short cut for Latin letters must say what the long way says: each rune alone and in company, and random texts.
func TestNormaliseLatinIsNormalise(t *testing.T) {
	var runes []rune
	for r := range rune(latinEnd) {
		runes = append(runes, r)
	}
	for r := rune(0x1F300); r <= 0x1F650; r++ {
		runes = append(runes, r)
	}
	runes = append(runes, []rune("–—‘’‚‛“”\u0301\u00ad\u200d\ufe0f\ufffdあ")...)
	for _, r := range runes {
		for _, in := range []string{"%", "a%b", "a %% b", "%%%", "x%%%y", "2%", "¿%a?"} {
			sameNormal(t, strings.ReplaceAll(in, "%", string(r)))
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			r := runes[random.IntN(len(runes))]
			b.WriteString(strings.Repeat(string(r), 1+random.IntN(3)))
		}
		sameNormal(t, b.String())
	}
}

func FuzzNormaliseLatin(f *testing.F) {
	f.Add("Não quero   mais!!! 😂")
	f.Add("\xff\u00a0İstanbul ŉ ǅ aaaa")
	f.Fuzz(func(t *testing.T, text string) { sameNormal(t, text) })
}

func sameNormal(t *testing.T, text string) {
	t.Helper()
	if short, long := Normalise(text), normaliseUnicode(text); short != long {
		t.Errorf("Normalise(%q) = %q, the long way says %q", text, short, long)
	}
}
