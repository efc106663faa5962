package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// A toldFleet is processes of one test, of which each tells what it serves.
type toldFleet struct {
	*fleet
	numbers []string
	changed chan struct{}

	mu     sync.Mutex
	by     map[string]string // who serves a number
	chores map[string]bool   // who does the chores
}

func newToldFleet(t *testing.T, numbers ...string) *toldFleet {
	return &toldFleet{fleet: newFleet(t, numbers...), numbers: numbers, changed: make(chan struct{}, 1), by: map[string]string{},
		chores: map[string]bool{}}
}

// runs lets a process of a host run until end is called.
func (f *toldFleet) runs(host string, chores func(ctx context.Context, owned *store.Store)) (end func()) {
	f.t.Helper()
	p, err := f.opens().Join(host, short())
	f.must(err)
	ctx, stop := context.WithCancel(f.t.Context())
	left := make(chan error, 1)
	go func() {
		left <- p.Run(ctx, store.Serving{
			Numbers: func() []string { return f.numbers },
			Serve: func(ctx context.Context, _ *store.Store, o store.Owner) {
				f.tell(func() {
					if other, served := f.by[o.Number]; served {
						f.t.Errorf("%s is served by %s and %s", o.Number, other, host)
					}
					f.by[o.Number] = host
				})
				<-ctx.Done()
				f.tell(func() { delete(f.by, o.Number) })
			},
			Chores: func(ctx context.Context, owned *store.Store) {
				f.tell(func() { f.chores[host] = true })
				if chores != nil {
					chores(ctx, owned)
					f.tell(func() {}) // it has begun them
				}
				<-ctx.Done()
				f.tell(func() { delete(f.chores, host) })
			},
		})
	}()
	return sync.OnceFunc(func() {
		stop()
		f.must(<-left)
	})
}

func (f *toldFleet) tell(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	if len(f.chores) > 1 {
		f.t.Errorf("the chores are done by %v", f.chores)
	}
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// until waits until the numbers are served as wanted.
func (f *toldFleet) until(says string, is func(by map[string]string, chores []string) bool) {
	f.t.Helper()
	deadline := time.After(time.Minute)
	for {
		f.mu.Lock()
		by, chores := maps.Clone(f.by), slices.Collect(maps.Keys(f.chores))
		f.mu.Unlock()
		if is(by, chores) {
			return
		}
		select {
		case <-f.changed:
		case <-deadline:
			f.t.Fatalf("%s: served %v, chores %v", says, by, chores)
		}
	}
}

func served(by map[string]string, host string) (n int) {
	for _, at := range by {
		n += map[bool]int{true: 1}[at == host]
	}
	return n
}

// TestF2OperatorsMoveAndDrain: a number goes where an operator asks for it, and stays there. A drained
// host gives up what it has, takes nothing, and takes its share again when that is ended.
func TestF2OperatorsMoveAndDrain(t *testing.T) {
	f := newToldFleet(t, "n0", "n1", "n2", "n3")
	s := f.opens()
	endA := f.runs("a", nil)
	f.until("one alone serves all", func(by map[string]string, chores []string) bool {
		return served(by, "a") == 4 && slices.Equal(chores, []string{"a"})
	})
	endB := f.runs("b", nil)
	f.until("each has its share", func(by map[string]string, _ []string) bool { return served(by, "a") == 2 && served(by, "b") == 2 })
	for _, number := range f.numbers {
		f.must(s.ServeOn(t.Context(), number, "b"))
	}
	f.until("what is asked for there goes beyond the share", func(by map[string]string, _ []string) bool { return served(by, "b") == 4 })
	f.must(s.ServeOff(t.Context(), "n3", "b"))
	f.until("one leaves", func(by map[string]string, _ []string) bool { return served(by, "b") == 3 && by["n3"] == "a" })
	_, seats, err := s.Fleet(t.Context(), short())
	f.must(err)
	if len(seats) != 4 || seats[0].Wants != "b" || seats[3].Wants != "" || seats[3].Leaves != "" || time.Since(seats[3].Since) > time.Hour {
		t.Errorf("%+v", seats)
	}

	f.must(s.Drain(t.Context(), "b"))
	f.must(s.Drain(t.Context(), "b")) // it may be repeated
	f.until("a drained host has nothing", func(by map[string]string, _ []string) bool { return served(by, "a") == 4 })
	members, _, err := s.Fleet(t.Context(), short())
	f.must(err)
	hosts, err := s.DrainedHosts(t.Context())
	f.must(err)
	if len(members) != 2 || members[0].Drained || !members[1].Drained || !slices.Equal(hosts, []string{"b"}) {
		t.Errorf("%+v, %v", members, hosts)
	}
	f.must(s.EndDrain(t.Context(), "b"))
	f.until("it has what is to be there again", func(by map[string]string, _ []string) bool { return served(by, "b") == 3 })

	f.must(s.Drain(t.Context(), "a"))
	f.until("the chores move, too", func(by map[string]string, chores []string) bool {
		return served(by, "b") == 4 && slices.Equal(chores, []string{"b"})
	})
	endB()
	if n := len(f.by); n > 0 {
		t.Errorf("%d numbers are served by a host that is drained", n)
	}
	f.must(s.EndDrain(t.Context(), "a"))
	f.until("another one does all", func(by map[string]string, chores []string) bool {
		return served(by, "a") == 4 && slices.Equal(chores, []string{"a"})
	})
	endA()
}

// TestF2ChoresAreDoneByOne: whoever does what belongs to no number may write about every number until
// somebody else does it, and then about none.
func TestF2ChoresAreDoneByOne(t *testing.T) {
	f := newToldFleet(t, "shop", "second")
	var mu sync.Mutex
	var all []*store.Store
	write := func(ctx context.Context, owned *store.Store) error {
		return errors.Join(owned.ForgetActs(ctx, time.Now().Add(-time.Hour)), // about no number
			owned.NumberEvent(ctx, "second", bot.NumberEvent{Kind: bot.NumberSynced, At: time.Now()}), // about one
			owned.BackedUp(ctx, time.Now())) // about all
	}
	var ends []func()
	for i := range 3 {
		ends = append(ends, f.runs(fmt.Sprint("host ", i), func(ctx context.Context, owned *store.Store) {
			if err := write(ctx, owned); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, owned)
		}))
	}
	for i := range ends {
		var one string
		f.until("somebody does them", func(_ map[string]string, chores []string) bool {
			mu.Lock()
			defer mu.Unlock()
			if len(chores) != 1 || len(all) != i+1 {
				return false
			}
			one = chores[0]
			return true
		})
		process, err := f.opens().Chores(t.Context())
		f.must(err)
		if process == "" {
			t.Error("nobody does the chores, by the database")
		}
		for at, end := range ends {
			if one == fmt.Sprint("host ", at) {
				end()
			}
		}
		mu.Lock()
		if i == 0 {
			f.fenced("whoever did them before", all[0].BackedUp(t.Context(), time.Now()))
		}
		mu.Unlock()
	}
}
