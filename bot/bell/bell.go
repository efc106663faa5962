// Package bell wakes those who wait for something to change, so that nothing has to poll or sleep.
// The servers for tests ring one.
package bell

import (
	"context"
	"sync"
)

// A Bell wakes everybody who waits for a change. It costs nothing while nobody waits. The zero Bell
// is ready to use.
type Bell struct {
	mu sync.Mutex
	ch chan struct{}
}

// Ring wakes everybody who waits.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// Next returns a channel that is closed at the next ring.
func (b *Bell) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

// Until returns when cond is true. It is asked now and after each ring.
func (b *Bell) Until(ctx context.Context, cond func() bool) error {
	for {
		rung := b.Next()
		if cond() {
			return nil
		}
		select {
		case <-rung:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
