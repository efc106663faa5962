// Package said says in other languages what the program says in English: refusals, problems of files,
// findings of the doctor. It finds the text in its catalogue by the format that the text was made
// with, so that whoever makes one writes English and nothing else.
package said

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"optinbot/bot/text"
)

//go:embed *.txt
var files embed.FS

// languages are those of a catalogue, beside English.
var languages = []string{"pt", "es"}

// An entry is a text, or a part of one, in each language. Its English is the format in the source.
type entry struct {
	format  string
	english []piece
	worded  bool               // its English has words, and not only marks
	in      map[string][]piece // the other languages
}

// catalogue is every entry. It is read when somebody first asks in another language.
var catalogue = sync.OnceValues(func() ([]entry, error) {
	names, err := fs.Glob(files, "*.txt")
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, name := range names {
		source, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list, err := read(string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, list...)
	}
	heaviestFirst(all)
	return all, nil
})

// read reads a file of the catalogue. Each line has a language and a text: first English, then the
// others. Entries that are the same in the others may share them. What begins with # is a remark.
func read(source string) (list []entry, err error) {
	var open []entry // that wait for the other languages
	in := map[string][]piece{}
	for n, line := range strings.Split(source, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		code, says, ok := strings.Cut(line, " ")
		switch {
		case !ok || says == "":
			return nil, fmt.Errorf("line %d has no text", n+1)
		case code == "en":
			e := entry{format: says, english: pieces(says)}
			e.worded = slices.ContainsFunc(e.english, func(p piece) bool { return hasLetter(p.words) })
			open = append(open, e)
			continue
		case len(open) == 0:
			return nil, fmt.Errorf("line %d has no English before it", n+1)
		}
		if in[code] = pieces(says); len(in) < len(languages) {
			continue
		}
		for _, e := range open {
			e.in = in
			list = append(list, e)
		}
		open, in = nil, map[string][]piece{}
	}
	if len(open) > 0 || len(in) > 0 {
		return nil, fmt.Errorf("it ends before the last text is said in each language")
	}
	return list, nil
}

// A Part is a part of a text.
type Part struct {
	Text    string
	English bool // because the catalogue lacks it
}

// In says an English text in another language, as far as the catalogue can. What it lacks stays
// English.
func In(code, english string) []Part {
	s := &speaker{code: code, left: mostTexts}
	if len(english) > longest {
		return []Part{{english, true}}
	}
	parts, ok := s.say(english, 0)
	if !ok {
		return []Part{{english, true}}
	}
	joined := parts[:1]
	for _, p := range parts[1:] {
		if last := &joined[len(joined)-1]; last.English == p.English {
			last.Text += p.Text
		} else {
			joined = append(joined, p)
		}
	}
	return joined
}

// Plain is a text with all of its parts.
func Plain(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Bounds of what is looked up: what strangers wrote can be in a text.
const (
	longest   = 2000 // bytes
	deepest   = 12   // texts within each other
	mostTexts = 500
)

// A speaker says one text in a language.
type speaker struct {
	code string
	left int // how many texts may still be looked up
}

// say says a text as it stands, or a sentence that was made of one.
func (s *speaker) say(english string, depth int) ([]Part, bool) {
	if depth > deepest || !hasLetter(english) {
		return nil, false
	}
	if parts, ok := s.lookUp(english, depth); ok {
		return parts, true
	}
	stem, stopped := strings.CutSuffix(english, ".")
	lower := small(stem)
	if !stopped && lower == english {
		return nil, false
	}
	parts, ok := s.lookUp(lower, depth)
	if !ok {
		return nil, false
	}
	if lower != stem {
		parts[0].Text = text.Capital(parts[0].Text)
	}
	if stopped {
		parts = append(parts, Part{Text: "."})
	}
	return parts, true
}

// lookUp takes the entry that the text is an example of. Where it can be one in several ways, the first
// in which each text within is known is the best.
func (s *speaker) lookUp(english string, depth int) (best []Part, ok bool) {
	all, err := catalogue()
	if s.left--; s.left < 0 || err != nil { // a test reads the catalogue
		return nil, false
	}
	fewest := -1
	for _, e := range all {
		if fewest == 0 {
			break
		}
		if !mayBe(e.english, english) {
			continue
		}
		compare(e.english, english, func(args map[int]string) bool {
			parts, lacks, says := s.fill(e, args, depth)
			if says && (fewest < 0 || lacks < fewest) {
				best, fewest = parts, lacks
			}
			return fewest == 0
		})
	}
	return best, fewest >= 0
}

// fill fills the arguments in. One that is a text, which the translation marks with %v, is said in the
// language too. lacks is how many of them the catalogue has not. Without one that it has, a format that
// has no words of its own says nothing.
func (s *speaker) fill(e entry, args map[int]string, depth int) (parts []Part, lacks int, says bool) {
	says = e.worded
	for _, p := range e.in[s.code] {
		if p.verb == 0 {
			parts = append(parts, Part{Text: p.words})
			continue
		}
		arg := args[p.arg]
		if p.verb != 'v' {
			parts = append(parts, Part{Text: arg})
			continue
		}
		said, known := s.say(arg, depth+1)
		if says = says || known; !known {
			said = []Part{{arg, strings.Contains(strings.TrimSpace(arg), " ")}}
		}
		for _, part := range said {
			if part.English {
				lacks++
			}
		}
		parts = append(parts, said...)
	}
	return parts, lacks, says
}

// small is a text without the capital at its beginning.
func small(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }
