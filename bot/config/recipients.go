package config

import (
	"fmt"
	"strings"

	"filippo.io/age"
)

// ParseRecipients reads public keys of age: each begins with age1, and is one line.
func ParseRecipients(given []string) (to []age.Recipient, err error) {
	for _, one := range given {
		parsed, err := age.ParseRecipients(strings.NewReader(one))
		if err != nil || strings.Contains(one, "\n") {
			return nil, fmt.Errorf("%q is no recipient of age, which begins with age1 and is a line of the key's file",
				one)
		}
		to = append(to, parsed...)
	}
	return to, nil
}
