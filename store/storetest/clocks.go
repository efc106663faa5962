package storetest

import (
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/store"
)

// clocks is what time, the operator's notices and other processes do: T2.
var clocks = map[string]func(*testing.T, *rig){
	"a timer rings once": func(t *testing.T, r *rig) {
		c := r.writes(shop, "I want promotions", anna)
		if c.FlowQuestion == nil {
			t.Fatal("no question is open")
		}
		r.says(shop)
		next, ok, err := r.s.NextDue(r.ctx, shop, r.limits, r.now)
		r.must(err)
		if !ok || !r.fires(next) {
			t.Fatalf("nothing is due at %v", next)
		}
		equal(t, "said", r.says(shop), []bot.SayKind{bot.SayReminder})
		if r.fires(next) {
			t.Fatal("it rang twice")
		}
		r.reopen()
		if !r.fires(c.FlowQuestion.Timeout) || r.contact(shop, anna).FlowQuestion != nil {
			t.Fatal("the question did not time out")
		}
		if r.fires(c.FlowQuestion.Timeout.AddDate(0, 0, 30)) {
			t.Fatal("something is left")
		}
	},
	"an answer takes the timer away": func(t *testing.T, r *rig) {
		r.writes(shop, "I want promotions", anna)
		r.writes(shop, "2", anna)
		if r.fires(r.now.AddDate(0, 0, 30)) {
			t.Fatal("a timer of somebody who left rang")
		}
	},
	"a crash while a timer rings": func(t *testing.T, r *rig) {
		c := r.writes(shop, "I want promotions", anna)
		r.fault = func(statement string) error {
			if statement == "COMMIT" {
				return errTest
			}
			return nil
		}
		if _, err := r.s.FireTimer(r.ctx, shop, c.FlowQuestion.Timeout, r.envs); err == nil {
			t.Fatal("no crash")
		}
		r.fault = nil
		r.reopen()
		if !r.fires(c.FlowQuestion.Timeout) {
			t.Fatal("the timer is lost")
		}
	},
	"notices reach the operator once": func(t *testing.T, r *rig) {
		r.must(r.s.Notify(r.ctx, shop, bot.NoticeFlow, "one", r.now))
		r.must(r.s.Notify(r.ctx, shop, bot.NoticeNumber, "two", r.now))
		r.notices(shop, string(bot.NoticeNumber), string(bot.NoticeFlow))
		unsent, err := r.s.UnsentNotices(r.ctx, shop, 5)
		r.must(err)
		if len(unsent) != 2 || unsent[0].Text != "one" {
			t.Fatalf("unsent: %+v", unsent)
		}
		r.must(r.s.NoticeSent(r.ctx, shop, unsent[0].ID, r.now))
		if unsent, err = r.s.UnsentNotices(r.ctx, shop, 5); err != nil || len(unsent) != 1 {
			t.Fatalf("unsent: %+v %v", unsent, err)
		}
	},
	"what others write is seen": func(t *testing.T, r *rig) {
		w, err := r.s.Watch(r.ctx)
		r.must(err)
		defer func() { r.must(w.Close()) }()
		changed := func() bool {
			yes, err := w.Changed(r.ctx)
			r.must(err)
			return yes
		}
		changed()
		if changed() {
			t.Fatal("nothing was written")
		}
		verb := r.another()
		_, err = verb.OptOutPhone(r.ctx, shop, anna.Value, "said so", r.envs)
		r.must(err)
		r.must(verb.Close())
		if !changed() || changed() {
			t.Fatal("one change is seen once")
		}
	},
	"the warm-up counts from the first link": func(t *testing.T, r *rig) {
		before, err := r.s.Number(r.ctx, shop)
		r.must(err)
		r.must(r.s.Linked(r.ctx, shop, "new@jid", "+100", r.now))
		after, err := r.s.Number(r.ctx, shop)
		r.must(err)
		if !after.LinkedAt.Equal(before.LinkedAt) || after.JID != "new@jid" {
			t.Fatalf("%+v", after)
		}
		begins := func(what string, at, held time.Time) {
			t.Helper()
			n, err := r.s.Number(r.ctx, shop)
			if r.must(err); !n.LinkedAt.Equal(at) || !n.RestrictedUntil.Equal(held) {
				t.Fatalf("%s: the warm-up begins at %v, restricted until %v; want %v, %v", what, n.LinkedAt, n.RestrictedUntil, at, held)
			}
		}
		day := 24 * time.Hour
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberBanned, At: r.now}))
		begins("a ban without an end", r.now.Add(day), r.now.Add(day))
		until := r.now.Add(2 * day)
		for range 2 {
			r.now = r.now.Add(time.Hour)
			r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberRestricted, At: r.now, Until: until}))
			begins("a time-lock, told again", until, until)
		}
		r.now = until.Add(-time.Hour)
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberReleased, At: r.now}))
		begins("lifted early", r.now, time.Time{})
		lifted := r.now
		r.reopen()
		r.must(r.s.Linked(r.ctx, shop, "newer@jid", "+100", r.now.Add(day)))
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberReleased, At: r.now.Add(day)}))
		begins("linked again", lifted, time.Time{})
	},
	"a phone that gives no sign is missed once": func(t *testing.T, r *rig) {
		seen := func(at time.Time) {
			r.t.Helper()
			r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberPhoneSeen, At: at}))
		}
		missed := func(at time.Time, want int) {
			r.t.Helper()
			r.must(r.s.MissPhone(r.ctx, shop, at))
			notices, err := r.s.Notices(r.ctx, shop, 10)
			r.must(err)
			if len(notices) != want {
				r.t.Fatalf("%d notices, want %d: %+v", len(notices), want, notices)
			}
		}
		begun := r.now
		missed(begun.Add(2*bot.PhoneNotice), 0) // never seen: nothing is known
		seen(begun)
		seen(begun.Add(-time.Hour)) // told late
		missed(begun.Add(bot.PhoneNotice-time.Second), 0)
		missed(begun.Add(bot.PhoneNotice), 1)
		missed(begun.Add(bot.PhoneNotice+time.Hour), 1)
		seen(begun.Add(bot.PhoneNotice + 2*time.Hour))
		missed(begun.Add(2*bot.PhoneNotice), 1)
		missed(begun.Add(2*bot.PhoneNotice+2*time.Hour), 2)
		n, err := r.s.Number(r.ctx, shop)
		r.must(err)
		if n.Status != bot.NumberSynced || !n.PhoneAt.Equal(begun.Add(bot.PhoneNotice+2*time.Hour)) {
			r.t.Fatalf("a sign of the phone is no change of the connection: %+v", n)
		}
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberLoggedOut, At: r.now}))
		missed(begun.Add(9*bot.PhoneNotice), 3) // the logout has its own notice. The phone is missed no more
	},
	"people are moved from a state that is gone": func(t *testing.T, r *rig) {
		c := r.writes(shop, "oi", anna)
		swapped := false
		v := store.FlowVersion{Flow: "promotions", Version: "b", Source: []byte("x"), Accepted: r.now}
		r.must(r.s.AcceptFlow(r.ctx, shop, "casa aurora", v, map[string]string{c.State: "member"}, func() { swapped = true }))
		versions, err := r.s.FlowVersions(r.ctx, shop)
		r.must(err)
		if !swapped || len(versions) != 1 || versions[0].Version != "b" || string(versions[0].Source) != "x" {
			t.Fatalf("swapped %v, %+v", swapped, versions)
		}
		standing, err := r.s.Standing(r.ctx, shop)
		r.must(err)
		if len(standing) != 1 || standing["member"] != 1 {
			t.Fatalf("%v", standing)
		}
	},
}

// fires lets what is due at a moment ring, and tells whether something was.
func (r *rig) fires(at time.Time) bool {
	r.t.Helper()
	r.now = at
	fired, err := r.s.FireTimer(r.ctx, shop, at, r.envs)
	r.must(err)
	return fired
}

// notices checks the kinds of the notices of a number, newest first.
func (r *rig) notices(number string, want ...string) {
	r.t.Helper()
	all, err := r.s.Notices(r.ctx, number, 100)
	r.must(err)
	var kinds []string
	for _, n := range all {
		kinds = append(kinds, n.Kind)
	}
	equal(r.t, "notices", kinds, want)
}
