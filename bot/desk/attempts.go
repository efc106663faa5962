package desk

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"optinbot/bot/text"
)

// doors are what a desk needs where people and programs come in.
type doors struct {
	hashing chan struct{} // has room for those who may hash at once
	hashed  atomic.Int64  // how often a password was hashed
	owners  sync.Mutex    // held from the look whether somebody is the last owner until they are none

	mu    sync.Mutex
	tries map[string]*guesses // by "name ..." and "from ..."
}

func newDoors() doors {
	return doors{hashing: make(chan struct{}, hashAtOnce), tries: map[string]*guesses{}}
}

// guesses are the failed log-ins of one name, or from one address.
type guesses struct {
	failed int
	last   time.Time
	until  time.Time // nobody may try before
	before time.Time // what until was before the last one
}

// How often somebody may guess: a few times, then after a pause that doubles with each failure.
const (
	freeTries  = 5
	firstPause = 30 * time.Second
	longPause  = 15 * time.Minute
	noticeAt   = 20             // failures in a row, of one name or from one address
	triesAge   = 24 * time.Hour // after that a failure is forgotten
	maxTries   = 10_000         // names and addresses that are remembered
)

// TooMany is the error of a log-in that comes too early after others that failed. It is looked at
// neither the name nor the password.
type TooMany struct{ RetryAfter time.Duration }

func (e TooMany) Error() string {
	return fmt.Sprintf("too many log-ins have failed; try again in %s", e.RetryAfter.Round(time.Second))
}

// Is reports whether target is ErrRefused.
func (e TooMany) Is(target error) bool { return target == ErrRefused }

// try counts a log-in as failed before it is looked at, so that many at once are not more guesses.
// It returns which keys have failed often enough for a notice. succeeded takes it back.
func (l *doors) try(now time.Time, keys ...string) (tell []string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	for _, key := range keys {
		if t := l.tries[key]; t != nil && t.until.After(now) {
			return nil, TooMany{t.until.Sub(now)}
		}
	}
	for _, key := range keys {
		t := l.tries[key]
		if t == nil {
			t = &guesses{}
			l.tries[key] = t
		}
		t.failed++
		t.last = now
		t.before = t.until
		if over := t.failed - freeTries; over >= 0 {
			t.until = now.Add(min(firstPause<<min(over, 10), longPause))
		}
		if t.failed == noticeAt {
			tell = append(tell, key)
		}
	}
	return tell, nil
}

// undo takes back a failure that was none, and leaves the others: a right password is no success
// yet while a code is asked for.
func (l *doors) undo(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		if t := l.tries[key]; t != nil && t.failed > 0 {
			t.failed--
			t.until = t.before
		}
	}
}

func (l *doors) succeeded(keys ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		delete(l.tries, key)
	}
}

// forget lets go of failures that are old, and of the oldest where there are too many.
func (l *doors) forget(now time.Time) {
	if len(l.tries) < maxTries {
		for key, t := range l.tries {
			if now.Sub(t.last) > triesAge {
				delete(l.tries, key)
			}
		}
		return
	}
	for age := triesAge; len(l.tries) > maxTries/2; age /= 2 {
		for key, t := range l.tries {
			if now.Sub(t.last) >= age {
				delete(l.tries, key)
			}
		}
	}
}

// network is where an address belongs to: its own for IPv4, the /64 of a household for IPv6.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return text.Fit(address, 64)
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// onThisMachine reports whether an address is of this machine.
func onThisMachine(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Unmap().IsLoopback()
}
