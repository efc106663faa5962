package config

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"optinbot/flows/words"
)

//go:embed countries.tsv
var countriesTable string

// A Country is where a shop is.
type Country struct {
	Code  string   // ISO 3166-1 alpha-2
	Zones []string // IANA time zones. The one where most people live is first
	Names []string // in English, Portuguese, Spanish and its own language. Other usual ones
}

var countries = sync.OnceValue(func() (all []Country) {
	for line := range strings.Lines(countriesTable) {
		if cells := strings.Split(strings.TrimSpace(line), "\t"); len(cells) == 3 {
			all = append(all, Country{Code: cells[0], Zones: strings.Fields(cells[1]),
				Names: strings.Split(cells[2], "; ")})
		}
	}
	return all
})

// isCountry reports whether a code is that of a country, such as BR.
func isCountry(code string) bool {
	return slices.ContainsFunc(countries(), func(c Country) bool { return c.Code == code })
}

// CountryOf finds the country that somebody typed: two letters or a name, in any case, with or
// without accents.
func CountryOf(typed string) (Country, bool) {
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
	return Country{}, false
}

// CountriesLike names the countries, at most four, whose name begins as what was typed, else those
// with it inside. None for less than three letters.
func CountriesLike(typed string) (names []string) {
	is := []rune(words.Normalise(typed))
	if len(is) < 3 {
		return nil
	}
	begins := string(is[:min(len(is), 4)])
	for _, like := range []func(string, string) bool{strings.HasPrefix, strings.Contains} {
		for _, c := range countries() {
			match := func(name string) bool { return like(words.Normalise(name), begins) }
			if slices.ContainsFunc(c.Names, match) && len(names) < 4 {
				names = append(names, c.Names[0])
			}
		}
		if len(names) > 0 {
			break
		}
	}
	return names
}
