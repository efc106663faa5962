package api

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A limiter counts the requests of each key: so many in a minute, spread as the program likes.
type limiter struct {
	perMinute int
	now       func() time.Time

	mu   sync.Mutex
	left map[string]allowance

	streams map[string]int // of events, which are followed now
}

// mostStreams is how many streams of events a key may follow at once.
const mostStreams = 10

// follow takes one stream of events of somebody, until end is called. An error is a problem: they
// follow enough.
func (l *limiter) follow(who string) (end func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams[who] >= mostStreams {
		return nil, problem(http.StatusTooManyRequests, "too-many",
			fmt.Sprintf("a key may follow %d streams of events at once: end another one", mostStreams))
	}
	l.streams[who]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.streams[who]--; l.streams[who] == 0 {
			delete(l.streams, who)
		}
	}, nil
}

// An allowance is how many requests somebody may make yet.
type allowance struct {
	requests float64
	at       time.Time
}

func newLimiter(perMinute int, now func() time.Time) *limiter {
	return &limiter{perMinute: perMinute, now: now, left: map[string]allowance{}, streams: map[string]int{}}
}

// take takes one request of somebody, and says in the head of the answer how many are left. An error
// is a problem: none is left.
func (l *limiter) take(who string, h http.Header) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, most := l.now(), float64(l.perMinute)
	mine, known := l.left[who]
	if !known {
		mine = allowance{most, now}
	}
	mine.requests = min(most, mine.requests+max(0, now.Sub(mine.at).Minutes())*most)
	mine.at = now
	allowed := mine.requests >= 1
	if allowed {
		mine.requests--
	}
	l.left[who] = mine
	seconds := func(requests float64) int { return int(math.Ceil(requests / most * 60)) }
	h.Set("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=60`, l.perMinute))
	h.Set("RateLimit", fmt.Sprintf(`"key";r=%d;t=%d`, int(mine.requests), seconds(most-mine.requests)))
	if allowed {
		return nil
	}
	wait := max(1, seconds(1-mine.requests))
	h.Set("Retry-After", strconv.Itoa(wait))
	return problem(http.StatusTooManyRequests, "too-many",
		fmt.Sprintf("a key may make %d requests a minute: try again in %d s", l.perMinute, wait))
}
