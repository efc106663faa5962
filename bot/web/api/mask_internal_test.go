package api

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

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

// TestO3AFaultOfTheAPINamesNobodyInTheLog: whatever an error has in it, the log and the answer have no
// phone, LID or BSUID. Short numbers stay: they are IDs, which say where to look.
func TestO3AFaultOfTheAPINamesNobodyInTheLog(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	a := &API{Options: Options{Log: slog.New(slog.NewTextHandler(&logged, nil))}}
	p := a.problemOf(errors.New("contact 41: +12125550101, 71:2@lid, 0207946001, 99887766554433221100, lid:71, 9001/US.1a2b is broken"))
	said := logged.String() + p.Detail
	for _, who := range []string{"2125550101", "71:2", "0207946001", "9988776655", "3221100", "lid:71", "US.1a2b"} {
		if strings.Contains(said, who) {
			t.Errorf("%s is in it: %s", who, said)
		}
	}
	if p.Status != 500 || !strings.Contains(said, "contact 41: ") || !strings.Contains(said, "is broken") {
		t.Errorf("%d: %s", p.Status, said)
	}
}
