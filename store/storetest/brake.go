package storetest

import (
	"fmt"
	"testing"
	"time"

	"optinbot/bot"
)

// strangers write, one after the other at the same moment, and are called by their place.
func (r *rig) strangers(from, to int, text string) (all []bot.Contact) {
	r.t.Helper()
	at := r.now
	for i := from; i < to; i++ {
		m := r.message(text, phone(fmt.Sprintf("+1212%07d", 5550000+i)))
		r.now, m.At = at, at
		all = append(all, r.takes(shop, m).Contact)
	}
	return all
}

// drains sends what may go out now and returns to whom.
func (r *rig) drains() (to []int64) {
	r.t.Helper()
	for k := r.reply(shop); k != nil; k = r.reply(shop) {
		r.ends(*k, bot.SendAccepted)
		to = append(to, k.Contact.ID)
	}
	return to
}

// brakes is about the brake on answers (T2, B5): a flood of strangers does not make the number
// write like a spammer.
var brakes = map[string]func(*testing.T, *rig){
	"a flood": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.brakes(10, 25)
		people := r.strangers(0, 40, "hello")
		if n := len(r.drains()); n != 10 {
			t.Fatalf("%d messages in the first minute, want 10", n)
		}
		greeted := 0
		for _, c := range people {
			if c.Consent == bot.Pending {
				greeted++
			}
		}
		if greeted == 0 || greeted > 10 || len(people)-greeted < 30 {
			t.Fatalf("%d of %d were greeted", greeted, len(people))
		}
		if n := r.told("more people who are not subscribed"); n != 1 {
			t.Fatalf("%d notices of one flood", n)
		}
		r.writes(shop, "preferences", anna) // who is subscribed is answered as ever
		if n := len(r.drains()); n == 0 {
			t.Fatal("a subscriber waits behind the flood")
		}
		r.now = r.now.Add(30 * time.Second)
		if r.drains() != nil {
			t.Fatal("it goes on before the minute is over")
		}
		r.strangers(35, 36, "2")
		r.wants(shop, phone("+12125550035"), bot.Unsubscribed) // a stop is obeyed at once
	},
	"what an opt-in is told waits, together and in order": func(t *testing.T, r *rig) {
		r.brakes(4, 6)
		people := r.strangers(0, 5, "I want promotions")
		r.wants(shop, people[4].Identities[0], bot.Subscribed)
		each := len(r.outbox(people[0], "queued"))
		if each < 2 {
			t.Fatalf("an opt-in is told %d messages", each)
		}
		r.strangers(4, 5, "A") // subscribed now, but their disclosure waits: so does this
		var order []int64
		began := r.now
		for i := 0; ; i++ {
			order = append(order, r.drains()...)
			next, ok, err := r.s.NextDue(r.ctx, shop, r.limits, r.now)
			r.must(err)
			if n, err := r.s.Waiting(r.ctx, shop); err != nil || n == 0 || i > 20 {
				break
			}
			if !ok || !next.After(r.now) || next.After(r.now.Add(time.Hour)) {
				t.Fatalf("at %v the next look is at %v", r.now, next)
			}
			r.now = next
			if r.now.Before(began.Add(time.Hour)) && len(order) > 6 {
				t.Fatalf("%d messages in the first hour, want 6", len(order))
			}
		}
		want := []int64{}
		for i, c := range people {
			for range each {
				want = append(want, c.ID)
			}
			if i == 4 {
				want = append(want, c.ID)
			}
		}
		equal(t, "order", order, want)
	},
	"a goodbye goes first": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		r.brakes(2, 2)
		r.strangers(0, 5, "help")
		r.writes(shop, "preferences", anna)
		r.writes(shop, "2", anna)
		k := r.reply(shop)
		if k == nil || k.Contact.ID != c.ID || k.Kind != bot.SayGoodbye {
			t.Fatalf("first comes %+v", k)
		}
	},
	"the clock is set back": func(t *testing.T, r *rig) {
		r.brakes(2, 1000)
		r.strangers(0, 5, "help")
		r.drains()
		r.now = r.now.Add(-24 * time.Hour)
		if n := len(r.drains()); n != 2 {
			t.Fatalf("%d messages after the clock was set back", n)
		}
	},
	"killed in between": func(t *testing.T, r *rig) {
		r.brakes(2, 1000)
		r.strangers(0, 5, "help")
		r.drains()
		r.reopen()
		if got := r.drains(); got != nil {
			t.Fatalf("a start forgets the brake: %v", got)
		}
	},
}

// brakes puts the brake on.
func (r *rig) brakes(minute, hour int) {
	r.limits.Unlimited, r.limits.Brake = false, bot.Brake{PerMinute: minute, PerHour: hour}
}
