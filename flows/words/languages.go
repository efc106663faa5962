package words

import "slices"

// Languages are those that have a table of words: stop words, yes and no, HELP. They are sorted.
func Languages() []string {
	languages := slices.Clone(tableLanguages[:])
	slices.Sort(languages)
	return languages
}
