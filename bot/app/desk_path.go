package app

import (
	"os"
	"path/filepath"
	"strings"
)

// shownPath is a path as it can be clicked: relative to where you are, where it lies below.
func shownPath(name string) string {
	wd, err := os.Getwd()
	if err != nil {
		return name
	}
	if rel, err := filepath.Rel(wd, name); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return name
}
