package api

import "testing"

// TestViewersSeeNobodysAddress: whoever only reads sees no phone, LID or BSUID, whether it is a field of an answer or stands in a text.
func TestViewersSeeNobodysAddress(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"phone":"+12125550101","lid":"71"}`:                       `{"phone":"+12…01","lid":"…"}`,
		`{"identities":[{"kind":"bsuid","value":"42/US.1a2B"}]}`:    `{"identities":[{"kind":"bsuid","value":"…"}]}`,
		`{"identities":[{"kind":"lid","value":"71"}]}`:              `{"identities":[{"kind":"lid","value":"…"}]}`,
		`{"samples":[{"to":"lid:71"},{"to":"bsuid:42/US.1a2B"}]}`:   `{"samples":[{"to":"lid:…"},{"to":"bsuid:…"}]}`,
		`{"sender":"71:2@lid","at":"2026-03-02T10:00:00Z","id":71}`: `{"sender":"…@lid","at":"2026-03-02T10:00:00Z","id":71}`,
	} {
		if got := string(withoutAddresses([]byte(data))); got != want {
			t.Errorf("%s: %s, want %s", data, got, want)
		}
	}
}
