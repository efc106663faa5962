package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// find is a setting by its key, and the group that it is in.
func find(t *testing.T, c *Config, key string) (of SettingGroup, s Setting) {
	t.Helper()
	for _, group := range c.Settings() {
		for _, s := range group.Settings {
			if s.Key == key {
				return group, s
			}
		}
	}
	t.Fatalf("there is no setting %s", key)
	return of, s
}

// TestEverySettingSaysWhatItMeans: each has its default, and its name or config.yaml says what it is
// for.
func TestEverySettingSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	c, err := loaded(t, nil)
	must(t, err)
	seen := 0
	for _, group := range c.Settings() {
		for _, s := range group.Settings {
			seen++
			if s.Origin != FromDefault || s.Value != s.Default || s.Place != "" {
				t.Errorf("%+v", s)
			}
			if s.Meaning == "" && group.Meaning == "" {
				t.Errorf("%s: neither it nor its group has a meaning", s.Key)
			}
			if in, _, _ := strings.Cut(s.Key, "."); group.Name != "" && in != group.Name {
				t.Errorf("%s is in the group %s", s.Key, group.Name)
			}
		}
	}
	if want := len(c.settings()); seen != want || seen < 30 {
		t.Errorf("%d settings of %d", seen, want)
	}
	hours, from := find(t, c, "hours.from")
	if hours.Meaning != "of promotions, where the contact lives" || from != (Setting{
		Key: "hours.from", Value: "09:00", Default: "09:00", Meaning: "not before 08:00", Origin: FromDefault,
	}) {
		t.Errorf("%q: %+v", hours.Meaning, from)
	}
}

// TestASettingNamesWhoSetIt: the environment wins over the file, and the file over the default.
func TestASettingNamesWhoSetIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "zone")
	must(t, os.WriteFile(secret, []byte("Europe/Lisbon\n"), 0o600))
	must(t, os.WriteFile(file, []byte(`country: PT
pace:
  every: &each 60s
  per_hour: ~
contact:
  gap: *each
hours:
  days: [mon, "tue"]
numbers:
  - {name: main, flow: promotions}
  - name: outlet
    flow: promotions
    card: <b>
`), 0o600))
	c, err := Load(defaultConfig(t), file, true, map[string]string{
		"OPTINBOT_PACE_EVERY": "90s", "OPTINBOT_ZONE_FILE": secret, "OPTINBOT_NUMBERS_1_ESTABLISHED": "true", "OPTINBOT_LOG_LEVEL": "",
	})
	if err == nil || !strings.Contains(err.Error(), "contact.gap") { // it is read all the same
		t.Errorf("%v", err)
	}
	for key, want := range map[string]Setting{
		"country":               {Value: "PT", Origin: FromFile, Place: file + ":1:10"},
		"pace.every":            {Value: "90s", Default: "36s", Origin: FromEnvironment, Place: "OPTINBOT_PACE_EVERY"},
		"pace.per_hour":         {Value: "0", Default: "0", Origin: FromDefault},
		"contact.gap":           {Value: "60s", Default: "20h", Origin: FromFile, Place: file + ":6:8"},
		"hours.days":            {Value: "mon, tue", Default: "mon, tue, wed, thu, fri, sat", Origin: FromFile, Place: file + ":8:9"},
		"zone":                  {Value: "Europe/Lisbon", Default: "UTC", Origin: FromEnvironment, Place: "OPTINBOT_ZONE_FILE"},
		"log.level":             {Value: "info", Default: "info", Origin: FromDefault},
		"numbers.0.card":        {Origin: FromDefault},
		"numbers.1.name":        {Value: "outlet", Default: "main", Origin: FromFile, Place: file + ":11:11"},
		"numbers.1.card":        {Value: "<b>", Origin: FromFile, Place: file + ":13:11"},
		"numbers.1.established": {Value: "true", Default: "false", Origin: FromEnvironment, Place: "OPTINBOT_NUMBERS_1_ESTABLISHED"},
	} {
		_, got := find(t, c, key)
		if want.Key, want.Meaning = key, got.Meaning; got != want {
			t.Errorf("%+v\nwant %+v", got, want)
		}
	}
}

// TestOfAnAddressWithASecretTheHostIsShown: whoever has the rest could say that all is well.
func TestOfAnAddressWithASecretTheHostIsShown(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://hc.example/ping/5d1f": "https://hc.example/...", "hc.example/5d1f": "(set)", "::": "(set)",
	} {
		if got := hostOf(address); got != want {
			t.Errorf("%s is shown as %s", address, got)
		}
	}
}
