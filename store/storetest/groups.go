package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
)

// to are the contacts whom some claims are for.
func to(claims []*bot.Claim) (ids []int64) {
	for _, k := range claims {
		ids = append(ids, k.Contact.ID)
	}
	return ids
}

// claimsSome claims several promotions at a time, and checks how many there are, each to somebody else.
func (r *rig) claimsSome(most, want int) bot.ClaimResult {
	r.t.Helper()
	got := r.claimsMany(shop, most)
	people := map[int64]bool{}
	for _, id := range to(got.Claims) {
		people[id] = true
	}
	if len(got.Claims) != want || len(people) != want {
		r.t.Fatalf("%d promotions to %d people are claimed (%+v), want %d", len(got.Claims), len(people), got.Number, want)
	}
	return got
}

// groups are about promotions that are claimed together: each as if it were alone (B1, B5, B6).
var groups = map[string]func(*testing.T, *rig){
	"as many as asked for, and the rest later": func(t *testing.T, r *rig) {
		o, _ := r.planned(5)
		first := r.claimsSome(3, 3)
		second := r.claimsSome(9, 2)
		people := slices.Concat(to(first.Claims), to(second.Claims))
		if slices.Sort(people); len(slices.Compact(people)) != 5 {
			t.Errorf("two are under way to one person: %v and %v", to(first.Claims), to(second.Claims))
		}
		for _, k := range slices.Concat(first.Claims, second.Claims) {
			r.delivery(o, k.Contact, bot.DeliveryClaimed, "")
			r.ends(*k, bot.SendAccepted)
			r.delivery(o, k.Contact, bot.DeliverySent, "")
		}
		r.claimsSome(9, 0)
	},
	"they count as if they were claimed one by one": func(t *testing.T, r *rig) {
		const people = 7
		r.limits.Wire.Window, r.limits.Expires = 24*time.Hour, 96*time.Hour
		var counted []map[string]int
		for _, most := range []int{1, people} {
			o, _ := r.planned(people)
			r.outside() // so that all of them are written to first
			for range people / most {
				for _, k := range r.claimsSome(most, most).Claims {
					r.ends(*k, bot.SendAccepted)
				}
			}
			state, figures, _, err := r.s.Guard(r.ctx, o.ID, r.now)
			r.must(err)
			first, _, err := r.s.WrittenFirst(r.ctx, shop, r.now)
			r.must(err)
			counted = append(counted, map[string]int{
				"sent today": r.today(), "of the step": state.Ramp.Sent, "the guard's": figures.Sent, "written first": first,
			})
		}
		for what, n := range counted[1] {
			if n != people || counted[0][what] != people {
				t.Errorf("%s: %d one by one, %d together, want %d", what, counted[0][what], n, people)
			}
		}
	},
	"as many answers as asked for, each to somebody else, and what the brake lets out": func(t *testing.T, r *rig) {
		const people = 6
		for i := range people {
			who := phone("+1212555010" + string(rune('0'+i)))
			r.writes(shop, "HELP", who)
			r.writes(shop, "HELP", who) // a second one waits behind the first
		}
		some := func(most int) (claims []*bot.Claim) {
			claims, err := r.s.ClaimReplies(r.ctx, shop, r.now, r.limits.AnswerBrake(), true, most)
			r.must(err)
			return claims
		}
		first, second := some(4), some(64)
		if len(first) != 4 || len(second) != people-4 {
			t.Fatalf("%d and %d are claimed", len(first), len(second))
		}
		all := slices.Concat(first, second)
		ids := to(all)
		if slices.Sort(ids); len(slices.Compact(ids)) != people {
			t.Errorf("two are under way to one person: %v", to(all))
		}
		if more := some(64); len(more) > 0 {
			t.Errorf("%d more are claimed", len(more))
		}
		for _, k := range all {
			r.ends(*k, bot.SendAccepted)
		}
		if again := some(64); len(again) != people {
			t.Errorf("%d have their turn after that", len(again))
		}
		r.holds()
	},
	"they count once the guard lets everybody have it": func(t *testing.T, r *rig) {
		const people = 450 // the steps are over after 440
		r.limits.Guard = bot.Guard{Canary: 10, Wait: time.Hour, Odds: 100}
		for i := range people {
			r.subscribes(shop, phone(fmt.Sprintf("+346000%05d", i)))
		}
		o := r.arms(shop)
		r.plans(o)
		claimed := 0
		for claimed < people {
			got := len(r.claimsMany(shop, 64).Claims)
			if got == 0 {
				t.Fatalf("%d are claimed, and then nobody", claimed)
			}
			claimed += got
			r.now = r.now.Add(time.Minute)
		}
		state, figures, _, err := r.s.Guard(r.ctx, o.ID, r.now)
		r.must(err)
		if figures.Sent != people || state.Ramping(r.limits) {
			t.Errorf("the guard counts %d of %d: %+v", figures.Sent, people, state)
		}
	},
	"nobody who has left": func(t *testing.T, r *rig) {
		_, people := r.planned(4)
		r.stop(people[1].ID)
		if got := to(r.claimsSome(9, 3).Claims); slices.Contains(got, people[1].ID) {
			t.Error("somebody who has left")
		}
	},
	"no more than the guard's step": func(t *testing.T, r *rig) {
		r.crowd(14)
		r.limits.Every = 0
		if held := r.claimsSome(64, 10); len(r.claimsMany(shop, 64).Claims) > 0 {
			t.Errorf("after the canary goes on: %+v", held.Number)
		}
		r.now = r.now.Add(time.Hour)
		r.claimsSome(64, 4)
	},
	"no more than the pace lets out": func(t *testing.T, r *rig) {
		r.crowd(5)
		r.limits.Every, r.limits.Wire.InFlight = 40*time.Millisecond, 80
		r.claimsSome(64, 3) // what it makes up for, 100 ms
		r.now = r.now.Add(80 * time.Millisecond)
		if got := r.claimsSome(64, 2); got.Number.Reason != bot.Pace {
			t.Errorf("the number: %+v", got.Number)
		}
	},
	"no more than the number may send today": func(t *testing.T, r *rig) {
		o, _ := r.crowd(5)
		r.limits.Every, r.limits.NumberPerDay = 0, 3
		got := r.claimsSome(64, 3)
		if got.Number.Reason != bot.NumberCap {
			t.Errorf("the number: %+v", got.Number)
		}
		funnel, err := r.s.Funnel(r.ctx, o.ID)
		r.must(err)
		for _, c := range funnel {
			if c.Status == bot.DeliveryHeld && c.People != 2 || c.Status == bot.DeliveryPlanned {
				t.Errorf("%d are %s", c.People, c.Status)
			}
		}
	},
	"no more than the messaging limit": func(t *testing.T, r *rig) {
		r.planned(5)
		r.onPlatform()
		r.limits.Every = 0
		r.stands(4) // nine tenths of four are three
		r.outside()
		if got := r.claimsSome(64, 3); got.Number.Reason != bot.NumberCap || got.Number.Until.IsZero() {
			t.Errorf("the number: %+v", got.Number)
		}
	},
	"no more than may be paid": func(t *testing.T, r *rig) {
		r.subscribes(shop, inBrazil)
		r.subscribes(shop, another)
		r.subscribes(shop, anna)
		r.costsAtMost(120_000)
		o := r.arms(shop)
		r.plans(o)
		r.claimsSome(64, 2)
		r.paused(o)
		if cost := r.occurrenceCost(o); cost != 120_000 {
			t.Errorf("it has cost %d", cost)
		}
	},
	"broadcasts have their turns": func(t *testing.T, r *rig) {
		o, _ := r.planned(4)
		second := r.arms(shop)
		r.plans(second)
		for _, want := range []int64{o.ID, second.ID, o.ID, second.ID} {
			got := r.claimsSome(2, 2)
			for _, k := range got.Claims {
				if k.Occurrence != want {
					t.Fatalf("occurrence %d has its turn, want %d", k.Occurrence, want)
				}
				r.ends(*k, bot.SendAccepted)
			}
		}
	},
	"what fails at the commit is not claimed": func(t *testing.T, r *rig) {
		r.planned(3)
		r.fault = func(statement string) error {
			if statement == "COMMIT" {
				return errors.New("the disk is full")
			}
			return nil
		}
		if got, err := r.s.ClaimDeliveries(r.ctx, shop, r.now, r.limits, r.envs, render, 9); err == nil || len(got.Claims) > 0 {
			t.Errorf("%+v (%v)", got, err)
		}
		r.fault = nil
		r.claimsSome(9, 3)
	},
}

// today is how many promotions the number has sent today.
func (r *rig) today() int {
	r.t.Helper()
	n, err := r.s.Number(r.ctx, shop)
	r.must(err)
	_, sent := n.Today(r.limits, r.now)
	return sent
}
