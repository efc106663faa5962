package flows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// perLanguage reads a mapping from language to something. Where the flow has one language the
// mapping can be left out. each gets the language, "" where a text was given without one.
func (r *reader) perLanguage(n *yaml.Node, each func(language string, n *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		language := ""
		if len(r.languages) == 1 {
			language = r.languages[0]
		}
		each(language, n)
		return
	}
	r.twice(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode || r.nullAccident(n, k, v):
		case !slices.Contains(r.languages, k.Value) && len(r.languages) > 0:
			r.unknownLanguage(k)
		case isNull(v):
			r.add(posOf(k), "missing-key", fmt.Sprintf("%q has no text", k.Value), "write the text after the colon")
		default:
			each(k.Value, v)
		}
	}
}

func (r *reader) unknownLanguage(k *yaml.Node) {
	if strings.ContainsAny(k.Value, " {}") {
		r.add(posOf(k), "yaml-colon", `a text with ": " in it needs quotes: without them it is a key and a value`,
			`put the whole text in double quotes: "..."`)
		return
	}
	r.add(posOf(k), "unknown-language", fmt.Sprintf("%q is not one of the languages of this flow%s", k.Value,
		inSmallLetters(k.Value, r.languages)),
		fmt.Sprintf("the flow has: %s; add %s to `languages` if it should be one more", quoted(r.languages), k.Value))
}

// inSmallLetters suggests en for EN.
func inSmallLetters(code string, languages []string) string {
	if lower := strings.ToLower(code); slices.Contains(languages, lower) {
		return fmt.Sprintf("; did you mean %q?", lower)
	}
	return ""
}

// text reads what the bot says: per language one text or a list of variants.
func (r *reader) text(n *yaml.Node) Text {
	t := Text{}
	r.perLanguage(n, func(language string, n *yaml.Node) {
		if v := r.variants(n); len(v) > 0 {
			t[language] = v
		}
	})
	return t
}

// variants reads one text or a list of them.
func (r *reader) variants(n *yaml.Node) []Template {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var list []Template
	for _, node := range nodes {
		if s, ok := r.sentence(node); ok {
			list = append(list, r.template(node, s))
		}
	}
	return list
}

// sentence reads one text of the bot. In it ": " and { are frequent, so the accidents have messages
// of their own.
func (r *reader) sentence(n *yaml.Node) (string, bool) {
	r.hashAccident(n)
	return r.item(n)
}

var hashtag = Pattern(`\s#[\pL\pN]`)

// hashAccident reports a hashtag that YAML took for a comment: `en: Follow us #casa`.
func (r *reader) hashAccident(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Line > len(r.src.lines) || len(r.src.lines[n.Line-1]) > maxText {
		return
	}
	line := r.src.lines[n.Line-1]
	start := strings.Index(line, n.Value)
	if start < 0 || n.Value == "" {
		return
	}
	end := start + len(n.Value)
	if m := hashtag().FindStringIndex(line[end:]); m != nil && strings.TrimSpace(line[end:end+m[0]]) == "" {
		at := pos{n.Line, len([]rune(line[:end+m[1]-1]))}
		r.add(at, "yaml-hash", "# begins a comment: the rest of this text would not be sent",
			`put the whole text in double quotes: "... #hashtag"`)
	}
}

// template parses one text and reports what is wrong in its placeholders.
func (r *reader) template(n *yaml.Node, s string) Template {
	t, err := ParseTemplate(s)
	var bad *templateError
	if errors.As(err, &bad) {
		r.add(r.src.inNode(n, s, bad.offset), "placeholder-syntax", bad.message, bad.advice)
	}
	return t
}

// inNode is the place of a byte of a node's text in the file, as good as the way it is written
// allows.
func (s *source) inNode(n *yaml.Node, text string, offset int) pos {
	piece := text[offset : offset+1]
	nth := strings.Count(text[:offset], piece)
	return s.from(posOf(n), piece, nth)
}

// words reads words and phrases that are recognised: per language a list, or one list for all
// languages.
func (r *reader) words(n *yaml.Node) map[string][]string {
	m := map[string][]string{}
	r.perLanguage(n, func(language string, n *yaml.Node) {
		if list := r.list(n); len(list) > 0 {
			m[language] = list
		}
	})
	return m
}

// label reads a short text: one for all languages, or one for each.
func (r *reader) label(n *yaml.Node) Label {
	if n.Kind != yaml.MappingNode {
		return Label{"": r.str(n)}
	}
	l := Label{}
	r.perLanguage(n, func(language string, n *yaml.Node) {
		if s := r.str(n); s != "" {
			l[language] = s
		}
	})
	return l
}
