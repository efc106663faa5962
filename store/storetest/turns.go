package storetest

import (
	"fmt"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// turns is what a message does: T1, C2, C5, C7, C8.
var turns = map[string]func(*testing.T, *rig){
	"a turn is kept": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.reopen()
		c := r.contact(shop, anna)
		if c.Consent != bot.Subscribed || c.State != "member" && c.State == "" || len(c.Preferences["interests"]) == 0 {
			t.Fatalf("after opening it again: %+v", c)
		}
		r.holds()
	},
	"a message has one turn": func(t *testing.T, r *rig) {
		m := r.message("I want promotions", anna)
		if r.takes(shop, m).Duplicate {
			t.Fatal("the first time is told a duplicate")
		}
		said := r.says(shop)
		r.reopen()
		turn := r.takes(shop, m)
		if !turn.Duplicate || turn.Contact.Consent != bot.Subscribed || len(turn.Effects) > 0 {
			t.Fatalf("the second time: %+v", turn)
		}
		if again := r.says(shop); len(said) == 0 || len(again) > 0 {
			t.Fatalf("said %v, and again %v", said, again)
		}
	},
	"a message of another contact or source is another message": func(t *testing.T, r *rig) {
		m := r.message("oi", anna)
		r.takes(shop, m)
		for _, change := range []func(*bot.Message){
			func(m *bot.Message) { m.Identities = []bot.Identity{bob} },
			func(m *bot.Message) { m.History = true },
			func(m *bot.Message) { m.FromMe = true },
		} {
			other := m
			change(&other)
			if r.takes(shop, other).Duplicate {
				t.Fatalf("%+v is told a duplicate", other)
			}
		}
		if r.takes(outlet, m).Duplicate {
			t.Fatal("to another number it is another message")
		}
	},
	"a duplicate says nothing about who is who": func(t *testing.T, r *rig) {
		m := r.message("oi", anna, lid("101"))
		r.takes(shop, m)
		owner := r.writes(shop, "oi", anna, lid("109"))
		if !r.takes(shop, m).Duplicate {
			t.Fatal("not told a duplicate")
		}
		if c := r.contact(shop, anna); c.ID != owner.ID {
			t.Fatalf("the duplicate took the phone back to contact %d", c.ID)
		}
	},
	"phone and LID become one person": func(t *testing.T, r *rig) {
		a := r.subscribes(shop, anna)
		r.writes(shop, "2", lid("101"))
		r.writes(shop, "oi", anna, lid("101"))
		c := r.contact(shop, lid("101"))
		if c.ID != a.ID || c.Consent != bot.Unsubscribed || len(c.Identities) != 2 {
			t.Fatalf("merged: %+v", c)
		}
		entries, err := r.s.Ledger(r.ctx, shop, c.ID)
		r.must(err)
		if last := entries[len(entries)-1]; last.Public.Event != bot.EntryMerged || last.Public.To != bot.Unsubscribed {
			t.Fatalf("last entry: %+v", last)
		}
		r.holds()
	},
	"a merge moves deliveries, replies and timers": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, lid("101"))
		o := r.arms(shop)
		r.plans(o)
		k := r.claimed(shop, a)
		r.ends(k, bot.SendAccepted)
		r.writes(shop, "all", anna, lid("101"))
		r.delivery(o, a, bot.DeliveryReplied, "")
		r.claimsNothing(shop)
		if d, err := r.s.Delivery(r.ctx, o.ID, b.ID); err != nil || d != nil {
			t.Fatalf("the other one's delivery: %+v %v", d, err)
		}
	},
	"a merge while a promotion is under way": func(t *testing.T, r *rig) {
		r.writes(shop, "oi", anna)
		r.says(shop)
		r.subscribes(shop, lid("101"))
		o := r.arms(shop)
		r.plans(o)
		k := r.claimed(shop, *r.contact(shop, lid("101")))
		r.writes(shop, "all", anna, lid("101")) // the contact of the claim is part of another now
		r.ends(k, bot.SendAccepted)
		r.delivery(o, *r.contact(shop, anna), bot.DeliverySent, "")
	},
	"a merge while a reply is under way": func(t *testing.T, r *rig) {
		r.writes(shop, "oi", anna)
		r.says(shop)
		r.writes(shop, "oi", lid("101"))
		k := r.reply(shop)
		r.writes(shop, "oi", anna, lid("101"))
		r.ends(*k, bot.SendAccepted)
		if left := r.outbox(*r.contact(shop, anna), "claimed"); len(left) > 0 {
			t.Fatalf("still claimed: %v", left)
		}
	},
	"a merge waits for the disclosure that is not accepted yet": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.writes(shop, "I want promotions", lid("101"))
		r.writes(shop, "all", anna)
		r.writes(shop, "all", anna, lid("101"))
		r.says(shop)
		if c := r.contact(shop, anna); c.Has(bot.AwaitingDisclosure) {
			t.Fatal("all is accepted, and it still waits for the disclosure")
		}
	},
	"a phone with another LID is another person": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna, lid("101"))
		r.writes(shop, "2", anna, lid("101"))
		r.writes(shop, "oi", anna, lid("109"))
		r.wants(shop, anna, bot.Unsubscribed) // the old no binds
		if old := r.contact(shop, lid("101")); !old.Has(bot.NumberReassigned) || old.Phone() != "" {
			t.Fatalf("the old owner: %+v", old)
		}
	},
	"a stop counts for the brand, known there or not": func(t *testing.T, r *rig) {
		r.subscribes(outlet, anna)
		r.subscribes(stranger, anna)
		r.writes(shop, "stop", anna)
		r.wants(outlet, anna, bot.Unsubscribed)
		r.wants(stranger, anna, bot.Subscribed)
		r.writes(shop, "stop", bob)
		r.writes(outlet, "hello", bob)
		r.wants(outlet, bob, bot.Unsubscribed)
		r.writes(outlet, "I want promotions", bob)
		r.wants(outlet, bob, bot.Subscribed)
		r.wants(shop, bob, bot.Unsubscribed)
		r.holds()
	},
	"an opt-in later than the stop stands on the brand's other numbers": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		old := r.message("2", anna)
		r.now = r.now.Add(time.Hour)
		r.subscribes(outlet, anna)
		old.History = true
		r.takes(shop, old)
		r.wants(shop, anna, bot.Unsubscribed)
		r.wants(outlet, anna, bot.Subscribed)
	},
	"an older stop does not hide a newer one": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		old := r.message("2", anna)
		old.History = true
		r.subscribes(outlet, lid("101"))
		_, err := r.s.OptOutPhone(r.ctx, outlet, anna.Value, "said so", r.envs)
		r.must(err)
		r.subscribes(shop, anna)
		old.At = r.contact(shop, anna).OptedIn.Add(-time.Hour)
		r.takes(shop, old)
		r.writes(outlet, "oi", anna, lid("101"))
		r.wants(outlet, anna, bot.Unsubscribed)
	},
	"a stop counts whom it stops at another number of the brand": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		turns, err := r.s.OptOutPhone(r.ctx, outlet, anna.Value, "said so", r.envs)
		r.must(err)
		if len(turns) != 1 || turns[0].Contact.Number != shop || turns[0].Contact.Consent != bot.Unsubscribed {
			t.Fatalf("it is about %+v", turns)
		}
		got, err := r.s.OptOutList(r.ctx, outlet, []store.ListedStop{{Phone: bob.Value, Reason: "a list"}}, r.envs)
		if r.must(err); got[0] != store.ListedStranger {
			t.Errorf("%v of a stranger", got)
		}
		r.subscribes(shop, cleo)
		got, err = r.s.OptOutList(r.ctx, outlet, []store.ListedStop{{Phone: cleo.Value, Reason: "a list"}}, r.envs)
		if r.must(err); got[0] != store.ListedLeft {
			t.Errorf("%v of a subscriber of the other number", got)
		}
		r.wants(shop, cleo, bot.Unsubscribed)
	},
	"the operator opts out any spelling": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		for _, spelling := range []string{"+551100000001", bob.Value} {
			_, err := r.s.OptOutPhone(r.ctx, shop, spelling, "said so", r.envs)
			r.must(err)
		}
		r.wants(shop, anna, bot.Unsubscribed)
		r.writes(shop, "hello", bob)
		r.wants(shop, bob, bot.Unsubscribed)
		r.writes(outlet, "hello", bob)
		r.wants(outlet, bob, bot.Unsubscribed)
		if kinds := r.says(shop); len(kinds) == 0 || kinds[0] == bot.SayGoodbye {
			t.Fatalf("said %v", kinds)
		}
	},
	"what was read is not unreadable afterwards": func(t *testing.T, r *rig) {
		for i, history := range []bool{false, true} {
			r.subscribes(shop, anna)
			m := r.message("preferences", anna)
			m.ID, m.History = fmt.Sprintf("READ%d", i), history
			r.takes(shop, m)
			m.Kind, m.Text, m.History = bot.KindUndecryptable, "", false
			if turn := r.takes(shop, m); !turn.Duplicate || turn.Contact.Has(bot.UndecryptableMessage) {
				t.Errorf("history %v: a second telling that cannot be read counts: %+v", history, turn)
			}
		}
		sealed := r.message("", anna)
		sealed.Kind = bot.KindUndecryptable
		if turn := r.takes(shop, sealed); turn.Duplicate || !turn.Contact.Has(bot.UndecryptableMessage) {
			t.Errorf("another message that cannot be read holds nothing: %+v", turn)
		}
	},
	"a list opts out whoever is in it, once": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.subscribes(outlet, cleo)
		list := []store.ListedStop{{Phone: "+551100000001", Reason: "line 1"}, {Phone: bob.Value, Reason: "line 2"}, {Phone: cleo.Value}, {Phone: anna.Value}}
		takes := func(want ...store.ListedOutcome) {
			t.Helper()
			got, err := r.s.OptOutList(r.ctx, shop, list, r.envs)
			r.must(err)
			equal(t, "outcomes", got, want)
		}
		takes(store.ListedLeft, store.ListedStranger, store.ListedLeft, store.ListedAlready)
		r.wants(shop, anna, bot.Unsubscribed)
		r.wants(outlet, cleo, bot.Unsubscribed)
		head, err := r.s.Head(r.ctx, shop)
		r.must(err)
		takes(store.ListedAlready, store.ListedAlready, store.ListedAlready, store.ListedAlready)
		again, err := r.s.Head(r.ctx, shop)
		r.must(err)
		equal(t, "the ledger's head", []string{again}, []string{head})
		r.writes(outlet, "hello", bob)
		r.wants(outlet, bob, bot.Unsubscribed)
		r.subscribes(outlet, anna)
		takes(store.ListedLeft, store.ListedAlready, store.ListedAlready, store.ListedAlready)
		r.wants(outlet, anna, bot.Unsubscribed)
	},
	"a stop voids what waits and what is under way": func(t *testing.T, r *rig) {
		c := r.writes(shop, "I want promotions", anna)
		under := r.reply(shop)
		r.writes(shop, "2", anna)
		equal(t, "left to send", r.outbox(c, "queued"), []string{"goodbye"})
		r.ends(*under, bot.SendNotTried)
		equal(t, "left to send", r.outbox(c, "queued"), []string{"goodbye"})
		equal(t, "said", r.says(shop), []bot.SayKind{bot.SayGoodbye})
		r.writes(shop, "2", anna)
		equal(t, "said to the second stop", r.says(shop), nil)
	},
	"a yes after a stop answers nothing": func(t *testing.T, r *rig) {
		for _, text := range []string{"2", "i wnat promotions", "2", "yes"} {
			r.writes(shop, text, anna)
		}
		r.wants(shop, anna, bot.Unsubscribed)
	},
	"a repeated stop counts from its own time": func(t *testing.T, r *rig) {
		r.writes(shop, "2", anna)
		r.subscribes(shop, lid("101"))
		r.writes(shop, "2", anna)
		r.writes(shop, "oi", anna, lid("101"))
		r.wants(shop, anna, bot.Unsubscribed)
	},
	"answers to old messages wait and give way": func(t *testing.T, r *rig) {
		old := func(text string) bot.Message {
			m := r.message(text, anna)
			m.At = m.At.Add(-8 * time.Hour)
			return m
		}
		r.takes(shop, old("oi"))
		first := len(r.outbox(*r.contact(shop, anna), "queued"))
		r.takes(shop, old("help"))
		if k, err := r.s.ClaimReply(r.ctx, shop, r.now, r.limits.AnswerBrake(), false); err != nil || k != nil {
			t.Fatalf("claimed before the offline sync ended: %+v %v", k, err)
		}
		if now := r.says(shop); first == 0 || len(now) != 1 {
			t.Fatalf("%d answers, then said %v", first, now)
		}
	},
}
