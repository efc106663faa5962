package desk

import (
	"os"
	"path/filepath"
	"strings"
)

// ShownPath is a path as it can be clicked: relative to where you are, where it lies below.
func ShownPath(name string) string {
	wd, err := os.Getwd()
	if err != nil {
		return name
	}
	if rel, err := filepath.Rel(wd, name); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return name
}
