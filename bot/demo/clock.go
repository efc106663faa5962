package demo

import (
	"sync"
	"time"

	"optinbot/bot"
)

// A clock goes faster than the machine's. It stands until it is given a speed.
type clock struct {
	mu    sync.Mutex
	at    time.Time // what it showed,
	since time.Time // when the machine's clock showed this
	speed float64
}

// Now is what the clock shows.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Truncate(bot.Tick)
}

func (c *clock) now() time.Time {
	return c.at.Add(time.Duration(float64(time.Since(c.since)) * c.speed))
}

// set lets it show a time and stand.
func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.since, c.speed = at.UTC(), time.Now(), 0
}

// goes lets it go on at a speed.
func (c *clock) goes(speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if speed != c.speed {
		c.at, c.since, c.speed = c.now(), time.Now(), speed
	}
}
