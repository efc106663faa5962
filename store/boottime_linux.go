package store

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootClock returns a clock that goes on while the machine sleeps. That of package time stands still
// then.
func bootClock() func() time.Duration {
	since := monotonic()
	return func() time.Duration {
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
			return since()
		}
		return time.Duration(t.Nano())
	}
}
