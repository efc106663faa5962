package text

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Ago is a time that has passed, as people say it.
func Ago(d time.Duration) string {
	if days := int(d.Hours()) / 24; days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	if hours := int(d.Hours()); hours >= 2 {
		return fmt.Sprintf("%d hours", hours)
	}
	return Plural(int(d.Minutes()), "minute", "minutes")
}

// Indent moves every line two columns to the right.
func Indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n  ")
}

// When shows a moment in a zone, for people. "-" for none.
func When(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// People is a number of people in words.
func People(n int) string { return Plural(n, "person", "people") }

// Plural is a number of things in words: one for 1, many for everything else.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Brackets is a remark behind something, with a space before it. "" where there is none.
func Brackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// Duration is a length of time as config.yaml and conversations write it: 24h, 1h30m, 5m.
func Duration(d time.Duration) string {
	says := d.String()
	if strings.HasSuffix(says, "m0s") {
		says = strings.TrimSuffix(says, "0s")
	}
	if strings.HasSuffix(says, "h0m") {
		says = strings.TrimSuffix(says, "0m")
	}
	return says
}

// Until is the end of a wait, as a clause that follows others. "" where it has none.
func Until(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return ", until " + When(t, zone)
}

// Capital is a text with a capital at its beginning.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// Sentence makes a sentence of what somebody else says.
func Sentence(s string) string {
	if s = Capital(s); strings.HasSuffix(s, "?") || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
