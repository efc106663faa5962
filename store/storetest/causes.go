package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

func refusedBecause(cause bot.Cause) bot.SendResult {
	return bot.SendResult{Status: bot.SendRefused, Cause: cause, Detail: "WhatsApp says " + string(cause)}
}

// offered plans a broadcast for somebody and lets the only send of it end so.
func (r *rig) offered(c bot.Contact, result bot.SendResult) bot.Occurrence {
	r.t.Helper()
	o := r.arms(shop)
	r.plans(o)
	for k := r.claims(shop).Claim; k != nil; k = r.claims(shop).Claim {
		if k.Contact.ID == c.ID {
			r.must(r.s.Record(r.ctx, *k, result, r.envs))
			return o
		}
		r.ends(*k, bot.SendAccepted)
	}
	r.t.Fatalf("nothing goes to contact %d", c.ID)
	return o
}

// late lets a send that was accepted fail afterwards.
func (r *rig) late(k bot.Claim, cause bot.Cause) {
	r.t.Helper()
	r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{
		Kind: bot.ReceiptFailed, MessageIDs: []string{k.MessageID}, At: r.now, Cause: cause, Detail: "late " + string(cause),
	}, r.envs))
}

// causes are about why a wire does not take a message, and what follows from it (B1, B5).
var causes = map[string]func(*testing.T, *rig){
	"who may have no more promotions waits, for longer each time": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		for _, wait := range []time.Duration{24 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour, 7 * 24 * time.Hour} {
			o := r.offered(c, refusedBecause(bot.CauseMarketingLimit))
			r.delivery(o, c, bot.DeliveryFailed, bot.Failed)
			until := r.now.Add(wait)
			next := r.arms(shop)
			r.plans(next)
			if d := r.delivery(next, c, bot.DeliveryHeld, bot.MarketingLimit); !d.Until.Equal(until) {
				t.Fatalf("held until %s, want %s", d.Until, until)
			}
			r.sets(next, bot.OccurrenceCancelled, true)
			r.now = until
			if !r.fires(r.now) {
				t.Fatal("nothing ends the hold")
			}
			if r.contact(shop, anna).Has(bot.MarketingLimit) {
				t.Fatal("it is still held")
			}
		}
	},
	"what they write ends the marketing limit, and the next one is short again": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		for range 2 {
			r.offered(c, refusedBecause(bot.CauseMarketingLimit))
			next := r.arms(shop)
			r.plans(next)
			if d := r.delivery(next, c, bot.DeliveryHeld, bot.MarketingLimit); d.Until.Sub(r.now) != 24*time.Hour {
				t.Fatalf("held for %s", d.Until.Sub(r.now))
			}
			r.writes(shop, "how much is the red bag", anna)
			r.says(shop)
			r.ends(r.claimed(shop, c), bot.SendAccepted)
			r.delivery(next, c, bot.DeliverySent, "")
		}
	},
	"a promotion that arrives makes the next marketing limit short again": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		r.offered(c, refusedBecause(bot.CauseMarketingLimit))
		r.now = r.now.Add(24 * time.Hour)
		r.fires(r.now)
		_, k := r.sent(shop, c)
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{k.MessageID}, At: r.now}, r.envs))
		_, k = r.sent(shop, c)
		r.late(k, bot.CauseMarketingLimit)
		next := r.arms(shop)
		r.plans(next)
		if d := r.delivery(next, c, bot.DeliveryHeld, bot.MarketingLimit); d.Until.Sub(r.now) != 24*time.Hour {
			t.Fatalf("held for %s", d.Until.Sub(r.now))
		}
	},
	"of a step too many have had enough: it is slowed": func(t *testing.T, r *rig) {
		o, _ := r.crowd(12)
		for i := range 10 {
			cause := bot.CauseMarketingLimit
			if i >= 4 {
				cause = bot.CauseOther
			}
			r.must(r.s.Record(r.ctx, *r.claims(shop).Claim, refusedBecause(cause), r.envs))
			r.now = r.now.Add(time.Second)
		}
		if n := r.told("slows broadcast"); n != 0 {
			t.Fatalf("slowed after %d of the first few", n)
		}
		state, _, _, err := r.s.Guard(r.ctx, o.ID, r.now)
		r.must(err)
		if state.Level != bot.GuardCalm || state.Limited != 4 {
			t.Fatalf("%+v", state)
		}
	},
	"the limit of many slows it, and is no bad reaction": func(t *testing.T, r *rig) {
		o, _ := r.crowd(12)
		for range 10 {
			k := *r.claims(shop).Claim
			r.ends(k, bot.SendAccepted)
			r.late(k, bot.CauseMarketingLimit)
			r.now = r.now.Add(time.Second)
		}
		state, figures, _, err := r.s.Guard(r.ctx, o.ID, r.now)
		r.must(err)
		if state.Level != bot.GuardSlowed || figures.People != 0 || r.told("the guard slows broadcast") != 1 {
			t.Fatalf("%+v, %+v, told %d", state, figures, r.told("slows"))
		}
	},
	"too many messages to one person: only their promotion waits": func(t *testing.T, r *rig) {
		o, all := r.planned(2)
		k := r.refuses(refusedBecause(bot.CausePersonBusy))
		if n := r.refusals().InRow; n != 0 {
			t.Errorf("the number counts %d", n)
		}
		var other bot.Contact
		for _, c := range all {
			if c.ID != k.Contact.ID {
				other = c
			}
		}
		r.ends(r.claimed(shop, other), bot.SendAccepted)
		d := r.delivery(o, k.Contact, bot.DeliveryHeld, bot.SlowDown)
		if d.Until.Sub(r.now) != time.Hour {
			t.Errorf("held for %s", d.Until.Sub(r.now))
		}
		r.claimsNothing(shop)
		r.now = d.Until
		r.ends(r.claimed(shop, k.Contact), bot.SendAccepted)
	},
	"too many messages to one person: an answer comes later": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		r.writes(shop, "preferences", anna)
		for _, wait := range []time.Duration{4 * time.Second, 16 * time.Second, 64 * time.Second, 256 * time.Second} {
			r.must(r.s.Record(r.ctx, *r.reply(shop), refusedBecause(bot.CausePersonBusy), r.envs))
			r.now = r.now.Add(wait - time.Millisecond)
			if k := r.reply(shop); k != nil {
				t.Fatalf("it goes out before %s are over", wait)
			}
			r.now = r.now.Add(time.Millisecond)
		}
		r.ends(*r.reply(shop), bot.SendAccepted)
		if failed := r.outbox(c, "failed"); len(failed) > 0 {
			t.Errorf("failed: %q", failed)
		}
	},
	"a number that may not send waits, and nothing fails": func(t *testing.T, r *rig) {
		for _, cause := range []bot.Cause{bot.CauseAccount, bot.CauseSpam, bot.CauseRestricted} {
			c := r.subscribes(shop, anna)
			o := r.arms(shop)
			r.plans(o)
			before, told := r.contact(shop, anna), r.told("does not let the number send")
			r.must(r.s.Record(r.ctx, r.claimed(shop, c), refusedBecause(cause), r.envs))
			r.delivery(o, c, bot.DeliveryPlanned, "")
			if after := r.contact(shop, anna); len(after.Sends) != len(before.Sends) {
				t.Errorf("%s: it counts for their caps", cause)
			}
			r.writes(shop, "preferences", anna)
			for range 9 {
				k := r.reply(shop)
				if k == nil {
					t.Fatalf("%s: the answer is gone", cause)
				}
				r.must(r.s.Record(r.ctx, *k, refusedBecause(cause), r.envs))
				r.now = r.now.Add(5 * time.Minute)
			}
			if failed := r.outbox(c, "failed"); len(failed) > 0 {
				t.Errorf("%s: failed: %q", cause, failed)
			}
			want := map[bot.Cause]bot.Reason{bot.CauseRestricted: bot.RestrictedUntil}[cause]
			if want == "" {
				want = bot.Disconnected
			}
			r.now = r.now.Add(-time.Minute)
			if got := r.waits(shop); got != want {
				t.Errorf("%s: the number waits because of %q", cause, got)
			}
			status := r.occurrence(o).Status
			if paused := cause != bot.CauseAccount; paused != (status == bot.OccurrencePaused) {
				t.Errorf("%s: the broadcast is %s", cause, status)
			} else if told = r.told("does not let the number send") - told; !paused && told != 1 || paused && r.told(string(cause)) != 1 {
				t.Errorf("%s: told %d times", cause, told)
			}
			r.now = r.now.Add(25 * time.Hour)
			r.says(shop)
			if got := r.waits(shop); got != "" {
				t.Errorf("%s: it sends, and waits because of %q", cause, got)
			}
			r.sets(o, bot.OccurrenceCancelled, true)
		}
	},
	"a message that is not taken from the shop pauses the broadcast at the first": func(t *testing.T, r *rig) {
		for cause, want := range map[bot.Cause]struct {
			note   string
			status bot.DeliveryStatus
			reason bot.Reason
		}{
			bot.CauseTemplate: {string(bot.TemplateNotReady), bot.DeliveryPlanned, ""},
			bot.CauseRequest:  {"WhatsApp says request", bot.DeliveryFailed, bot.Failed},
			bot.CauseMedia:    {"WhatsApp says media", bot.DeliveryFailed, bot.Failed},
		} {
			o, all := r.planned(2)
			k := r.refuses(refusedBecause(cause))
			if got := r.occurrence(o); got.Status != bot.OccurrencePaused || got.Note != want.note {
				t.Errorf("%s: it is %s: %s", cause, got.Status, got.Note)
			}
			r.delivery(o, k.Contact, want.status, want.reason)
			r.claimsNothing(shop)
			if n := r.told("does not take its message: WhatsApp says " + string(cause)); n != 1 {
				t.Errorf("%s: told %d times", cause, n)
			}
			r.resume(o, true)
			for claim := r.claims(shop).Claim; claim != nil; claim = r.claims(shop).Claim {
				r.ends(*claim, bot.SendAccepted)
			}
			for _, c := range all {
				if c.ID != k.Contact.ID || cause == bot.CauseTemplate {
					r.delivery(o, c, bot.DeliverySent, "")
				}
			}
			r.now = r.now.Add(24 * time.Hour)
		}
	},
	"an account's trouble that is told later holds the number, and nobody is sent it again": func(t *testing.T, r *rig) {
		o, _ := r.planned(3)
		first, second := r.claims(shop).Claim, r.claims(shop).Claim // both are under way
		r.ends(*first, bot.SendAccepted)
		r.ends(*second, bot.SendAccepted)
		r.late(*first, bot.CauseAccount)
		r.late(*second, bot.CauseAccount)
		r.delivery(o, first.Contact, bot.DeliveryFailed, bot.Failed) // it was taken once, so it is not sent again
		r.delivery(o, second.Contact, bot.DeliveryFailed, bot.Failed)
		r.claimsNothing(shop)
		if got := r.waits(shop); got != bot.Disconnected {
			t.Errorf("the number waits because of %q", got)
		}
		if n := r.told("does not let the number send: late account"); n != 1 {
			t.Errorf("told %d times", n)
		}
		r.now = r.now.Add(6 * time.Minute) // it tries again by itself
		third := r.claims(shop).Claim
		if third == nil || third.Contact.ID == first.Contact.ID || third.Contact.ID == second.Contact.ID {
			t.Fatalf("claimed %+v", third)
		}
		r.ends(*third, bot.SendAccepted)
		r.claimsNothing(shop)
	},
	"where a receipt tells that a message was sent, one at a time tries an account, and the receipt ends its trouble": func(
		t *testing.T, r *rig,
	) {
		r.subscribes(shop, bob)
		o, _ := r.planned(9)
		r.limits.Wire = bot.Abilities{NoRepeats: true, SentLater: true, InFlight: 80}
		arrives := func(k *bot.Claim, kind bot.ReceiptKind) {
			r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: kind, MessageIDs: []string{k.MessageID}, At: r.now}, r.envs))
		}
		waits := func(what string) {
			t.Helper()
			if n := len(r.claimsMany(shop, 64).Claims); n != 0 || r.waits(shop) != bot.Disconnected {
				t.Fatalf("%s: %d are claimed, and the number waits because of %q", what, n, r.waits(shop))
			}
			if k := r.reply(shop); k != nil {
				t.Fatalf("%s: an answer goes out", what)
			}
		}
		before := r.claimsSome(3, 3).Claims
		r.now = r.now.Add(time.Second)
		r.ends(*before[0], bot.SendAccepted)
		r.late(*before[0], bot.CauseAccount)
		held := r.now
		r.writes(shop, "preferences", bob) // what is asked waits, too
		waits("the account is refused")
		r.ends(*before[1], bot.SendAccepted)
		arrives(before[1], bot.ReceiptSent)
		waits("what was claimed before was sent")
		for range 2 { // each try is one message
			r.now = held.Add(5*time.Minute - time.Millisecond)
			waits("it is not time to try yet")
			r.now = r.now.Add(time.Millisecond)
			trial := r.reply(shop)
			if trial == nil {
				trial = r.claimsSome(64, 1).Claims[0]
			}
			waits("one message tries")
			r.ends(*trial, bot.SendAccepted)
			waits("a try is taken, which says nothing")
			r.now = r.now.Add(time.Second)
			r.late(*trial, bot.CauseAccount)
			held = r.now
			waits("a try has failed")
		}
		if n := r.told("does not let the number send"); n != 1 {
			t.Errorf("told %d times", n)
		}
		next, ok, err := r.s.NextDue(r.ctx, shop, r.limits, held.Add(5*time.Minute-time.Second))
		r.must(err)
		if again := held.Add(5 * time.Minute); !ok || next.After(again) {
			t.Errorf("the next try is due %s, want %s", next, again)
		}
		r.now = held.Add(5 * time.Minute)
		trial := r.claimsSome(64, 1).Claims[0]
		r.ends(*trial, bot.SendAccepted)
		r.now = r.now.Add(time.Second)
		arrives(before[2], bot.ReceiptDelivered)
		waits("what was claimed before was delivered")
		arrives(trial, bot.ReceiptDelivered)
		if got := r.waits(shop); got != "" {
			t.Fatalf("a try was sent, and the number waits because of %q", got)
		}
		for _, k := range r.claimsMany(shop, 64).Claims {
			r.ends(*k, bot.SendAccepted)
			r.delivery(o, k.Contact, bot.DeliverySent, "")
		}
		if n := len(r.claimsMany(shop, 64).Claims); n != 0 {
			t.Errorf("%d are left", n)
		}
		r.holds()
	},
	"where the server's answer tells it, what is taken ends an account's trouble": func(t *testing.T, r *rig) {
		r.planned(3)
		r.refuses(refusedBecause(bot.CauseAccount))
		r.claimsNothing(shop)
		r.now = r.now.Add(5 * time.Minute)
		if first, second := r.claims(shop).Claim, r.claims(shop).Claim; first == nil || second == nil {
			t.Fatal("it does not try again as ever")
		} else {
			r.ends(*first, bot.SendAccepted)
		}
		r.claimsSome(64, 1)
	},
	"a template that is found missing later pauses it, too": func(t *testing.T, r *rig) {
		o, all := r.planned(2)
		k := r.claims(shop).Claim
		r.ends(*k, bot.SendAccepted)
		r.late(*k, bot.CauseTemplate)
		if got := r.occurrence(o); got.Status != bot.OccurrencePaused || got.Note != string(bot.TemplateNotReady) {
			t.Fatalf("it is %s: %s", got.Status, got.Note)
		}
		r.delivery(o, k.Contact, bot.DeliveryFailed, bot.Failed) // it was taken once, so it is not sent again
		_ = all
	},
	"where no promotion is delivered it is left out": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.offered(c, refusedBecause(bot.CauseNoMarketing))
		r.delivery(o, c, bot.DeliverySkipped, bot.NoMarketingThere)
		o, k := r.sent(shop, c)
		r.late(k, bot.CauseNoMarketing)
		r.delivery(o, c, bot.DeliverySkipped, bot.NoMarketingThere)
		american := r.subscribes(shop, bob)
		r.limits.Wire = bot.CloudAbilities()
		o = r.arms(shop)
		r.plans(o)
		r.delivery(o, american, bot.DeliverySkipped, bot.NoMarketingThere)
		r.delivery(o, c, bot.DeliveryPlanned, "")
	},
	"what only the shop can end is told once a day for each reason, and nobody else waits": func(t *testing.T, r *rig) {
		o, all := r.planned(8)
		causes := []bot.Cause{bot.CauseBlocked, bot.CauseOwnPhone, bot.CauseTestList}
		refused := map[int64]bool{}
		for i := range 2 * len(causes) {
			k, cause := r.claims(shop).Claim, causes[i%len(causes)]
			if i < len(causes) {
				r.must(r.s.Record(r.ctx, *k, refusedBecause(cause), r.envs))
			} else { // told later
				r.ends(*k, bot.SendAccepted)
				r.late(*k, cause)
			}
			refused[k.Contact.ID] = true
			r.delivery(o, k.Contact, bot.DeliveryFailed, bot.Failed)
			told := r.textsOf(shop, bot.NoticePromotionRefused)
			if len(told) != min(i+1, len(causes)) {
				t.Fatalf("after %d refusals told %d: %q", i+1, len(told), told)
			}
		}
		for k := r.claims(shop).Claim; k != nil; k = r.claims(shop).Claim {
			r.ends(*k, bot.SendAccepted)
		}
		for _, c := range all {
			if !refused[c.ID] {
				r.delivery(o, c, bot.DeliverySent, "")
			}
		}
		r.now = r.now.Add(24*time.Hour - time.Second)
		r.offered(all[0], refusedBecause(bot.CauseBlocked))
		if told := r.textsOf(shop, bot.NoticePromotionRefused); len(told) != 3 {
			t.Fatalf("told again within a day: %q", told)
		}
		r.now = r.now.Add(24 * time.Hour)
		r.offered(all[1], refusedBecause(bot.CauseBlocked))
		told := r.textsOf(shop, bot.NoticePromotionRefused)
		if len(told) != 4 {
			t.Fatalf("after a day told %q", told)
		}
		want, _ := bot.PromotionRefused(bot.CauseBlocked)
		if !slices.Contains(told, want.Text) {
			t.Errorf("told %q", told)
		}
		r.writes(shop, "preferences", anna) // an answer is told of by itself
		r.must(r.s.Record(r.ctx, *r.reply(shop), refusedBecause(bot.CauseBlocked), r.envs))
		if after := r.textsOf(shop, bot.NoticePromotionRefused); len(after) != len(told) {
			t.Errorf("an answer is taken for a promotion: %q", after)
		}
		r.holds()
	},
	"nobody there: the second time promotions wait until they write": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		for i, waits := range []bool{false, true} {
			o := r.offered(c, refusedBecause(bot.CauseNoAccount))
			if d := r.delivery(o, c, bot.DeliveryFailed, bot.Failed); d.Reaction != "" {
				t.Errorf("it counts as %s", d.Reaction)
			}
			if got := r.contact(shop, anna).Has(bot.NeedsInbound); got != waits {
				t.Errorf("after %d: waits %v", i+1, got)
			}
		}
		r.writes(shop, "hello", anna)
		r.says(shop)
		r.offered(c, refusedBecause(bot.CauseNoAccount))
		if r.contact(shop, anna).Has(bot.NeedsInbound) {
			t.Error("what was before they wrote counts")
		}
	},
	"C7 an address with another owner is written to when that one asks": func(t *testing.T, r *rig) {
		for name, tell := range map[string]func(c bot.Contact, who bot.Identity){
			"refused": func(c bot.Contact, _ bot.Identity) { r.offered(c, refusedBecause(bot.CauseReassigned)) },
			"told": func(_ bot.Contact, who bot.Identity) {
				m := r.message("", who)
				m.Kind = bot.KindReassigned
				r.takes(shop, m)
				r.takes(shop, m)
			},
			"told in the history": func(_ bot.Contact, who bot.Identity) {
				m := r.message("", who)
				m.Kind, m.History = bot.KindReassigned, true
				r.takes(shop, m)
			},
		} {
			who := phone("+5511900000" + string(rune('1'+len(name)%9)) + "77")
			c := r.subscribes(shop, who)
			inbound := r.contact(shop, who).LastInbound
			r.now = r.now.Add(time.Hour)
			tell(c, who)
			told := r.textsOf(shop, bot.NoticeReassigned)
			held := r.contact(shop, who)
			if !held.Has(bot.NumberReassigned) || !held.LastInbound.Equal(inbound) || held.Consent != bot.Subscribed {
				t.Fatalf("%s: %+v", name, held)
			}
			r.now = r.now.Add(time.Hour)
			r.writes(shop, "hello", who) // whoever that is
			r.says(shop)
			o := r.arms(shop)
			r.plans(o)
			r.delivery(o, c, bot.DeliveryHeld, bot.NumberReassigned)
			r.now = r.now.Add(time.Hour)
			r.subscribes(shop, who)
			for k := r.claims(shop).Claim; k != nil; k = r.claims(shop).Claim {
				r.ends(*k, bot.SendAccepted)
			}
			r.delivery(o, c, bot.DeliverySent, "")
			if len(told) == 0 || !strings.Contains(told[0], "another phone or account") {
				t.Errorf("%s: told %q", name, told)
			}
			if again := r.textsOf(shop, bot.NoticeReassigned); len(again) != len(told) {
				t.Errorf("%s: told again: %q", name, again)
			}
			r.sets(o, bot.OccurrenceDone, true)
		}
		r.holds()
	},
	"where nothing is sent again a disclosure that may be lost is said anew, when they write": func(t *testing.T, r *rig) {
		r.limits.Wire = bot.Abilities{NoRepeats: true, SentLater: true}
		r.writes(shop, "I want promotions", anna)
		lost := r.reply(shop)
		r.ends(*lost, bot.SendUnknown)
		c := r.contact(shop, anna)
		if c.Disclosure != lost.MessageID || !c.DisclosureLost {
			t.Fatalf("%+v", c)
		}
		for _, kind := range r.says(shop) { // what else was said
			if kind == bot.SayGoodbye {
				t.Error(kind)
			}
		}
		if again := r.outbox(*c, "queued"); len(again) > 0 {
			t.Fatalf("it is sent again: %q", again)
		}
		r.writes(shop, "A", anna)
		again := r.reply(shop)
		if again == nil || again.Text != lost.Text || again.MessageID == lost.MessageID {
			t.Fatalf("they are told %+v", again)
		}
		r.ends(*again, bot.SendAccepted)
		r.says(shop)
		if !r.contact(shop, anna).Has(bot.AwaitingDisclosure) {
			t.Fatal("that the server took it is enough")
		}
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptSent, MessageIDs: []string{again.MessageID}, At: r.now}, r.envs))
		if c := r.contact(shop, anna); c.Has(bot.AwaitingDisclosure) || c.DisclosureLost {
			t.Fatalf("it was sent, and %+v", c)
		}
		r.holds()
	},
	"where nothing is sent again a kill leaves it unknown": func(t *testing.T, r *rig) {
		r.limits.Wire = bot.Abilities{NoRepeats: true}
		r.writes(shop, "I want promotions", anna)
		lost := r.reply(shop)
		_, err := r.s.Recover(r.ctx, shop, r.now, r.envs)
		r.must(err)
		if c := r.contact(shop, anna); !c.DisclosureLost {
			t.Fatalf("%+v", c)
		}
		for k := r.reply(shop); k != nil; k = r.reply(shop) {
			if k.MessageID == lost.MessageID {
				t.Fatal("it is sent again")
			}
			r.ends(*k, bot.SendAccepted)
		}
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{lost.MessageID}, At: r.now}, r.envs))
		if c := r.contact(shop, anna); c.Has(bot.AwaitingDisclosure) || c.DisclosureLost {
			t.Fatalf("a phone has it, and %+v", c)
		}
	},
	"the rating of the number slows and pauses its broadcasts": func(t *testing.T, r *rig) {
		rates := func(level bot.GuardLevel) {
			r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberQuality, Guard: level, Detail: "rated " + level.String(), At: r.now}))
		}
		o, _ := r.crowd(12)
		level := func(o bot.Occurrence) bot.GuardLevel {
			state, _, _, err := r.s.Guard(r.ctx, o.ID, r.now)
			r.must(err)
			return state.Level
		}
		for _, step := range []struct {
			rated, want bot.GuardLevel
			status      bot.OccurrenceStatus
		}{
			{bot.GuardSlowed, bot.GuardSlowed, bot.OccurrenceRunning},
			{bot.GuardCalm, bot.GuardCalm, bot.OccurrenceRunning},
			{bot.GuardPause, bot.GuardPause, bot.OccurrencePaused},
			{bot.GuardCalm, bot.GuardPause, bot.OccurrencePaused},
		} {
			rates(step.rated)
			rates(step.rated)
			if got := level(o); got != step.want || r.occurrence(o).Status != step.status {
				t.Errorf("rated %s: it is %s and %s", step.rated, got, r.occurrence(o).Status)
			}
		}
		if n := r.told("rated paused"); n != 1 {
			t.Errorf("the pause was told %d times", n)
		}
		rates(bot.GuardPause)
		r.resume(o, true)
		if got := level(o); got != bot.GuardSlowed {
			t.Errorf("resumed under a bad rating it is %s", got)
		}
		next := r.arms(shop)
		r.plans(next)
		if got := r.occurrence(next); got.Status != bot.OccurrencePaused {
			t.Errorf("the next one begins %s", got.Status)
		}
	},
}
