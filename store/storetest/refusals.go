package storetest

import (
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// notNow is how WhatsApp's server refuses for a while.
var notNow = bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseBusy, Code: 429, Detail: "429: too many messages too fast; slow down"}

// planned is an occurrence that is planned for so many subscribers.
func (r *rig) planned(people int) (o bot.Occurrence, all []bot.Contact) {
	r.t.Helper()
	for i := range people {
		all = append(all, r.subscribes(shop, phone("+1212555010"+string(rune('0'+i)))))
	}
	o = r.arms(shop)
	r.plans(o)
	return o, all
}

// refuses claims the next promotion and lets the server not take it, or with Unknown not answer.
func (r *rig) refuses(result bot.SendResult) *bot.Claim {
	r.t.Helper()
	k := r.claims(shop).Claim
	if k == nil {
		r.t.Fatal("nothing to send")
	}
	r.must(r.s.Record(r.ctx, *k, result, r.envs))
	return k
}

func (r *rig) refusals() bot.Refusals {
	r.t.Helper()
	n, err := r.s.Number(r.ctx, shop)
	r.must(err)
	return n.Refusals
}

func (r *rig) told(part string) (n int) {
	r.t.Helper()
	list, err := r.s.Notices(r.ctx, shop, 100)
	r.must(err)
	for _, notice := range list {
		if strings.Contains(notice.Text, part) {
			n++
		}
	}
	return n
}

// refusals is about WhatsApp's server saying "not now": nobody is left out, and the number slows
// down (B5).
var refusals = map[string]func(*testing.T, *rig){
	"the number slows down, and then waits for the operator": func(t *testing.T, r *rig) {
		o, _ := r.planned(8)
		r.limits.Unlimited, r.limits.From, r.limits.To = false, 0, 24*time.Hour
		r.limits.Every = time.Second
		for i, minutes := range []int{1, 2, 5, 10, 30} {
			result := notNow
			if i == 2 {
				result = bot.SendResult{Status: bot.SendUnknown} // no answer counts, too
			}
			r.refuses(result)
			c := r.claims(shop)
			want := r.now.Add(time.Duration(minutes) * time.Minute)
			if c.Claim != nil || c.Number.Reason != bot.SlowDown || !c.Number.Until.Equal(want) {
				t.Fatalf("after refusal %d: %+v, want to wait until %v", i+1, c, want)
			}
			if next, ok, err := r.s.NextDue(r.ctx, shop, r.limits, r.now); err != nil || !ok || next.After(want) {
				t.Fatalf("the next look is at %v", next)
			}
			if n := r.told("in a row"); n != min(i, 1) {
				t.Fatalf("%d notices after refusal %d", n, i+1)
			}
			r.now = want
		}
		r.refuses(notNow)
		state, _, _, err := r.s.Guard(r.ctx, o.ID, r.now)
		r.must(err)
		if got := r.occurrence(o); got.Status != bot.OccurrencePaused || state.Level != bot.GuardPause || !strings.Contains(got.Note, "6 promotions in a row") {
			t.Fatalf("it is %s (%s), %+v", got.Status, got.Note, state)
		}
		r.resume(o, true)
		for range 7 { // five that wait, behind two whose turn has not come yet
			k := r.claims(shop).Claim
			if k == nil {
				t.Fatalf("claimed %+v", r.claims(shop))
			}
			r.ends(*k, bot.SendAccepted)
			r.now = r.now.Add(time.Minute)
		}
		if n := r.refusals(); n != (bot.Refusals{}) {
			t.Fatalf("an accepted promotion ends the row: %+v", n)
		}
	},
	"who was refused comes after the others": func(t *testing.T, r *rig) {
		o, all := r.planned(4)
		first := r.refuses(notNow)
		r.delivery(o, first.Contact, bot.DeliveryPlanned, "")
		if n := len(r.contact(shop, first.Contact.Identities[0]).Sends); n != 0 {
			t.Fatalf("%d promotions count for somebody who got none", n)
		}
		r.claimsNothing(shop)
		r.now = r.now.Add(time.Second)
		var order []int64
		for range all {
			k := r.claims(shop).Claim
			order = append(order, k.Contact.ID)
			r.ends(*k, bot.SendAccepted)
		}
		if order[len(order)-1] != first.Contact.ID {
			t.Fatalf("contact %d was refused, then %v", first.Contact.ID, order)
		}
	},
	"who is refused twice in a row waits alone": func(t *testing.T, r *rig) {
		o, all := r.planned(1)
		r.refuses(notNow)
		r.now = r.now.Add(time.Second)
		r.limits.Unlimited = false
		r.limits.From, r.limits.To, r.limits.Every = 0, 24*time.Hour, time.Second
		for _, minutes := range []int{2, 5, 10, 30, 30} {
			r.refuses(notNow)
			want := r.now.Add(time.Duration(minutes) * time.Minute)
			if d := r.delivery(o, all[0], bot.DeliveryHeld, bot.SlowDown); !d.Until.Equal(want) {
				t.Fatalf("they wait until %v, want %v", d.Until, want)
			}
			if got := r.refusals(); got.InRow != 1 || r.told("in a row") != 0 {
				t.Fatalf("the number has %+v", got)
			}
			r.claimsNothing(shop)
			r.now = want
		}
		r.ends(r.claimed(shop, all[0]), bot.SendAccepted)
	},
	"a stop while it was under way": func(t *testing.T, r *rig) {
		o, _ := r.planned(2)
		k := r.claims(shop).Claim
		r.writes(shop, "2", k.Contact.Identities...)
		r.must(r.s.Record(r.ctx, *k, notNow, r.envs))
		r.delivery(o, k.Contact, bot.DeliveryVoided, bot.SkippedUnsubscribed)
	},
	"an answer is tried again, and what follows keeps its place": func(t *testing.T, r *rig) {
		r.writes(shop, "hello", bob)
		first := r.reply(shop)
		r.must(r.s.Record(r.ctx, *first, notNow, r.envs))
		refusedAt := r.now
		r.writes(shop, "help", bob)
		r.now = refusedAt
		if k := r.reply(shop); k != nil && k.Contact.ID == first.Contact.ID {
			t.Fatalf("%+v overtakes", k)
		}
		r.writes(shop, "hello", anna)
		r.now = refusedAt
		if k := r.reply(shop); k == nil || k.Contact.ID == first.Contact.ID {
			t.Fatalf("others wait: %+v", k)
		}
		for _, wait := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 5 * time.Minute} {
			r.now = r.now.Add(wait)
			k := r.reply(shop)
			for k != nil && k.Contact.ID != first.Contact.ID {
				r.ends(*k, bot.SendAccepted)
				k = r.reply(shop)
			}
			if k == nil || k.MessageID != first.MessageID {
				t.Fatalf("after %v: %+v", wait, k)
			}
			r.must(r.s.Record(r.ctx, *k, notNow, r.envs))
		}
		if n := r.told("refused an answer"); n != 1 {
			t.Fatalf("%d notices", n)
		}
	},
}
