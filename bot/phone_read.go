package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"optinbot/bot/phones"
	"optinbot/flows"
	"optinbot/flows/words"
)

// Why something typed is not taken for a phone.
var (
	// ErrNoPhone is of what has no phone in it, or one that lacks its country.
	ErrNoPhone = errors.New("this is not a phone with its country code, such as +5511900000001")
	// ErrRounded is of what a spreadsheet made of a phone: its last digits are lost.
	ErrRounded = errors.New("this number was rounded by Excel, so its last digits are lost: format the column as " +
		"text and enter the phones again")
)

// RegionOf is the country (ISO 3166-1, two letters) of a phone (E.164), "" where it is not known.
func RegionOf(phone string) string {
	n, ok := phones.Read(dialable(phone))
	if !ok {
		return ""
	}
	region := n.Region()
	if region == "" { // an older spelling
		region = n.MainRegion()
	}
	if !phones.IsRegion(region) {
		return ""
	}
	return region
}

// ParsePhone reads a phone that can only mean one thing into E.164. It must carry its country code.
func ParsePhone(typed string) (phone string, ok bool) {
	readings, err := ReadPhone(typed, "")
	if err != nil || len(readings) != 1 {
		return "", false
	}
	return readings[0], true
}

// ReadPhone reads a phone as people write it: with spaces, dots, dashes and brackets, with +, 00 or
// neither before the country code, without a country code where country (ISO 3166-1, two letters,
// "" if not known) tells it, as a link of WhatsApp, as an address of WhatsApp, as tel:. It returns
// what that can mean, in E.164. More than one phone has to be asked about.
func ReadPhone(typed, country string) (readings []string, err error) {
	number, international := unwrapped(typed)
	if rounded().MatchString(number) {
		return nil, ErrRounded
	}
	number = decimals().ReplaceAllString(number, "$1")
	digits, plus, ok := digitsOf(number)
	if !ok {
		return nil, ErrNoPhone
	}
	if rest, found := strings.CutPrefix(digits, "00"); found && !plus {
		digits, plus = rest, true
	}
	if plus || international {
		readings = explicit(digits)
	} else {
		readings = guessed(digits, country, strings.HasPrefix(number, "("))
	}
	if len(readings) == 0 {
		return nil, ErrNoPhone
	}
	return readings, nil
}

var (
	// 5.5119E+12, also with a decimal comma.
	rounded = flows.Pattern(`^[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+$`)
	// 5511900000001.0 is what programs that take a phone for a number make of it.
	decimals = flows.Pattern(`^(\+?\d{7,})[.,]0+$`)
	// A link by which WhatsApp opens a chat. The phone in it has its country code.
	chatLink = flows.Pattern(`(?i)^(?:https?://)?(?:www\.)?` +
		`(?:wa\.me/|(?:api\.|web\.|chat\.)?whatsapp\.com/send/?\?(?:.*&)?phone=)` +
		`(?:\+|%2B)?([\d ().-]+)(?:[/?&#].*)?$`)
	appLink = flows.Pattern(`(?i)^whatsapp:(?://send/?\?(?:.*&)?phone=)?(?:\+|%2B)?([\d ().-]+)(?:[/?&#].*)?$`)
	// An address as WhatsApp and programs on it write it.
	address = flows.Pattern(`^(\d+)(?:[.:]\d+)*@(?:s\.whatsapp\.net|c\.us)$`)
	telURI  = flows.Pattern(`(?i)^(?:tel|sms|callto):(?://)?([^;?]+)(?:[;?].*)?$`)
)

// unwrapped takes a phone out of what it is copied with. international is true where that says that
// the country code is there.
func unwrapped(typed string) (number string, international bool) {
	number = strings.TrimFunc(typed, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	number = strings.TrimPrefix(number, "=") // ="+5511900000001" keeps a spreadsheet from calculating
	number = strings.TrimSpace(strings.Trim(number, `"'’‘“”<>`))
	for _, link := range []func() *regexp.Regexp{chatLink, appLink, address} {
		if m := link().FindStringSubmatch(number); m != nil {
			return m[1], true
		}
	}
	if m := telURI().FindStringSubmatch(number); m != nil {
		number = strings.TrimSpace(m[1])
	}
	return number, false
}

// digitsOf are the digits of a phone, as ASCII, and whether a plus stands before them. What else
// may stand between is what people write to make it readable.
func digitsOf(number string) (digits string, plus, ok bool) {
	var b strings.Builder
	for _, r := range number {
		d, isDigit := words.Digit(r)
		switch {
		case isDigit:
			b.WriteByte(byte('0' + d))
		case r == '+' || r == '＋':
			if plus || b.Len() > 0 {
				return "", false, false
			}
			plus = true
		case unicode.IsSpace(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Pd, r),
			strings.ContainsRune(".()[]/\u2212\u00b7", r):
		default:
			return "", false, false
		}
	}
	return b.String(), plus, true
}

// explicit reads digits that begin with the country code. A zero that is dialled inside the country
// only is left out where the phone is none with it: +44 (0)20.
func explicit(digits string) []string {
	if n := len(digits); n < 7 || n > 15 || digits[0] == '0' {
		return nil
	}
	phone := "+" + digits
	if isPhone(phone) {
		return []string{phone}
	}
	if n, ok := phones.Read(phone); ok && n.IsPersonal() {
		return []string{n.String()}
	}
	return []string{phone}
}

// guessed reads digits that may begin with a country code, or lack it. area is true where they
// begin with an area code in brackets.
func guessed(digits, country string, area bool) (readings []string) {
	if country != "" {
		if n, ok := phones.ReadIn(digits, country); ok && isPhone(n.String()) {
			readings = append(readings, n.String())
		}
	}
	if area {
		return readings
	}
	for _, abroad := range explicit(digits) {
		switch {
		case slices.Contains(readings, abroad):
		case isPhone(abroad), len(readings) == 0 && couldBePhone(abroad):
			readings = append(readings, abroad)
		}
	}
	return readings
}

// isPhone reports whether somebody can have a phone (E.164), in one of its spellings.
func isPhone(phone string) bool {
	return slices.ContainsFunc(Spellings(phone), func(spelling string) bool {
		n, ok := phones.Read(spelling)
		return ok && n.IsPersonal() && n.String() == spelling
	})
}

// couldBePhone reports whether digits (E.164) have the length of a phone with its area code. The
// plans of some countries are newer than ours.
func couldBePhone(phone string) bool {
	const shortest = 13 // with its plus. In a shorter one the first digits may be an area code
	n, ok := phones.Read(phone)
	return ok && len(phone) >= shortest && n.Length() == phones.Possible
}

// CallingCode is the code with which phones of a region (ISO 3166) begin. It is 0 where the region
// has none.
func CallingCode(region string) int { return phones.CallingCode(region) }
