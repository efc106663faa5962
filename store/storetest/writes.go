package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"optinbot/bot"
)

var errTest = errors.New("no")

// writes is how decisions are written: one transaction each, some of them in one commit, and the
// ledger, C6.
var writes = map[string]func(*testing.T, *rig){
	"a crash at any statement of a turn": func(t *testing.T, r *rig) {
		m := r.message("I want promotions", anna)
		for n := 1; ; n++ {
			if n > 100 {
				t.Fatal("a turn of more than a hundred statements")
			}
			left := n
			r.fault = func(string) error {
				if left--; left <= 0 {
					return errTest
				}
				return nil
			}
			_, err := r.s.HandleMessage(r.ctx, shop, m, r.envs)
			r.fault = nil
			if err == nil {
				if n < 8 {
					t.Fatalf("a turn of %d statements?", n-1)
				}
				break
			}
			r.reopen()
			if c, err := r.s.Contact(r.ctx, shop, anna.Value); err != nil || c != nil {
				t.Fatalf("after a crash at statement %d: %+v %v", n, c, err)
			}
		}
		r.wants(shop, anna, bot.Subscribed)
		r.holds()
	},
	"one that fails does not spoil the others of its commit": func(t *testing.T, r *rig) {
		a := r.writes(shop, "oi", anna)
		b := r.writes(shop, "oi", bob)
		began, release := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { // keeps the writer busy, so that the others gather
			_, err := r.s.Act(r.ctx, shop, a.ID, r.envs, func(_ bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
				select {
				case <-began:
				default:
					close(began)
				}
				<-release
				return c, nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-began
		for i := range 40 {
			all.Go(func() {
				_, err := r.s.Act(r.ctx, shop, b.ID, r.envs, func(_ bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
					switch i {
					case 7:
						return c, nil, errTest
					case 9:
						panic("a bug")
					}
					c.Misses++
					return c, nil, nil
				})
				switch {
				case i == 7 && !errors.Is(err, errTest), i == 9 && (err == nil || !strings.Contains(err.Error(), "a bug")):
					t.Errorf("job %d: %v", i, err)
				case i != 7 && i != 9 && err != nil:
					t.Errorf("job %d: %v", i, err)
				}
			})
		}
		close(release)
		all.Wait()
		if got := r.contact(shop, bob).Misses - b.Misses; got != 38 {
			t.Fatalf("%d of 38 were written", got)
		}
	},
	"a panic leaves nothing behind": func(t *testing.T, r *rig) {
		m := r.message("oi", anna)
		_, err := r.s.HandleMessage(r.ctx, shop, m, func(string) bot.Env {
			env := r.envs(shop)
			env.NewID = func() string { panic("a bug") }
			return env
		})
		if err == nil || !strings.Contains(err.Error(), "a bug") {
			t.Fatalf("got %v", err)
		}
		if r.takes(shop, m).Duplicate {
			t.Fatal("the message is lost")
		}
	},
	"a cancelled write does not happen": func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(r.ctx)
		cancel()
		m := r.message("oi", anna)
		if _, err := r.s.HandleMessage(ctx, shop, m, r.envs); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		if r.takes(shop, m).Duplicate {
			t.Fatal("the message is lost")
		}
	},
	"a closed store refuses": func(t *testing.T, r *rig) {
		s := r.another()
		r.must(s.Close())
		if _, err := s.HandleMessage(r.ctx, shop, r.message("oi", anna), r.envs); err == nil {
			t.Fatal("it took a message")
		}
	},
	"many at once": func(t *testing.T, r *rig) {
		other := r.another()
		defer func() { r.must(other.Close()) }()
		var all sync.WaitGroup
		for i := range 60 {
			m := r.message("I want promotions", phone(fmt.Sprintf("+5511900000%03d", i/2)))
			m.ID = fmt.Sprintf("TWICE%d", i/2)
			envs := func(string) bot.Env {
				n := 0
				return bot.Env{Now: m.At, Machine: r.machine, NewID: func() string { n++; return fmt.Sprintf("OUT%d-%d", i, n) }}
			}
			s := r.s
			if i%2 == 1 {
				s = other
			}
			all.Go(func() {
				if _, err := s.HandleMessage(r.ctx, shop, m, envs); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		people, err := r.s.CountConsents(r.ctx, shop)
		r.must(err)
		if people[bot.Subscribed] != 30 {
			t.Fatalf("%v, want 30 subscribed", people)
		}
		r.holds()
	},
	// Each stop is carried to the other number, whose own stops are carried back at the same moment.
	"stops on two numbers of a brand cross": func(t *testing.T, r *rig) {
		const people = 12
		for i := range people {
			who := phone(fmt.Sprintf("+5511900000%03d", i))
			r.subscribes(shop, who)
			r.subscribes(outlet, who)
		}
		var all sync.WaitGroup
		for i := range people {
			number := []string{shop, outlet}[i%2]
			m := r.message("2", phone(fmt.Sprintf("+5511900000%03d", i)))
			envs := func(of string) bot.Env {
				n := 0
				return bot.Env{Now: m.At, Machine: r.machine, NewID: func() string { n++; return fmt.Sprintf("OUT%d-%s-%d", i, of, n) }}
			}
			all.Go(func() {
				if _, err := r.s.HandleMessage(r.ctx, number, m, envs); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, number := range []string{shop, outlet} {
			left, err := r.s.CountConsents(r.ctx, number)
			r.must(err)
			if left[bot.Unsubscribed] != people || left[bot.Subscribed] != 0 {
				t.Errorf("%s: %v", number, left)
			}
			v, err := r.s.Verify(r.ctx, number, "")
			r.must(err)
			if len(v.Problems) > 0 {
				t.Errorf("%s: %v", number, v.Problems)
			}
		}
		r.holds()
	},
	"the ledger shows what was done to it": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		head, err := r.s.Head(r.ctx, shop)
		r.must(err)
		r.writes(shop, "2", anna)
		v, err := r.s.Verify(r.ctx, shop, head)
		r.must(err)
		if len(v.Problems) > 0 || !v.HeadSeen || v.Head == head {
			t.Fatalf("%+v", v)
		}
		if v, err = r.s.Verify(r.ctx, shop, "another head"); err != nil || len(v.Problems) != 1 {
			t.Fatalf("with a head that it never had: %+v %v", v, err)
		}
		entries, err := r.s.Ledger(r.ctx, shop, r.contact(shop, anna).ID)
		r.must(err)
		var events []string
		for _, e := range entries {
			events = append(events, e.Public.Event)
		}
		equal(t, "entries", events, []string{bot.EntryOptedIn, bot.EntryDisclosed, bot.EntryOptedOut})
		if out := entries[2]; out.Personal.Words != "2" || out.Public.Rule == "" || len(out.Personal.Identities) != 1 {
			t.Fatalf("the proof of the stop: %+v", out)
		}
	},
}
