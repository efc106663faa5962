package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// crowd subscribes some people, a minute after each other, and arms and plans a broadcast at a
// brisk pace, with a canary of ten.
func (r *rig) crowd(n int) (bot.Occurrence, []bot.Identity) {
	r.t.Helper()
	var people []bot.Identity
	for i := range n {
		people = append(people, phone(fmt.Sprintf("+346000%05d", i)))
		r.subscribes(shop, people[i])
		r.now = r.now.Add(time.Minute)
	}
	r.limits.Unlimited, r.limits.Established, r.limits.Every = false, true, time.Second
	r.limits.Guard = bot.Guard{Canary: 10, Wait: time.Hour, Odds: 100}
	o := r.arms(shop)
	r.plans(o)
	return o, people
}

// sends sends as many as may go out now, at most n, and returns to whom.
func (r *rig) sends(n int) (to []int64) {
	r.t.Helper()
	for range n {
		c := r.claims(shop)
		if c.Claim == nil {
			break
		}
		r.ends(*c.Claim, bot.SendAccepted)
		to = append(to, c.Claim.Contact.ID)
		r.now = r.now.Add(r.limits.Every)
	}
	return to
}

func (r *rig) occurrence(o bot.Occurrence) bot.Occurrence {
	r.t.Helper()
	all, err := r.s.Occurrences(r.ctx, o.Number, o.Broadcast)
	r.must(err)
	for _, x := range all {
		if x.ID == o.ID {
			return x
		}
	}
	r.t.Fatalf("there is no occurrence %d", o.ID)
	return o
}

// stop lets somebody who got it leave.
func (r *rig) stop(contact int64) {
	r.t.Helper()
	r.takes(shop, r.stopOf(contact))
}

func (r *rig) stopOf(contact int64) bot.Message {
	var from []bot.Identity
	r.must(r.s.Contacts(r.ctx, shop, "", func(c *bot.Contact) error {
		if c.ID == contact {
			from = c.Identities
		}
		return nil
	}))
	return r.message("2", from...)
}

// afterwards is about what shows only a day after a broadcast: the next one begins accordingly. B5.
var afterwards = map[string]func(*testing.T, *rig){
	"compared with the number's own baseline": func(t *testing.T, r *rig) {
		const people = 205
		for i := range people {
			r.subscribes(shop, phone(fmt.Sprintf("+346000%05d", i)))
		}
		r.dayOf(people, func(i int) (bool, bool) { return i >= 4, i >= 100 })
		for _, next := range []struct {
			lost, unread int // of the broadcast before
			level        bot.GuardLevel
		}{{5, 100, bot.GuardCalm}, {20, 100, bot.GuardSlowed}, {5, 160, bot.GuardSlowed}, {60, 100, bot.GuardPause}} {
			r.dayOf(people, func(i int) (bool, bool) { return i >= next.lost, i >= next.unread })
			o := r.arms(shop)
			r.plans(o)
			state, _, _, err := r.s.Guard(r.ctx, o.ID, r.now)
			r.must(err)
			got := r.occurrence(o)
			if state.Level != next.level || (got.Status == bot.OccurrencePaused) != (next.level == bot.GuardPause) {
				t.Errorf("after %+v it begins %q, %s: %s", next, state.Level, got.Status, got.Note)
			}
			r.sets(o, bot.OccurrenceCancelled, true)
		}
	},
	"a clean record": func(t *testing.T, r *rig) {
		const people = bot.RecordPeople
		for i := range people {
			r.subscribes(shop, phone(fmt.Sprintf("+346000%05d", i)))
		}
		records := func(want bool, what string) {
			t.Helper()
			clean, err := r.s.CleanRecord(r.ctx, shop, r.now)
			r.must(err)
			o := r.arms(shop)
			r.plans(o)
			state, _, _, err := r.s.Guard(r.ctx, o.ID, r.now)
			r.must(err)
			if clean != want || state.CleanRecord != want {
				t.Errorf("%s: a clean record: %v, and the next one begins with %+v", what, clean, state)
			}
			r.sets(o, bot.OccurrenceCancelled, true)
		}
		goesWell := func() {
			t.Helper()
			r.plans(r.arms(shop))
			for i := range people { // what becomes of them does not matter here
				if r.claims(shop).Claim == nil {
					t.Fatalf("nothing to claim after %d", i)
				}
			}
			_, err := r.s.Recover(r.ctx, shop, r.now, r.envs)
			r.must(err)
			r.now = r.now.Add(48 * time.Hour)
		}
		goesWell()
		goesWell()
		records(false, "after two broadcasts")
		goesWell()
		records(true, "after three")
		var backup bytes.Buffer
		_, err := r.s.Backup(r.ctx, r.t.TempDir(), &backup, r.now)
		r.must(err)
		dir := t.TempDir()
		_, err = store.Restore(r.ctx, dir, &backup, "", r.envs, r.now)
		r.must(err)
		restored, err := store.Open(r.ctx, dir, store.Options{})
		r.must(err)
		defer restored.Close()
		if clean, err := restored.CleanRecord(r.ctx, shop, r.now); clean || err != nil {
			t.Errorf("after a restore: a clean record: %v, %v", clean, err)
		}
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberRestricted, At: r.now, Until: r.now.Add(time.Hour)}))
		r.now = r.now.Add(2 * time.Hour)
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberReleased, At: r.now}))
		records(false, "after a time-lock")
	},
	"a pause that came too late": func(t *testing.T, r *rig) {
		o, _ := r.crowd(10)
		sent := r.sends(10)
		r.must(r.s.Finish(r.ctx, shop, r.limits, r.now, func(bot.Change) {}))
		for _, c := range sent[:3] {
			r.stop(c)
		}
		if got := r.occurrence(o); got.Status != bot.OccurrenceDone {
			t.Fatalf("it is %s", got.Status)
		}
		next, after := r.arms(shop), r.arms(shop)
		r.plans(next)
		if got := r.occurrence(next); got.Status != bot.OccurrencePaused || !strings.Contains(got.Note, "3 of 10 people") {
			t.Fatalf("the next one is %s: %s", got.Status, got.Note)
		}
		r.sets(next, bot.OccurrenceCancelled, true)
		r.plans(after)
		if got := r.occurrence(after); got.Status != bot.OccurrenceRunning {
			t.Fatalf("the one after is %s: %s", got.Status, got.Note)
		}
	},
}

// guards is about the guard: its canary, its waits, its pause. B5.
var guards = map[string]func(*testing.T, *rig){
	"the canary, its wait, and the next step": func(t *testing.T, r *rig) {
		o, people := r.crowd(12)
		first := r.sends(100)
		if len(first) != 10 {
			t.Fatalf("the canary is %d people", len(first))
		}
		for _, early := range people[:2] { // who wrote longest ago
			c := r.contact(shop, early)
			r.delivery(o, *c, bot.DeliveryPlanned, "")
		}
		until := r.now.Add(time.Hour - r.limits.Every)
		if v := r.claims(shop).Number; v.Action != bot.ActionHold || v.Reason != bot.Pace || !v.Until.Equal(until) {
			t.Fatalf("the number says %+v, want pace until %v", v, until)
		}
		r.reopen() // as kill -9 leaves it
		_, err := r.s.Recover(r.ctx, shop, r.now, r.envs)
		r.must(err)
		r.claimsNothing(shop)
		next, ok, err := r.s.NextDue(r.ctx, shop, r.limits, r.now)
		r.must(err)
		if !ok || !next.Equal(until) {
			t.Fatalf("next due %v, want %v", next, until)
		}
		r.now = until
		if rest := r.sends(100); len(rest) != 2 {
			t.Fatalf("then %d more, want 2", len(rest))
		}
	},
	"another broadcast does not wait for the canary of one": func(t *testing.T, r *rig) {
		o, people := r.crowd(11)
		r.sends(100)
		other := r.arms(shop)
		r.plans(other)
		late := r.contact(shop, people[0])
		if k := r.claimed(shop, *late); k.Occurrence != other.ID || o.ID == other.ID {
			t.Fatalf("claimed of %d", k.Occurrence)
		}
	},
	"without limits nobody waits": func(t *testing.T, r *rig) {
		r.crowd(12)
		r.limits.Unlimited = true
		if all := r.sends(100); len(all) != 12 {
			t.Fatalf("%d sent", len(all))
		}
	},
	"one that never left is not counted": func(t *testing.T, r *rig) {
		r.crowd(12)
		r.sends(9)
		k := r.claims(shop).Claim
		r.ends(*k, bot.SendNotTried)
		if more := r.sends(100); len(more) != 1 {
			t.Fatalf("%d more, want 1", len(more))
		}
	},
	"two people are not enough, three pause it": func(t *testing.T, r *rig) {
		o, _ := r.crowd(12)
		sent := r.sends(100)
		r.now = r.now.Add(20 * time.Minute)
		r.stop(sent[0])
		r.stop(sent[1])
		if got := r.occurrence(o); got.Status != bot.OccurrenceRunning {
			t.Fatalf("it is %s after two", got.Status)
		}
		r.stop(sent[2])
		got := r.occurrence(o)
		if got.Status != bot.OccurrencePaused || !strings.HasPrefix(got.Note, "3 of 10 people") {
			t.Fatalf("it is %s: %s", got.Status, got.Note)
		}
		r.now = r.now.Add(5 * time.Hour)
		r.claimsNothing(shop)
	},
	"463 and a possible stop count": func(t *testing.T, r *rig) {
		o, _ := r.crowd(12)
		for range 2 {
			r.must(r.s.Record(r.ctx, *r.claims(shop).Claim, bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseNeedsInbound}, r.envs))
			r.now = r.now.Add(time.Second)
		}
		sent := r.sends(1)
		m := r.stopOf(sent[0])
		m.Text = "could you send fewer messages?"
		r.takes(shop, m)
		if got := r.occurrence(o); got.Status != bot.OccurrencePaused {
			t.Fatalf("it is %s", got.Status)
		}
	},
	"resume goes on with a few people, and counts from there": func(t *testing.T, r *rig) {
		o, _ := r.crowd(24)
		sent := r.sends(100)
		for _, c := range sent[:3] {
			r.stop(c)
		}
		r.resume(o, true)
		again := r.sends(100)
		if len(again) != 10 {
			t.Fatalf("%d more, want a canary of 10", len(again))
		}
		r.stop(sent[3])
		r.stop(again[0])
		if got := r.occurrence(o); got.Status != bot.OccurrenceRunning {
			t.Fatalf("it is %s after two more", got.Status)
		}
		r.stop(again[1])
		if got := r.occurrence(o); got.Status != bot.OccurrencePaused || !strings.HasPrefix(got.Note, "3 of 10 people") {
			t.Fatalf("it is %s: %s", got.Status, got.Note)
		}
	},
	"after a restriction it begins with a few people again": func(t *testing.T, r *rig) {
		r.crowd(40)
		r.sends(10)
		r.now = r.now.Add(time.Hour)
		if more := r.sends(5); len(more) != 5 { // of the second step, which has 50
			t.Fatalf("%d sent", len(more))
		}
		ends := r.now.Add(2 * time.Hour)
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberRestricted, At: r.now, Until: ends}))
		if held := r.claims(shop); held.Claim != nil || held.Number.Reason != bot.RestrictedUntil {
			t.Fatalf("claimed %+v", held)
		}
		r.now = ends
		if more := r.sends(100); len(more) != 10 {
			t.Fatalf("%d sent, want a canary of 10", len(more))
		}
	},
	"kill -9 at any statement of the turn that pauses": func(t *testing.T, r *rig) {
		o, _ := r.crowd(12)
		sent := r.sends(100)
		r.stop(sent[0])
		r.stop(sent[1])
		m := r.stopOf(sent[2])
		died := errors.New("killed")
		for at := 1; ; at++ {
			statements := 0
			r.fault = func(string) error {
				if statements++; statements >= at {
					return died
				}
				return nil
			}
			_, err := r.s.HandleMessage(r.ctx, shop, m, r.envs)
			r.fault = nil
			r.reopen()
			if err == nil {
				if at < 10 {
					t.Fatalf("the turn has only %d statements", at)
				}
				break
			}
			if got := r.occurrence(o); got.Status != bot.OccurrenceRunning || r.pauses() != 0 {
				t.Fatalf("killed at statement %d it is %s, %d notices of a pause", at, got.Status, r.pauses())
			}
		}
		r.takes(shop, m) // not acknowledged: it comes again
		got := r.occurrence(o)
		if got.Status != bot.OccurrencePaused || !strings.HasPrefix(got.Note, "3 of 10 people") || r.pauses() != 1 {
			t.Fatalf("it is %s: %s; %d notices of a pause", got.Status, got.Note, r.pauses())
		}
		state, f, _, err := r.s.Guard(r.ctx, o.ID, r.now)
		r.must(err)
		if state.Level != bot.GuardPause || f.People != 3 || f.Sent != 10 {
			t.Fatalf("the guard remembers %+v %+v", state, f)
		}
	},
}

// dayOf sends a broadcast to everybody, lets it arrive as told, and two days pass.
func (r *rig) dayOf(people int, arrives func(i int) (delivered, read bool)) {
	r.t.Helper()
	r.plans(r.arms(shop))
	var lost []string
	for i := range people {
		k := r.claims(shop).Claim
		if k == nil {
			r.t.Fatalf("nothing to claim after %d", i)
		}
		r.ends(*k, bot.SendAccepted)
		if delivered, read := arrives(i); delivered {
			r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{MessageIDs: []string{k.MessageID}, Kind: bot.DeliveredOrRead(read), At: r.now.Add(time.Minute)}, r.envs))
		} else {
			lost = append(lost, k.MessageID)
		}
	}
	r.must(r.s.Finish(r.ctx, shop, r.limits, r.now, func(bot.Change) {}))
	r.now = r.now.Add(48 * time.Hour)
	r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: bot.ReceiptDelivered, MessageIDs: lost, At: r.now}, r.envs)) // too late for the guard
}

// pauses counts the notices of a pause of the guard.
func (r *rig) pauses() (n int) {
	r.t.Helper()
	notices, err := r.s.Notices(r.ctx, shop, 1000)
	r.must(err)
	for _, x := range notices {
		if strings.Contains(x.Text, "the guard has paused broadcast") {
			n++
		}
	}
	return n
}
