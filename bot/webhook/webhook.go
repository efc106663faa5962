// Package webhook tells programs outside what happened: it sends the events of the store to the
// endpoints that an operator has added, signed as Standard Webhooks says. An event arrives at least
// once, and those about one person arrive in order. What fails waits apart, and holds back only the
// later events about the same person.
package webhook

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// poll is how often the sender looks whether anything was written.
const poll = 250 * time.Millisecond

// missEvery is how often the sender looks whether a number has been disconnected for long.
const missEvery = 10 * time.Second

// gatherEvery is how long outcomes of promotions are gathered for one event.
const gatherEvery = time.Second

// Options are what the wiring gives a sender.
type Options struct {
	Store  *store.Store
	Post   func(ctx context.Context, e store.Endpoint, r Request) Answer // see Poster
	Now    func() time.Time
	Random func() float64 // at least 0, less than 1
	Log    *slog.Logger
}

// A Sender serves all endpoints of a store.
type Sender struct {
	Options
	workers    map[int64]*running
	deliveries []string             // numbers of whose promotions an endpoint wants to hear
	gathered   map[string]time.Time // when the outcomes of a number were last gathered
	missed     time.Time            // when MissConnections was last asked
}

// A running worker.
type running struct {
	*worker
	cancel context.CancelFunc
	ended  chan struct{}
}

// New makes a sender.
func New(o Options) *Sender {
	return &Sender{Options: o, workers: map[int64]*running{}, gathered: map[string]time.Time{}}
}

// Run sends until ctx is done. What an endpoint or the store does wrong is logged and tried again,
// so the error is that of the first look only.
func (s *Sender) Run(ctx context.Context) error {
	watch, err := s.Store.Watch(ctx)
	if err != nil {
		return err
	}
	defer watch.Close()
	defer s.end()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	waits := false // something has changed that no look has seen
	for {
		changed, err := watch.Changed(ctx)
		waits = waits || changed
		if err == nil && waits {
			err = s.look(ctx)
			waits = err != nil
		}
		if err == nil {
			err = s.timers(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("webhooks wait: the store could not be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// end waits until all workers have ended.
func (s *Sender) end() {
	for _, w := range s.workers {
		w.cancel()
	}
	for _, w := range s.workers {
		<-w.ended
	}
}

// look gives each endpoint that is on a worker, ends those of the others, and wakes them all.
func (s *Sender) look(ctx context.Context) error {
	endpoints, err := s.Store.Endpoints(ctx)
	if err != nil {
		return err
	}
	numbers, err := s.Store.Numbers(ctx)
	if err != nil {
		return err
	}
	on := map[int64]bool{}
	s.deliveries = nil
	for _, e := range endpoints {
		s.hearsOfDeliveries(e, numbers) // also while it is off
		if !e.Off.IsZero() {
			continue
		}
		on[e.ID] = true
		if w := s.workers[e.ID]; w != nil && !w.over() && sameSettings(w.settings, e) {
			w.wakeUp()
			continue
		}
		s.stop(e.ID)
		s.start(ctx, e)
	}
	for id := range s.workers {
		if !on[id] {
			s.stop(id)
		}
	}
	return nil
}

// hearsOfDeliveries notes the numbers of whose promotions an endpoint wants to hear.
func (s *Sender) hearsOfDeliveries(e store.Endpoint, numbers []store.NumberRow) {
	for _, n := range numbers {
		delivery := store.EventRow{Event: bot.Event{Type: bot.EventDelivery}, Number: n.Name}
		if e.Wants(delivery) && !slices.Contains(s.deliveries, n.Name) {
			s.deliveries = append(s.deliveries, n.Name)
		}
	}
}

func (s *Sender) start(ctx context.Context, e store.Endpoint) {
	ctx, cancel := context.WithCancel(ctx)
	w := &running{worker: newWorker(s.Options, e), cancel: cancel, ended: make(chan struct{})}
	s.workers[e.ID] = w
	go func() {
		defer close(w.ended)
		w.run(ctx)
	}()
}

func (s *Sender) stop(id int64) {
	if w := s.workers[id]; w != nil {
		w.cancel()
		<-w.ended
		delete(s.workers, id)
	}
}

// over reports whether a worker has ended by itself.
func (w *running) over() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

// sameSettings reports whether an endpoint is as a worker knows it, but for what the worker itself
// changes.
func sameSettings(a, b store.Endpoint) bool {
	a.Failing, a.Failed, b.Failing, b.Failed = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}

// timers makes events of what only time makes one: outcomes that were gathered, and numbers that
// have been disconnected for long.
func (s *Sender) timers(ctx context.Context) error {
	now := s.Now()
	if now.Sub(s.missed).Abs() >= missEvery {
		s.missed = now
		if err := s.Store.MissConnections(ctx, now); err != nil {
			return err
		}
	}
	for _, number := range s.deliveries {
		if now.Sub(s.gathered[number]).Abs() < gatherEvery {
			continue
		}
		gathered, err := s.Store.GatherOutcomes(ctx, number, now)
		if err != nil {
			return err
		}
		if gathered {
			s.gathered[number] = now
		}
	}
	return nil
}
