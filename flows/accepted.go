package flows

import (
	"maps"
	"slices"

	"optinbot/flows/words"
)

// Keeps reports a message that is an answer in a state of an accepted flow although the recogniser takes it for a stop: only newer
// tables do, for the flow was accepted (promises O5 and T5). It counts while the question of the state is open, and until the flow's
// next edit. What the flow itself names as the way out is never kept: consent wins.
func (f *Flow) Keeps(state, text, language string) bool {
	if len(f.kept[state]) == 0 || len(text) > maxAnswer {
		return false
	}
	_, kept := lookUp(f.kept[state], text, speech{language, f.Languages})
	return kept
}

// keep makes a word, and its singular, one that Keeps knows.
func (f *Flow) keep(state, word string) {
	for _, key := range []string{phraseKey(word), singular(word)} {
		if key == "" || key == "2" || f.named[key] {
			continue
		}
		if f.kept == nil {
			f.kept = map[string]map[string]bool{}
		}
		if f.kept[state] == nil {
			f.kept[state] = map[string]bool{}
		}
		f.kept[state][key] = true
	}
}

// capitals finds words in capital letters, as in "write BAJA".
var capitals = pattern(`\p{Lu}[\p{Lu}\p{M}]+(?: \p{Lu}[\p{Lu}\p{M}]+){0,2}`)

// withNamed notes which stop words the hint and the disclosure name (quoted, in bold, or in capital letters), and returns the flow's own
// stop words with those of them that v does not hear from everybody whom the flow speaks to.
func (f *Flow) withNamed(v *words.Vocabulary) (stops map[string][]string, more bool) {
	f.named, stops = map[string]bool{}, map[string][]string{}
	maps.Copy(stops, f.OptOut.Words)
	name := func(language, key string) {
		if f.named[key] || v.Recognise(key, language).Outcome != words.Out {
			return
		}
		f.named[key] = true
		if !f.heard(v, key) {
			stops[language], more = append(slices.Clone(stops[language]), key), true
		}
	}
	for _, t := range []Text{f.OptOut.Hint, f.OptIn.Disclosure} {
		for _, language := range sortedKeys(t) {
			for _, variant := range t[language] {
				for _, word := range setOffIn(variant.plain("")) {
					name(language, phraseKey(word))
				}
			}
		}
	}
	return stops, more
}

// heard reports a word that is out whatever language of the flow somebody has.
func (f *Flow) heard(v *words.Vocabulary, word string) bool {
	return !slices.ContainsFunc(f.Languages, func(language string) bool { return v.Recognise(word, language).Outcome != words.Out })
}

// setOffIn are the words of a text that are quoted, in bold, or in capital letters.
func setOffIn(text string) (list []string) {
	for _, m := range setOff().FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	for _, word := range capitals().FindAllString(text, -1) {
		if len([]rune(word)) > 2 {
			list = append(list, word)
		}
	}
	return list
}
