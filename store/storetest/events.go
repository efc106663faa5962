package storetest

import (
	"slices"
	"testing"
	"time"

	"optinbot/bot"
)

// believed is who is subscribed, by their IDs, to a receiver of webhooks that has got everything.
func (r *rig) believed(number string) map[int64]bool {
	r.t.Helper()
	events, err := r.s.EventsFor(r.ctx, 1, number, 0, 1000)
	r.must(err)
	believed := map[int64]bool{}
	for _, e := range events {
		switch e.Type {
		case bot.EventSubscribed:
			believed[e.Told()] = true
		case bot.EventUnsubscribed:
			delete(believed, e.Told())
		}
	}
	return believed
}

// isBelieved is false where a receiver takes somebody for subscribed who is not, or the other way.
func (r *rig) isBelieved(number string) {
	r.t.Helper()
	believed := r.believed(number)
	r.must(r.s.Contacts(r.ctx, number, bot.Subscribed, func(c *bot.Contact) error {
		if !believed[c.ID] {
			r.t.Errorf("contact %d is subscribed, and nobody was told", c.ID)
		}
		delete(believed, c.ID)
		return nil
	}))
	for id := range believed {
		r.t.Errorf("contact %d is not subscribed, or gone, and nobody was told", id)
	}
}

// becomes brings somebody to a consent.
func (r *rig) becomes(consent bot.Consent, id bot.Identity) {
	r.t.Helper()
	r.now = r.now.Add(time.Hour)
	r.writes(shop, "oi", id)
	if consent == bot.Subscribed || consent == bot.Unsubscribed {
		r.subscribes(shop, id)
	}
	if consent == bot.Unsubscribed {
		r.writes(shop, "2", id)
	}
	r.wants(shop, id, consent)
}

// events are what programs outside hear of, and by which IDs they know people.
var events = map[string]func(*testing.T, *rig){
	"after a merge nobody outside takes a gone contact for subscribed": func(t *testing.T, r *rig) {
		address := int64(200)
		for _, one := range []bot.Consent{bot.Pending, bot.Subscribed, bot.Unsubscribed} {
			for _, two := range []bot.Consent{bot.Pending, bot.Subscribed, bot.Unsubscribed} {
				for _, lidFirst := range []bool{false, true} {
					address++
					a, b := phone("+1212555"+digits(address)), lid(digits(address))
					if lidFirst {
						a, b = b, a
					}
					r.becomes(one, a)
					r.becomes(two, b)
					if lidFirst {
						a, b = b, a
					}
					r.learns(shop, a, b)
					r.isBelieved(shop)
				}
			}
		}
	},
	"what happened to a contact is told by the ID that it had then": func(t *testing.T, r *rig) {
		r.becomes(bot.Subscribed, anna)
		r.becomes(bot.Subscribed, lid("71"))
		gone := r.contact(shop, lid("71")).ID
		r.learns(shop, anna, lid("71"))
		events, err := r.s.EventsFor(r.ctx, 1, shop, 0, 1000)
		r.must(err)
		last := events[len(events)-1]
		kept := r.contact(shop, anna).ID
		if kept == gone {
			t.Fatal("the test takes the wrong one for gone")
		}
		if last.Type != bot.EventUnsubscribed || last.What != bot.WhatMerged || last.Told() != gone || last.Contact != kept {
			t.Fatalf("the last event is %+v, want that %d has gone into %d", last, gone, kept)
		}
		var told []bot.EventType
		for _, e := range events {
			if e.Told() != gone {
				continue
			}
			told = append(told, e.Type)
			if e.Contact != kept {
				t.Errorf("event %d follows those of contact %d, want %d", e.Seq, e.Contact, kept)
			}
		}
		if len(told) < 2 || !slices.Contains(told, bot.EventSubscribed) {
			t.Errorf("of contact %d it is told %v", gone, told)
		}
		_, err = r.s.Erase(r.ctx, []bot.Identity{anna}, r.envs)
		r.must(err)
		if left := r.believed(shop); len(left) > 0 {
			t.Errorf("after they were erased %v are taken for subscribed", left)
		}
	},
	"the ID of a contact is never given twice": func(t *testing.T, r *rig) {
		given := map[int64]string{}
		newest := func(how string, c bot.Contact) {
			t.Helper()
			if before, twice := given[c.ID]; twice {
				t.Errorf("%d was the ID of somebody who was %s, and is that of somebody to be %s", c.ID, before, how)
			}
			given[c.ID] = how
		}
		for i, ways := 0, []string{"merged", "erased", "forgotten", "merged", "erased", "forgotten"}; i < len(ways); i++ {
			who := lid(digits(int64(300 + i)))
			switch c := r.writes(shop, "oi", who); ways[i] {
			case "merged":
				newest(ways[i], c)
				newest("kept", r.writes(shop, "oi", phone("+1212555"+digits(int64(300+i)))))
				r.learns(shop, phone("+1212555"+digits(int64(300+i))), who)
			case "erased":
				newest(ways[i], c)
				_, err := r.s.Erase(r.ctx, []bot.Identity{who}, r.envs)
				r.must(err)
			case "forgotten":
				newest(ways[i], c)
				r.now = r.now.AddDate(0, 0, 10)
				r.must(r.s.Forget(r.ctx, shop, bot.Retention{Strangers: 24 * time.Hour}, r.now, r.envs))
			}
			r.reopen()
		}
	},
}

// digits are the last four digits of addresses made for tests.
func digits(n int64) string {
	return string([]byte{'0', byte('1' + n/100%9), byte('0' + n/10%10), byte('0' + n%10)})
}
