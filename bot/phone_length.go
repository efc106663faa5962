package bot

import "optinbot/bot/phones"

// HasPhoneLength reports whether a phone (E.164) has as many digits as a phone of its country may
// have. It is true where the country is not known.
func HasPhoneLength(phone string) bool {
	for _, spelling := range Spellings(phone) {
		n, ok := phones.Read(spelling)
		if !ok {
			return true
		}
		if l := n.Length(); l != phones.TooShort && l != phones.TooLong {
			return true
		}
	}
	return false
}
