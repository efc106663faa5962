package flows

import "strings"

// A Template is a text with placeholders: `Hi {first_name|there}!`. `{{` and `}}` are literal braces.
type Template struct {
	Source string
	parts  []part
}

// A part is literal text, or a placeholder where Name is set.
type part struct {
	literal    string
	name       string
	fallback   string
	hasDefault bool
	offset     int // of the placeholder in Source, in bytes
}

// Render fills the placeholders from value, which returns "" for what is not known. holes names the placeholders that
// were empty and have no default: a text with holes must not be sent.
func (t Template) Render(value func(name string) string) (text string, holes []string) {
	var b strings.Builder
	for _, p := range t.parts {
		if p.name == "" {
			b.WriteString(p.literal)
			continue
		}
		v := strings.TrimSpace(value(p.name))
		switch {
		case v != "":
			b.WriteString(v)
		case p.hasDefault:
			b.WriteString(p.fallback)
		default:
			holes = append(holes, p.name)
		}
	}
	return b.String(), holes
}
