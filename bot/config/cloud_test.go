package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const onCloud = "{name: main, flow: promotions, transport: cloud, cloud: {phone_number_id: 100000000001001, waba_id: 300000000001002, " +
	"token_file: token, app_secret_file: app-secret, verify_token_file: verify}"

// TestCloudConfig: what a number on the Cloud API has to say, and what the other wire knows alone,
// each with its place.
func TestCloudConfig(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"numbers: [" + onCloud + "}]":                                                      "",
		"numbers: [" + onCloud + ", pace: 80}]":                                            "",
		"numbers: [" + onCloud + `, notify: "+12125550100"}]`:                              "",
		"numbers: [" + onCloud + ", established: false}]":                                  "",
		"numbers: [{name: main, flow: f, transport: whatsapp}]":                            "",
		"numbers: [" + onCloud + ", pace: 1001}]":                                          "pace is 1001; it has to be between 1 and 1000",
		"numbers: [" + onCloud + ", pace: -1}]":                                            "numbers.0.pace is -1",
		"numbers: [" + onCloud + ", notify: 2125550100}]":                                  "numbers.0.notify is no phone",
		"numbers: [" + onCloud + ", established: true}]":                                   "numbers.0.established is about the warm-up",
		"numbers: [" + onCloud + "}, " + strings.Replace(onCloud, "main", "two", 1) + "}]": "numbers.1.cloud.phone_number_id is \"100000000001001\", and so is",
		"numbers: [{name: main, flow: f, transport: clod}]":                                ":1:44: numbers.0.transport is \"clod\"; it is whatsapp or cloud",
		"numbers: [{name: main, flow: f, transport: cloud}]":                               "numbers.0.cloud.phone_number_id is \"\"",
		"numbers: [{name: main, flow: f, pace: 5}]":                                        ":1:39: numbers.0.pace is of transport: cloud",
		"numbers: [{name: main, flow: f, notify: \"+12125550100\"}]":                       "numbers.0.notify is of transport: cloud",
		"numbers: [{name: main, flow: f, cloud: {waba_id: 3}}]":                            ":1:50: numbers.0.cloud.waba_id is set",
		"numbers: [{name: main, flow: f, cloud: {token: 3}}]":                              "there is no setting \"token\" here",
		"numbers: [" + strings.Replace(onCloud, "waba_id: 3", "waba_id: x3", 1) + "}]":     "numbers.0.cloud.waba_id is \"x3",
		"numbers: [" + strings.Replace(onCloud, "token_file: token, ", "", 1) + "}]":       "numbers.0.cloud.token_file names no file",
		"cloud: {test_server: \"http://127.0.0.1:8080\", test_limits: off}":                "",
		"cloud: {test_server: \"http://graph.example:8080\"}":                              ":1:22: cloud.test_server is \"http://graph.example:8080\"",
		"cloud: {test_server: \"https://127.0.0.1:8080\"}":                                 "cloud.test_server is",
		"cloud: {test_server: \"http://127.0.0.1:8080/v25.0\"}":                            "cloud.test_server is",
		"cloud: {test_limits: off}":                                                        "works with cloud.test_server only",
		"cloud: {test_server: \"http://[::1]:8080\"}":                                      "",
		"web: {hooks: \"\"}":                                                            "",
		"web: {hooks: \"8421\"}":                                                        "web.hooks is \"8421\"; it is an address and a port",
		"web: {hooks: \"0.0.0.0:8421\"}":                                                "lets other machines in without TLS",
		"web: {hooks: \"0.0.0.0:8421\", behind_proxy: true}":                            "",
		"web: {hooks: \"127.0.0.1:8420\"}":                                              "and so is web.listen",
		"web: {hooks: \"127.0.0.1:0\", listen: 127.0.0.1:0}":                            "",
		"whatsapp: {test_limits: off}\ncloud: {test_server: \"http://127.0.0.1:8080\"}": "works with whatsapp.test_server only",
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		must(t, os.WriteFile(file, []byte(text+"\n"), 0o600))
		_, err := Load(defaultConfig(t), file, true, nil)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s is refused: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file+":")):
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}

// TestTheEnvironmentDescribesACloudNumber: as containers do.
func TestTheEnvironmentDescribesACloudNumber(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := func(name, content string) string {
		file := filepath.Join(dir, name)
		must(t, os.WriteFile(file, []byte(content), 0o600))
		return file
	}
	environ := map[string]string{
		"OPTINBOT_NUMBERS_1_NAME": "second", "OPTINBOT_NUMBERS_1_FLOW": "promotions", "OPTINBOT_NUMBERS_1_TRANSPORT": "cloud",
		"OPTINBOT_NUMBERS_1_CLOUD_PHONE_NUMBER_ID": "100000000001001", "OPTINBOT_NUMBERS_1_CLOUD_WABA_ID": "300000000001002",
		"OPTINBOT_NUMBERS_1_CLOUD_TOKEN_FILE": secret("token", "EAAx\n"), "OPTINBOT_NUMBERS_1_CLOUD_APP_SECRET_FILE": secret("app", " 0a\n"),
		"OPTINBOT_NUMBERS_1_CLOUD_VERIFY_TOKEN_FILE": secret("verify", "words"), "OPTINBOT_NUMBERS_1_PACE": "20",
	}
	c, err := loaded(t, environ)
	must(t, err)
	if c.unknown != nil || len(c.OnCloud()) != 1 || c.OnCloud()[0].Name != "second" {
		t.Fatalf("%v, %+v", c.unknown, c.Numbers)
	}
	n := c.Numbers[1]
	s, err := c.CloudSecrets(n)
	if err != nil || s != (CloudSecrets{"EAAx", "0a", "words"}) {
		t.Errorf("%+v, %v", s, err)
	}
	if l := c.Limits(n); l.Every != 50*time.Millisecond || !l.NoWarmUp || l.Unlimited {
		t.Errorf("%+v", l)
	}
	if l := c.Limits(c.Numbers[0]); l.Every != 36*time.Second || l.NoWarmUp {
		t.Errorf("the other number: %+v", l)
	}
	secret("app", " \n")
	if _, err := c.CloudSecrets(n); err == nil || !strings.Contains(err.Error(), "app_secret_file of number second: ") || strings.Contains(err.Error(), "EAAx") {
		t.Errorf("an empty file: %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "token")))
	if _, err := c.CloudSecrets(n); err == nil || !strings.Contains(err.Error(), "token_file of number second: ") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestTestLimitsAreOfOneWire: what lifts the limits at one test server leaves those of the other
// transport, which may be real.
func TestTestLimitsAreOfOneWire(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(file, []byte("numbers: [{name: other, flow: f}, "+onCloud+"}]\ncloud: {test_server: \"http://127.0.0.1:8080\", test_limits: off}\n"), 0o600))
	c, err := Load(defaultConfig(t), file, true, nil)
	must(t, err)
	if c.Limits(c.Numbers[0]).Unlimited || !c.Limits(c.Numbers[1]).Unlimited {
		t.Error("the limits of the wrong wire are lifted")
	}
	if l := c.Limits(c.Numbers[1]); l.Every != 100*time.Millisecond {
		t.Errorf("the pace is %s", l.Every)
	}
}
