package flows

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestMonthsInEveryLanguage: every language with built-in texts has twelve months, and a date can be written with each.
func TestMonthsInEveryLanguage(t *testing.T) {
	for language := range builtInTexts()["hint"] {
		if n := len(answersSource(t)["months"][language]); n != 12 {
			t.Errorf("%s has %d months", language, n)
		}
	}
	for text, want := range map[string]string{
		"3 अप्रैल 1990": "1990-04-03", "३ फ़रवरी १९९०": "1990-02-03", "3 फरवरी 1990": "1990-02-03", "31 दिसंबर 2001": "2001-12-31", "31 दिसम्बर 2001": "2001-12-31",
		"3 أبريل 1990": "1990-04-03", "٣ من ابريل ١٩٩٠": "1990-04-03", "3 نيسان 1990": "1990-04-03", "3 غشت 1990": "1990-08-03", "3 أوت 1990": "1990-08-03",
		"3 تشرين الثاني 1990": "1990-11-03", "3 كانون الثاني 1990": "1990-01-03", "1 كانون الأول، 1990": "1990-12-01", "يوم 3 مارس 1990": "1990-03-03",
	} {
		if got, ok := dateIn(text); !ok || !slices.Equal(got, []string{want}) {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"3 تشرين 1990", "31 फरवरी 1990", "3 अप्रैल", "الثاني 3 مارس 1990"} {
		if got, ok := dateIn(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
	for m, name := range answersSource(t)["months"]["hi"] {
		if got, _ := dateIn(fmt.Sprintf("9 %s 2000", firstForm(name))); !slices.Equal(got, []string{fmt.Sprintf("2000-%02d-09", m+1)}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// answersSource is answers.yaml as it is written.
func answersSource(t *testing.T) (source map[string]map[string][]string) {
	t.Helper()
	if err := yaml.Load(answersYAML, &source); err != nil {
		t.Fatal(err)
	}
	return source
}

func firstForm(forms string) string { return strings.Fields(forms)[0] }
