package app

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"optinbot/flows/words"
)

//go:embed countries.tsv
var countriesTable string

// A country is where a shop is.
type country struct {
	Code  string   // ISO 3166-1 alpha-2
	Zones []string // IANA time zones; the one where most people live is first
	Names []string // in English, Portuguese, Spanish and its own language; other usual ones
}

var countries = sync.OnceValue(func() (all []country) {
	for line := range strings.Lines(countriesTable) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); len(cells) == 3 {
			all = append(all, country{Code: cells[0], Zones: strings.Fields(cells[1]), Names: strings.Split(cells[2], "; ")})
		}
	}
	return all
})

// isCountry reports whether a code is that of a country, such as BR.
func isCountry(code string) bool {
	return slices.ContainsFunc(countries(), func(c country) bool { return c.Code == code })
}

// countryOf finds the country that somebody typed: two letters or a name, in any case, with or without accents.
func countryOf(typed string) (country, bool) {
	is := words.Normalise(typed)
	for _, c := range countries() {
		if strings.EqualFold(c.Code, strings.TrimSpace(typed)) {
			return c, true
		}
	}
	for _, c := range countries() {
		if slices.ContainsFunc(c.Names, func(name string) bool { return words.Normalise(name) == is }) {
			return c, true
		}
	}
	return country{}, false
}

// countriesLike names the countries whose name begins or contains what was typed, at most four; none for less than three letters.
func countriesLike(typed string) (names []string) {
	is := words.Normalise(typed)
	if len(is) < 3 {
		return nil
	}
	for _, c := range countries() {
		like := func(name string) bool { return strings.Contains(words.Normalise(name), is[:min(len(is), 4)]) }
		if slices.ContainsFunc(c.Names, like) && len(names) < 4 {
			names = append(names, c.Names[0])
		}
	}
	return names
}
