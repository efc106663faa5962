package config

import (
	"fmt"
	"net/netip"
)

// Webhooks is about the programs outside that are told what happens.
type Webhooks struct {
	Allow []string `yaml:"allow"` // addresses beside the public ones, 10.0.0.5/32 or 10.0.0.5
}

// Prefixes are the addresses beside the public ones that webhooks may go to.
func (w Webhooks) Prefixes() (all []netip.Prefix) {
	for _, text := range w.Allow {
		if p, err := prefixOf(text); err == nil { // check has refused the others
			all = append(all, p)
		}
	}
	return all
}

func prefixOf(text string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(text); err == nil {
		return at.Prefix(at.BitLen())
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

func (c *Config) checkWebhooks(bad func(is bool, key, format string, args ...any)) {
	for i, text := range c.Webhooks.Allow {
		_, err := prefixOf(text)
		bad(err != nil, fmt.Sprintf("webhooks.allow.%d", i),
			"is %q; it is an address or a range of them, such as 10.0.0.5/32", text)
	}
}
