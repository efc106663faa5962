package bot

import (
	"slices"
	"strings"

	"optinbot/bot/phones"
)

// A Country is what a phone tells about its owner: a guess, for people keep their number when they
// move.
type Country struct {
	Languages []string // ISO 639-1, the likeliest first. Empty: not known
	Zones     []string // IANA time zones the phone may be in. Empty: not known
}

// languagesOfRegions are the languages in which most people of a region read an advertisement.
// Regions whose language the recogniser does not know are left out: the flow's first language
// serves them.
var languagesOfRegions = map[string]string{
	"AR": "es", "BO": "es", "CL": "es", "CO": "es", "CR": "es", "CU": "es", "DO": "es", "EC": "es", "ES": "es",
	"GQ": "es", "GT": "es", "HN": "es", "MX": "es", "NI": "es", "PA": "es", "PE": "es", "PR": "es", "PY": "es",
	"SV": "es", "UY": "es", "VE": "es",
	"AO": "pt", "BR": "pt", "CV": "pt", "GW": "pt", "MZ": "pt", "PT": "pt", "ST": "pt", "TL": "pt",
	"BE": "fr", "BF": "fr", "BJ": "fr", "CD": "fr", "CG": "fr", "CI": "fr", "CM": "fr", "FR": "fr", "GA": "fr",
	"GN": "fr", "GP": "fr", "HT": "fr", "LU": "fr", "MC": "fr", "ML": "fr", "MQ": "fr", "NE": "fr", "RE": "fr",
	"SN": "fr", "TG": "fr",
	"AT": "de", "CH": "de", "DE": "de", "LI": "de", "IT": "it", "SM": "it", "VA": "it", "ID": "id", "TR": "tr",
	"IN": "hi",
	"AE": "ar", "BH": "ar", "DZ": "ar", "EG": "ar", "IQ": "ar", "JO": "ar", "KW": "ar", "LB": "ar", "LY": "ar",
	"MA": "ar", "OM": "ar", "PS": "ar", "QA": "ar", "SA": "ar", "SD": "ar", "SY": "ar", "TN": "ar", "YE": "ar",
	"AU": "en", "CA": "en", "GB": "en", "GH": "en", "IE": "en", "KE": "en", "NG": "en", "NZ": "en", "US": "en",
	"ZA": "en",
	"NL": "nl", "PL": "pl", "RU": "ru", "BY": "ru", "KZ": "ru",
}

// LanguageOfRegion is the likeliest language (ISO 639-1) of a country (ISO 3166-1 alpha-2), ""
// where it is not known.
func LanguageOfRegion(code string) string { return languagesOfRegions[code] }

// CountryOf reads a phone (E.164).
func CountryOf(phone string) Country {
	n, ok := phones.Read(dialable(phone))
	if !ok {
		return Country{}
	}
	return Country{Languages: languagesIn(n), Zones: n.Zones()}
}

// languagesIn are the languages of a number's country.
func languagesIn(n phones.Number) []string {
	l, ok := languagesOfRegions[n.Region()]
	if !ok { // WhatsApp's older spellings are not valid numbers
		l, ok = languagesOfRegions[n.MainRegion()]
	}
	if !ok {
		return nil
	}
	return []string{l}
}

// dialable turns WhatsApp's Mexican spelling 52 1 … into the one that the country's plan has.
func dialable(phone string) string {
	if strings.HasPrefix(phone, "+521") && len(phone) == 14 {
		return "+52" + phone[4:]
	}
	return phone
}

// Spellings returns the ways in which WhatsApp may know the same phone, itself first: Brazil with
// and without the ninth digit, Mexico with and without the 1 after 52, Argentina with and without
// the 9 after 54.
func Spellings(phone string) []string {
	out := []string{phone}
	add := func(s string) { out = append(out, s) }
	switch {
	case strings.HasPrefix(phone, "+55") && len(phone) == 14 && phone[5] == '9':
		add(phone[:5] + phone[6:])
	case strings.HasPrefix(phone, "+55") && len(phone) == 13:
		add(phone[:5] + "9" + phone[5:])
	case strings.HasPrefix(phone, "+521") && len(phone) == 14:
		add("+52" + phone[4:])
	case strings.HasPrefix(phone, "+52") && len(phone) == 13:
		add("+521" + phone[3:])
	case strings.HasPrefix(phone, "+549") && len(phone) == 14:
		add("+54" + phone[4:])
	case strings.HasPrefix(phone, "+54") && len(phone) == 13:
		add("+549" + phone[3:])
	}
	return out
}

// languageOf is the language of a contact before they used a phrase: of their phone's country if
// the flow has it, else the flow's first.
func (t *turn) languageOf(phone string) string {
	for _, l := range t.countryLanguages(phone) {
		if slices.Contains(t.flow.Languages, l) {
			return l
		}
	}
	return t.flow.Languages[0]
}

// countryLanguages are the languages of a phone's country.
func (t *turn) countryLanguages(phone string) []string {
	if phone == "" {
		return nil
	}
	if t.env.Country != nil {
		return t.env.Country(phone).Languages
	}
	n, ok := phones.Read(dialable(phone))
	if !ok {
		return nil
	}
	return languagesIn(n)
}
