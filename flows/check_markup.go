package flows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// filled stands for a placeholder that will be filled, in the text that is looked at.
const filled = "\ue000"

// A foreigner is a way in which other tools write placeholders. Its group is the name.
type foreigner struct {
	pattern *regexp.Regexp
	numbers bool // a bare number is one too: {{1}}
	any     bool // whatever the name is
}

// foreigners are the placeholders of Chatwoot, Typebot, Botpress, listmonk and WhatsApp's templates
// ({{name}}, {{1}}), of shells and JavaScript, mail merges, RapidPro, Mailchimp, and of people who
// make them up.
var foreigners = sync.OnceValue(func() (list []foreigner) {
	const name = `\s*(?:[\pL_]+\.)*([\pL][\pL\pN_ -]{0,40}?)\s*`
	const braces = `[{｛]+(?:` + name + `|\s*([0-9]{1,2})\s*)(?:\|[^{}｛｝]*)?[}｝]+`
	list = append(list, foreigner{pattern: regexp.MustCompile(braces), numbers: true})
	for _, p := range []string{
		`\[` + name + `\](?:[^(]|$)`, `<` + name + `>`, `%` + name + `%`, `\$([\pL_]+)`, `\(\(` + name + `\)\)`,
	} {
		list = append(list, foreigner{pattern: regexp.MustCompile(p)})
	}
	for _, p := range []string{`@((?:contact|flow|results|fields)\.[\pL_.]+)`, `\*\|([A-Z_0-9:]+)\|\*`} {
		list = append(list, foreigner{pattern: regexp.MustCompile(p), any: true})
	}
	return list
})

// usualNames are other tools' placeholders for a person's name, without spaces and underscores.
var usualNames = strings.Fields("name firstname fname lastname lname fullname contactname " +
	"customername username customer nome primeironome nombre primernombre prenom vorname nama isim")

// foreignPlaceholder reports what can only be meant as a placeholder, and what people would read as
// it stands.
func (c *checker) foreignPlaceholder(p place, t Template, known, path []string) {
	text := outline(t)
	for _, f := range foreigners() {
		for _, m := range f.pattern.FindAllStringSubmatch(text, -1) {
			if f.any || means(m[1], known) || f.numbers && m[1] == "" {
				found := strings.TrimRight(m[0], " ,.!")
				if doubled := "{" + found + "}"; f.numbers && strings.Contains(t.Source, doubled) {
					found = doubled
				}
				c.foreign(p, found, path)
				return
			}
		}
	}
	for i, part := range t.parts {
		if part.name != "" && i > 0 && strings.HasSuffix(t.parts[i-1].literal, "$") && !c.amount(part.name) {
			c.foreign(p, "${"+part.name, path)
			return
		}
	}
}

func (c *checker) foreign(p place, found string, path []string) {
	c.add(c.src.within(found, 0, path...), "foreign-placeholder",
		fmt.Sprintf("%s has %q in it, which is how other programs write a placeholder: "+
			"here people would read it as it stands", p.what, found),
		"write a placeholder in single braces, with a default: {first_name|there}")
}

// outline is a text with a mark in the place of each placeholder.
func outline(t Template) string {
	var b strings.Builder
	for _, part := range t.parts {
		if part.name != "" {
			b.WriteString(filled)
			continue
		}
		b.WriteString(part.literal)
	}
	return b.String()
}

// means reports the name of a placeholder, however it is spelt.
func means(name string, known []string) bool {
	squeezed := squeeze(name)
	for _, k := range known {
		if squeezed == squeeze(k) && squeezed != "" {
			return true
		}
	}
	return slices.Contains(usualNames, squeezed)
}

func squeeze(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(name))
}

// amount reports a preference that is a number: "$" before it is a currency.
func (c *checker) amount(preference string) (is bool) {
	c.each(func(s *State) {
		is = is || s.Ask != nil && s.Ask.Preference == preference && (s.Ask.Choose == Number || s.Ask.Choose == Free)
	})
	return is
}

// markups are the formats of web pages and of Markdown, which WhatsApp shows as they stand, and
// what to write instead.
var markups = sync.OnceValue(func() []markup {
	return []markup{
		{regexp.MustCompile(`\\[nrt]`), "for a new line write the text in double quotes: \"first line\\nsecond line\""},
		{
			regexp.MustCompile(`(?i)</?(?:b|i|u|s|br|p|em|strong|a|div|span|li|ul|ol|h[1-6])(?:\s[^<>]*)?/?>`),
			"WhatsApp's signs are *bold*, _italic_ and ~struck~; a new line is a new line",
		},
		{regexp.MustCompile(`(?:^|\s)(\*\*[^\s*][^*\n]*\*\*)`), "WhatsApp's bold has one star at each end: *bold*"},
		{regexp.MustCompile(`\[[^\[\]\n]+\]\([^()\s]+\)`), "write the address as it is: WhatsApp makes a link of it"},
	}
})

type markup struct {
	pattern *regexp.Regexp
	advice  string
}

// foreignMarkup warns of signs that people would read.
func (c *checker) foreignMarkup(p place, t Template, path []string) {
	text := outline(t)
	for _, m := range markups() {
		if found := strings.TrimSpace(m.pattern.FindString(text)); found != "" {
			piece, _, _ := strings.Cut(found, filled)
			shown := strings.ReplaceAll(found, filled, "{...}")
			c.add(c.src.within(piece, 0, path...), "foreign-markup",
				fmt.Sprintf("%s has %q in it, and people would read it as it stands", p.what, shown), m.advice)
		}
	}
}
