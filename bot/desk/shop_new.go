package desk

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/text"
	"optinbot/flows"
	"optinbot/flows/words"
)

// A NewShop is what is known about a shop before its folder is made. Each method that begins with
// Take takes an answer as people type it, or says what is wrong with it.
type NewShop struct {
	Name      string // "": the sample's
	Country   config.Country
	Zone      string
	Languages []string // the main one first
	Kind      string   // one of flows.Kinds
}

// UsualShop is a new shop of which nothing is known: what nobody answers stays so.
func UsualShop() *NewShop {
	return &NewShop{Kind: flows.Kinds()[0].Name, Languages: flows.SampleLanguages(), Zone: "UTC"}
}

// longestName is how many characters the name of a shop may have: it stands in every text about
// consent.
const longestName = 60

// TakeName takes the name of the shop, as customers know it.
func (s *NewShop) TakeName(typed string) error {
	name := strings.Join(strings.Fields(typed), " ")
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || name != text.Line(name):
		return errors.New("the name has characters that cannot be shown")
	case utf8.RuneCountInString(name) > longestName:
		return fmt.Errorf("the name has %d characters; it stands in every text, so it may have at most %d",
			utf8.RuneCountInString(name), longestName)
	case !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }):
		return errors.New("the name needs a letter or a digit")
	case strings.ContainsAny(name, "{}"):
		return errors.New("the name cannot have { or }: they mark what the bot fills in")
	}
	sample, err := flows.Sample(s.Kind, flows.SampleLanguages(), name, "")
	if err != nil {
		return err
	}
	if flow, bad := flows.Load("flows/promotions.yaml", sample["promotions.yaml"]); flow == nil {
		return fmt.Errorf("the texts cannot have this name in them: %s", bad[0].Message)
	}
	s.Name = name
	return nil
}

// ShopNameOf makes a name of that of a folder: my-shop is My Shop.
func ShopNameOf(dir string) string {
	full, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	parts := strings.FieldsFunc(filepath.Base(full), func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	for i := range parts {
		parts[i] = text.Capital(parts[i])
	}
	return strings.Join(parts, " ")
}

// TakeCountry takes the country, by its name or by two letters. The zone is the one where most
// people of the country live, until TakeZone takes another.
func (s *NewShop) TakeCountry(typed string) error {
	c, ok := config.CountryOf(typed)
	if !ok {
		advice := "type its name in English, or two letters such as BR"
		if like := config.CountriesLike(typed); len(like) > 0 {
			advice = "did you mean " + strings.Join(like, ", ") + "?"
		}
		return fmt.Errorf("there is no country %q; %s", text.Fit(typed, 40), advice)
	}
	s.Country, s.Zone = c, c.Zones[0]
	return nil
}

// CountryOfLocale is the country of a machine's language settings, such as pt_BR.UTF-8 in LANG. It
// is "" where they name none.
func CountryOfLocale(environ map[string]string) string {
	locale := cmp.Or(environ["LC_ALL"], environ["LC_MESSAGES"], environ["LANG"])
	_, after, _ := strings.Cut(locale, "_")
	code, _, _ := strings.Cut(after, ".")
	code, _, _ = strings.Cut(code, "@")
	if c, ok := config.CountryOf(code); ok && code != "" {
		return c.Names[0]
	}
	return ""
}

// ZoneChoices are the time zones of a country that has several, the one where most people live
// first. There are none where there is nothing to choose.
func (s *NewShop) ZoneChoices() []string {
	if len(s.Country.Zones) < 2 {
		return nil
	}
	return s.Country.Zones
}

// TakeZone takes a time zone: by its place among those of the country, by its city or by its name.
func (s *NewShop) TakeZone(typed string) error {
	zones := s.Country.Zones
	if n, err := strconv.Atoi(typed); err == nil && n >= 1 && n <= len(zones) {
		s.Zone = zones[n-1]
		return nil
	}
	for _, zone := range zones {
		city := strings.ReplaceAll(zone[strings.LastIndex(zone, "/")+1:], "_", " ")
		if strings.EqualFold(zone, typed) || words.Normalise(city) == words.Normalise(typed) {
			s.Zone = zone
			return nil
		}
	}
	if IsZone(typed) {
		s.Zone = typed
		return nil
	}
	if len(zones) > 1 {
		return fmt.Errorf("%q is none of them; type a number from 1 to %d, or a time zone", text.Fit(typed, 20),
			len(zones))
	}
	return fmt.Errorf("%q is not a time zone such as Europe/Lisbon", text.Fit(typed, 40))
}

// languageNames are the languages of the samples as people write them.
var languageNames = map[string][]string{
	"en": {"English", "inglês", "inglés"},
	"pt": {"Portuguese", "português", "portugués"},
	"es": {"Spanish", "espanhol", "español"},
}

// ShopLanguages are the languages that there are texts in, in words.
func ShopLanguages() string {
	var all []string
	for _, l := range flows.SampleLanguages() {
		all = append(all, fmt.Sprintf("%s (%s)", languageNames[l][0], l))
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " and " + all[last]
}

// UsualLanguages are those of the country that the samples have. English elsewhere.
func (s *NewShop) UsualLanguages() string {
	if s.Country.Code == "" {
		return strings.Join(flows.SampleLanguages(), ", ")
	}
	if l := bot.LanguageOfRegion(s.Country.Code); slices.Contains(flows.SampleLanguages(), l) {
		return l
	}
	return "en"
}

// TakeLanguages takes the languages of the customers, by their names or codes, the main one first.
func (s *NewShop) TakeLanguages(typed string) error {
	var chosen []string
	for _, word := range strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }) {
		code := ""
		for l, names := range languageNames {
			is := func(name string) bool { return words.Normalise(name) == words.Normalise(word) }
			if strings.EqualFold(l, word) || slices.ContainsFunc(names, is) {
				code = l
			}
		}
		switch {
		case code == "":
			return fmt.Errorf("there are no texts in %q; type %s", text.Fit(word, 30),
				strings.Join(flows.SampleLanguages(), ", "))
		case !slices.Contains(chosen, code):
			chosen = append(chosen, code)
		}
	}
	if len(chosen) == 0 {
		return errors.New("name at least one language, such as en")
	}
	s.Languages = chosen
	return nil
}

// TakeKind takes the kind of business, by its name or its place among flows.Kinds.
func (s *NewShop) TakeKind(typed string) error {
	var names []string
	for i, k := range flows.Kinds() {
		if strings.EqualFold(typed, k.Name) || typed == strconv.Itoa(i+1) {
			s.Kind = k.Name
			return nil
		}
		names = append(names, k.Name)
	}
	if strings.EqualFold(typed, "school") {
		s.Kind = "gym"
		return nil
	}
	return fmt.Errorf("there is no sample %q; there are %s", text.Fit(typed, 40), strings.Join(names, ", "))
}
