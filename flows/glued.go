package flows

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// gluedKey is a key whose colon has no space after it, so that YAML takes the whole line for a
// text: say:Hello. A web address is none.
var gluedKey = Pattern(`^\s*(?:- )?(\pL[\pL\pN_-]{0,39})(：|:[^\s/])`)

// glued reports such a key in the nearest line upwards from one line to another. YAML names the
// line after it, which is innocent.
func (r *report) glued(from, to int) bool {
	for line := min(from, len(r.src.lines)); line >= max(1, to); line-- {
		text := r.src.lines[line-1]
		if m := gluedKey().FindStringSubmatchIndex(text); m != nil {
			r.gluedAt(pos{line, utf8.RuneCountInString(text[:m[4]]) + 1}, text[m[2]:m[3]], text[m[4]:m[5]])
			return true
		}
	}
	return false
}

// gluedIn reports a key of the file that is such a key with what was to be its value: {say:Hello}.
func (r *report) gluedIn(k *yaml.Node) bool {
	m := gluedKey().FindStringSubmatch(k.Value)
	if m == nil {
		return false
	}
	at := posOf(k)
	r.gluedAt(pos{at.line, at.col + utf8.RuneCountInString(m[1])}, m[1], m[2])
	return true
}

// gluedAt reports the colon of a key. sign is the colon with what stands after it.
func (r *report) gluedAt(at pos, key, sign string) {
	what := "there is no space after the colon of %q"
	switch {
	case strings.HasPrefix(sign, "："):
		what = "this colon after %q is the wide one of East Asian keyboards, which YAML takes for a letter"
	case strings.HasSuffix(sign, noBreak):
		what = "the space after the colon of %q is a non-breaking one, which YAML takes for a letter"
	}
	r.add(at, "yaml-colon", fmt.Sprintf(what, key),
		fmt.Sprintf("write `%s: ...`, with an ordinary colon and space", key))
}
