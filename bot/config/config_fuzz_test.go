package config

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzConfig: any config.yaml is taken or refused.
func FuzzConfig(f *testing.F) {
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(defaults)
	f.Add([]byte("numbers: [{name: main, flow: promotions}]\nzone: Mars/Olympus\n"))
	f.Add([]byte("broadcast: {every: -1s}\n"))
	file := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(defaults, file, true, map[string]string{})
		if err == nil && len(c.Numbers) == 0 {
			t.Fatal("a configuration without a number was taken")
		}
	})
}
