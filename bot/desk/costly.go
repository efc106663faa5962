package desk

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// How many costly readings run at once: those that look at everybody a number knows, or at all of its
// ledger. A key or an operator that only reads must not take the machine from the bot.
const (
	costlyAbove   = 1000 // people. Of so few everything is read in no time
	costlyEach    = 2    // of one operator or key
	costlyViewers = 4    // of all viewers together, so that some are left for the others
	costlyAll     = 6
	busyFor       = 5 * time.Second // until it is worth to ask again
)

// Busy is the error of a costly reading that comes while others are under way. It has read nothing.
type Busy struct {
	Mine       bool // the others are of the same operator or key
	RetryAfter time.Duration
}

func (e Busy) Error() string {
	if e.Mine {
		return fmt.Sprintf("%d long readings of yours are under way; try again in %s", costlyEach, e.RetryAfter)
	}
	return fmt.Sprintf("as many long readings are under way as the bot does at once; try again in %s", e.RetryAfter)
}

// Is reports whether target is ErrRefused.
func (e Busy) Is(target error) bool { return target == ErrRefused }

func (e Busy) kind() Kind {
	if e.Mine {
		return Kind{http.StatusTooManyRequests, "too-many"}
	}
	return Kind{http.StatusServiceUnavailable, "busy"}
}

// costly are the costly readings that are under way.
type costly struct {
	mu           sync.Mutex
	all, viewers int
	of           map[string]int // by the name of an operator or key
}

type costlyKey struct{}

// Costly takes a place for a costly reading of a number, of all numbers where number is "", until end is
// called. What is done with the context that it returns is part of that reading. The error is a Busy
// where too many are under way. Whoever is at the command line has a process of their own, and waits
// for nobody.
func (d *Desk) Costly(ctx context.Context, number string) (of context.Context, end func(), err error) {
	who, known := WhoActs(ctx)
	if !known || who.Via == ViaCLI || ctx.Value(costlyKey{}) != nil {
		return ctx, func() {}, nil
	}
	if many, err := d.knowsMany(ctx, number); err != nil || !many {
		return ctx, func() {}, err
	}
	viewer := 0
	if !who.Role.Includes(Editor) {
		viewer = 1
	}
	c := &d.costly
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.of[who.Name] >= costlyEach:
		return ctx, nil, Busy{true, busyFor}
	case c.all >= costlyAll, viewer > 0 && c.viewers >= costlyViewers:
		return ctx, nil, Busy{false, busyFor}
	case c.of == nil:
		c.of = map[string]int{}
	}
	c.of[who.Name]++
	c.all++
	c.viewers += viewer
	end = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all--
		c.viewers -= viewer
		if c.of[who.Name]--; c.of[who.Name] == 0 {
			delete(c.of, who.Name)
		}
	}
	return context.WithValue(ctx, costlyKey{}, true), end, nil
}

// knowsMany reports whether a number knows so many people that to look at all of them is costly.
func (d *Desk) knowsMany(ctx context.Context, number string) (bool, error) {
	people := 0
	for _, n := range d.Config.Numbers {
		if number != "" && n.Name != number {
			continue
		}
		consents, err := d.Store.CountConsents(ctx, n.Name)
		if err != nil {
			return false, err
		}
		for _, some := range consents {
			people += some
		}
	}
	return people > costlyAbove, nil
}
