package text

import (
	"regexp"
	"strings"
	"sync"
)

// people are what names a person in a text of the program: phones, LIDs and BSUIDs as commands take
// them, BSUIDs with their portfolio, and addresses of WhatsApp.
var people = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\+[1-9][0-9]{6,14}|\blid:[0-9]+|\bbsuid:[0-9A-Za-z./]+|\b[0-9]+/[A-Za-z]{2}\.[0-9A-Za-z]+|` +
		`\b[0-9]+([:.][0-9]+)*@(lid|s\.whatsapp\.net)`)
})

// Masked is a text of the program as somebody sees it who may not see whom it names. Of a phone the
// country stays and the last two digits, of everything else only what it is.
func Masked(says string) string {
	return people().ReplaceAllStringFunc(says, func(found string) string {
		if strings.HasPrefix(found, "+") {
			return found[:3] + "…" + found[len(found)-2:]
		}
		if at := strings.LastIndexByte(found, '@'); at >= 0 {
			return "…" + found[at:]
		}
		if kind, _, named := strings.Cut(found, ":"); named {
			return kind + ":…"
		}
		return "…"
	})
}

// longDigits may be a phone or a LID. What is shorter is neither: an ID, a size, a line.
var longDigits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[0-9]{7,}`) })

// Unnamed is a text as a log may have it: whatever may be a phone, a LID or a BSUID is taken out.
func Unnamed(says string) string { return longDigits().ReplaceAllString(Masked(says), "…") }
