package storetest

import (
	"testing"
	"time"

	"optinbot/bot"
)

// orders is the last word by the server's time: C2, C7, C8.
var orders = map[string]func(*testing.T, *rig){
	"a stop that loses here is carried to the brand's other numbers": func(t *testing.T, r *rig) {
		r.subscribes(outlet, anna)
		r.subscribes(stranger, anna)
		old := r.message("2", anna)
		r.subscribes(shop, anna)
		r.takes(shop, old)
		r.wants(shop, anna, bot.Subscribed)
		r.wants(outlet, anna, bot.Unsubscribed)
		r.wants(stranger, anna, bot.Subscribed)
		r.event(shop, anna, bot.EntrySuperseded, bot.Subscribed)
		r.holds()
	},
	"a stop that loses is carried on when more of who they are becomes known": func(t *testing.T, r *rig) {
		r.subscribes(outlet, anna)
		old := r.message("2", lid("101"))
		r.subscribes(shop, lid("101"))
		r.takes(shop, old)
		r.wants(outlet, anna, bot.Subscribed)
		r.writes(shop, "oi", anna, lid("101"))
		r.wants(shop, anna, bot.Subscribed)
		r.wants(outlet, anna, bot.Unsubscribed)
	},
	"of two numbers the stop of one and the opt-in on the other compare their times": func(t *testing.T, r *rig) {
		late := r.message("I want promotions", anna)
		r.writes(shop, "2", anna)
		r.takes(outlet, late)
		r.wants(outlet, anna, bot.Unsubscribed)
		r.writes(outlet, "I want promotions", anna)
		r.wants(outlet, anna, bot.Subscribed)
	},
	"a stop known by hash only has its time": func(t *testing.T, r *rig) {
		r.writes(shop, "2", anna)
		r.now = r.now.Add(time.Minute)
		r.writes(shop, "stop", anna) // the same stop again, and later
		late := r.message("I want promotions", anna)
		late.At = late.At.Add(-30 * time.Second)
		r.takes(outlet, late)
		r.wants(outlet, anna, bot.Unsubscribed)
	},
	"a message that comes again readable has its first time": func(t *testing.T, r *rig) {
		m := r.message("", anna)
		m.Kind = bot.KindUndecryptable
		r.takes(shop, m)
		r.writes(shop, "2", anna)
		again := r.message("I want promotions", anna)
		again.ID = m.ID
		turn := r.takes(shop, again)
		if turn.Duplicate || turn.Contact.Consent != bot.Unsubscribed {
			t.Fatalf("it undid the stop: %+v", turn)
		}
		r.event(shop, anna, bot.EntrySuperseded, bot.Unsubscribed)
	},
	"an operator's stop counts though the machine's clock is behind": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.subscribes(outlet, anna)
		r.now = r.now.Add(-time.Hour)
		r.stopsByHand(shop, anna)
		r.wants(shop, anna, bot.Unsubscribed)
		r.wants(outlet, anna, bot.Unsubscribed)
	},
	"a stop in the server's future is set back": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.subscribes(outlet, anna)
		server := r.now.Add(time.Minute)
		r.now = server.Add(10 * time.Minute) // the machine's clock is ahead
		r.stopsByHand(shop, anna)
		r.now = server.Add(2 * time.Minute)
		r.writes(shop, "I want promotions", anna) // by WhatsApp's time, and it loses
		r.wants(shop, anna, bot.Unsubscribed)
		r.now = server.Add(13 * time.Minute)
		n, err := r.s.SeeClock(r.ctx, shop, 10*time.Minute, r.envs)
		r.must(err)
		for _, number := range []string{shop, outlet} {
			if c := r.contact(number, anna); !c.OptedOut.Equal(server) || n != 2 {
				t.Fatalf("%d stops have another time; on %s theirs is of %v, want %v", n, number, c.OptedOut, server)
			}
		}
		notices, err := r.s.NoticesAbout(r.ctx, r.contact(shop, anna).ID)
		r.must(err)
		if len(notices) != 1 || notices[0].Kind != string(bot.NoticeClock) {
			t.Fatalf("notices %+v", notices)
		}
		r.now = server.Add(4 * time.Minute)
		r.writes(shop, "I want promotions", anna)
		r.wants(shop, anna, bot.Subscribed)
		if n, err := r.s.SeeClock(r.ctx, shop, 10*time.Minute, r.envs); n != 0 || err != nil {
			t.Fatalf("again: %d, %v", n, err)
		}
		ahead, at, err := r.s.ClockAhead(r.ctx)
		if err != nil || ahead != 10*time.Minute || at.IsZero() {
			t.Fatalf("the clock is noted as %s ahead at %v: %v", ahead, at, err)
		}
		r.holds()
	},
	"a stop recorded by a clock that was behind undoes what came before it": func(t *testing.T, r *rig) {
		server := r.now.Add(time.Hour)
		late := r.message("I want promotions", anna)
		late.At = server.Add(-5 * time.Minute)
		r.now = server.Add(-10 * time.Minute)
		r.stopsByHand(shop, anna)
		r.takes(shop, late)
		r.wants(shop, anna, bot.Subscribed)
		_, err := r.s.SeeClock(r.ctx, shop, -10*time.Minute, r.envs)
		r.must(err)
		r.wants(shop, anna, bot.Unsubscribed)
		r.holds()
	},
	"a stop that is carried gets its true time on every number": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.now = r.now.Add(30 * time.Minute)
		r.subscribes(outlet, anna)
		late := r.message("I want promotions", anna)
		late.At = late.At.Add(15 * time.Minute)
		r.now = r.now.Add(-10 * time.Minute) // the machine's clock is an hour behind
		r.stopsByHand(shop, anna)
		r.takes(outlet, late)
		_, err := r.s.SeeClock(r.ctx, shop, -time.Hour, r.envs)
		r.must(err)
		r.wants(shop, anna, bot.Unsubscribed)
		r.wants(outlet, anna, bot.Unsubscribed)
		r.holds()
	},
	"a stop of the same second that somebody wrote themselves keeps its time": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		stop := r.message("2", bob)
		stop.At = r.contact(shop, anna).OptedIn
		again := r.message("I want promotions", bob)
		r.takes(shop, stop)
		r.takes(shop, again)
		r.now = r.now.Add(-time.Hour)
		r.stopsByHand(shop, anna) // recorded with the time of her opt-in
		_, err := r.s.SeeClock(r.ctx, shop, -2*time.Hour, r.envs)
		r.must(err)
		r.wants(shop, anna, bot.Unsubscribed)
		r.wants(shop, bob, bot.Subscribed)
		if c := r.contact(shop, bob); !c.OptedOut.Equal(stop.At) {
			t.Fatalf("bob's stop is of %v, want %v", c.OptedOut, stop.At)
		}
	},
	"an operator's stop goes by the difference that is known": func(t *testing.T, r *rig) {
		in := r.subscribes(shop, anna)
		server := r.now.Add(time.Minute)
		r.now = server.Add(time.Hour)
		_, err := r.s.OptOutPhone(r.ctx, shop, anna.Value, "said so", func(n string) bot.Env {
			env := r.envs(n)
			env.ClockAhead = time.Hour
			return env
		})
		r.must(err)
		if c := r.contact(shop, anna); !c.OptedOut.Equal(server) || !c.OptedOut.After(in.OptedIn) {
			t.Fatalf("their stop is of %v, want %v", c.OptedOut, server)
		}
		if n, err := r.s.SeeClock(r.ctx, shop, time.Hour, r.envs); n != 0 || err != nil {
			t.Fatalf("%d stops have another time: %v", n, err)
		}
	},
	"whom an earlier version left subscribed after their stop is unsubscribed": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, bob)
		for _, c := range []bot.Contact{a, b} {
			_, err := r.s.Act(r.ctx, shop, c.ID, r.envs, func(_ bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
				c.OptedOut = c.OptedIn.Add(-time.Second)
				if c.Phone() == anna.Value {
					c.OptedOut = c.OptedIn.Add(time.Second)
				}
				return c, nil, nil
			})
			r.must(err)
		}
		for i, want := range []int{1, 0} {
			if n, err := r.s.SettleOrder(r.ctx, shop, r.envs); n != want || err != nil {
				t.Fatalf("look %d: %d people, %v", i, n, err)
			}
		}
		r.wants(shop, anna, bot.Unsubscribed)
		r.wants(shop, bob, bot.Subscribed)
		notices, err := r.s.Notices(r.ctx, shop, 9)
		r.must(err)
		if len(notices) != 1 {
			t.Fatalf("notices %+v", notices)
		}
		r.holds()
	},
}

// stopsByHand is an operator's stop.
func (r *rig) stopsByHand(number string, id bot.Identity) {
	r.t.Helper()
	_, err := r.s.OptOutPhone(r.ctx, number, id.Value, "said so", r.envs)
	r.must(err)
}

// event checks the last entry about somebody.
func (r *rig) event(number string, id bot.Identity, event string, to bot.Consent) {
	r.t.Helper()
	entries, err := r.s.Ledger(r.ctx, number, r.contact(number, id).ID)
	r.must(err)
	if last := entries[len(entries)-1].Public; last.Event != event || last.To != to {
		r.t.Fatalf("the last entry is %+v, want %s", last, event)
	}
}
