package whatsapp

import (
	"sync"
	"time"
)

// A resetTimer runs an action after a pause that doubles each time it is asked again soon after: a
// message that can never be committed must not make us reconnect twice a minute for ever.
type resetTimer struct {
	mu      sync.Mutex
	timer   *time.Timer
	times   int
	last    time.Time
	stopped bool
}

const (
	firstReset   = 30 * time.Second
	longestReset = time.Hour
)

// start runs action after the pause, unless it is to be run already.
func (r *resetTimer) start(action func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.timer != nil {
		return
	}
	r.timer = time.AfterFunc(r.pause(time.Now()), func() {
		r.mu.Lock()
		r.timer = nil
		stopped := r.stopped
		r.mu.Unlock()
		if !stopped {
			action()
		}
	})
}

// pause counts one more time and says how long to wait. It is called with the lock held.
func (r *resetTimer) pause(now time.Time) time.Duration {
	if now.Sub(r.last) > 2*longestReset {
		r.times = 0
	}
	r.last = now
	r.times++
	pause := firstReset
	for i := 1; i < r.times && pause < longestReset; i++ {
		pause *= 2
	}
	return min(pause, longestReset)
}

func (r *resetTimer) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
	if r.timer != nil {
		r.timer.Stop()
	}
}
