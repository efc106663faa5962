package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWebhooksAllow(t *testing.T) {
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text string
		want []string
		says string
	}{
		{text: "[]"},
		{text: "[10.0.0.5/32, 127.0.0.1]", want: []string{"10.0.0.5/32", "127.0.0.1/32"}},
		{text: "[10.1.2.3/8, 'fd00::/8']", want: []string{"10.0.0.0/8", "fd00::/8"}},
		{text: "[10.0.0.5/32, intranet]", says: `config.yaml:2:24: webhooks.allow.1 is "intranet"`},
		{text: "[10.0.0.5/33]", says: `webhooks.allow.0 is "10.0.0.5/33"`},
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte("webhooks:\n  allow: "+c.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(defaults, file, true, nil)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %q in it", c.text, err, c.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		var want []netip.Prefix
		for _, p := range c.want {
			want = append(want, netip.MustParsePrefix(p))
		}
		if !slices.Equal(got.Webhooks.Prefixes(), want) {
			t.Errorf("%s: %v", c.text, got.Webhooks.Prefixes())
		}
	}
}
