package webhook

import "time"

// delays are how long an event waits after each failed attempt: ten attempts in about three days.
// After the last one it is given up.
var delays = [...]time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// attemptsAtMost is how often an event is tried.
const attemptsAtMost = len(delays) + 1

// delay is how long an event waits after so many attempts, up to a tenth more or less: events that
// failed together come back apart.
func delay(attempts int, random float64) time.Duration {
	d := float64(delays[min(attempts, len(delays))-1])
	return time.Duration(d * (0.9 + 0.2*random))
}

// When an endpoint is spared.
const (
	atOnce       = 8                // attempts in flight
	manyFail     = 8                // people whose events failed and none arrived: it is the receiver, not the event
	firstSpared  = 5 * time.Second  // the pause then, which doubles
	longSpared   = time.Minute      // up to this
	busySpared   = 30 * time.Second // where it answers that it is busy, and does not say for how long
	failsFor     = 5 * 24 * time.Hour
	failureApart = 36 * time.Hour // failures that are further apart do not belong together
)

// busy reports whether a receiver or what is before it answers that it has too much to do.
func busy(status int) bool { return status == 429 || status == 502 || status == 503 || status == 504 }

// gone is the answer of a receiver that wants no more events.
const gone = 410
