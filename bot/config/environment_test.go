package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"optinbot/bot/text"
)

func defaultConfig(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../config.yaml")
	must(t, err)
	return text
}

// loaded is the configuration of an environment alone.
func loaded(t *testing.T, environ map[string]string) (*Config, error) {
	t.Helper()
	return Load(defaultConfig(t), filepath.Join(t.TempDir(), "config.yaml"), false, environ)
}

// TestEverySettingNamesItsVariable: what does not fit is told with the name of the variable and in
// words for whoever set it, for every setting there is, from the variable itself and from the file
// that it names.
func TestEverySettingNamesItsVariable(t *testing.T) {
	t.Parallel()
	c, err := Default(defaultConfig(t))
	must(t, err)
	settings := c.settings()
	if len(settings) < 30 {
		t.Fatalf("only %d settings", len(settings))
	}
	bad := filepath.Join(t.TempDir(), "bad")
	must(t, os.WriteFile(bad, []byte("\u2026?!\n"), 0o600))
	for _, s := range settings {
		if s.value.Kind() == reflect.String { // what a text may be, config.yaml's checks say
			continue
		}
		for name, value := range map[string]string{s.name: "\u2026?!", s.name + fileOf: bad} {
			_, err := loaded(t, map[string]string{name: value})
			if err == nil || !strings.Contains(err.Error(), name+": ") {
				t.Errorf("%s=%s: %v", name, value, err)
			} else if goWords.MatchString(err.Error()) {
				t.Errorf("%s names Go: %v", name, err)
			}
		}
		if _, err := loaded(t, map[string]string{s.name + fileOf: bad + "/nowhere"}); err == nil || !strings.Contains(err.Error(), s.name+fileOf+": ") {
			t.Errorf("%s: a file that is not there: %v", s.name, err)
		}
		if _, err := loaded(t, map[string]string{s.name: ""}); err != nil {
			t.Errorf("%s, empty: %v", s.name, err)
		}
	}
}

var goWords = regexp.MustCompile(`config\.[A-Z]|strconv|reflect|type "|field "|parse error`)

// TestTheEnvironmentSets: lists may have spaces, and a number that the file does not have can be
// described.
func TestTheEnvironmentSets(t *testing.T) {
	t.Parallel()
	c, err := loaded(t, map[string]string{
		"OPTINBOT_HOURS_DAYS": "mon, tue ,WED", "OPTINBOT_PACE_EVERY": "40s", "OPTINBOT_NUMBERS_0_ESTABLISHED": "true", "OPTINBOT_CONTACT_PER_DAY": "3",
		"OPTINBOT_NUMBERS_1_NAME": "second", "OPTINBOT_NUMBERS_1_FLOW": "promotions", "OPTINBOT_NUMBERS_2_NAME": "third", "OPTINBOT_NUMBERS_2_FLOW": "promotions",
	})
	must(t, err)
	if !slices.Equal(c.Hours.Days, []Weekday{1, 2, 3}) || text.Duration(c.Pace.Every.D()) != "40s" || !c.Numbers[0].Established || c.Contact.PerDay != 3 {
		t.Errorf("%+v", c)
	}
	if len(c.Numbers) != 3 || c.Numbers[0].Name != "main" || c.Numbers[1].Name != "second" || c.Numbers[2].Name != "third" {
		t.Errorf("%+v", c.Numbers)
	}
}

// TestUnknownVariablesAreNamed: a slip in the name of a variable sets nothing, so it is told,
// without its value. It is never a reason not to run: platforms set variables by themselves.
func TestUnknownVariablesAreNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"OPTINBOT_HOURS_FORM":               "OPTINBOT_HOURS_FORM, did you mean OPTINBOT_HOURS_FROM?",
		"OPTINBOT_PACE_EVRY":                "OPTINBOT_PACE_EVRY, did you mean OPTINBOT_PACE_EVERY?",
		"OPTINBOT_PACE_EVRY_FILE":           "OPTINBOT_PACE_EVRY_FILE, did you mean OPTINBOT_PACE_EVERY?",
		"OPTINBOT_COLOUR":                   "OPTINBOT_COLOUR",
		"OPTINBOT_LOG_FILE":                 "OPTINBOT_LOG_FILE",
		"OPTINBOT_NUMBERS_7_NAME":           "OPTINBOT_NUMBERS_7_NAME, did you mean OPTINBOT_NUMBERS_0_NAME?",
		"OPTINBOT_NUMBERS_0_FLWO":           "OPTINBOT_NUMBERS_0_FLWO, did you mean OPTINBOT_NUMBERS_0_FLOW?",
		"OPTINBOT_TEST_PROGRAM":             "",
		"OPTINBOT_SERVICE_HOST":             "",
		"OPTINBOT_SERVICE_PORT_HTTP":        "",
		"OPTINBOT_PORT":                     "",
		"OPTINBOT_PORT_8080_TCP_ADDR":       "",
		"OPTINBOTS_PACE":                    "",
		"OPTINBOT_WHATSAPP_SEND_TIMEOUT":    "",
		"OPTINBOT_WHATSAPP_TEST_SERVER_FIL": "OPTINBOT_WHATSAPP_TEST_SERVER_FIL",
	} {
		value := "30s"
		c, err := loaded(t, map[string]string{name: value})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(c.unknown, "; "); got != want {
			t.Errorf("%s: %q, should be %q", name, got, want)
		}
		if strings.Contains(c.Unknown(), value) {
			t.Errorf("%s: its value is shown: %s", name, c.Unknown())
		}
	}
}

// TestConfigThatIsNoYAML: a tab, another encoding, a quote that is never closed are told with their
// place, as a flow's are.
func TestConfigThatIsNoYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"zone: UTC\npace:\n\tevery: 40s\n":  ":3:1: a tab is used for indentation; use two spaces",
		"zone: UTC # Padr\xe3o\n":           ":1:17: this is not UTF-8 text; save the file as plain text in the encoding UTF-8",
		"zone: UTC\nflows: \"talk\ndata: x": ":2:8: a quote is opened here and never closed",
		"zone: UTC\nzone: UTC\n":            ":2:1: ",
		"zone: {a\n":                        ":",
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := Load(defaultConfig(t), file, true, nil)
		if err == nil || !strings.Contains(err.Error(), file+want) || strings.Contains(err.Error(), "go-yaml") || strings.Contains(err.Error(), "!!") {
			t.Errorf("%q: %v, should say %q", text, err, want)
		}
	}
	// Notepad's "Unicode" was always read.
	utf16 := append([]byte{0xff, 0xfe}, strings.ReplaceAll("zone: UTC\n", "", "\x00")[1:]...)
	file := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(file, utf16, 0o600))
	if _, err := Load(defaultConfig(t), file, true, nil); err != nil {
		t.Error(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
