//go:build !windows

package store

import "golang.org/x/sys/unix"

// writable says why a file may not be written. It does not open it.
func writable(file string) error {
	return unix.Faccessat(unix.AT_FDCWD, file, unix.W_OK, unix.AT_EACCESS)
}
