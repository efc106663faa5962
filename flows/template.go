package flows

import (
	"fmt"
	"strings"
)

// A Template is a text with placeholders: `Hi {first_name|there}!`. `{{` and `}}` are literal
// braces.
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

// Names of the placeholders that every flow has. The preferences it asks for are placeholders too.
const (
	PlaceholderFirstName = "first_name"
	PlaceholderName      = "name"
	PlaceholderBrand     = "brand"
	PlaceholderOptions   = "options" // the menu of the state's question
)

// Render fills the placeholders from value, which returns "" for what is not known. holes names the
// placeholders that were empty and have no default: a text with holes must not be sent.
func (t Template) Render(value func(name string) string) (text string, holes []string) {
	if len(t.parts) == 1 && t.parts[0].name == "" {
		return t.parts[0].literal, nil
	}
	var b strings.Builder
	b.Grow(t.size())
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

// size is about how many bytes the text has.
func (t Template) size() (n int) {
	const value = 16 // of bytes that stand for most placeholders
	for _, p := range t.parts {
		n += len(p.literal)
		if p.name != "" {
			n += value
		}
	}
	return n
}

// Has reports whether the template has the placeholder name.
func (t Template) Has(name string) bool {
	for _, p := range t.parts {
		if p.name == name {
			return true
		}
	}
	return false
}

// A templateError says what is wrong in a template and at which byte of it.
type templateError struct {
	offset          int
	message, advice string
}

func (e *templateError) Error() string { return e.message }

var placeholderName = Pattern(`^[a-z][a-z0-9_]*$`)

// ParseTemplate reads a template. Whether a flow has its placeholders is for the checks to say.
func ParseTemplate(source string) (Template, error) {
	p := templateParser{source: source}
	for rest := 0; rest < len(source); {
		i := strings.IndexAny(source[rest:], "{}")
		if i < 0 {
			p.text.WriteString(source[rest:])
			break
		}
		p.text.WriteString(source[rest : rest+i])
		size, err := p.brace(rest + i)
		if err != nil {
			return Template{Source: source}, err
		}
		rest += i + size
	}
	p.endText()
	return Template{Source: source, parts: p.parts}, nil
}

// A templateParser reads a template from the left.
type templateParser struct {
	source string
	parts  []part
	text   strings.Builder // plain text after the parts
}

// endText makes a part of the plain text that was read.
func (p *templateParser) endText() {
	if p.text.Len() > 0 {
		p.parts = append(p.parts, part{literal: p.text.String()})
		p.text.Reset()
	}
}

// brace reads what begins with the brace at offset and returns its length.
func (p *templateParser) brace(offset int) (int, error) {
	s := p.source[offset:]
	if strings.HasPrefix(s, "{{") || strings.HasPrefix(s, "}}") {
		p.text.WriteByte(s[0])
		return 2, nil
	}
	end := strings.IndexAny(s[1:], "{}\n")
	if s[0] == '}' || end < 0 || s[end+1] != '}' {
		return 0, &templateError{offset, "a brace without its partner",
			"a placeholder is written {first_name|there}; for a real brace write {{ or }}"}
	}
	name, fallback, hasDefault := strings.Cut(s[1:end+1], "|")
	if !placeholderName().MatchString(name) {
		return 0, &templateError{offset, fmt.Sprintf("%q is not a placeholder", s[:end+2]),
			"between the braces stands a name of small letters and _, then perhaps | and a default: {first_name|there}"}
	}
	p.endText()
	p.parts = append(p.parts, part{name: name, fallback: fallback, hasDefault: hasDefault, offset: offset})
	return end + 2, nil
}

// plain renders a template for checks: the brand filled in, every other placeholder as its default.
func (t Template) plain(brand string) string {
	s, _ := t.Render(func(name string) string {
		if name == PlaceholderBrand {
			return brand
		}
		return ""
	})
	return s
}
