package storetest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// deliveries is what becomes of broadcasts and of the outbox: B1, B6, B7.
var deliveries = map[string]func(*testing.T, *rig){
	"planned, assessed, claimed in order, each once": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, bob)
		c := r.writes(shop, "I want promotions", cleo) // nothing accepted yet, and a question is open
		d := r.writes(shop, "oi", lid("404"))
		e := r.writes(shop, "2", lid("505"))
		o := r.arms(shop)
		changes := r.plans(o)
		reasons := map[int64]bot.Reason{}
		for _, ch := range changes {
			reasons[ch.Contact.ID] = ch.Reason
		}
		if len(reasons) != 3 || reasons[c.ID] != bot.AwaitingDisclosure || reasons[d.ID] != bot.NotSubscribed || reasons[e.ID] != bot.SkippedUnsubscribed {
			t.Fatalf("found before the start: %v", reasons)
		}
		r.delivery(o, d, bot.DeliverySkipped, bot.NotSubscribed)
		for _, want := range []bot.Contact{a, b} {
			k := r.claimed(shop, want)
			r.delivery(o, want, bot.DeliveryClaimed, "")
			r.ends(k, bot.SendAccepted)
			r.delivery(o, want, bot.DeliverySent, "")
		}
		r.claimsNothing(shop)
		r.must(r.s.Plan(r.ctx, o, r.armed, r.limits, r.now)) // again, after a crash: nobody twice
		r.claimsNothing(shop)
		if _, err := r.s.Arm(r.ctx, bot.Occurrence{Number: shop, Broadcast: o.Broadcast, Key: o.Key}); err == nil {
			t.Fatal("the same occurrence was armed twice")
		}
	},
	"cancelled before it began it may be armed for the same time again": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		again := bot.Occurrence{Number: shop, Broadcast: o.Broadcast, Key: o.Key, DueAt: o.DueAt, Content: armedContent, Version: "edited"}
		if _, err := r.s.Arm(r.ctx, again); err == nil {
			t.Fatal("it was armed twice")
		}
		r.sets(o, bot.OccurrenceCancelled, true)
		again, err := r.s.Arm(r.ctx, again)
		r.must(err)
		r.plans(again)
		r.claimed(shop, c)
		r.sets(again, bot.OccurrenceCancelled, true)
		if _, err := r.s.Arm(r.ctx, bot.Occurrence{Number: shop, Broadcast: o.Broadcast, Key: o.Key}); err == nil {
			t.Fatal("it was armed again after it had begun")
		}
	},
	"assessed in pieces, over a crash, while it goes out": func(t *testing.T, r *rig) {
		want := map[int64]bot.Reason{}
		var may []bot.Contact
		for i := range 450 { // more than two pieces
			who := phone(fmt.Sprintf("+346000%05d", i))
			switch {
			case i%200 == 7:
				may = append(may, r.subscribes(shop, who))
			case i%2 == 0:
				want[r.writes(shop, "I want promotions", who).ID] = bot.QuestionOpen
			default:
				want[r.writes(shop, "oi", who).ID] = bot.NotSubscribed
			}
		}
		r.says(shop)
		o := r.arms(shop)
		r.must(r.s.Plan(r.ctx, o, r.armed, r.limits, r.now))
		got := map[int64]bot.Reason{}
		piece := func() (more bool, err error) {
			return r.s.Assess(r.ctx, shop, r.limits, r.now, func(c bot.Change) {
				if got[c.Contact.ID] != "" {
					t.Errorf("%d is told twice", c.Contact.ID)
				}
				got[c.Contact.ID] = c.Reason
			})
		}
		if more, err := piece(); err != nil || !more || len(got) == 0 || len(got) > 200 {
			t.Fatalf("the first piece: %d, more %v (%v)", len(got), more, err)
		}
		r.ends(r.claimed(shop, may[0]), bot.SendAccepted)
		for _, at := range []string{"UPDATE occurrences SET assess_after", "COMMIT"} {
			had := len(got)
			r.fault = func(statement string) error {
				if strings.HasPrefix(statement, at) {
					return errors.New("crash")
				}
				return nil
			}
			if _, err := piece(); err == nil || len(got) != had {
				t.Fatalf("a crash at %s: %d told of, had %d (%v)", at, len(got), had, err)
			}
			r.fault = nil
			r.reopen()
			if _, err := piece(); err != nil || len(got) == had {
				t.Fatalf("after a crash at %s: %d told of (%v)", at, len(got), err)
			}
		}
		if more, err := piece(); err != nil || more || !maps.Equal(got, want) {
			t.Fatalf("in the end %d of %d are told of, more %v (%v)", len(got), len(want), more, err)
		}
		r.ends(r.claimed(shop, may[1]), bot.SendAccepted)
		r.ends(r.claimed(shop, may[2]), bot.SendAccepted)
		r.claimsNothing(shop)
	},
	"a claim that was not committed is none": func(t *testing.T, r *rig) {
		r.writes(shop, "I want promotions", anna)
		atCommit := func(statement string) error {
			if statement == "COMMIT" {
				return errTest
			}
			return nil
		}
		r.fault = atCommit
		if k, err := r.s.ClaimReply(r.ctx, shop, r.now, r.limits.AnswerBrake(), true); err == nil || k != nil {
			t.Errorf("a reply: %+v (%v)", k, err)
		}
		r.fault = nil
		r.says(shop)
		o := r.arms(shop)
		r.must(r.s.Plan(r.ctx, o, r.armed, r.limits, r.now))
		r.fault = atCommit
		if got, err := r.s.ClaimDeliveries(r.ctx, shop, r.now, r.limits, r.envs, render, 2); err == nil || len(got.Claims) > 0 || len(got.Changes) > 0 {
			t.Errorf("a promotion: %+v (%v)", got, err)
		}
		r.fault = nil
	},
	"assessed while it is paused, not when it is cancelled": func(t *testing.T, r *rig) {
		c := r.writes(shop, "I want promotions", anna)
		r.writes(shop, "oi", bob)
		for to, told := range map[bot.OccurrenceStatus]int{bot.OccurrencePaused: 2, bot.OccurrenceCancelled: 0} {
			o := r.arms(shop)
			r.must(r.s.Plan(r.ctx, o, r.armed, r.limits, r.now))
			r.sets(o, to, true)
			if changes := r.assesses(); len(changes) != told {
				t.Fatalf("%s: %d changes", to, len(changes))
			}
			if to == bot.OccurrencePaused {
				r.delivery(o, c, bot.DeliveryHeld, bot.AwaitingDisclosure)
			}
		}
	},
	"held until something happens": func(t *testing.T, r *rig) {
		c := r.writes(shop, "I want promotions", anna)
		o := r.arms(shop)
		r.plans(o)
		r.delivery(o, c, bot.DeliveryHeld, bot.AwaitingDisclosure)
		r.says(shop)
		r.claimsNothing(shop)
		r.delivery(o, c, bot.DeliveryHeld, bot.QuestionOpen)
		r.answers(shop, anna)
		r.claimed(shop, c)
	},
	"held until a time": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		r.limits.Unlimited = false
		r.limits.Established = true
		r.now = r.now.Add(12 * time.Hour) // night
		o := r.arms(shop)
		r.plans(o)
		r.delivery(o, c, bot.DeliveryHeld, bot.QuietHours)
		r.claimsNothing(shop)
		next, ok, err := r.s.NextDue(r.ctx, shop, r.limits, r.now)
		r.must(err)
		if want := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC); !ok || !next.Equal(want) {
			t.Fatalf("next due %v, want %v", next, want)
		}
		r.now = next
		r.claimed(shop, c)
	},
	"MaySend decides at the claim": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		r.writes(shop, "could you send fewer messages?", anna)
		r.claimsNothing(shop)
		r.delivery(o, c, bot.DeliveryHeld, bot.UnsureStop)
		r.writes(shop, "no", anna)
		r.claimed(shop, c)
	},
	"a stop voids, and why says so": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, bob)
		o := r.arms(shop)
		r.plans(o)
		k := r.claimed(shop, a)
		r.writes(shop, "2", anna)
		r.writes(shop, "2", bob)
		r.delivery(o, b, bot.DeliveryVoided, bot.SkippedUnsubscribed)
		r.ends(k, bot.SendNotTried) // it was under way, and did not go
		r.delivery(o, a, bot.DeliveryVoided, bot.SkippedUnsubscribed)
		r.claimsNothing(shop)
	},
	"taken back": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		r.must(r.s.VoidClaim(r.ctx, r.claimed(shop, c), r.now))
		r.delivery(o, c, bot.DeliveryVoided, bot.SkippedUnsubscribed)
		r.claimsNothing(shop)
	},
	"paused, resumed, cancelled": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, bob)
		o := r.arms(shop)
		r.sets(o, bot.OccurrencePaused, true)
		if due, err := r.s.Due(r.ctx, shop, r.now); err != nil || len(due) > 0 {
			t.Fatalf("paused and due: %v %v", due, err)
		}
		r.resume(o, true)
		r.resume(o, false)
		r.plans(o)
		r.ends(r.claimed(shop, a), bot.SendAccepted)
		r.sets(o, bot.OccurrencePaused, true)
		r.claimsNothing(shop)
		r.resume(o, true)
		k := r.claimed(shop, b)
		r.sets(o, bot.OccurrenceCancelled, true)
		r.sets(o, bot.OccurrenceCancelled, false)
		r.resume(o, false)
		r.ends(k, bot.SendNotTried)
		r.delivery(o, b, bot.DeliverySkipped, bot.Cancelled)
		r.delivery(o, a, bot.DeliverySent, "")
	},
	"paused beside one that is under way": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, bob)
		paused, under := r.arms(shop), r.arms(shop)
		r.plans(paused)
		r.plans(under)
		r.sets(paused, bot.OccurrencePaused, true)
		for _, want := range []bot.Contact{a, b} {
			if k := r.claimed(shop, want); k.Occurrence != under.ID {
				t.Fatal("a paused broadcast goes out")
			}
		}
		r.claimsNothing(shop)
		r.delivery(paused, a, bot.DeliveryPlanned, "")
	},
	"broadcasts of a number take turns": func(t *testing.T, r *rig) {
		people := []bot.Contact{r.subscribes(shop, anna), r.subscribes(shop, bob), r.subscribes(shop, cleo)}
		first, second := r.arms(shop), r.arms(shop)
		r.plans(first)
		for i, want := range []struct {
			occurrence int64
			who        int
		}{{first.ID, 0}, {second.ID, 0}, {first.ID, 1}, {second.ID, 1}, {first.ID, 2}, {second.ID, 2}} {
			if i == 1 {
				r.plans(second) // it joins in
			}
			r.reopen() // the turns outlive a restart
			k := r.claimed(shop, people[want.who])
			if k.Occurrence != want.occurrence {
				t.Fatalf("the turn of %d, and %d goes out", want.occurrence, k.Occurrence)
			}
			r.ends(k, bot.SendAccepted)
		}
		r.claimsNothing(shop)
	},
	"late waits for the operator": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.must(r.s.Postpone(r.ctx, o, bot.OccurrenceLate, r.now))
		r.must(r.s.Plan(r.ctx, o, r.armed, r.limits, r.now))
		r.claimsNothing(shop)
		r.resume(o, true)
		r.plans(o)
		r.claimed(shop, c)
		r.notices(shop, string(bot.NoticeBroadcast))
	},
	"expired": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		k := r.claimed(shop, c)
		r.now = r.now.Add(r.limits.Expires)
		r.must(r.s.Finish(r.ctx, shop, r.limits, r.now, func(bot.Change) {}))
		r.ends(k, bot.SendNotTried)
		r.delivery(o, c, bot.DeliverySkipped, bot.Expired)
		if running, err := r.s.Running(r.ctx, shop); err != nil || len(running) > 0 {
			t.Fatalf("running: %v %v", running, err)
		}
	},
	"over when nothing is left": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		alone := r.arms(shop)
		r.plans(alone)
		r.must(r.s.Finish(r.ctx, shop, r.limits, r.now, func(bot.Change) {}))
		r.sets(alone, bot.OccurrenceDone, true) // it was running still, one being planned
		r.writes(shop, "I want promotions", bob)
		o := r.arms(shop)
		r.plans(o)
		var k bot.Claim
		for _, step := range []struct {
			what string
			do   func()
			over bool
		}{
			{"one planned, one held", func() {}, false},
			{"one claimed, one held", func() { k = *r.claims(shop).Claim }, false},
			{"one held", func() { r.ends(k, bot.SendAccepted) }, false},
			{"one claimed", func() { r.says(shop); r.answers(shop, bob); r.says(shop); k = *r.claims(shop).Claim }, false},
			{"none", func() { r.ends(k, bot.SendAccepted) }, true},
		} {
			step.do()
			r.must(r.s.Finish(r.ctx, shop, r.limits, r.now, func(bot.Change) {}))
			if got := r.occurrence(o).Status; (got == bot.OccurrenceDone) != step.over {
				t.Fatalf("%s: it is %s", step.what, got)
			}
		}
	},
	"not tried goes back to its place": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		k := r.claimed(shop, c)
		r.ends(k, bot.SendNotTried)
		if again := r.claimed(shop, c); again.MessageID == k.MessageID {
			t.Fatal("the ID of a claim that was given up is used again")
		}
	},
	"a crash in between is unknown": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		r.subscribes(shop, bob)
		k := r.claimed(shop, c)
		r.writes(shop, "preferences", bob)
		reply := r.reply(shop)
		r.reopen()
		unknown, err := r.s.Recover(r.ctx, shop, r.now, r.envs)
		r.must(err)
		if unknown != 1 {
			t.Fatalf("%d unknown", unknown)
		}
		r.delivery(o, c, bot.DeliveryUnknown, "")
		r.claimsNothing(shop)
		equal(t, "claimed", r.outbox(c, "claimed"), nil)
		if again := r.reply(shop); again == nil || again.MessageID != reply.MessageID {
			t.Fatalf("the reply goes out again as %+v", again)
		}
		_, err = r.s.Recover(r.ctx, shop, r.now, r.envs)
		r.must(err)
		equal(t, "said a third time", r.says(shop), nil)
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{k.MessageID}}, r.envs))
		r.delivery(o, c, bot.DeliveryDelivered, "")
	},
	"silence is counted, and ends with a sign": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		silent := func(unread, ticks int) {
			t.Helper()
			if now := r.contact(shop, anna); now.UnreadPromotions != unread || len(now.UndeliveredSince) != ticks {
				t.Fatalf("%d unread, one tick at %v; want %d and %d", now.UnreadPromotions, now.UndeliveredSince, unread, ticks)
			}
		}
		var sent bot.Claim
		for i := range 2 {
			r.now = r.now.Add(time.Minute)
			r.plans(r.arms(shop))
			sent = r.claimed(shop, c)
			r.ends(sent, bot.SendAccepted)
			silent(i+1, i+1)
		}
		for _, status := range []bot.SendStatus{bot.SendUnknown, bot.SendRefused, bot.SendNotTried} { // says nothing about them
			r.now = r.now.Add(time.Minute)
			o := r.arms(shop)
			r.plans(o)
			r.ends(r.claimed(shop, c), status)
			r.sets(o, bot.OccurrenceCancelled, true)
			silent(2, 2)
		}
		r.now = r.now.Add(time.Minute)
		r.plans(r.arms(shop))
		r.claimed(shop, c)
		r.reopen()
		_, err := r.s.Recover(r.ctx, shop, r.now, r.envs)
		r.must(err)
		silent(2, 2)
		r.now = r.now.Add(bot.NotDeliveringAfter)
		o := r.arms(shop)
		r.plans(o)
		r.delivery(o, c, bot.DeliveryHeld, bot.NotDelivering)
		r.claimsNothing(shop)
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{sent.MessageID}}, r.envs))
		silent(2, 0)
		r.ends(r.claimed(shop, c), bot.SendAccepted)
		silent(3, 1)
		r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{MessageIDs: []string{sent.MessageID}, Kind: bot.ReceiptRead}, r.envs))
		silent(0, 0)
	},
	"receipts go forward only": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		k := r.claimed(shop, c)
		r.ends(k, bot.SendAccepted)
		for _, step := range []struct {
			read bool
			want bot.DeliveryStatus
		}{{false, bot.DeliveryDelivered}, {true, bot.DeliveryRead}, {false, bot.DeliveryRead}} {
			r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{MessageIDs: []string{k.MessageID}, Kind: bot.DeliveredOrRead(step.read)}, r.envs))
			r.delivery(o, c, step.want, "")
		}
		r.must(r.s.Receipt(r.ctx, outlet, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: []string{"of nobody"}}, r.envs))
	},
	"refused": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		r.must(r.s.Record(r.ctx, r.claimed(shop, c), bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseNeedsInbound, Code: 463}, r.envs))
		r.delivery(o, c, bot.DeliveryFailed, bot.Failed)
		if !r.contact(shop, anna).Has(bot.NeedsInbound) {
			t.Fatal("463 does not hold")
		}
		r.claimsNothing(shop)
	},
	"the number's own reasons": func(t *testing.T, r *rig) {
		c := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		for _, kind := range []bot.NumberEventKind{bot.NumberConnected, bot.NumberDisconnected, bot.NumberUnanswered, bot.NumberLoggedOut} {
			r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: kind, At: r.now}))
			r.claimsNothing(shop)
		}
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberSynced, At: r.now}))
		r.claimed(shop, c)
	},
}

func (r *rig) sets(o bot.Occurrence, to bot.OccurrenceStatus, want bool) {
	r.t.Helper()
	done, err := r.s.SetStatus(r.ctx, o.Number, o.ID, to, "note", r.now)
	r.must(err)
	if done != want {
		r.t.Fatalf("turned to %s: %v, want %v", to, done, want)
	}
}

func (r *rig) resume(o bot.Occurrence, want bool) {
	r.t.Helper()
	done, err := r.s.Resume(r.ctx, o.Number, o.ID, r.now)
	r.must(err)
	if done != want {
		r.t.Fatalf("resumed: %v, want %v", done, want)
	}
}
