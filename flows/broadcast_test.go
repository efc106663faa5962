package flows

import (
	"testing"
	"time"
)

const draft = "text:\n  en: Shoes!\n  pt: Calçados!\n  es: ¡Zapatos!\n"

func TestBroadcasts(t *testing.T) {
	f := shipped(t)
	lisbon := time.FixedZone("WET", 0)
	for _, c := range []struct {
		src, at string
		now     bool
		want    string
	}{
		{draft, AtNow, true, ""},
		{"at: now\n" + draft, AtNow, true, ""},
		{"at: 2026-12-01 10:00\nzone: Europe/Lisbon\n" + draft, "2026-12-01 10:00", false, "2026-12-01T10:00:00Z"},
		{"at: 2026-12-01T10:00\n" + draft, "2026-12-01 10:00", false, "2026-12-01T10:00:00Z"},
		{"at: 2026-12-01T10:00:00+02:00\n" + draft, "2026-12-01T10:00:00+02:00", false, "2026-12-01T10:00:00+02:00"},
	} {
		b, problems := LoadBroadcast("drafts/sale.yaml", []byte(c.src), f)
		if b == nil {
			t.Fatal(problems)
		}
		at, now := b.When(lisbon)
		if b.Name != "sale" || b.At != c.at || now != c.now || (!now && at.Format(time.RFC3339) != c.want) || string(b.Source) != c.src || len(b.Version) != 12 {
			t.Errorf("%q: %+v, %v %v", c.src, b, at, now)
		}
	}
	for _, src := range []string{"at: 2026-13-01 10:00\n" + draft, "at: 10:00\n" + draft, "zone: Lisbon time\n" + draft, "broadcast: other\n" + draft, "text: {fr: Chaussures}\n"} {
		if b, _ := LoadBroadcast("sale.yaml", []byte(src), f); b != nil {
			t.Errorf("%q was accepted", src)
		}
	}
	if b, _ := LoadBroadcast("My sale.yaml", []byte(draft), f); b != nil {
		t.Error("a file name that is no name was accepted")
	}
}

// TestB3InsteadOfAMissingLanguage: who reads a language that a draft has no text in gets that of the flow's first that it has.
func TestB3InsteadOfAMissingLanguage(t *testing.T) {
	f := shipped(t) // en, pt, es
	for _, c := range []struct{ src, language, instead, text string }{
		{draft, "pt", "", "Calçados!"},
		{"text: {es: ¡Zapatos!, pt: Calçados!}\n", "en", "pt", "Calçados!"},
		{"text: {es: ¡Zapatos!}\n", "pt", "es", "¡Zapatos!"},
		{"text: Sale!\n", "pt", "", "Sale!"},
	} {
		b, problems := LoadBroadcast("sale.yaml", []byte(c.src), f)
		if b == nil {
			t.Fatal(problems)
		}
		if got, text := b.Instead(c.language, f.Languages), b.Text.In(c.language, f.Languages); got != c.instead || text[0].Source != c.text {
			t.Errorf("%q for %s: instead %q, %q", c.src, c.language, got, text[0].Source)
		}
	}
}

// TestTheExampleBroadcastCanBeScheduled as it is shipped, with at least two variants in each language.
func TestTheExampleBroadcastCanBeScheduled(t *testing.T) {
	f := shipped(t)
	src, err := Defaults.ReadFile("broadcasts/weekend-offer.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, problems := LoadBroadcast("weekend-offer.yaml", src, f)
	if b == nil {
		t.Fatal(problems)
	}
	for _, language := range f.Languages {
		if len(b.Text[language]) < 2 {
			t.Errorf("%s: %d variants", language, len(b.Text[language]))
		}
	}
}
