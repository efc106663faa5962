package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// A reader turns the tree of a file into a Flow or a Broadcast and reports what has the wrong
// shape. It reads on after a problem, so that all are found at once.
type reader struct {
	*report
	languages []string // of the flow, the first is the default
}

// A field is one key of a mapping: how to read its value.
type field struct {
	name     string
	required bool
	read     func(*yaml.Node)
}

// must and may make fields: into gets what read makes of the node.
func must[T any](name string, into *T, read func(*yaml.Node) T) field {
	return field{name, true, func(n *yaml.Node) { *into = read(n) }}
}

func may[T any](name string, into *T, read func(*yaml.Node) T) field {
	return field{name, false, func(n *yaml.Node) { *into = read(n) }}
}

// mapping reads a mapping with fixed keys, in the order of fields. what names it in messages: "the
// flow", "this state".
func (r *reader) mapping(n, key *yaml.Node, what string, fields []field) {
	if !r.isMapping(n, what) {
		return
	}
	r.keys(n, what, fields)
	for _, f := range fields {
		k, v := entry(n, f.name)
		switch {
		case k == nil && f.required && !misspelt(n, f.name, fields):
			r.missing(n, key, what, f.name)
		case k == nil:
		case isNull(v):
			r.add(posOf(k), "missing-key", fmt.Sprintf("%q has no value", f.name),
				"write the value after the colon, or take the key out")
		default:
			f.read(v)
		}
	}
}

// names are the keys that a mapping can have.
func names(fields []field) (list []string) {
	for _, f := range fields {
		list = append(list, f.name)
	}
	return list
}

// misspelt reports whether an unknown key of n is a slip of name: then that is the problem, and not
// that name is missing.
func misspelt(n *yaml.Node, name string, fields []field) bool {
	for i := 0; i+1 < min(len(n.Content), 100); i += 2 {
		if key := n.Content[i].Value; !slices.Contains(names(fields), key) && Nearest(key, names(fields)) == name {
			return true
		}
	}
	return false
}

// missing reports a required key at the key of its mapping.
func (r *reader) missing(n, key *yaml.Node, what, name string) {
	at := posOf(n)
	if key != nil {
		at = posOf(key)
	}
	r.add(at, "missing-key", fmt.Sprintf("%s has no %q", what, name),
		fmt.Sprintf("add a line `%s:`; docs/flows.md shows what belongs there", name))
}

// keys reports keys that are not known, and keys that come twice.
func (r *reader) keys(n *yaml.Node, what string, fields []field) {
	known := names(fields)
	r.twice(n)
	for i := 0; i+1 < len(n.Content) && !r.full(); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if slices.Contains(known, k.Value) {
			continue
		}
		if r.gluedIn(k) || r.nullAccident(n, k, v) {
			continue
		}
		r.add(posOf(k), "unknown-key", fmt.Sprintf("%s has no key %q%s", what, k.Value, didYouMean(k.Value, known)),
			"it can have: "+quoted(known))
	}
}

// twice reports keys that come twice in a mapping.
func (r *reader) twice(n *yaml.Node) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode {
			r.add(posOf(k), "wrong-type", "a key must be a plain word", "look for a { or [ at the beginning of a key")
		} else if was := first[k.Value]; was != nil {
			r.add(posOf(k), "duplicate-key", fmt.Sprintf("%q stands here twice (first in line %d)", k.Value, was.Line),
				"only one can count: join them or take one out")
		} else {
			first[k.Value] = k
		}
	}
}

// nullAccident reports a piece of text that became a key without a value: {en: Shoes, size 40} or
// {first_name}.
func (r *reader) nullAccident(n, k, v *yaml.Node) bool {
	if n.Style&yaml.FlowStyle == 0 || !isNull(v) || k.Kind != yaml.ScalarNode {
		return false
	}
	if len(n.Content) == 2 {
		r.add(posOf(n), "yaml-brace", "a text that begins with { needs quotes",
			`put the whole text in double quotes: "{first_name|Hello}, ..."`)
		return true
	}
	r.add(posOf(k), "yaml-comma",
		fmt.Sprintf("the comma before %q ends the text: inside { } a text with a comma needs quotes", k.Value),
		`put the text in double quotes: {en: "Shoes, size 40"}`)
	return true
}

// isMapping reports whether n is a mapping, and complains where it is not.
func (r *reader) isMapping(n *yaml.Node, what string) bool {
	if n.Kind == yaml.MappingNode {
		return true
	}
	if n.Kind == yaml.ScalarNode && n.Style == 0 && r.glued(n.Line, n.Line) {
		return false
	}
	r.add(posOf(n), "wrong-type", fmt.Sprintf("%s must be keys with values, but this is %s", what, kindOf(n)),
		"write `key: value` lines below it, two spaces further in")
	return false
}

// kindOf names what a node is, for people.
func kindOf(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "empty"
	case n.Kind == yaml.MappingNode:
		return "keys with values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	return "a single text"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// str reads a single text.
func (r *reader) str(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		return strings.TrimSpace(n.Value)
	}
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0 {
		r.add(posOf(n), "yaml-brace", "a text that begins with { needs quotes",
			`put the whole text in double quotes: "{first_name|Hello}, ..."`)
		return ""
	}
	r.add(posOf(n), "wrong-type", "this must be a single text, but it is "+kindOf(n),
		"write it on one line, after the colon")
	return ""
}

// boolean reads true or false, and yes or no as people write them.
func (r *reader) boolean(n *yaml.Node) bool {
	switch strings.ToLower(n.Value) {
	case "true", "yes", "on":
		return true
	case "false", "no", "off":
		return false
	}
	r.add(posOf(n), "wrong-type", "this must be true or false", "write true or false")
	return false
}

// integer reads a whole number, or nil where it is none.
func (r *reader) integer(n *yaml.Node) *int64 {
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.add(posOf(n), "wrong-type", "this must be a whole number", "write digits only, without dot or comma: 18")
		return nil
	}
	return &i
}

var durationPart = Pattern(`^([0-9]{1,6})(m|h|d)`)

// duration reads 30m, 24h, 7d or 1h30m.
func (r *reader) duration(n *yaml.Node) time.Duration {
	d, ok := parseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || !ok {
		r.add(posOf(n), "bad-duration", fmt.Sprintf("%q is not a length of time", n.Value),
			"write a number and m, h or d without a space: 30m, 24h, 7d, 1h30m")
		return 0
	}
	if d == 0 {
		r.add(posOf(n), "out-of-range", "this is no time at all", "write at least 1m")
	}
	return d
}

// parseDuration reads a length of time as the files write it.
func parseDuration(s string) (d time.Duration, ok bool) {
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	for s != "" {
		m := durationPart().FindStringSubmatch(s)
		if m == nil {
			return 0, false
		}
		count, _ := strconv.Atoi(m[1])
		d += time.Duration(count) * units[m[2]]
		s, ok = s[len(m[0]):], true
	}
	return d, ok
}

// list reads a list of single texts. One text alone is a list of one.
func (r *reader) list(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		if n.Style == 0 && strings.Contains(n.Value, ", ") {
			r.add(posOf(n), "yaml-comma", "a list needs brackets: without them this is one text with a comma in it",
				fmt.Sprintf("write [%s]", n.Value))
			return nil
		}
		return []string{strings.TrimSpace(n.Value)}
	}
	if n.Kind != yaml.SequenceNode {
		r.add(posOf(n), "wrong-type", "this must be a list, but it is "+kindOf(n),
			"write [one, two] or one line with - for each")
		return nil
	}
	var list []string
	for _, item := range n.Content {
		if s, ok := r.item(item); ok {
			r.twoInOne(n, item)
			list = append(list, s)
		}
	}
	return list
}

// twoInOne reports an item that was meant to be several: `- send me offers, I want promotions`. A
// greeting or a courtesy before or after a comma is part of a phrase.
func (r *reader) twoInOne(list, n *yaml.Node) {
	parts := strings.Split(n.Value, ", ")
	if len(parts) < 2 || n.Style != 0 || list.Style&yaml.FlowStyle != 0 || slices.ContainsFunc(parts, r.courtesy) {
		return
	}
	r.addNewer(posOf(n), "yaml-comma", "this is one phrase with a comma in it, which nobody writes like that",
		fmt.Sprintf("write each on a line of its own, or all in brackets: [%s]; in double quotes it stays one",
			n.Value))
}

// courtesy reports a greeting or a courtesy in any of the flow's languages.
func (r *reader) courtesy(part string) bool {
	return slices.ContainsFunc(r.languages, func(language string) bool {
		return greeting(cut(part),
			speech{own: language})
	})
}

// item reads one text of a list.
func (r *reader) item(n *yaml.Node) (string, bool) {
	switch {
	case n.Kind == yaml.ScalarNode && !isNull(n) && strings.TrimSpace(n.Value) != "":
		return strings.TrimSpace(n.Value), true
	case n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle != 0:
		r.add(posOf(n), "yaml-brace", "a text that begins with { needs quotes",
			`put the whole text in double quotes: "{first_name|Hello}, ..."`)
	case n.Kind == yaml.MappingNode:
		r.add(posOf(n), "yaml-colon", `a text with ": " in it needs quotes: without them it is a key and a value`,
			`put the whole text in double quotes: - "..."`)
	case isNull(n) || n.Kind == yaml.ScalarNode:
		r.add(posOf(n), "missing-key", "this item of the list is empty",
			"write a text after the -, or take the line out")
	default:
		r.add(posOf(n), "wrong-type", "a list inside a list", "write every text on its own line, with one -")
	}
	return "", false
}
