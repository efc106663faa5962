package store

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// giveUp makes the system close a connection on which what was sent is not acknowledged for a time.
func giveUp(after time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var refused error
		err := c.Control(func(fd uintptr) {
			refused = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(after.Milliseconds()))
		})
		if err != nil {
			return err
		}
		return refused
	}
}
