package flows

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"optinbot/flows/words"
)

// A sentence is one message cut into words, after the one normalisation of package words.
type sentence struct {
	text   string // the words, with one space between them
	tokens []token
}

// A token is one word of a sentence.
type token struct {
	start, end int  // in text
	comma      bool // a comma or another strong separator stands before it
	hyphen     bool // nothing but a hyphen stands before it
	dot        bool // nothing but a dot or comma stands before it: 1.500
	pause      bool // a sign that parts sentences or clauses stands before it
}

func (s *sentence) word(i int) string      { return s.text[s.tokens[i].start:s.tokens[i].end] }
func (s *sentence) words(i, j int) string  { return s.text[s.tokens[i].start:s.tokens[j-1].end] }
func (s *sentence) size() int              { return len(s.tokens) }
func (s *sentence) part(i, j int) sentence { return sentence{s.text, s.tokens[i:j]} }
func (s *sentence) letter(i int) bool      { return utf8.RuneCountInString(s.word(i)) == 1 }
func (s *sentence) joined() string { // all words of this part
	if len(s.tokens) == 0 {
		return ""
	}
	return s.words(0, len(s.tokens))
}

// phraseKey is how a word or phrase is looked up: its words after normalisation, one space between
// them. "" has no words.
func phraseKey(text string) string { return cut(text).text }

// cut makes a sentence of a message.
func cut(text string) sentence {
	text = words.Normalise(strings.ReplaceAll(text, "\n", ", "))
	c := cutter{}
	c.out.Grow(len(text))
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			c.letter(r)
		case apostrophe(r) && c.inWord && i+1 < len(runes) && unicode.IsLetter(runes[i+1]):
			c.apostrophe(runes[i+1:])
		default:
			c.separator(r)
		}
	}
	c.close()
	return sentence{c.out.String(), c.tokens}
}

func apostrophe(r rune) bool { return r == '\'' || r == '\u2019' || r == '\u02bc' || r == '`' }

// A cutter builds a sentence rune by rune.
type cutter struct {
	out    strings.Builder
	tokens []token
	inWord bool
	start  int
	gap    []rune // what stands before the word
}

func (c *cutter) letter(r rune) {
	if !c.inWord {
		if c.out.Len() > 0 {
			c.out.WriteByte(' ')
		}
		c.inWord, c.start = true, c.out.Len()
	}
	c.out.WriteRune(r)
}

// apostrophe joins I'd to id. An elided article (l'orange, s'il vous plait) is dropped.
func (c *cutter) apostrophe(rest []rune) {
	if word := c.out.String()[c.start:]; (word == "l" || word == "d" || word == "s") && len(rest) > 1 &&
		unicode.IsLetter(rest[1]) {
		kept := c.out.String()[:c.start]
		c.out.Reset()
		c.out.WriteString(strings.TrimSuffix(kept, " "))
		c.inWord = false
	}
}

func (c *cutter) separator(r rune) {
	c.close()
	if len(c.gap) < 8 {
		c.gap = append(c.gap, r)
	}
}

func (c *cutter) close() {
	if !c.inWord {
		return
	}
	gap := string(c.gap)
	c.tokens = append(c.tokens, token{
		start: c.start, end: c.out.Len(),
		comma:  strings.ContainsAny(gap, ",;/|\u3001\u060c&+"),
		hyphen: gap == "-" || gap == "\u2013",
		dot:    gap == "." || gap == ",",
		pause:  strings.ContainsAny(gap, ".!?:;,()\u3001\u3002\u060c\u061b\u061f\u0964\u2013\u2014"),
	})
	c.inWord, c.gap = false, c.gap[:0]
}
