package storetest

import (
	"fmt"
	"testing"

	"optinbot/bot"
)

// audiences is who among the subscribers a broadcast is for: B1. That the SQL says what the
// expression says is a property test of its own.
var audiences = map[string]func(*testing.T, *rig){
	"who is not in the audience is skipped, and says so": func(t *testing.T, r *rig) {
		r.likes(anna, "A")
		r.likes(bob, "B")
		r.writes(shop, "hello", cleo)
		o := r.armsFor(`audience: '"shoes" in interests'`)
		r.plans(o)
		r.isSkipped(o, map[bot.Identity]bot.Reason{anna: "", bob: bot.NotInAudience, cleo: bot.NotSubscribed})
	},
	"the audience is that of the moment": func(t *testing.T, r *rig) {
		r.likes(anna, "A")
		o := r.armsFor(`audience: '"bags" in interests'`)
		r.writes(shop, "preferences", anna)
		r.writes(shop, "B", anna)
		r.reopen()
		r.plans(o)
		r.isSkipped(o, map[bot.Identity]bot.Reason{anna: ""})
	},
	"tags, language, and what they got": func(t *testing.T, r *rig) {
		for _, id := range []bot.Identity{anna, bob} {
			r.likes(id, "A")
		}
		_, err := r.s.Act(r.ctx, shop, r.contact(shop, anna).ID, r.envs, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.SetProfile(e, c, "Ana", []string{"vip"})
		})
		r.must(err)
		first := r.armsFor(`audience: '"vip" in tags and language == "en"'`)
		r.plans(first)
		r.isSkipped(first, map[bot.Identity]bot.Reason{anna: "", bob: bot.NotInAudience})
		k := r.claims(shop).Claim
		r.must(r.s.Record(r.ctx, *k, bot.SendResult{Status: bot.SendAccepted}, r.envs))
		second := r.armsFor(`audience: 'not got("weekly")'`)
		r.plans(second)
		r.isSkipped(second, map[bot.Identity]bot.Reason{anna: bot.NotInAudience, bob: ""})
	},
	"only the first, and always the same share": func(t *testing.T, r *rig) {
		var ids []bot.Identity
		for i := range 40 {
			ids = append(ids, phone(fmt.Sprintf("+155501001%02d", i)))
			r.likes(ids[i], "A")
		}
		o := r.armsFor("first: 3")
		r.plans(o)
		r.isSkipped(o, map[bot.Identity]bot.Reason{ids[0]: "", ids[2]: "", ids[3]: bot.NotInAudience, ids[39]: bot.NotInAudience})
		picked := map[bot.Identity]bool{}
		for round := range 2 {
			o := r.armsFor("sample: 25%")
			r.plans(o)
			n := 0
			for _, id := range ids {
				d, err := r.s.Delivery(r.ctx, o.ID, r.contact(shop, id).ID)
				r.must(err)
				in := d.Reason == ""
				if in {
					n++
				}
				if round == 1 && picked[id] != in {
					t.Fatal("another sample the second time")
				}
				picked[id] = in
			}
			if n < 7 || n > 13 {
				t.Fatalf("%d of 40 are a quarter?", n)
			}
		}
	},
	"who got it before it was cancelled has it": func(t *testing.T, r *rig) {
		r.likes(anna, "A")
		first := r.armsFor("")
		r.plans(first)
		k := r.claims(shop).Claim
		r.must(r.s.Record(r.ctx, *k, bot.SendResult{Status: bot.SendUnknown}, r.envs))
		repeated := r.armsFor("") // while it runs, and after it is done, again means again
		r.plans(repeated)
		r.isSkipped(repeated, map[bot.Identity]bot.Reason{anna: ""})
		for _, o := range []bot.Occurrence{first, repeated} {
			if done, err := r.s.SetStatus(r.ctx, o.Number, o.ID, bot.OccurrenceCancelled, "", r.now); err != nil || !done {
				t.Fatal(done, err)
			}
		}
		r.likes(bob, "A")
		again := r.armsFor("")
		r.plans(again)
		r.isSkipped(again, map[bot.Identity]bot.Reason{anna: bot.AlreadyDelivered, bob: ""})
	},
	"an audience that does not fit the flow any more pauses": func(t *testing.T, r *rig) {
		r.likes(anna, "A")
		o := r.armsFor(`audience: '"hats" in interests'`)
		r.must(r.s.Plan(r.ctx, o, r.armed, r.limits, r.now))
		list, err := r.s.Occurrences(r.ctx, shop, "weekly")
		r.must(err)
		notices, err := r.s.Notices(r.ctx, shop, 5)
		r.must(err)
		if list[0].Status != bot.OccurrencePaused || len(notices) != 1 || r.claims(shop).Claim != nil {
			t.Fatalf("%+v %+v", list[0], notices)
		}
	},
	"merged people have the preferences of both, for audiences too": func(t *testing.T, r *rig) {
		r.likes(anna, "A")
		r.likes(lid("71"), "B")
		r.writes(shop, "hello", anna, lid("71"))
		o := r.armsFor(`audience: '"shoes" in interests or "bags" in interests'`)
		r.plans(o)
		r.isSkipped(o, map[bot.Identity]bot.Reason{anna: ""})
		want := r.contact(shop, anna).Preferences["interests"][0]
		only := r.armsFor(fmt.Sprintf(`audience: '%q in interests'`, want))
		r.plans(only)
		r.isSkipped(only, map[bot.Identity]bot.Reason{anna: ""})
	},
}

// likes lets somebody subscribe and answer the first question.
func (r *rig) likes(id bot.Identity, answer string) {
	r.t.Helper()
	r.writes(shop, "I want promotions", id)
	r.writes(shop, answer, id)
	r.writes(shop, "A", id)
	r.says(shop)
}

// armsFor schedules an occurrence for some.
func (r *rig) armsFor(keys string) bot.Occurrence {
	r.t.Helper()
	o, err := r.s.Arm(r.ctx, bot.Occurrence{
		Number: shop, Broadcast: "weekly", Key: r.newID(), DueAt: r.now, ArmedAt: r.now, Content: armedContent + "\n" + keys + "\n", Version: "1",
	})
	r.must(err)
	return o
}

func (r *rig) isSkipped(o bot.Occurrence, want map[bot.Identity]bot.Reason) {
	r.t.Helper()
	for id, reason := range want {
		d, err := r.s.Delivery(r.ctx, o.ID, r.contact(shop, id).ID)
		r.must(err)
		if d == nil || (d.Status == bot.DeliverySkipped) != (reason != "") || d.Status == bot.DeliverySkipped && d.Reason != reason {
			r.t.Fatalf("%v: %+v, want %q", id, d, reason)
		}
	}
}
