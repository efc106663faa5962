package storetest

import (
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// inBrazil is somebody for whom the rates of a rig have a price, and inFrance somebody for whom they
// have none.
var (
	inBrazil = phoneOf("+5511900000041")
	another  = phoneOf("+5511900000042")
	inFrance = phoneOf("+33199000041")
)

func phoneOf(phone string) bot.Identity { return bot.Identity{Kind: bot.Phone, Value: phone} }

// costsAtMost sets the budget of an occurrence.
func (r *rig) costsAtMost(most bot.Micros) {
	r.limits.Budget = bot.Budget{Most: most, Currency: "USD", Rates: &bot.Rates{Currency: "USD", All: []bot.Rate{
		{Country: "BR", Category: bot.MarketingCategory, Price: 60_000, From: r.now.AddDate(0, 0, -1)},
	}}}
}

// priced is a receipt that says how a message is charged.
func (r *rig) priced(k bot.Claim, kind bot.ReceiptKind, how string) {
	r.t.Helper()
	r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{
		Kind: kind, MessageIDs: []string{k.MessageID}, At: r.now, Pricing: bot.Pricing{Category: bot.MarketingCategory, Kind: how},
	}, r.envs))
}

func (r *rig) charges(o bot.Occurrence, want ...store.Charge) {
	r.t.Helper()
	got, err := r.s.Charges(r.ctx, shop, o.ID)
	r.must(err)
	if len(got) != len(want) {
		r.t.Fatalf("%+v, want %+v", got, want)
	}
	for i := range got {
		got[i].Day = time.Time{}
		if got[i] != want[i] {
			r.t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
}

// occurrenceCost is what the deliveries of an occurrence come to at most.
func (r *rig) occurrenceCost(o bot.Occurrence) bot.Micros {
	r.t.Helper()
	cost, err := r.s.CostSoFar(r.ctx, o.ID)
	r.must(err)
	return cost
}

// paused checks that an occurrence waits because of what it costs.
func (r *rig) paused(o bot.Occurrence) {
	r.t.Helper()
	if got := r.occurrence(o); got.Status != bot.OccurrencePaused || got.Note != string(bot.CostCap) {
		r.t.Fatalf("%s, %q", got.Status, got.Note)
	}
}

// costs are about what promotions cost, on a wire that charges (K1).
var costs = map[string]func(*testing.T, *rig){
	"no claim commits that costs more than may be": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, inBrazil), r.subscribes(shop, another)
		r.costsAtMost(119_999)
		o := r.arms(shop)
		r.plans(o)
		r.ends(*r.claims(shop).Claim, bot.SendAccepted)
		if k := r.claims(shop).Claim; k != nil {
			t.Fatal("one more goes out")
		}
		r.paused(o)
		if n := r.told("it may cost up to 0.12 USD, and broadcast.max_cost is 0.12"); n != 1 {
			t.Errorf("told %d times: %v", n, r.textsOf(shop, bot.NoticeBroadcast))
		}
		r.costsAtMost(120_000)
		r.resume(o, true)
		r.ends(*r.claims(shop).Claim, bot.SendAccepted)
		r.delivery(o, a, bot.DeliverySent, "")
		r.delivery(o, b, bot.DeliverySent, "")
	},
	"whoever has no price waits, and is not free": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, inFrance)
		r.costsAtMost(1_000_000)
		o := r.arms(shop)
		r.plans(o)
		if k := r.claims(shop).Claim; k != nil {
			t.Fatal("it goes out")
		}
		r.paused(o)
		r.limits.Budget.Most = 0
		r.resume(o, true)
		r.ends(r.claimed(shop, c), bot.SendAccepted)
	},
	"what was not taken or does not arrive costs nothing": func(t *testing.T, r *rig) {
		r.subscribes(shop, inBrazil)
		r.subscribes(shop, another)
		r.costsAtMost(60_000)
		o := r.arms(shop)
		r.plans(o)
		for _, result := range []bot.SendResult{{Status: bot.SendNotTried}, refusedBecause(bot.CauseBusy)} {
			k := r.claims(shop).Claim
			r.must(r.s.Record(r.ctx, *k, result, r.envs))
			r.now = r.now.Add(time.Hour)
		}
		k := *r.claims(shop).Claim
		r.ends(k, bot.SendAccepted)
		r.late(k, bot.CauseMarketingLimit)
		if k = *r.claims(shop).Claim; r.s.VoidClaim(r.ctx, k, r.now) != nil {
			t.Fatal("it is not voided")
		}
		if cost := r.occurrenceCost(o); cost != 0 {
			t.Errorf("it has cost %d", cost)
		}
	},
	"nobody knows whether it arrived: it counts, until the operator says no": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, inBrazil)
		r.costsAtMost(60_000)
		o := r.arms(shop)
		r.plans(o)
		r.ends(*r.claims(shop).Claim, bot.SendUnknown)
		if cost := r.occurrenceCost(o); cost != 60_000 {
			t.Errorf("it has cost %d", cost)
		}
		r.now = r.now.Add(time.Hour)
		if _, err := r.s.ResolveUnknown(r.ctx, shop, o.ID, c.ID, bot.DeliveryPlanned, r.now); err != nil {
			t.Fatal(err)
		}
		r.ends(*r.claims(shop).Claim, bot.SendAccepted)
	},
	"each message is charged once, however often and in whatever order it is told": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, inBrazil)
		o, k := r.sent(shop, c)
		r.priced(k, bot.ReceiptSent, bot.PricedRegular)
		r.charges(o)
		for range 2 {
			r.priced(k, bot.ReceiptRead, "")
			r.priced(k, bot.ReceiptRead, bot.PricedRegular)
			r.priced(k, bot.ReceiptDelivered, bot.PricedRegular)
			r.priced(k, bot.ReceiptSent, bot.PricedRegular)
			r.now = r.now.Add(24 * time.Hour)
		}
		r.charges(o, store.Charge{Country: "BR", Category: bot.MarketingCategory, Kind: bot.PricedRegular, Messages: 1})
	},
	"free ones are counted apart, and what nobody knows is not counted": func(t *testing.T, r *rig) {
		o, k := r.sent(shop, r.subscribes(shop, inBrazil))
		r.priced(k, bot.ReceiptDelivered, "free_entry_point")
		k.MessageID = "of nobody"
		r.priced(k, bot.ReceiptDelivered, bot.PricedRegular)
		r.charges(o, store.Charge{Country: "BR", Category: bot.MarketingCategory, Kind: "free_entry_point", Messages: 1})
	},
	"an erasure leaves the sum and takes the country from the delivery": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, inBrazil)
		r.costsAtMost(1_000_000)
		o, k := r.sent(shop, c)
		r.priced(k, bot.ReceiptDelivered, bot.PricedRegular)
		_, err := r.s.Erase(r.ctx, []bot.Identity{inBrazil}, r.envs)
		r.must(err)
		r.priced(k, bot.ReceiptDelivered, bot.PricedRegular)
		r.charges(o, store.Charge{Country: "BR", Category: bot.MarketingCategory, Kind: bot.PricedRegular, Messages: 1})
	},
}
