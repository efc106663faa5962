package cloudtest

import (
	"context"
	"sync"
)

// A bell wakes everybody who waits for a change. It costs nothing while nobody waits.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// next returns a channel that is closed at the next ring.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

// until returns when cond is true. It is asked now and after each ring.
func (b *bell) until(ctx context.Context, cond func() bool) error {
	for {
		rung := b.next()
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
