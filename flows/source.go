package flows

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A pos is a place in a file, both from 1. The column counts characters.
type pos struct{ line, col int }

// posOf is where a node begins.
func posOf(n *yaml.Node) pos {
	if n == nil {
		return pos{1, 1}
	}
	return pos{n.Line, n.Column}
}

// A source is one file as it was read: its lines for excerpts, its tree for positions.
type source struct {
	file  string
	lines []string
	root  *yaml.Node // the top mapping
}

func newSource(file string, src []byte) *source {
	text := strings.ReplaceAll(strings.ReplaceAll(string(src), "\r\n", "\n"), "\r", "\n")
	text = strings.TrimSuffix(strings.TrimPrefix(text, "\ufeff"), "\n")
	return &source{file: file, lines: strings.Split(text, "\n")}
}

// clamp moves a place into the file, so that every problem has a line to show.
func (s *source) clamp(p pos) pos {
	p.line = max(1, min(p.line, len(s.lines)))
	p.col = max(1, min(p.col, utf8.RuneCountInString(s.lines[p.line-1])+1))
	return p
}

// at is the place of the value under path: keys, and indices from 0 in lists. Where the path leads
// further than the file, it is the last key that is there.
func (s *source) at(path ...string) pos {
	key, value, whole := walk(s.root, path)
	if whole || key == nil {
		return posOf(value)
	}
	return posOf(key)
}

// keyAt is the place of the last key of path, or of the last that is there.
func (s *source) keyAt(path ...string) pos {
	key, value, _ := walk(s.root, path)
	if key == nil {
		return posOf(value)
	}
	return posOf(key)
}

// has tells whether the file has a value under path.
func (s *source) has(path ...string) bool {
	_, _, whole := walk(s.root, path)
	return whole
}

// walk follows path as far as it goes. A text may leave out its language and its list of variants:
// such steps stay where they are.
func walk(root *yaml.Node, path []string) (key, value *yaml.Node, whole bool) {
	value, whole = root, true
	for _, step := range path {
		switch {
		case value == nil:
			return key, value, false
		case value.Kind == yaml.MappingNode:
			k, v := entry(value, step)
			if k == nil {
				return key, value, false
			}
			key, value = k, v
		case value.Kind == yaml.SequenceNode:
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(value.Content) {
				value = value.Content[i]
			}
		}
	}
	return key, value, whole
}

// entry finds a key in a mapping.
func entry(n *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// within is the place of the nth (from 0) occurrence of a piece of text in the value under path, or
// of the value where the piece is written differently in the file.
func (s *source) within(piece string, nth int, path ...string) pos {
	return s.from(s.at(path...), piece, nth)
}

// from is the place of the nth occurrence of piece from start on, or start.
func (s *source) from(start pos, piece string, nth int) pos {
	from := s.clamp(start)
	skip := from.col - 1
	for i := from.line - 1; i < len(s.lines) && i < from.line+60; i++ {
		if col := find(after(s.lines[i], skip), piece, &nth); col >= 0 {
			return pos{i + 1, skip + col + 1}
		}
		skip = 0
	}
	return start
}

// after is a line without its first n characters.
func after(line string, n int) string {
	for i := range line {
		if n == 0 {
			return line[i:]
		}
		n--
	}
	return ""
}

// find returns the character index of the nth occurrence of piece in line, or -1 with nth reduced
// by what was found.
func find(line, piece string, nth *int) int {
	for offset := 0; ; {
		i := strings.Index(line[offset:], piece)
		if i < 0 || piece == "" {
			return -1
		}
		if *nth == 0 {
			return utf8.RuneCountInString(line[:offset+i])
		}
		*nth--
		offset += i + len(piece)
	}
}

// excerptWidth is how much of a long line an excerpt shows.
const excerptWidth = 100

// excerpt shows a line between its neighbours, with a caret under the column.
func (s *source) excerpt(at pos) string {
	cut := max(0, at.col-excerptWidth*3/4)
	var b strings.Builder
	for n := max(1, at.line-1); n <= min(len(s.lines), at.line+1); n++ {
		mark := ' '
		if n == at.line {
			mark = '>'
		}
		fmt.Fprintf(&b, "%s\n", strings.TrimRight(fmt.Sprintf("%c %4d | %s", mark, n, window(s.lines[n-1], cut)), " "))
		if n == at.line {
			fmt.Fprintf(&b, "       | %s^\n", strings.Repeat(" ", at.col-1-cut))
		}
	}
	return b.String()
}

// window cuts a line to what an excerpt shows, with nothing in it that would move the caret or a
// terminal.
func window(line string, cut int) string {
	line = after(line, cut)
	runes := []rune(line[:min(len(line), excerptWidth*utf8.UTFMax)])
	runes = runes[:min(excerptWidth, len(runes))]
	for i, r := range runes {
		if r < ' ' || r == 0x7f {
			runes[i] = ' '
		}
		if invisible(r) {
			runes[i] = '\u00b7'
		}
	}
	return string(runes)
}
