package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// TestC8PhonesAsPeopleWriteThem: a phone of any country is read in every way in which people write
// phones with their country code.
func TestC8PhonesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for region := range phonenumbers.GetSupportedRegions() {
		n := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
		if n == nil || n.GetItalianLeadingZero() {
			continue
		}
		phone := phonenumbers.Format(n, phonenumbers.E164)
		digits, pretty := phone[1:], phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
		for _, typed := range []string{
			phone, digits, "00" + digits, pretty, pretty[1:], strings.ReplaceAll(pretty, " ", "."), strings.ReplaceAll(pretty, " ", "\u00a0"),
			strings.ReplaceAll(pretty, "-", "\u2011"), "\u202a" + pretty + "\u202c", " " + phone + "\n", "(" + phone + ")", "'" + digits, `="` + digits + `"`,
			"https://wa.me/" + digits, "wa.me/" + digits + "?text=hi%202", "https://wa.me/+" + digits, "https://api.whatsapp.com/send?phone=" + digits,
			"https://api.whatsapp.com/send/?phone=%2B" + digits + "&text=2", "https://web.whatsapp.com/send?text=2&phone=" + digits, "whatsapp://send?phone=" + digits,
			"tel:" + phone, "tel:" + pretty + ";ext=2", "whatsapp:" + phone, digits + "@s.whatsapp.net", digits + ":12@s.whatsapp.net", digits + "@c.us", digits + ".0",
			arabic(digits), fullWidth(phone),
		} {
			got, err := ReadPhone(typed, region)
			if err != nil || !slices.Contains(got, phone) {
				t.Errorf("%s: %q is read as %v (%v), want %s", region, typed, got, err, phone)
			}
			if strings.ContainsRune(typed, '+') && len(got) != 1 {
				t.Errorf("%s: %q is explicit, and is read as %v", region, typed, got)
			}
		}
		if region == "AR" {
			continue // the library writes Argentina's with the wrong area code
		}
		national := phonenumbers.Format(n, phonenumbers.NATIONAL)
		if got, err := ReadPhone(national, region); err != nil || !slices.Contains(got, phone) {
			t.Errorf("%s: %q is read as %v (%v), want %s", region, national, got, err, phone)
		}
	}
}

func arabic(digits string) string {
	return strings.Map(func(r rune) rune { return r - '0' + '\u0660' }, digits)
}

func fullWidth(phone string) string {
	return strings.Map(func(r rune) rune { return r - '+' + '\uff0b' }, phone)
}

// TestC8PhoneReadings: what can mean two phones is read as both, what lacks its country needs to be
// told it, and what is no phone is none.
func TestC8PhoneReadings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		typed, country string
		want           string // readings, or the error
	}{
		{"+55 11 90000-0001", "", "[+5511900000001]"},
		{"0055 (11) 90000.0001", "", "[+5511900000001]"},
		{"5511900000001", "", "[+5511900000001]"},
		{"11 90000-0001", "BR", "[+5511900000001]"},
		{"(11) 90000-0001", "BR", "[+5511900000001]"},
		{"0 15 11 98765-4321", "BR", "[+5511987654321]"},
		{"+55 (0)11 90000-0001", "", "[+5511900000001]"},
		{"+44 (0)20 7946 0000", "", "[+442079460000]"},
		{"+39 06 1234 5678", "", "[+390612345678]"},
		{"07700 900001", "", ErrNoPhone.Error()},
		{"447700900001", "", "[+447700900001]"},
		{"(212) 555-0101", "US", "[+12125550101]"},
		{"1 212 555 0101", "US", "[+12125550101]"},
		{"011 55 11 90000-0001", "US", "[+5511900000001]"},
		{"011 15-2345-6789", "AR", "[+5491123456789]"},
		{"+52 1 55 1234 5678", "", "[+5215512345678]"},
		{"47 9999-0001", "BR", "[+554799990001 +4799990001]"}, // Joinville with an older mobile, or Norway
		{"(47) 9999-0001", "BR", "[+554799990001]"},
		{"+47 9999 0001", "BR", "[+4799990001]"},
		{"11 90000-0001", "", ErrNoPhone.Error()},
		{"(47) 9999-0001", "", ErrNoPhone.Error()},
		{"90000-0001", "BR", ErrNoPhone.Error()}, // without its area code
		{"+0551190000001", "", ErrNoPhone.Error()},
		{"5.5119E+12", "BR", ErrRounded.Error()},
		{"5,51E+12", "BR", ErrRounded.Error()},
		{"+55 11 90000-000x", "BR", ErrNoPhone.Error()},
		{"1-800-FLOWERS", "US", ErrNoPhone.Error()},
		{"+55 11 90000-0001 / +55 11 90000-0002", "BR", ErrNoPhone.Error()},
		{"https://wa.me/message/ABCDEF", "BR", ErrNoPhone.Error()},
		{"123456789@lid", "BR", ErrNoPhone.Error()},
		{"+1", "US", ErrNoPhone.Error()}, {"", "US", ErrNoPhone.Error()}, {"+1234567890123456", "", ErrNoPhone.Error()},
	} {
		got, err := ReadPhone(test.typed, test.country)
		says := fmt.Sprint(got)
		if err != nil {
			says = err.Error()
		}
		if says != test.want || (err != nil) != (len(got) == 0) {
			t.Errorf("%q in %q: %s (%v), want %s", test.typed, test.country, says, errors.Is(err, ErrNoPhone), test.want)
		}
	}
}
