package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Web is about the operators' page.
type Web struct {
	Listen      string `yaml:"listen"` // host:port. "": there is no page
	URL         string `yaml:"url"`    // as browsers name it. "": only addresses of this machine
	BehindProxy bool   `yaml:"behind_proxy"`
	AllowHTTP   bool   `yaml:"allow_http"`  // passwords may go over a network in the clear
	Certificate string `yaml:"certificate"` // a PEM file
	Key         string `yaml:"key"`         // a PEM file
	Hooks       string `yaml:"hooks"`       // host:port, where Meta's webhooks come in. "": nowhere
}

// Address is where a browser finds a page that listens there, host:port: web.url where that is set.
func (w Web) Address(listens string) string {
	if w.URL != "" {
		return w.URL
	}
	scheme := w.Scheme()
	host, port, err := net.SplitHostPort(listens)
	if err != nil {
		return scheme + listens
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
}

// Scheme is what an address begins with that the program answers on itself.
func (w Web) Scheme() string {
	if w.Certificate != "" {
		return "https://"
	}
	return "http://"
}

// checkWeb refuses what would let passwords over a network in the clear.
func (c *Config) checkWeb(bad func(is bool, key, format string, args ...any)) {
	w := c.Web
	if w.URL != "" {
		u, err := url.Parse(w.URL)
		bad(err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil,
			"web.url", "is %q; it is an address without a path, such as https://bot.example.com", w.URL)
		bad(err == nil && u.Scheme == "http" && !loopback(u.Hostname()) && !w.AllowHTTP, "web.url",
			"is %q, and passwords would go over the network in the clear; name an https address, or set web.allow_http", w.URL)
	}
	bad(strings.HasPrefix(w.URL, "https://") && w.Certificate == "" && !w.BehindProxy && w.Listen != "", "web.behind_proxy",
		"is false, and web.url is https: without web.certificate somebody else does TLS; set it to true")
	bad((w.Certificate == "") != (w.Key == ""), "web.certificate", "and web.key go together; one of them is empty")
	w.checkListener(bad, "web.listen", w.Listen, "127.0.0.1:8420")
	w.checkListener(bad, "web.hooks", w.Hooks, DefaultHooks)
	_, port, _ := net.SplitHostPort(w.Hooks)
	bad(w.Hooks != "" && w.Hooks == w.Listen && port != "0", "web.hooks",
		"is %q, and so is web.listen: the page and the webhooks have doors of their own", w.Hooks)
}

// DefaultHooks is where Meta's webhooks come in, where the configuration does not say.
const DefaultHooks = "127.0.0.1:8421"

// checkListener refuses an address on which other machines would get in without TLS.
func (w Web) checkListener(bad func(is bool, key, format string, args ...any), key, address, such string) {
	if address == "" {
		return
	}
	host, port, err := net.SplitHostPort(address)
	number, portErr := strconv.Atoi(port)
	if err != nil || portErr != nil || number < 0 || number > 65_535 {
		bad(true, key, "is %q; it is an address and a port, such as %s, or nothing", address, such)
		return
	}
	bad(!loopback(host) && w.Certificate == "" && !w.BehindProxy && !w.AllowHTTP, key,
		"is %q, and that lets other machines in without TLS; name web.certificate and web.key, or set web.behind_proxy",
		address)
}

// loopback reports whether only this machine can reach an address.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
