package bot

import "github.com/nyaruka/phonenumbers"

// HasPhoneLength reports whether a phone (E.164) has as many digits as a phone of its country may
// have. It is true where the country is not known.
func HasPhoneLength(phone string) bool {
	for _, spelling := range Spellings(phone) {
		n, err := phonenumbers.Parse(spelling, "")
		if err != nil {
			return true
		}
		switch phonenumbers.IsPossibleNumberWithReason(n) {
		case phonenumbers.TOO_SHORT, phonenumbers.TOO_LONG:
		default:
			return true
		}
	}
	return false
}
