package desk

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAnswersAboutANewShop: answers are taken as people type them, or refused with what is wrong.
func TestAnswersAboutANewShop(t *testing.T) {
	t.Parallel()
	in := func(country string) *NewShop {
		s := UsualShop()
		if err := s.TakeCountry(country); err != nil {
			t.Fatal(err)
		}
		return s
	}
	brazil, usual := in("brasil"), UsualShop()
	for _, c := range []struct {
		take  func(string) error
		typed string
		says  string // "": it is taken
		is    func() string
		want  string
	}{
		{usual.TakeName, " Ana's   Café ", "", func() string { return usual.Name }, "Ana's Café"},
		{usual.TakeName, "{x}", "cannot have { or }", nil, ""},
		{usual.TakeName, strings.Repeat("x", longestName), "", nil, ""},
		{usual.TakeName, strings.Repeat("x", longestName+1), "at most 60", nil, ""},
		{usual.TakeName, "a\x1b[2J", "cannot be shown", nil, ""},
		{usual.TakeName, "!?", "needs a letter or a digit", nil, ""},
		{usual.TakeCountry, "Brazill", "did you mean Brazil?", nil, ""},
		{usual.TakeCountry, "QQ", "two letters such as BR", nil, ""},
		{brazil.TakeZone, "2", "", func() string { return brazil.Zone }, brazil.Country.Zones[1]},
		{brazil.TakeZone, "9", "type a number from 1 to 4", nil, ""},
		{brazil.TakeZone, "manaus", "", func() string { return brazil.Zone }, "America/Manaus"},
		{brazil.TakeZone, "Europe/Lisbon", "", func() string { return brazil.Zone }, "Europe/Lisbon"},
		{usual.TakeZone, "Mars", "is not a time zone", nil, ""},
		{usual.TakeLanguages, "Português, en;pt", "", func() string { return strings.Join(usual.Languages, " ") }, "pt en"},
		{usual.TakeLanguages, "klingon", `no texts in "klingon"; type en, pt, es`, nil, ""},
		{usual.TakeLanguages, " , ", "at least one language", nil, ""},
		{usual.TakeKind, "2", "", func() string { return usual.Kind }, "food"},
		{usual.TakeKind, "School", "", func() string { return usual.Kind }, "gym"},
		{usual.TakeKind, "zoo", "there are clothes, food, beauty, gym, minimal", nil, ""},
	} {
		err := c.take(c.typed)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q: %v", c.typed, err)
		}
		if c.is != nil && c.is() != c.want {
			t.Errorf("%q is taken for %q, not for %q", c.typed, c.is(), c.want)
		}
	}
}

// TestWhatANewShopUsuallyIs: the country tells zone and language, the machine the country, the
// folder the name.
func TestWhatANewShopUsuallyIs(t *testing.T) {
	t.Parallel()
	for country, want := range map[string]struct {
		zone, languages string
		choices         int
	}{
		"Brazil": {"America/Sao_Paulo", "pt", 4}, "PT": {"Europe/Lisbon", "pt", 0}, "Japan": {"Asia/Tokyo", "en", 0},
	} {
		s := UsualShop()
		if err := s.TakeCountry(country); err != nil {
			t.Fatal(err)
		}
		if choices := s.ZoneChoices(); s.Zone != want.zone || s.UsualLanguages() != want.languages || len(choices) != want.choices && want.choices > 0 {
			t.Errorf("%s: %s, %s, %v", country, s.Zone, s.UsualLanguages(), choices)
		}
	}
	if s := UsualShop(); s.Zone != "UTC" || s.UsualLanguages() != "en, pt, es" || s.ZoneChoices() != nil {
		t.Errorf("%+v", s)
	}
	for _, c := range []struct {
		environ map[string]string
		country string
	}{
		{map[string]string{"LANG": "pt_BR.UTF-8"}, "Brazil"}, {map[string]string{"LANG": "de_AT@euro", "LC_ALL": "es_MX"}, "Mexico"},
		{map[string]string{"LANG": "C.UTF-8"}, ""}, {nil, ""},
	} {
		if got := CountryOfLocale(c.environ); got != c.country {
			t.Errorf("%v: %q, want %q", c.environ, got, c.country)
		}
	}
	if got := ShopNameOf("some/my-corner_shop"); got != "My Corner Shop" {
		t.Error(got)
	}
	if got := ShopLanguages(); got != "English (en), Portuguese (pt) and Spanish (es)" {
		t.Error(got)
	}
}

// TestMakeShop: the answers are in the files, and the folder of somebody else is left alone.
func TestMakeShop(t *testing.T) {
	t.Parallel()
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "a", "shop")
	s := UsualShop()
	for _, err := range []error{s.TakeName("Ana"), s.TakeCountry("BR"), s.TakeLanguages("pt"), s.TakeKind("food")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	made, err := MakeShop(dir, defaults, s)
	if err != nil || made.Draft != "flows/broadcasts/friday-treat.yaml" || made.Zone != "America/Sao_Paulo" || made.Elsewhere != "Brazil" ||
		!slices.Contains(made.Files, "config.yaml") {
		t.Fatalf("%+v %v", made, err)
	}
	for _, name := range made.Files {
		if content, err := os.ReadFile(filepath.Join(dir, name)); err != nil || name == "config.yaml" &&
			(!strings.Contains(string(content), "\nzone: America/Sao_Paulo ") || !strings.Contains(string(content), "\ncountry: BR ")) {
			t.Errorf("%s: %v\n%.300s", name, err, content)
		}
	}
	if _, err := MakeShop(dir, defaults, s); err == nil || !strings.HasSuffix(err.Error(), "shop is not empty") {
		t.Errorf("it was overwritten: %v", err)
	}
	usual := filepath.Join(t.TempDir(), "shop")
	if made, err := MakeShop(usual, defaults, nil); err != nil || made.Draft != "flows/broadcasts/weekend-offer.yaml" || made.Zone != "UTC" || made.Elsewhere != "" {
		t.Errorf("%+v %v", made, err)
	}
}

// TestAShopIsNotHalfMade: where a file cannot be written, those before it go too, and so do the
// folders.
func TestAShopIsNotHalfMade(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	// A file stands where a folder has to be.
	if err := writeFolder(filepath.Join(top, "a", "shop"), map[string][]byte{"config.yaml": nil, "flows": nil, "flows/promotions.yaml": nil}); err == nil {
		t.Fatal("it could be written")
	}
	if left, err := os.ReadDir(top); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
