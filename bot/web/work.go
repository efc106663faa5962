package web

import (
	"context"
	"sync"
	"time"
)

// patientFor is how long a page waits for a work that has just begun: most are done by then.
const patientFor = 60 * time.Millisecond

// A work is something long that pages show, such as a verification. It is done once at a time, and
// what it found stays until the next time.
type work[T any] struct {
	mu    sync.Mutex
	done  chan struct{} // closed when it is done. Nil while it is not under way
	found workFound[T]
}

// A workFound is how far a work is.
type workFound[T any] struct {
	Running bool
	Began   time.Time // of what is under way
	At      time.Time // when it was done last. Zero: never since the start of the program
	By      string    // who asked for it then
	Found   T
	Err     error
}

// look is how far the work is.
func (w *work[T]) look() workFound[T] {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.found
}

// begin begins the work unless it is under way, for whoever visits, and waits for it a little. What
// is open then learns how it ended. It is a costly reading of a number, of all where number is "", and
// refused where too many are under way.
func (w *work[T]) begin(v *visit, number string, do func(context.Context) (T, error)) error {
	if w.look().Running {
		return nil // it is somebody else's too
	}
	ctx, end, err := v.Desk.Costly(v, number)
	if err != nil {
		return err
	}
	done, began := w.start(v.Server, ctx, v.who.Name, func(ctx context.Context) (T, error) {
		defer end()
		return do(ctx)
	})
	if !began {
		end()
	}
	timer := time.NewTimer(patientFor)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-v.Done():
	}
	return nil
}

// start begins the work unless it is under way, and waits for nothing. by is who asks for it.
func (w *work[T]) start(s *Server, ctx context.Context, by string, do func(context.Context) (T, error)) (done chan struct{}, began bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done != nil {
		return w.done, false
	}
	done = make(chan struct{})
	w.done, w.found.Running, w.found.Began = done, true, s.Now()
	ctx = context.WithoutCancel(ctx)
	s.working.Go(func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() { // the end of the server ends what is under way
			select {
			case <-s.ends:
				cancel()
			case <-ctx.Done():
			}
		}()
		found, err := do(ctx)
		w.mu.Lock()
		w.done, w.found = nil, workFound[T]{At: s.Now(), By: by, Found: found, Err: err}
		w.mu.Unlock()
		close(done)
		s.live.look()
	})
	return done, true
}
