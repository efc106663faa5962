//go:build unix && !linux

package postgrestest

import "syscall"

// endWithUs does nothing where the system has no such thing.
func endWithUs(*syscall.SysProcAttr) {}
