package config

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCountries: every line of the table can be used, and people find their country as they type
// it.
func TestCountries(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range countries() {
		if len(c.Code) != 2 || c.Code != strings.ToUpper(c.Code) || seen[c.Code] || len(c.Zones) == 0 || c.Names[0] == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
		for _, zone := range c.Zones {
			if _, err := time.LoadLocation(zone); err != nil {
				t.Errorf("%s: %v", c.Code, err)
			}
		}
		for _, name := range c.Names {
			if found, ok := CountryOf(name); !ok || found.Code != c.Code {
				t.Errorf("%q is %s, and %s is found", name, c.Code, found.Code)
			}
		}
	}
	if len(seen) < 240 {
		t.Errorf("%d countries", len(seen))
	}
	for typed, want := range map[string]string{"br": "BR", " Brasil ": "BR", "méxico": "MX", "espana": "ES", "usa": "US", "UK": "GB", "deutschland": "DE"} {
		if c, ok := CountryOf(typed); !ok || c.Code != want {
			t.Errorf("%q: %s, want %s", typed, c.Code, want)
		}
	}
	if _, ok := CountryOf("Atlantis"); ok {
		t.Error("Atlantis is a country")
	}
	if like := CountriesLike("brazill"); !slices.Contains(like, "Brazil") {
		t.Errorf("brazill is like %v", like)
	}
}

// TestConfigCountry: the key is two letters of a country, or nothing.
func TestConfigCountry(t *testing.T) {
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	for code, ok := range map[string]bool{"": true, "BR": true, "br": false, "Brazil": false, "QQ": false} {
		_, err := Load(defaults, "config.yaml", false, map[string]string{"OPTINBOT_COUNTRY": code})
		if (err == nil) != ok {
			t.Errorf("%q: %v", code, err)
		}
	}
}
