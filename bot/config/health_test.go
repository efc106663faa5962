package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot/config"
)

// TestTheHeartbeatGoesToAnAddress: anything else is refused, and not repeated, for it may hold a
// secret.
func TestTheHeartbeatGoesToAnAddress(t *testing.T) {
	t.Parallel()
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for url, fine := range map[string]bool{
		"": true, "https://watcher.example/SECRET": true, "http://192.0.2.7:3001/api/push/SECRET?status=up": true,
		"watcher.example/SECRET": false, "ftp://watcher.example/SECRET": false, "https:///SECRET": false, "://SECRET": false,
	} {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte("health: {heartbeat_url: \""+url+"\"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(defaults, file, true, nil)
		if (err == nil) != fine || err == nil && c.Health.HeartbeatURL != url {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil && (strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), "config.yaml:1:")) {
			t.Errorf("%q: %v", url, err)
		}
	}
}
