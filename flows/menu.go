package flows

import "strings"

// Menu is the text of a question's options, one line for each: "A  Shoes". It is empty where there
// are none.
func (q *Question) Menu(language string, f *Flow) string {
	const line = 24 // bytes that most have
	var b strings.Builder
	b.Grow(line * len(q.Options))
	for i, o := range q.Options {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(o.Key)
		b.WriteString("  ")
		b.WriteString(o.Label.In(language, f.Languages))
	}
	return b.String()
}

// PreferenceText is a stored preference as people read it: labels in their language, joined as a
// list is.
func (f *Flow) PreferenceText(name string, values []string, language string) string {
	var list []string
	for _, v := range values {
		list = append(list, f.labelOf(name, v, language))
	}
	if n := len(list); n > 1 {
		join := answerLexicon().join[language]
		if join == "" {
			return strings.Join(list, ", ")
		}
		gap := " "
		if language == "ar" { // the Arabic "and" is written together with the word after it
			gap = ""
		}
		return strings.Join(list[:n-1], ", ") + " " + join + gap + list[n-1]
	}
	return strings.Join(list, "")
}

// labelOf is the label of a stored value, or the value itself.
func (f *Flow) labelOf(name, value, language string) string {
	for _, q := range f.preferences[name] {
		for _, o := range q.Options {
			if o.Value == value {
				return o.Label.In(language, f.Languages)
			}
		}
	}
	return value
}

// Preferences are the names of all preferences the flow asks for, sorted.
func (f *Flow) Preferences() []string { return sortedKeys(f.preferences) }
