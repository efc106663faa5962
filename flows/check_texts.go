package flows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A place is a text that the file has.
type place struct {
	what string // "the text of state welcome", for messages
	path []string
	text Text
	menu bool // the placeholder {options} has a meaning there
	room int  // characters that the bot adds to it
}

// places lists the texts of the file.
func (c *checker) places() []place {
	list := []place{{what: "the disclosure", path: []string{"opt_in", "disclosure"}, text: c.f.OptIn.Disclosure}}
	for _, t := range c.f.textsWithDefaults() {
		list = append(list, place{what: strings.Join(t.path, "."), path: t.path, text: *t.text})
	}
	c.each(func(s *State) { list = append(list, statePlaces(s)...) })
	return list
}

func statePlaces(s *State) []place {
	path := []string{"states", s.Name}
	menu := s.Ask != nil && len(s.Ask.Options) > 0
	list := []place{
		{what: fmt.Sprintf("the text of state %q", s.Name), path: with(path, "say"), text: s.Say, menu: menu},
		{what: fmt.Sprintf("otherwise of state %q", s.Name), path: with(path, "otherwise", "say"),
			text: s.Otherwise.Say, menu: menu},
	}
	if s.Ask != nil && s.Ask.Reminder != nil {
		list = append(list, place{what: fmt.Sprintf("the reminder of state %q", s.Name),
			path: with(path, "reminder", "say"), text: s.Ask.Reminder.Say, menu: menu})
	}
	for i, rule := range s.When {
		list = append(list, place{what: fmt.Sprintf("the text of rule %d of state %q", i+1, s.Name),
			path: with(path, "when", strconv.Itoa(i), "say"), text: rule.Say})
	}
	return list
}

// translations reports texts, labels and words that lack a language.
func (c *checker) translations() {
	for _, p := range c.places() {
		c.translation(p)
	}
	lacks(c, "the opt-in phrases", c.f.OptIn.Phrases, "opt_in", "phrases")
	c.each(func(s *State) {
		for i, rule := range s.When {
			if _, all := rule.Words[""]; !all {
				lacks(c, fmt.Sprintf("rule %d of state %q", i+1, s.Name), rule.Words,
					"states", s.Name, "when", strconv.Itoa(i), "words")
			}
		}
		if s.Ask == nil {
			return
		}
		for _, o := range s.Ask.Options {
			if _, all := o.Label[""]; !all {
				lacks(c, fmt.Sprintf("the label of option %s", o.Key), o.Label,
					"states", s.Name, "options", o.Key, "label")
			}
		}
	})
}

// translation reports the languages that one text lacks.
func (c *checker) translation(p place) {
	if c.src.has(p.path...) {
		lacks(c, p.what, p.text, p.path...)
	}
}

// lacks reports the languages that m lacks. An empty m has been reported already.
func lacks[T any](c *checker, what string, m map[string]T, path ...string) {
	if len(m) == 0 {
		return
	}
	var missing []string
	for _, language := range c.f.Languages {
		if _, ok := m[language]; !ok {
			missing = append(missing, language)
		}
	}
	if _, all := m[""]; all && len(missing) > 0 {
		c.add(c.src.at(path...), "missing-translation",
			fmt.Sprintf("%s is in one language, and the flow has: %s", what, quoted(c.f.Languages)),
			fmt.Sprintf("write it once for each, on lines of their own: `%s: ...`", c.f.Languages[0]))
		return
	}
	if len(missing) > 0 {
		c.add(c.src.keyAt(path...), "missing-translation", fmt.Sprintf("%s has no text in: %s", what, quoted(missing)),
			fmt.Sprintf("add a line `%s: ...`", missing[0]))
	}
}

// builtInTranslations reports languages without built-in texts, where the file has no text of its
// own.
func (c *checker) builtInTranslations() {
	texts := c.f.textsWithDefaults()
	texts = append(texts, c.reprompts()...)
	for i, language := range c.f.Languages {
		var missing []string
		for _, t := range texts {
			if _, ok := builtInTexts()[t.key][language]; !ok && !c.src.has(t.path...) &&
				!(t.key == "question" && c.f.OptIn.Confirm) {
				missing = append(missing, strings.Join(t.path, "."))
			}
		}
		if len(missing) > 0 {
			c.add(c.src.at("languages", strconv.Itoa(i)), "missing-translation",
				fmt.Sprintf("nothing is built in for the language %q", language),
				"write these texts in the file: "+quoted(missing))
		}
	}
}

// reprompts are the answers to what is no answer, which are built in too.
func (c *checker) reprompts() (list []builtInText) {
	c.each(func(s *State) {
		if s.Ask != nil && s.Ask.Choose != Free {
			list = append(list, builtInText{
				"otherwise", []string{"states", s.Name, "otherwise", "say"}, &s.Otherwise.Say,
			})
		}
	})
	return list
}

// texts looks at every text.
func (c *checker) texts() {
	for _, p := range c.places() {
		c.text(p)
	}
	c.each(func(s *State) {
		if s.Ask == nil {
			return
		}
		for _, o := range s.Ask.Options {
			for _, language := range sortedKeys(o.Label) {
				c.label(o, language, "states", s.Name, "options", o.Key, "label", language)
			}
		}
	})
}

// How long a message and a line of a menu may be, in characters.
const (
	maxText  = 4096
	maxLabel = 80
)

// label looks at one label of an option.
func (c *checker) label(o Option, language string, path ...string) {
	what := "the label of option " + o.Key
	if n := utf8.RuneCountInString(o.Label[language]); n > maxLabel {
		c.add(c.src.at(path...), "text-too-long",
			fmt.Sprintf("%s has %d characters, and the most is %d", what, n, maxLabel),
			"a line of a menu is a few words; explain in `say`")
		return
	}
	c.invisible(what, o.Label[language], path...)
}

// text looks at all variants of one text.
func (c *checker) text(p place) {
	for _, language := range sortedKeys(p.text) {
		for i, t := range p.text[language] {
			if c.full() {
				return
			}
			path := with(p.path, language, strconv.Itoa(i))
			if n := utf8.RuneCountInString(t.plain(c.f.Brand)); n+p.room > maxText || len(t.Source) > 8*maxText {
				c.add(c.src.at(path...), "text-too-long",
					fmt.Sprintf("%s has %d characters, and the most is %d", p.what, n, maxText-p.room),
					"make it shorter: people read two or three lines")
				continue
			}
			c.placeholders(p, t, path)
			c.foreignMarkup(p, t, path)
			c.invisible(p.what, t.Source, path...)
		}
	}
}

// placeholders looks at the placeholders of one variant.
func (c *checker) placeholders(p place, t Template, path []string) {
	known := c.known(p.menu)
	c.foreignPlaceholder(p, t, known, path)
	nth := map[string]int{}
	for i, part := range t.parts {
		if part.name != "" {
			c.placeholder(t.parts, i, known, c.src.within("{"+part.name, nth[part.name], path...))
			nth[part.name]++
		}
	}
}

// placeholder looks at one of the parts of a text.
func (c *checker) placeholder(parts []part, i int, known []string, at pos) {
	name := parts[i].name
	switch mayBeEmpty := name != PlaceholderBrand && name != PlaceholderOptions; {
	case !slices.Contains(known, name):
		c.unknownPlaceholder(at, name, known)
	case mayBeEmpty && !parts[i].hasDefault:
		c.add(at, "empty-placeholder", fmt.Sprintf("{%s} may be empty, and has no default", name),
			fmt.Sprintf("say what stands there then: {%s|there}", name))
	case mayBeEmpty && gap(parts, i):
		c.add(at, "empty-placeholder", fmt.Sprintf("without {%s} the text has a gap, as in \"Hi ,\"", name),
			fmt.Sprintf("give it a default that fits: {%s|there}", name))
	}
}

func (c *checker) unknownPlaceholder(at pos, name string, known []string) {
	if name == PlaceholderOptions {
		c.add(at, "unknown-placeholder", "{options} stands where there is no menu",
			"it belongs to the texts of a state with options")
		return
	}
	c.add(at, "unknown-placeholder", fmt.Sprintf("nothing fills the placeholder {%s}%s", name, didYouMean(name, known)),
		"there are: "+quoted(known)+"; for a real brace write {{")
}

// known are the placeholders of a text.
func (c *checker) known(menu bool) []string {
	list := []string{PlaceholderFirstName, PlaceholderName, PlaceholderBrand}
	if menu {
		list = append(list, PlaceholderOptions)
	}
	c.each(func(s *State) {
		if s.Ask != nil && s.Ask.Preference != "" && !slices.Contains(list, s.Ask.Preference) {
			list = append(list, s.Ask.Preference)
		}
	})
	return list
}

// gap reports that an empty default leaves punctuation without its word: "Hi {first_name|},".
func gap(parts []part, i int) bool {
	if strings.TrimSpace(parts[i].fallback) != "" {
		return false
	}
	before, after := " ", ""
	if i > 0 {
		before = parts[i-1].literal
	}
	if i+1 < len(parts) {
		after = parts[i+1].literal
	}
	space := before == "" || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\n")
	return space && (after == "" || strings.ContainsAny(after[:1], ",.!?;: "))
}

// invisible reports characters that nobody sees: they serve to deceive, or came along with copy and
// paste.
func (c *checker) invisible(what, text string, path ...string) {
	c.unseen(c.add, what, text, path...)
}

// invisibleNames reports invisible characters where the rule is newer: in the brand, which stands
// in many texts, and in the phrases that a poster shows.
func (c *checker) invisibleNames() {
	c.unseen(c.addNewer, "the brand", c.f.Brand, "brand")
	for _, language := range sortedKeys(c.f.OptIn.Phrases) {
		for i, phrase := range c.f.OptIn.Phrases[language] {
			c.unseen(c.addNewer, "an opt-in phrase", phrase, phrasePath(language, i)...)
		}
	}
}

func (c *checker) unseen(add func(at pos, rule, message, advice string), what, text string, path ...string) {
	runes := []rune(text)
	for i, r := range runes {
		if !hidden(runes, i) {
			continue
		}
		add(c.src.within(string(r), 0, path...), "invisible-characters",
			fmt.Sprintf("%s contains the invisible character U+%04X", what, r),
			"write the text again by hand; often such a character comes along with copy and paste")
		return
	}
}

// hidden reports an invisible character that has no business at its place.
func hidden(runes []rune, i int) bool {
	r := runes[i]
	switch {
	case r == '\u200d' || r == '\u200c': // joiners: inside an emoji, or in scripts that need them
		return i == 0 || i+1 == len(runes) || !joins(runes[i-1]) || !joins(runes[i+1])
	case r >= 0xE0000 && r <= 0xE007F: // tags: only in flags
		return !flagged(runes[:i])
	case r >= 0x200e && r <= 0x200f, r >= 0x2066 && r <= 0x2069: // direction marks: only in texts that mix directions
		return !strings.ContainsFunc(string(runes), rightToLeft)
	}
	return invisible(r)
}

// joins reports characters that a joiner may connect.
func joins(r rune) bool { return r > 0x0590 }

func rightToLeft(r rune) bool { return r >= 0x0590 && r <= 0x08ff || r >= 0xfb1d && r <= 0xfefc }

// flagged reports whether tags follow a black flag, as in the flag of Wales.
func flagged(before []rune) bool {
	for i := len(before) - 1; i >= 0; i-- {
		if before[i] < 0xE0000 || before[i] > 0xE007F {
			return before[i] == 0x1f3f4
		}
	}
	return false
}

// invisible reports characters without a picture.
func invisible(r rune) bool {
	switch {
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r >= 0xE0000 && r <= 0xE007F,
		r >= 0x17b4 && r <= 0x17b5, r >= 0x180b && r <= 0x180e, r >= 0x115f && r <= 0x1160:
		return true
	}
	return strings.ContainsRune("\u00ad\u034f\u061c\u2800\u3164\uffa0\ufeff", r)
}
