package flows

import (
	"strings"
	"testing"
)

func TestTemplates(t *testing.T) {
	value := func(name string) string { return map[string]string{"first_name": "Ana ", "brand": "Casa"}[name] }
	for source, want := range map[string]string{
		"Hi {first_name|there}!": "Hi Ana!", "{brand}": "Casa", "{name|friend}": "friend", "{name|}x": "x", "{{a}}": "{a}", "": "",
		"{name|one, two: three}": "one, two: three", "é {brand} é": "é Casa é",
	} {
		template, err := ParseTemplate(source)
		if err != nil {
			t.Errorf("%q: %v", source, err)
		}
		if got, holes := template.Render(value); got != want || holes != nil {
			t.Errorf("%q: got %q, %q", source, got, holes)
		}
	}
	for _, source := range []string{"{", "}", "Hi {first name}", "{A}", "{}", "{|x}", "{a", "a}", "{a\n}", "{a{b}}"} {
		if _, err := ParseTemplate(source); err == nil {
			t.Errorf("%q was accepted", source)
		}
	}
}

// TestB3ATextWithAHoleSaysSo: a placeholder that is empty and has no default is reported, not sent as "Hi ,".
func TestB3ATextWithAHoleSaysSo(t *testing.T) {
	template, err := ParseTemplate("Hi {first_name}, {brand}")
	if err != nil {
		t.Fatal(err)
	}
	if _, holes := template.Render(func(string) string { return " " }); strings.Join(holes, " ") != "first_name brand" {
		t.Error(holes)
	}
}

// TestB3InvisibleCharacters: refused, but where a script or an emoji needs them.
func TestB3InvisibleCharacters(t *testing.T) {
	for text, want := range map[string]bool{
		"hi": false, "a\u200bb": true, "a\u00adb": true, "a\ufeffb": true, "a\u200db": true, "\u200d": true, "a\u2060": true, "\u202eabc": true, "a\u200eb": true,
		"👩\u200d👧": false, "❤\ufe0f": false, "क\u200dष": false, "می\u200cخواهم": false, "مرحبا \u200eABC": false, "🏴\U000e0067\U000e007f": false, "x\U000e0067": true, "\u2800": true,
	} {
		runes, got := []rune(text), false
		for i := range runes {
			got = got || hidden(runes, i)
		}
		if got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestDurations(t *testing.T) {
	for s, want := range map[string]string{"24h": "24h0m0s", "30m": "30m0s", "7d": "168h0m0s", "1h30m": "1h30m0s", "1d12h": "36h0m0s"} {
		if d, ok := parseDuration(s); !ok || d.String() != want {
			t.Errorf("%q: %v", s, d)
		}
	}
	for _, s := range []string{"", "h", "24", "1 h", "-1h", "1.5h", "99999999h", "1s"} {
		if d, ok := parseDuration(s); ok {
			t.Errorf("%q: %v", s, d)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, src := range map[string]string{
		"large":   strings.Repeat("#\n", 1<<20),
		"deep":    strings.Repeat("[", 5000),
		"deeper":  strings.Repeat("a: {", 5000),
		"aliases": "a: &a [x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]\n",
		"keys":    strings.Repeat("some_key: x\n", 1<<16),
		"braces":  strings.Replace(strings.Replace(menu, "CHOOSE", "one", 1), "en: What?", "en: \""+strings.Repeat("{x}", 1<<18)+"\"", 1),
		"label":   strings.Replace(strings.Replace(menu, "CHOOSE", "one", 1), "label: {en: Home", "label: {en: "+strings.Repeat("a ", 1<<18), 1),
		"words":   strings.Replace(strings.Replace(menu, "CHOOSE", "one", 1), "also: [sneakers", "also: ["+strings.Repeat("abc, ", 1<<17), 1),
		"text":    strings.Replace(strings.Replace(menu, "CHOOSE", "one", 1), "en: What?", "en: ["+strings.Repeat("\"{x}\", ", 1<<16)+"]", 1),
		"states":  strings.Replace(menu, "CHOOSE", "one", 1) + strings.Repeat("  s:\n    next: t\n", 2000),
	} {
		t.Log(name, len(src))
		if f, problems := Load("x.yaml", []byte(src)); f != nil || len(problems) == 0 || len(problems) > maxProblems {
			t.Errorf("%s: %d problems", name, len(problems))
		}
	}
}

// TestSecurityALongTemplate: what is read of a text is not copied for each brace in it.
func TestSecurityALongTemplate(t *testing.T) {
	const braces = 400_000
	got, err := ParseTemplate(strings.Repeat("{{", braces) + "{brand}")
	if err != nil || len(got.parts) != 2 || got.parts[0].literal != strings.Repeat("{", braces) {
		t.Fatalf("%d parts, %v", len(got.parts), err)
	}
}
