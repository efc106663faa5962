package desk

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestNowhereToPlay: where nothing can be written the person hears what to do, and no conversation is blamed.
func TestNowhereToPlay(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	_, _, err := Scratch([]string{nowhere, nowhere + "/data"}, 0)
	if err == nil || !strings.Contains(err.Error(), "set TMPDIR to a folder that can be written") || !strings.Contains(err.Error(), nowhere) {
		t.Errorf("%v", err)
	}
	var none NoScratch
	if !errors.As(err, &none) {
		t.Error("a conversation would be blamed for it")
	}
	if _, _, err := Scratch([]string{t.TempDir()}, 1<<62); err == nil || !strings.Contains(err.Error(), "MB are free") {
		t.Errorf("a full disk: %v", err)
	}
}
