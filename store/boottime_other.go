//go:build !linux

package store

import "time"

func bootClock() func() time.Duration { return monotonic() }
