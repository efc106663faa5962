//go:build !linux

package e2e

import "os/exec"

// changeRoot does nothing: the tests that need it skip.
func changeRoot(*exec.Cmd, string) {}
