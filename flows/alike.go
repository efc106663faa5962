package flows

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// families are letters that look the same as capitals, as menus show them, in the alphabets of
// keyboards that people switch between: Latin, Cyrillic, Greek. They stand in normal form.
var families = strings.Fields("aаα bвβ cс eеε hнη iіι jј kкκ mмμ nν oоο pрρ sѕ tтτ xхχ yуυ zζ")

// alike are the letters that look like a letter, without itself.
func alike(r rune) (others []rune) {
	for _, family := range families {
		if strings.ContainsRune(family, r) {
			return []rune(strings.Replace(family, string(r), "", 1))
		}
	}
	return nil
}

// lookalikes reports two options whose keys look the same: nobody can tell which one an answer
// means.
func (c *checker) lookalikes() {
	c.each(func(s *State) {
		if s.Ask == nil {
			return
		}
		shown := map[rune]string{} // what a key looks like -> the first key that does
		for _, o := range s.Ask.Options {
			r, size := utf8.DecodeRuneInString(phraseKey(o.Key))
			if size == 0 || size < len(phraseKey(o.Key)) {
				continue
			}
			if first, ok := shown[r]; ok {
				c.addNewer(c.src.keyAt("states", s.Name, "options", o.Key), "ambiguous-match",
					fmt.Sprintf("the key %q looks like the key %q and is a letter of another alphabet: "+
						"nobody can tell which one an answer means", o.Key, first),
					"type both on the same keyboard")
			}
			for _, same := range alike(r) {
				shown[same] = o.Key
			}
		}
	})
}
