package said

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A piece of a pattern is words, or a place for an argument.
type piece struct {
	words string
	verb  byte // as fmt has it. 0: words
	arg   int  // which argument stands here, from 0
}

// place finds where an argument stands in a format. Other percent signs are words.
var place = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`%[-+# 0]*[0-9]*(?:\.[0-9]+)?(?:\[([0-9])\])?([sqdvwfXc%])`)
})

// pieces takes a format of fmt apart. Places may say which argument they are for: %[2]s.
func pieces(format string) (list []piece) {
	next, from := 0, 0
	for _, at := range place().FindAllStringSubmatchIndex(format, -1) {
		list = append(list, piece{words: format[from:at[0]]})
		from = at[1]
		verb := format[at[4]]
		if verb == '%' {
			list = append(list, piece{words: "%"})
			continue
		}
		if at[2] >= 0 {
			next = int(format[at[2]] - '1')
		}
		list = append(list, piece{verb: verb, arg: next})
		next++
	}
	return joined(append(list, piece{words: format[from:]}))
}

// joined puts words that follow each other together, and leaves out what is empty.
func joined(list []piece) (short []piece) {
	for _, p := range list {
		switch last := len(short) - 1; {
		case p.verb == 0 && p.words == "":
		case p.verb == 0 && last >= 0 && short[last].verb == 0:
			short[last].words += p.words
		default:
			short = append(short, p)
		}
	}
	return short
}

// weight is how much of a pattern is words. The heaviest pattern that a text has is its own.
func weight(list []piece) (n int) {
	for _, p := range list {
		n += len(p.words)
	}
	return n
}

// mayBe reports whether a text begins and ends as a pattern does, and has its words.
func mayBe(list []piece, text string) bool {
	if len(list) == 0 || !strings.HasPrefix(text, list[0].words) || !strings.HasSuffix(text, list[len(list)-1].words) {
		return false
	}
	for _, p := range list {
		_, after, found := strings.Cut(text, p.words)
		if !found {
			return false
		}
		text = after
	}
	return true
}

// Bounds of how long a text is compared with one pattern: what strangers wrote can be in it.
const (
	mostSteps = 500
	mostWays  = 20 // in which the same pattern is the text
)

// A comparison finds the arguments that a text was made with.
type comparison struct {
	args        map[int]string
	steps, ways int
	found       func(args map[int]string) (enough bool)
}

// compare calls found with each list of arguments with which a pattern is the text, until it has
// enough.
func compare(list []piece, text string, found func(args map[int]string) (enough bool)) {
	c := &comparison{args: map[int]string{}, found: found}
	c.match(list, text)
}

// match reports that no other way is to be looked for.
func (c *comparison) match(list []piece, text string) (enough bool) {
	if c.steps++; c.steps > mostSteps || c.ways > mostWays {
		return true
	}
	if len(list) == 0 {
		if text != "" {
			return false
		}
		c.ways++
		return c.found(c.args)
	}
	p, after := list[0], list[1:]
	if p.verb == 0 {
		rest, ok := strings.CutPrefix(text, p.words)
		return ok && c.match(after, rest)
	}
	before, twice := c.args[p.arg]
	for _, end := range ends(p.verb, after, text) {
		if twice && before != text[:end] {
			continue
		}
		c.args[p.arg] = text[:end]
		if c.match(after, text[end:]) {
			return true
		}
	}
	if !twice {
		delete(c.args, p.arg)
	}
	return false
}

// ends are the places where an argument at the beginning of a text can end, the likeliest first.
func ends(verb byte, after []piece, text string) []int {
	switch verb {
	case 'd':
		return number(text, "0123456789")
	case 'f':
		return number(text, "0123456789.")
	case 'X':
		return number(text, "0123456789ABCDEF")
	case 'c':
		_, size := utf8.DecodeRuneInString(text)
		return []int{size}
	case 'q':
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil
		}
		return []int{len(quoted)}
	}
	if len(after) == 0 {
		return []int{len(text)}
	}
	if after[0].verb == 0 {
		return indexes(text, after[0].words)
	}
	// Two arguments without a word between them: the second one is a remark, or empty.
	found := slices.Concat(indexes(text, "; "), indexes(text, " ("), indexes(text, ", "))
	return append(found, len(text))
}

// number is where the digits at the beginning of a text end.
func number(text, digits string) []int {
	signed := strings.TrimPrefix(text, "-")
	n := len(signed) - len(strings.TrimLeft(signed, digits))
	if n == 0 {
		return nil
	}
	return []int{len(text) - len(signed) + n}
}

// indexes are the places where words stand in a text.
func indexes(text, words string) (found []int) {
	for at := 0; len(found) < mostSteps; at++ {
		i := strings.Index(text[at:], words)
		if i < 0 {
			break
		}
		at += i
		found = append(found, at)
	}
	return found
}

// heaviestFirst sorts entries so that the first one that a text has is its own.
func heaviestFirst(list []entry) {
	slices.SortStableFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(weight(b.english), weight(a.english)), cmp.Compare(texts(a.english), texts(b.english)))
	})
}

// texts is how many arguments of a pattern can be anything.
func texts(list []piece) (n int) {
	for _, p := range list {
		if strings.IndexByte("svw", p.verb) >= 0 {
			n++
		}
	}
	return n
}
