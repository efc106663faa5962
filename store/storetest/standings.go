package storetest

import (
	"testing"
	"time"

	"optinbot/bot"
)

// stands lets WhatsApp allow the shop's number so many people in 24 hours.
func (r *rig) stands(limit int) {
	r.t.Helper()
	r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{
		Kind: bot.NumberStanding, At: r.now, Standing: bot.Standing{Rating: "GREEN", Limit: limit, Throughput: 80},
	}))
}

// capped is what a claim says of the number, which may not send.
func (r *rig) capped(until time.Time) {
	r.t.Helper()
	got := r.claims(shop)
	if got.Claim != nil || got.Number.Reason != bot.NumberCap || !got.Number.Until.Equal(until) {
		r.t.Fatalf("%+v, %+v, want number_cap until %s", got.Claim, got.Number, until)
	}
}

// outside lets everybody's window be over.
func (r *rig) outside() { r.now = r.now.Add(25 * time.Hour) }

// onPlatform lets the limits of the platform count, and nothing else.
func (r *rig) onPlatform() {
	zone := time.UTC
	r.limits = bot.Limits{
		Every: bot.Tick, NumberPerDay: bot.UnlimitedPerDay, PerDay: 9, PerWeek: 99, Gap: 0, From: 0, To: 24 * time.Hour,
		Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, Zone: zone, Guard: bot.DefaultGuard(), Expires: 96 * time.Hour,
		NoWarmUp: true, Wire: bot.Abilities{Window: 24 * time.Hour},
	}
}

// standings are about how many people WhatsApp's platform lets a number write to first (K1).
var standings = map[string]func(*testing.T, *rig){
	"the messaging limit is a moving day, and what waits goes out later": func(t *testing.T, r *rig) {
		r.planned(3)
		r.onPlatform()
		r.stands(2) // nine tenths of two is one
		r.outside()
		began := r.now
		r.ends(*r.claims(shop).Claim, bot.SendAccepted)
		r.now = r.now.Add(time.Minute)
		until := began.Truncate(10 * time.Minute).Add(24*time.Hour + 10*time.Minute)
		r.capped(until)
		r.now = until.Add(-time.Millisecond)
		r.claimsNothing(shop)
		r.now = until
		r.ends(*r.claims(shop).Claim, bot.SendAccepted)
		r.now = r.now.Add(time.Minute)
		r.capped(until.Add(24*time.Hour + 10*time.Minute))
		r.stands(100) // Meta raises it
		r.ends(*r.claims(shop).Claim, bot.SendAccepted)
	},
	"whoever wrote within a day is not written to first": func(t *testing.T, r *rig) {
		r.planned(3)
		r.onPlatform()
		r.stands(2)
		for range 3 {
			r.ends(*r.claims(shop).Claim, bot.SendAccepted)
			r.now = r.now.Add(time.Second)
		}
	},
	"a limit that nobody knows, or that has no end, holds nobody": func(t *testing.T, r *rig) {
		r.planned(3)
		r.onPlatform()
		r.outside()
		for _, limit := range []int{0, bot.UnlimitedPerDay, bot.UnlimitedPerDay} {
			r.stands(limit)
			r.ends(*r.claims(shop).Claim, bot.SendAccepted)
			r.now = r.now.Add(time.Second)
		}
	},
	"what did not go out does not count": func(t *testing.T, r *rig) {
		r.planned(2)
		r.onPlatform()
		r.stands(2)
		r.outside()
		for _, result := range []bot.SendResult{{Status: bot.SendNotTried}, refusedBecause(bot.CauseBusy)} {
			r.must(r.s.Record(r.ctx, *r.claims(shop).Claim, result, r.envs))
			r.now = r.now.Add(time.Hour)
		}
		if r.claims(shop).Claim == nil {
			t.Fatal("nothing goes out")
		}
	},
	"the numbers of a portfolio share it": func(t *testing.T, r *rig) {
		r.subscribes(outlet, anna)
		o := r.arms(outlet)
		r.plans(o)
		r.planned(2)
		r.onPlatform()
		r.stands(2)
		r.outside()
		k := r.claims(outlet).Claim
		r.ends(*k, bot.SendAccepted)
		if r.claims(shop).Claim == nil {
			t.Fatal("another portfolio's people count")
		}
		for _, number := range []string{shop, outlet} {
			n, err := r.s.Number(r.ctx, number)
			r.must(err)
			r.must(r.s.LinkedCloud(r.ctx, number, "1"+number, n.Phone, "300", r.now))
		}
		if people, _, err := r.s.WrittenFirst(r.ctx, shop, r.now); err != nil || people != 2 {
			t.Fatalf("%d, %v", people, err)
		}
	},
}
