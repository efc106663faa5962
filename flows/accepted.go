package flows

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"optinbot/flows/words"
)

// Keeps reports a message that is an answer in a state although the recogniser takes it for a stop:
// only newer tables do, for the flow was accepted and has not been edited since (promises O5 and
// T5), or it is a stop only in a language of their phone's country, which the flow does not speak.
// It counts while the question of the state is open. What the flow itself names as the way out is
// never kept: consent wins.
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
var capitals = Pattern(`\p{Lu}[\p{Lu}\p{M}]+(?: \p{Lu}[\p{Lu}\p{M}]+){0,2}`)

// KeepsSomewhere is Keeps for any state: what the phone tells of old messages says nothing about
// the question that was open.
func (f *Flow) KeepsSomewhere(text, language string) bool {
	for state := range f.kept {
		if f.Keeps(state, text, language) {
			return true
		}
	}
	return false
}

// Naming is the flow once people are sent another text, such as a promotion: the stop words that it
// names as the way out are heard from everybody, and are kept no longer. Where it names none that
// was not named before, it is the same flow.
func (f *Flow) Naming(t Text) *Flow {
	more := *f
	more.named, more.stops = maps.Clone(f.named), maps.Clone(f.stops)
	if !more.hear(t) {
		return f
	}
	more.kept = map[string]map[string]bool{}
	for state, kept := range f.kept {
		more.kept[state] = maps.Clone(kept)
		maps.DeleteFunc(more.kept[state], func(key string, _ bool) bool { return more.named[key] })
	}
	return &more
}

// hear adds to the recogniser, for everybody whom the flow speaks to, the stop words that texts
// name as the way out: quoted, in bold, or in capital letters. named tells whether there was one.
func (f *Flow) hear(texts ...Text) (named bool) {
	unheard := false
	for language, key := range f.namedIn(texts) {
		if f.named[key] {
			continue
		}
		f.named[key], named = true, true
		if !f.heard(key) {
			f.stops[language], unheard = append(slices.Clone(f.stops[language]), key), true
		}
	}
	if unheard {
		f.Words = vocabulary(f)
	}
	return named
}

// namedIn are the stop words that texts name, each with the language of its text.
func (f *Flow) namedIn(texts []Text) iter.Seq2[string, string] {
	return func(yield func(language, key string) bool) {
		for _, t := range texts {
			for _, language := range sortedKeys(t) {
				for _, variant := range t[language] {
					for _, word := range setOffIn(variant.plain("")) {
						key, reader := phraseKey(word), cmp.Or(language, f.Languages[0])
						if f.Words.Recognise(key, reader).Outcome == words.Out && !yield(reader, key) {
							return
						}
					}
				}
			}
		}
	}
}

// heard reports a word that is out whatever language of the flow somebody has.
func (f *Flow) heard(word string) bool {
	for _, language := range f.Languages {
		if f.Words.Recognise(word, language).Outcome != words.Out {
			return false
		}
	}
	return true
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
