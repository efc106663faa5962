package flows

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// link finds web addresses. bareDomain also finds those that end in what nobody listed: a word, a
// dot, and small letters right after it.
var link = Pattern(`(?i)https?:|www\.|[\pL\pN-]+\.(com|net|org|info|biz|shop|store|app|io|me|link|ly|gl|co` +
	`|br|pt|es|mx|ar|cl|pe|fr|de|it|uk|us|eu|tr|in|id|sa|ae|eg|ma|nl|at|ch|be|page|site|online|xyz)\b` +
	`|[\pL\pN-]+\.[a-z]{2,}/`)

var bareDomain = Pattern(`[\pL\pN-]*\pL[\pL\pN-]*[\pL\pN](?:\.\p{Ll}{2,})+`)

// goodbyes reports what invites back in the texts to somebody who left: promise C4.
func (c *checker) goodbyes() {
	for name, t := range map[string]Text{"goodbye": c.f.OptOut.Goodbye, "after": c.f.OptOut.After} {
		for _, language := range sortedKeys(t) {
			for i, template := range t[language] {
				c.goodbye(template, "opt_out", name, language, strconv.Itoa(i))
			}
		}
	}
}

func (c *checker) goodbye(t Template, path ...string) {
	found := link().FindString(t.Source)
	advice := "take it out: this text only confirms, it does not invite back"
	if found == "" {
		found = bareDomain().FindString(t.Source)
		advice = "take it out: this text only confirms, it does not invite back. " +
			"If it is no link, put a space after the dot"
	}
	if found != "" {
		c.add(c.src.within(found, 0, path...), "goodbye-with-link",
			fmt.Sprintf("%q in a text to somebody who left looks like a link", found), advice)
	}
	text := t.plain(c.f.Brand)
	s := cut(text)
	for _, language := range sortedKeys(c.f.OptIn.Phrases) {
		for _, phrase := range c.f.OptIn.Phrases[language] {
			if asksBack(text, s, phrase) {
				c.add(c.src.at(path...), "goodbye-invites",
					fmt.Sprintf("the opt-in phrase %q in a text to somebody who left invites them back", phrase),
					"take it out: this text only confirms that they left")
				return
			}
		}
	}
}

// asksBack reports a phrase in a text. A single word ("promotions") is also what they get no more
// of: it counts only where it is set off, as in "write *promotions*".
func asksBack(text string, s sentence, phrase string) bool {
	key := phraseKey(phrase)
	switch {
	case key == "":
		return false
	case strings.ContainsFunc(key, spaceless):
		return strings.Contains(s.text, key)
	case strings.Contains(key, " "):
		return strings.Contains(" "+s.text+" ", " "+key+" ")
	}
	for _, m := range setOff().FindAllStringSubmatch(text, -1) {
		if phraseKey(m[1]) == key {
			return true
		}
	}
	return false
}

// spaceless reports letters of scripts that write without spaces.
func spaceless(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar)
}

var setOff = Pattern(`[*_"'“„«‘]([\pL\pN\pM -]+)[*_"'”“»’]`)
