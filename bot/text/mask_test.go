package text

import "testing"

// TestMaskedHidesWhomATextNames: phones, LIDs, BSUIDs and addresses, and nothing else.
func TestMaskedHidesWhomATextNames(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]string{
		"+12125550101":                       "+12…01",
		"lid:71, then bsuid:42/US.1a2B":      "lid:…, then bsuid:…",
		"42/US.1a2B wrote":                   "… wrote",
		"to 447700900001:3@s.whatsapp.net":   "to …@s.whatsapp.net",
		"71@lid and 7.1:2@lid":               "…@lid and …@lid",
		"contact 12 of 3/4, 1/2.5, valid:71": "contact 12 of 3/4, 1/2.5, valid:71",
		"`optinbot contacts show +12125550101`; 2 people: +4 and +1.5": "`optinbot contacts show +12…01`; 2 people: +4 and +1.5",
	} {
		if got := Masked(says); got != want {
			t.Errorf("%q: %q, want %q", says, got, want)
		}
	}
}
