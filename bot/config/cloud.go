package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/flows"
)

// The transports of a number.
const (
	TransportWhatsApp = "whatsapp" // a linked device of the number's phone
	TransportCloud    = "cloud"    // Meta's Cloud API
)

// The promotions a second of a number with TransportCloud.
const (
	DefaultCloudPace = 10
	mostCloudPace    = 1000 // what Meta allows a number at most
)

// CloudNumber is about a number with TransportCloud. The secrets are in files of their own.
type CloudNumber struct {
	PhoneNumberID   string `yaml:"phone_number_id"`
	WABA            string `yaml:"waba_id"`
	TokenFile       string `yaml:"token_file"`
	AppSecretFile   string `yaml:"app_secret_file"`
	VerifyTokenFile string `yaml:"verify_token_file"`
}

// Cloud is about tests of TransportCloud.
type Cloud struct {
	TestServer string `yaml:"test_server"` // an address on this machine. "": Meta
	TestLimits string `yaml:"test_limits"` // "" or "off"
}

// OnCloud reports whether a number is connected by Meta's Cloud API.
func (n Number) OnCloud() bool { return n.Transport == TransportCloud }

// CloudAccount is how the store names the account that a number is linked to. One at the test server
// is another.
func (c *Config) CloudAccount(n Number) string {
	if c.Cloud.TestServer != "" {
		return "test:" + n.Cloud.PhoneNumberID
	}
	return n.Cloud.PhoneNumberID
}

// LinkedTo reports whether a number is linked, where account is what the store has of it. An account of
// the other transport, from before, is none.
func (c *Config) LinkedTo(n Number, account string) bool {
	return account != "" && (!n.OnCloud() || account == c.CloudAccount(n))
}

// PerSecond is how many promotions of a number with TransportCloud go out in a second.
func (n Number) PerSecond() int {
	if n.Pace == 0 {
		return DefaultCloudPace
	}
	return n.Pace
}

// LinkVerb is how the number is linked at the command line.
func (n Number) LinkVerb() string {
	if n.OnCloud() {
		return "optinbot link --cloud"
	}
	return "optinbot link"
}

// OnCloud are the numbers that are connected by Meta's Cloud API.
func (c *Config) OnCloud() (numbers []Number) {
	for _, n := range c.Numbers {
		if n.OnCloud() {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// CloudSecrets open a number at Meta. They are nowhere but in their files, and are never shown.
type CloudSecrets struct{ Token, AppSecret, VerifyToken string }

// CloudSecrets reads the secrets of a number. The error names the key and the file, never a content.
func (c *Config) CloudSecrets(n Number) (s CloudSecrets, err error) {
	for _, secret := range []struct {
		key, file string
		to        *string
	}{
		{"token_file", n.Cloud.TokenFile, &s.Token},
		{"app_secret_file", n.Cloud.AppSecretFile, &s.AppSecret},
		{"verify_token_file", n.Cloud.VerifyTokenFile, &s.VerifyToken},
	} {
		content, err := os.ReadFile(c.Path(secret.file))
		if err != nil {
			return CloudSecrets{}, fmt.Errorf("cloud.%s of number %s: %w", secret.key, n.Name, err)
		}
		if *secret.to = strings.TrimSpace(string(content)); *secret.to == "" {
			return CloudSecrets{}, fmt.Errorf("cloud.%s of number %s: %s is empty", secret.key, n.Name, secret.file)
		}
	}
	return s, nil
}

// cloudLimits are those of a number on the Cloud API. There is no warm-up: Meta says how many people
// the number may write to, and the connection knows it. Pace has no part in them.
func (c *Config) cloudLimits(n Number, l *bot.Limits) {
	perSecond := time.Duration(n.PerSecond())
	l.Every = max(bot.Tick, time.Second/perSecond)
	l.NumberPerDay, l.NoWarmUp = bot.UnlimitedPerDay, true
	l.Unlimited = c.Cloud.TestLimits == "off"
	l.Budget = c.Budget()
}

var (
	onlyDigits = flows.Pattern(`^[0-9]+$`)
	withPlus   = flows.Pattern(`^\+[1-9][0-9]{6,14}$`)
)

func (c *Config) checkCloud(bad func(is bool, key, format string, args ...any)) {
	ids := map[string]bool{}
	for i, n := range c.Numbers {
		at := func(key string) string { return fmt.Sprintf("numbers.%d.%s", i, key) }
		switch n.Transport {
		case "", TransportWhatsApp:
			n.refuseCloud(at, bad)
			continue
		case TransportCloud:
		default:
			bad(true, at("transport"), "is %q; it is whatsapp or cloud", n.Transport)
			continue
		}
		bad(n.Established, at("established"),
			"is about the warm-up, and a number with transport: cloud has none; take it away")
		bad(n.Pace < 0 || n.Pace > mostCloudPace, at("pace"),
			"is %d; it has to be between 1 and %d, or 0 for %d a second", n.Pace, mostCloudPace, DefaultCloudPace)
		bad(n.Notify != "" && !withPlus().MatchString(n.Notify), at("notify"),
			"is no phone such as +12125550100, with the plus and nothing but digits")
		for _, id := range []struct{ key, value string }{
			{"cloud.phone_number_id", n.Cloud.PhoneNumberID}, {"cloud.waba_id", n.Cloud.WABA},
		} {
			bad(!onlyDigits().MatchString(id.value), at(id.key),
				"is %q; it is an ID that Meta shows, which has only digits; `optinbot link --cloud` asks for it", id.value)
		}
		for _, secret := range []struct{ key, file string }{
			{"cloud.token_file", n.Cloud.TokenFile}, {"cloud.app_secret_file", n.Cloud.AppSecretFile},
			{"cloud.verify_token_file", n.Cloud.VerifyTokenFile},
		} {
			bad(secret.file == "", at(secret.key), "names no file; `optinbot link --cloud` makes it")
		}
		bad(ids[n.Cloud.PhoneNumberID] && n.Cloud.PhoneNumberID != "", at("cloud.phone_number_id"),
			"is %q, and so is another number's", n.Cloud.PhoneNumberID)
		ids[n.Cloud.PhoneNumberID] = true
	}
	c.checkCloudTest(bad)
}

// refuseCloud refuses what only the other transport knows.
func (n Number) refuseCloud(at func(key string) string, bad func(is bool, key, format string, args ...any)) {
	bad(n.Pace != 0, at("pace"), "is of transport: cloud; of this number it is pace.every")
	bad(n.Notify != "", at("notify"), "is of transport: cloud; this number has a chat of its own for notices")
	for _, s := range []struct{ key, value string }{
		{"cloud.phone_number_id", n.Cloud.PhoneNumberID}, {"cloud.waba_id", n.Cloud.WABA},
		{"cloud.token_file", n.Cloud.TokenFile}, {"cloud.app_secret_file", n.Cloud.AppSecretFile},
		{"cloud.verify_token_file", n.Cloud.VerifyTokenFile},
	} {
		bad(s.value != "", at(s.key),
			"is set, and the number's transport is whatsapp; set transport: cloud as well, or take it away")
	}
}

func (c *Config) checkCloudTest(bad func(is bool, key, format string, args ...any)) {
	if c.Cloud.TestServer != "" {
		u, err := url.Parse(c.Cloud.TestServer)
		here := err == nil && u.Scheme == "http" && u.Path == "" && u.RawQuery == "" && u.User == nil
		if here {
			at, err := netip.ParseAddrPort(u.Host)
			here = err == nil && at.Addr().Unmap().IsLoopback()
		}
		bad(!here, "cloud.test_server", "is %q; it is an address on this machine, such as http://127.0.0.1:8080",
			c.Cloud.TestServer)
	}
	limits := c.Cloud.TestLimits
	bad(limits != "" && limits != "off", "cloud.test_limits", `is %q; it is "" or "off"`, limits)
	bad(limits == "off" && c.Cloud.TestServer == "", "cloud.test_limits",
		"is off, and that works with cloud.test_server only; a real number keeps its limits")
}
