package desk

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestALookIsKept: whoever asks again within five seconds is told the same, a look that takes long
// keeps nobody waiting for longer than that, and one that never ends is trouble.
func TestALookIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		stuck := make(chan struct{})
		close(stuck)
		c := &Checkup{now: time.Now, look: func(context.Context) Health {
			n, wait := looks.Add(1), stuck
			<-wait
			return Health{NotReady: slices.Repeat([]string{"look"}, int(n))}
		}}
		asked := func(looked int32, found int, within time.Duration) {
			t.Helper()
			began := time.Now()
			h := c.Look(t.Context())
			if looks.Load() != looked || len(h.NotReady) != found || time.Since(began) != within {
				t.Errorf("look %d, want %d, found %q, within %s", looks.Load(), looked, h.NotReady, time.Since(began))
			}
		}
		asked(1, 1, 0)
		time.Sleep(healthKept - time.Nanosecond)
		asked(1, 1, 0)
		time.Sleep(time.Nanosecond)
		asked(2, 2, 0)
		stuck = make(chan struct{})
		time.Sleep(healthKept)
		asked(3, 2, healthPatience) // as it was before
		asked(3, 2, healthPatience) // and nobody looks beside it
		time.Sleep(healthStuck)
		if h := c.Look(t.Context()); !slices.Equal(h.NotReady, []string{"the database takes no writes"}) {
			t.Errorf("%q", h.NotReady)
		}
		close(stuck)
		synctest.Wait()
		asked(3, 3, 0)
	})
}

// TestALookThatNeverEndedIsTrouble: where nothing was found before, nothing is well.
func TestALookThatNeverEndedIsTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		c := &Checkup{now: time.Now, look: func(context.Context) Health { <-stuck; return Health{} }}
		if h := c.Look(t.Context()); len(h.Unwell) != 1 {
			t.Errorf("%+v", h)
		}
		close(stuck)
	})
}
