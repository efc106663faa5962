package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot/config"
)

// TestSecurityThePageListensToThisMachine: the page answers other machines only with TLS, or where a
// proxy does it.
func TestSecurityThePageListensToThisMachine(t *testing.T) {
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ web, says string }{
		{`{}`, ""},
		{`{listen: ""}`, ""},
		{`{listen: "localhost:0"}`, ""},
		{`{listen: "[::1]:8420"}`, ""},
		{`{listen: "0.0.0.0:8420"}`, "lets other machines in without TLS"},
		{`{listen: ":8420"}`, "lets other machines in without TLS"},
		{`{listen: "192.0.2.7:8420", behind_proxy: true}`, ""},
		{`{listen: "192.0.2.7:8420", certificate: c.pem, key: k.pem}`, ""},
		{`{certificate: c.pem}`, "go together"},
		{`{listen: "8420"}`, "an address and a port"},
		{`{listen: "127.0.0.1:99999"}`, "an address and a port"},
		{`{url: "https://bot.example.com"}`, "somebody else does TLS"},
		{`{url: "https://bot.example.com", behind_proxy: true}`, ""},
		{`{url: "http://bot.example.com"}`, "passwords would go over the network in the clear"},
		{`{url: "http://192.0.2.7:8420", behind_proxy: true}`, "passwords would go over the network in the clear"},
		{`{url: "http://192.0.2.7:8420", certificate: c.pem, key: k.pem, listen: "192.0.2.7:8420"}`, "passwords would go over the network in the clear"},
		{`{url: "http://bot.example.com", allow_http: true}`, ""},
		{`{url: "http://bot.example.com", listen: "192.0.2.7:8420", allow_http: true}`, ""},
		{`{url: "http://localhost:9000"}`, ""},
		{`{url: "http://[::1]:9000"}`, ""},
		{`{url: "bot.example.com"}`, "an address without a path"},
		{`{url: "https://bot.example.com/desk"}`, "an address without a path"},
		{`{url: "javascript:alert(1)"}`, "an address without a path"},
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte("web: "+c.web+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(defaults, file, true, nil)
		switch {
		case c.says == "" && err != nil:
			t.Errorf("web: %s is refused: %v", c.web, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("web: %s gives %v, want %q", c.web, err, c.says)
		}
	}
}
