package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// learns tells the store of a pair that did not come with a message.
func (r *rig) learns(number string, phone, lid bot.Identity) []bot.Turn {
	r.t.Helper()
	turns, err := r.s.Learn(r.ctx, number, []bot.Pair{{Phone: phone, Account: lid}}, r.envs)
	r.must(err)
	return turns
}

// linksAnew links a number again, as after a logout.
func (r *rig) linksAnew(number string) {
	r.t.Helper()
	r.must(r.s.NumberEvent(r.ctx, number, bot.NumberEvent{Kind: bot.NumberLoggedOut, At: r.now}))
	r.now = r.now.Add(time.Hour)
	r.must(r.s.Linked(r.ctx, number, r.newID()+"@jid", "+100", r.now))
}

func (r *rig) synced(number string) {
	r.t.Helper()
	r.must(r.s.NumberEvent(r.ctx, number, bot.NumberEvent{Kind: bot.NumberSynced, At: r.now}))
}

// waits is the reason for which a number sends no promotions now.
func (r *rig) waits(number string) bot.Reason {
	r.t.Helper()
	n, err := r.s.Number(r.ctx, number)
	r.must(err)
	return bot.NumberMaySend(n.NumberState, r.limits, r.now).Reason
}

func (r *rig) textsOf(number string, kind bot.NoticeKind) (texts []string) {
	r.t.Helper()
	all, err := r.s.Notices(r.ctx, number, 100)
	r.must(err)
	for _, n := range all {
		if n.Kind == string(kind) {
			texts = append(texts, n.Text)
		}
	}
	return texts
}

// pairs are about C7, C8 and B7: two addresses of one person that become known without a message,
// and another phone of a number.
var pairs = map[string]func(*testing.T, *rig){
	"somebody without a phone is written to and stops": func(t *testing.T, r *rig) {
		who := bsuid("1/BR.71")
		c := r.subscribes(shop, who)
		o := r.arms(shop)
		r.plans(o)
		r.ends(r.claimed(shop, c), bot.SendAccepted)
		r.delivery(o, c, bot.DeliverySent, "")
		r.writes(shop, "2", who)
		r.wants(shop, who, bot.Unsubscribed)
		r.now = r.now.Add(time.Hour)
		r.writes(outlet, "hello", bsuid("2/BR.71")) // of another portfolio: somebody else
		r.wants(outlet, bsuid("2/BR.71"), bot.Pending)
		r.writes(outlet, "hello", who)
		r.wants(outlet, who, bot.Unsubscribed)
	},
	"a message with phone and BSUID makes one person of two, who left by either": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.writes(shop, "2", bsuid("1/BR.71"))
		r.now = r.now.Add(time.Hour)
		c := r.writes(shop, "hello", anna, bsuid("1/BR.71"))
		r.wants(shop, anna, bot.Unsubscribed)
		if again := r.contact(shop, bsuid("1/BR.71")); again.ID != c.ID {
			t.Errorf("%d and %d are two", c.ID, again.ID)
		}
	},
	"a number that moves to another wire keeps its people": func(t *testing.T, r *rig) {
		before := r.subscribes(shop, anna, lid("101"))
		after := r.writes(shop, "hello", anna, bsuid("1/BR.71"))
		if after.ID != before.ID || len(after.Identities) != 3 || after.Has(bot.NumberReassigned) {
			t.Errorf("%+v", after)
		}
		later := r.writes(shop, "hello", anna, bsuid("1/BR.72")) // the phone is somebody else's now
		if later.ID == before.ID || later.Consent != bot.Pending || !r.contact(shop, lid("101")).Has(bot.NumberReassigned) {
			t.Errorf("%+v", later)
		}
	},
	"a pair makes one person of two": func(t *testing.T, r *rig) {
		a := r.subscribes(shop, lid("101"))
		r.writes(shop, "2", anna)
		r.says(shop)
		o := r.arms(shop)
		r.plans(o)
		turns := r.learns(shop, anna, lid("101"))
		c := r.contact(shop, lid("101"))
		if len(turns) != 1 || turns[0].Contact.ID != c.ID || c.Consent != bot.Unsubscribed || len(c.Identities) != 2 {
			t.Fatalf("merged: %+v, turns %+v", c, turns)
		}
		if len(turns[0].Changes) != 1 || turns[0].Changes[0].Status != bot.DeliveryVoided {
			t.Fatalf("what waited for contact %d: %+v", a.ID, turns[0].Changes)
		}
		r.claimsNothing(shop)
		if again := r.learns(shop, anna, lid("101")); len(again) != 0 {
			t.Fatalf("told again: %+v", again)
		}
		r.holds()
	},
	"somebody who waits for a promotion waits for it still when they turn out to be somebody who does not": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		r.writes(shop, "oi", anna)
		r.says(shop)
		o := r.arms(shop)
		r.plans(o)
		r.learns(shop, anna, lid("101"))
		c := r.contact(shop, anna)
		r.delivery(o, *c, bot.DeliveryPlanned, "")
		r.claimed(shop, *c)
	},
	"what one side of a person has got, the other does not get again": func(t *testing.T, r *rig) {
		a := r.subscribes(shop, anna)
		o := r.arms(shop)
		r.plans(o)
		r.ends(r.claimed(shop, a), bot.SendAccepted)
		_, err := r.s.SetStatus(r.ctx, o.Number, o.ID, bot.OccurrenceCancelled, "", r.now)
		r.must(err)
		r.subscribes(shop, lid("101"))
		again := o
		again.ID, again.Key = 0, r.newID()
		again, err = r.s.Arm(r.ctx, again)
		r.must(err)
		r.plans(again)
		r.learns(shop, anna, lid("101"))
		r.claimsNothing(shop)
		r.delivery(again, *r.contact(shop, anna), bot.DeliverySkipped, bot.AlreadyDelivered)
	},
	"a message that comes again brings the other address": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		first := r.message("oi", lid("101"))
		r.takes(shop, first)
		r.writes(shop, "2", anna)
		o := r.arms(shop)
		r.plans(o)
		first.Identities, first.LookedUp = []bot.Identity{lid("101"), anna}, true
		turn := r.takes(shop, first)
		if c := r.contact(shop, lid("101")); !turn.Duplicate || len(turn.Effects) > 0 || c.ID != r.contact(shop, anna).ID || c.Consent != bot.Unsubscribed {
			t.Fatalf("%+v, turn %+v", c, turn)
		}
		if len(turn.Changes) != 1 || turn.Changes[0].Status != bot.DeliveryVoided {
			t.Fatalf("what waited for them: %+v", turn.Changes)
		}
		r.claimsNothing(shop)
		// Of one that contradicts what is recorded it says nothing.
		second := r.message("oi", bob, lid("102"))
		r.takes(shop, second)
		second.Identities = []bot.Identity{bob, lid("101")}
		if again := r.takes(shop, second); !again.Duplicate || bot.LIDOf(r.contact(shop, bob).Identities) != "102" {
			t.Fatalf("%+v", again)
		}
		r.holds()
	},
	"a pair that cannot be committed keeps no other from it": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		r.subscribes(shop, lid("102"))
		n := 0
		r.fault = func(string) error {
			if n++; n == 1 {
				return errTest
			}
			return nil
		}
		turns, err := r.s.Learn(r.ctx, shop, []bot.Pair{{Phone: anna, Account: lid("101")}, {Phone: bob, Account: lid("102")}}, r.envs)
		if r.fault = nil; !errors.Is(err, errTest) || len(turns) != 1 || bot.PhoneOf(r.contact(shop, lid("102")).Identities) != bob.Value {
			t.Fatalf("%+v %v", turns, err)
		}
		if turns := r.learns(shop, anna, lid("101")); len(turns) != 1 {
			t.Fatal("the one that could not be committed is not taken again")
		}
	},
	"a pair fills what is missing": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		r.learns(shop, anna, lid("101"))
		if c := r.contact(shop, anna); bot.LIDOf(c.Identities) != "101" || c.Consent != bot.Subscribed || len(c.Zones) == 0 {
			t.Fatalf("%+v", c)
		}
		if turns := r.learns(shop, bob, lid("999")); len(turns) != 0 {
			t.Fatalf("strangers: %+v", turns)
		}
	},
	"a pair brings an opt-out that was known by the phone only": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		r.subscribes(outlet, lid("101"))
		_, err := r.s.OptOutPhone(r.ctx, shop, anna.Value, "said so", r.envs)
		r.must(err)
		r.learns(shop, anna, lid("101"))
		r.wants(shop, lid("101"), bot.Unsubscribed)
		r.wants(outlet, lid("101"), bot.Unsubscribed) // the brand's other number knows them by the LID
		r.holds()
	},
	"a pair that contradicts what is recorded": func(t *testing.T, r *rig) {
		a := r.subscribes(shop, anna, lid("101"))
		b := r.subscribes(shop, bob, lid("102"))
		r.subscribes(shop, lid("103"))
		same := func(what string) {
			t.Helper()
			if c := r.contact(shop, anna); c.ID != a.ID || bot.LIDOf(c.Identities) != "101" {
				t.Fatalf("%s: %+v", what, c)
			}
			if c := r.contact(shop, bob); c.ID != b.ID || bot.LIDOf(c.Identities) != "102" {
				t.Fatalf("%s: %+v", what, c)
			}
		}
		for _, l := range []string{"102", "103", "104"} {
			if turns := r.learns(shop, anna, lid(l)); len(turns) != 0 {
				t.Fatalf("%s: %+v", l, turns)
			}
			same("told " + l)
		}
		past := r.message("oi", lid("103"), anna)
		past.History = true
		r.takes(shop, past)
		same("history")
		guess := r.message("oi", anna, lid("103"))
		guess.LookedUp = true
		if c := r.takes(shop, guess).Contact; c.ID != a.ID {
			t.Fatalf("a message from the phone, and the map knows better: contact %d", c.ID)
		}
		same("looked up")
		if c := r.writes(shop, "oi", anna, lid("103")); c.ID == a.ID {
			t.Fatal("a live message that says so counts")
		}
		if c := r.contact(shop, lid("101")); !c.Has(bot.NumberReassigned) {
			t.Fatalf("the old one: %+v", c)
		}
	},
	"before a claim the map is asked": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		r.subscribes(shop, bob)
		r.writes(shop, "2", anna)
		r.says(shop)
		o := r.arms(shop)
		r.plans(o)
		r.other = map[bot.Identity]bot.Identity{lid("101"): anna, bob: lid("102")}
		r.claimed(shop, *r.contact(shop, bob))
		r.claimsNothing(shop)
		r.wants(shop, lid("101"), bot.Unsubscribed)
		if c := r.contact(shop, lid("102")); c.Phone() != bob.Value {
			t.Fatalf("%+v", c)
		}
	},
	"before a claim the map says what cannot be": func(t *testing.T, r *rig) {
		r.subscribes(shop, bob, lid("102"))
		r.writes(shop, "2", bob, lid("102"))
		r.says(shop)
		c := r.subscribes(shop, lid("101"))
		o := r.arms(shop)
		r.plans(o)
		r.other = map[bot.Identity]bot.Identity{lid("101"): bob} // recorded with another LID, whose stop is older than the opt-in
		k := r.claimed(shop, c)
		r.ends(k, bot.SendAccepted)
		r.writes(shop, "I want promotions", bob, lid("102"))
		r.writes(shop, "2", bob, lid("102")) // and now it is not
		r.says(shop)
		o = r.arms(shop)
		r.plans(o)
		r.claimsNothing(shop)
		r.delivery(o, c, bot.DeliverySkipped, bot.SkippedUnsubscribed)
		r.wants(shop, lid("101"), bot.Subscribed)
	},
	"a pair and a crash": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		r.writes(shop, "2", anna)
		for after := range 300 {
			seen := 0
			r.fault = func(string) error {
				if seen++; seen > after {
					return errors.New("the disk is full")
				}
				return nil
			}
			_, err := r.s.Learn(r.ctx, shop, []bot.Pair{{Phone: anna, Account: lid("101")}}, r.envs)
			r.fault = nil
			if err == nil {
				r.wants(shop, lid("101"), bot.Unsubscribed)
				r.holds()
				return
			}
			r.wants(shop, lid("101"), bot.Subscribed) // all or nothing
		}
		t.Fatal("it never ends")
	},
	"phones to ask about": func(t *testing.T, r *rig) {
		optout := func(phone string) {
			t.Helper()
			r.now = r.now.Add(time.Second)
			_, err := r.s.OptOutPhone(r.ctx, shop, phone, "a list", r.envs)
			r.must(err)
		}
		next := func() string {
			t.Helper()
			phone, err := r.s.NextToAsk(r.ctx, shop, r.now)
			r.must(err)
			return phone
		}
		waiting := func(want int) {
			t.Helper()
			if n, err := r.s.PhonesToAsk(r.ctx, shop); err != nil || n != want {
				t.Fatalf("%d phones wait, want %d: %v", n, want, err)
			}
		}
		r.subscribes(shop, anna, lid("100"))
		optout("+12125550150")
		waiting(0) // everybody's phone is known
		r.subscribes(shop, lid("101"))
		optout(anna.Value)
		waiting(0) // it is a contact's
		var list []string
		for i := range 40 {
			list = append(list, fmt.Sprintf("+1212555%04d", 200+i))
			optout(list[i])
		}
		waiting(40)
		var asked []string
		for phone := next(); phone != ""; phone = next() {
			asked = append(asked, phone)
			r.must(r.s.Asked(r.ctx, shop, phone))
		}
		equal(t, "asked in the first hour", asked, list[:30])
		r.reopen()
		r.now = r.now.Add(59 * time.Minute)
		if phone := next(); phone != "" {
			t.Fatalf("%s is asked about within the hour, after a restart", phone)
		}
		r.now = r.now.Add(2 * time.Minute)
		if phone := next(); phone != list[30] {
			t.Fatalf("after an hour: %q", phone)
		}
		r.must(r.s.ForgetPhone(r.ctx, list[31]))
		waiting(9) // the one that was asked about and not answered waits
		r.writes(shop, "2", lid("101"))
		if phone := next(); phone != "" {
			t.Fatalf("%s is asked about, and every subscriber's phone is known", phone)
		}
		waiting(0)
	},
	"an erased person's phone is not asked about": func(t *testing.T, r *rig) {
		r.subscribes(shop, lid("101"))
		_, err := r.s.OptOutPhone(r.ctx, shop, bob.Value, "said so", r.envs)
		r.must(err)
		if waits, err := r.s.WaitsToBeAsked(r.ctx, bob.Value); err != nil || !waits {
			t.Fatal(waits, err)
		}
		r.writes(shop, "oi", bob, lid("102"))
		if waits, err := r.s.WaitsToBeAsked(r.ctx, bob.Value); err != nil || waits {
			t.Fatal("they wrote: nothing is to be asked", waits, err)
		}
		_, err = r.s.OptOutPhone(r.ctx, shop, cleo.Value, "said so", r.envs)
		r.must(err)
		r.must(r.s.ForgetPhone(r.ctx, cleo.Value))
		if waits, err := r.s.WaitsToBeAsked(r.ctx, cleo.Value); err != nil || waits {
			t.Fatal(waits, err)
		}
		_, err = r.s.Erase(r.ctx, []bot.Identity{bob}, r.envs)
		r.must(err)
	},
	"after a new link promotions wait for the phone's history": func(t *testing.T, r *rig) {
		r.linksAnew(shop)
		r.synced(shop)
		if why := r.waits(shop); why != "" {
			t.Fatalf("nobody was subscribed, and promotions wait: %s", why)
		}
		r.subscribes(shop, anna)
		r.linksAnew(shop)
		r.now = r.now.Add(time.Hour) // `run` is started late: the time counts from the end of the first offline sync
		r.synced(shop)
		if why := r.waits(shop); why != bot.OfflineSync {
			t.Fatalf("after a new link: %q", why)
		}
		o := r.arms(shop)
		r.plans(o)
		r.claimsNothing(shop)
		if at, ok, err := r.s.NextDue(r.ctx, shop, r.limits, r.now); err != nil || !ok || at.After(r.now.Add(bot.HistoryWait)) {
			t.Fatalf("the end of the wait is no moment to look: %v %v %v", at, ok, err)
		}
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberHistoryRead, At: r.now}))
		r.claimed(shop, *r.contact(shop, anna))
		if said := r.textsOf(shop, bot.NoticeHistory); len(said) != 1 || !strings.Contains(said[0], "could not be checked") {
			t.Fatalf("%q", said)
		}
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberHistoryRead, At: r.now}))
		if said := r.textsOf(shop, bot.NoticeHistory); len(said) != 1 {
			t.Fatalf("told again: %q", said)
		}
	},
	"the phone sends no history": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.linksAnew(shop)
		r.synced(shop)
		r.now = r.now.Add(bot.HistoryWait - time.Minute)
		r.synced(shop) // a reconnect does not begin it anew
		r.must(r.s.EndHistoryWait(r.ctx, shop, r.now))
		if why := r.waits(shop); why != bot.OfflineSync {
			t.Fatalf("within half an hour: %q", why)
		}
		r.reopen()
		r.now = r.now.Add(2 * time.Minute)
		r.must(r.s.EndHistoryWait(r.ctx, shop, r.now))
		if said := r.textsOf(shop, bot.NoticeHistory); r.waits(shop) != "" || len(said) != 1 || !strings.Contains(said[0], "no history") {
			t.Fatalf("after half an hour: %q, %q", r.waits(shop), said)
		}
	},
	"another phone is not the number's": func(t *testing.T, r *rig) {
		before, err := r.s.Number(r.ctx, shop)
		r.must(err)
		err = r.s.Linked(r.ctx, shop, "other@jid", "+999", r.now)
		after, readErr := r.s.Number(r.ctx, shop)
		r.must(readErr)
		if err == nil || after.Phone != before.Phone || after.JID != before.JID {
			t.Fatalf("%v; %+v", err, after)
		}
	},
	"a number has another phone": func(t *testing.T, r *rig) {
		a, b := r.subscribes(shop, anna), r.subscribes(shop, bob)
		r.writes(shop, "2", cleo)
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberBanned, At: r.now, Until: r.now.AddDate(0, 0, 9)}))
		held, err := r.s.ChangePhone(r.ctx, shop, "new@jid", "+999", r.now, r.envs)
		r.must(err)
		n, err := r.s.Number(r.ctx, shop)
		r.must(err)
		if held != 2 || n.Phone != "+999" || !n.LinkedAt.Equal(r.now) || !n.RestrictedUntil.IsZero() || !n.AwaitsHistory {
			t.Fatalf("%d held; %+v", held, n)
		}
		r.synced(shop)
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberHistoryRead, At: r.now}))
		o := r.arms(shop)
		r.plans(o)
		r.claimsNothing(shop)
		r.delivery(o, a, bot.DeliveryHeld, bot.NumberChanged)
		if _, err := r.s.ReleaseNumber(r.ctx, shop, "because", true, r.envs); err != nil {
			t.Fatal(err)
		}
		past := r.message("all", bob)
		past.History = true
		r.takes(shop, past)
		r.claimsNothing(shop)
		r.writes(shop, "all", bob)
		r.claimed(shop, b)
		r.claimsNothing(shop)
		if slices.Contains(bot.Releasable(), bot.NumberChanged) {
			t.Fatal("a release ends it")
		}
		r.holds()
	},
}
