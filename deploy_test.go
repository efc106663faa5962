package main

import (
	"os"
	"strings"
	"testing"
)

// TestServicesAreHardenedAlike: what keeps the bot's service from the rest of the machine keeps that of the backup too.
func TestServicesAreHardenedAlike(t *testing.T) {
	keys := func(file string) map[string]bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for line := range strings.Lines(string(text)) {
			if key, _, ok := strings.Cut(line, "="); ok {
				found[key] = true
			}
		}
		return found
	}
	backup, hardened := keys("deploy/optinbot-backup.service"), 0
	for key := range keys("deploy/optinbot.service") {
		for _, stem := range []string{"UMask", "NoNew", "Protect", "Private", "Restrict", "Lock", "Capability", "SystemCall"} {
			if !strings.HasPrefix(key, stem) || strings.HasPrefix(key, "RestartPrevent") {
				continue
			}
			if hardened++; !backup[key] {
				t.Errorf("optinbot-backup.service has no %s=", key)
			}
		}
	}
	if hardened < 10 {
		t.Errorf("only %d settings were compared", hardened)
	}
}
