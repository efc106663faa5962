package flows

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Limits of what is read at all.
const (
	maxSource = 1 << 20 // bytes
	maxDepth  = 16      // levels of YAML. The language needs 7
)

// parse reads YAML into a tree with positions. The source is returned in any case. Its root is set
// where nothing is wrong. accepted: the file was accepted before.
func parse(file string, src []byte, accepted bool) (*source, *report) {
	if len(src) > maxSource {
		r := &report{src: newSource(file, src[:80])}
		r.add(pos{1, 1}, "yaml-syntax", "the file is larger than 1 MiB",
			"a flow is a few pages of text; is this the right file?")
		return r.src, r
	}
	s := newSource(file, bytes.ToValidUTF8(src, []byte("?")))
	r := &report{src: s, accepted: accepted}
	if at, what := badBytes(src); what != "" {
		r.add(at, "yaml-syntax", what, "save the file as plain text in the encoding UTF-8")
		return s, r
	}
	var document yaml.Node
	limits := loaderlimits.New(loaderlimits.DepthValue(maxDepth+4), loaderlimits.AliasNone())
	if err := yaml.Load(src, &document, yaml.WithPlugin(limits)); err != nil {
		r.syntax(err)
		return s, r
	}
	if len(document.Content) == 0 {
		r.add(pos{1, 1}, "yaml-syntax", "the file is empty", "")
		return s, r
	}
	r.unsupported(document.Content[0], 0)
	if len(r.list) == 0 {
		r.indentation(document.Content[0])
	}
	if len(r.list) == 0 {
		s.root = document.Content[0]
		r.smartQuotes(s.root)
	}
	return s, r
}

// NotYAML says why a text is no YAML, in the words of `flow check`, and nothing where it is YAML.
func NotYAML(file string, src []byte) []Problem {
	s := newSource(file, bytes.ToValidUTF8(src, []byte("?")))
	r := &report{src: s}
	if at, what := badBytes(src); what != "" {
		r.add(at, "yaml-syntax", what, "save the file as plain text in the encoding UTF-8")
		return r.problems()
	}
	var document yaml.Node
	if err := yaml.Load(src, &document); err != nil {
		r.syntax(err)
	}
	return r.problems()
}

// badBytes finds what no text file contains.
func badBytes(src []byte) (pos, string) {
	at := pos{1, 1}
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		switch {
		case r == utf8.RuneError && size == 1:
			return at, "this is not UTF-8 text"
		case r == 0:
			return at, "the file contains a NUL byte: it is not a text file"
		case r == '\n':
			at = pos{at.line + 1, 0}
		}
		at.col++
		src = src[size:]
	}
	return pos{}, ""
}

// unsupported refuses the corners of YAML that only surprise: references, types, and depth without
// end.
func (r *report) unsupported(n *yaml.Node, depth int) {
	switch {
	case depth > maxDepth:
		r.add(posOf(n), "yaml-syntax", "this is nested too deep",
			"no part of a flow needs so many levels; look at the indentation")
		return
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.add(posOf(n), "yaml-syntax", "a text that begins with * or & needs quotes",
			`write it as "*bold* and so on"; references (&name, *name) are not part of this language`)
	case n.Style&yaml.TaggedStyle != 0:
		r.add(posOf(n), "yaml-syntax", "a text that begins with ! needs quotes", `write it as "!like this"`)
	}
	for _, child := range n.Content {
		r.unsupported(child, depth+1)
	}
}

// smartQuotes reports texts between quotes that people take for those of YAML.
func (r *report) smartQuotes(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && smartQuoted(n.Value) {
		r.add(posOf(n), "yaml-quotes", "these quotes are not those of YAML: people would read them as part of the text",
			`write straight quotes: "..."; to keep the others, put straight ones around them`)
	}
	for _, child := range n.Content {
		r.smartQuotes(child)
	}
}

// noBreak is the space that some editors and web pages put in: it looks like a space.
const noBreak = "\u00a0"

var badIndent = Pattern("^[ \t]*" + noBreak)

// indentation reports keys and items that begin with a non-breaking space: nothing below is where
// it seems to be.
func (r *report) indentation(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && strings.HasPrefix(n.Value, noBreak) && !r.full() &&
		n.Line >= 1 && n.Line <= len(r.src.lines) && badIndent().MatchString(r.src.lines[n.Line-1]) {
		r.badIndentation(n.Line)
	}
	for _, child := range n.Content {
		r.indentation(child)
	}
}

// brokenIndentation tells whether a non-breaking space is behind an error: it stands at the
// beginning of a line beside it.
func (r *report) brokenIndentation(at pos) bool {
	for line := max(1, at.line-2); line <= min(at.line+1, len(r.src.lines)); line++ {
		if badIndent().MatchString(r.src.lines[line-1]) {
			r.badIndentation(line)
			return true
		}
	}
	return false
}

func (r *report) badIndentation(line int) {
	before, _, _ := strings.Cut(r.src.lines[line-1], noBreak)
	r.add(pos{line, utf8.RuneCountInString(before) + 1}, "yaml-indentation",
		"this is not an ordinary space but a non-breaking one, and YAML takes it for a letter",
		"delete the space at the beginning of the line and type it again; it comes along with copy and paste")
}

// closingQuotes are those that word processors and phones make: what opens, and all that closes it.
var closingQuotes = map[rune]string{'\u201c': "\u201d", '\u201d': "\u201d", '\u201e': "\u201c\u201d",
	'\u00ab': "\u00bb", '\u00bb': "\u00ab\u00bb", '\u2018': "\u2019", '\u201a': "\u2018\u2019"}

// smartQuoted reports a text that is one pair of such quotes and what stands between. Two quoted
// words in a text are not.
func smartQuoted(text string) bool {
	first, size := utf8.DecodeRuneInString(text)
	last, tail := utf8.DecodeLastRuneInString(text)
	closing, ok := closingQuotes[first]
	if !ok || size+tail > len(text) || !strings.ContainsRune(closing, last) {
		return false
	}
	inner := text[size : len(text)-tail]
	// the apostrophe is the same sign
	return first == '\u2018' || first == '\u201a' || !strings.ContainsAny(inner, closing+string(first))
}

// syntax turns the YAML library's error into a problem an operator can mend.
func (r *report) syntax(err error) {
	at, detail := marked(err)
	at = r.src.clamp(at)
	if r.brokenIndentation(at) {
		return
	}
	if strings.Contains(detail, "mapping values") || strings.Contains(detail, "simple key") {
		if r.glued(at.line, at.line-3) {
			return
		}
	}
	line := r.src.lines[at.line-1]
	rule, message, advice := explain(line, detail)
	switch {
	case rule == "yaml-brace":
		at.col = utf8.RuneCountInString(line[:strings.Index(line, "{")]) + 1
	case strings.Contains(message, "---"):
		at = r.src.secondPart()
	}
	r.add(at, rule, message, advice)
}

// secondPart is where the second document of a file begins.
func (s *source) secondPart() pos {
	for i, line := range s.lines {
		if i > 0 && strings.HasPrefix(line, "---") {
			return pos{i + 1, 1}
		}
	}
	return pos{1, 1}
}

// marked takes position and message out of an error.
func marked(err error) (pos, string) {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		return pos{1, 1}, err.Error()
	}
	mark := e.Mark
	if strings.Contains(e.ContextMsg, "quoted scalar") || mark.Line == 0 {
		mark = e.ContextMark
	}
	return pos{mark.Line, mark.Column}, strings.TrimPrefix(e.Message,
		"yaml: ") + strings.TrimSuffix(" ("+e.ContextMsg+")", " ()")
}

// An accident is a slip that YAML reports in words only its makers understand.
type accident struct {
	line, detail          *regexp.Regexp // both must match
	rule, message, advice string
}

// accidents are compiled for the first file that is no YAML: most runs of the program see none.
var accidents = sync.OnceValue(func() []accident {
	const anything = ``
	var list []accident
	for _, a := range [][5]string{
		{anything, `no documents`, "yaml-syntax", "the file is empty", ""},
		{anything, `found multiple`, "yaml-syntax", "the file has a second part after ---",
			"one file is one flow or one broadcast: take the --- out"},
		{anything, `depth|nest`, "yaml-syntax", "this is nested too deep",
			"no part of a flow needs so many levels; look at the indentation"},
		{anything, `control characters`, "yaml-syntax", "the file contains a control character",
			"save the file as plain text in the encoding UTF-8"},
		{`^ *\t`, anything, "yaml-syntax", "a tab is used for indentation", "use two spaces for each level"},
		{anything, `unknown anchor`, "yaml-syntax", "a text that begins with * needs quotes",
			`write it as "*bold* and so on"`},
		{`(: |- )[*&!%@\x60]`, anything, "yaml-syntax",
			"a text that begins with *, &, !, %, @ or a backquote needs quotes",
			`put the whole text in double quotes: "..."`},
		{`(: |- |^ *)\{[a-z_]+(\|[^}]*)?\}`, anything, "yaml-brace", "a text that begins with { needs quotes",
			`put the whole text in double quotes: "{first_name|Hello}, ..."`},
		{`\{.*: [^"']*\{`, anything, "yaml-brace", "a text with a placeholder inside { } needs quotes",
			`write one language per line, or put the text in double quotes`},
		{anything, `mapping values are not allowed`, "yaml-colon", `a text with ": " in it needs quotes`,
			`put the whole text in double quotes: "..."`},
		{anything, `quoted scalar`, "yaml-syntax", "a quote is opened here and never closed",
			"close it at the end of the text; inside double quotes write \\\" for a quote"},
		{`: *"[^"]*"[^ ,}\]#]|: *"[^"]*" +[^ #,}\]]`, anything, "yaml-syntax",
			"there is more text after the closing quote", "inside double quotes write \\\" for a quote"},
	} {
		list = append(list, accident{regexp.MustCompile(a[0]), regexp.MustCompile(a[1]), a[2], a[3], a[4]})
	}
	return list
})

// explain finds the likely accident behind an error.
func explain(line, detail string) (rule, message, advice string) {
	for _, a := range accidents() {
		if a.line.MatchString(line) && a.detail.MatchString(detail) {
			return a.rule, a.message, a.advice
		}
	}
	return "yaml-syntax", fmt.Sprintf("this is not YAML: %s", detail),
		"look at the indentation and the colons of this line and the line before; put texts in double quotes"
}
