package storetest

import (
	"testing"
	"time"

	"optinbot/bot"
)

// erasures is how what is known of people goes: by the operator, and by the retention. O4.
var erasures = map[string]func(*testing.T, *rig){
	"erasing somebody on every number that knows them": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna, lid("71"))
		r.subscribes(stranger, lid("71"))
		r.subscribes(shop, bob)
		found, err := r.s.Find(r.ctx, anna.Value)
		r.must(err)
		if len(found) != 2 {
			t.Fatalf("found %d, want one on each of two numbers", len(found))
		}
		erased, err := r.s.Erase(r.ctx, []bot.Identity{anna, lid("71")}, r.envs)
		r.must(err)
		if len(erased) != 2 || r.knows(shop, anna) || r.knows(stranger, lid("71")) || !r.knows(shop, bob) {
			t.Fatalf("erased %d", len(erased))
		}
		r.reopen()
		for _, number := range []string{shop, stranger} {
			v, err := r.s.Verify(r.ctx, number, "")
			r.must(err)
			if len(v.Problems) > 0 || v.Erased == 0 {
				t.Fatalf("%s: %+v", number, v)
			}
			if c := r.writes(number, "hello again", lid("71")); c.Consent != bot.Unsubscribed {
				t.Fatalf("on %s who was erased starts as %s", number, c.Consent)
			}
		}
		if c := r.writes(shop, "I want promotions", anna); c.Consent != bot.Subscribed {
			t.Fatalf("who asks anew is %s", c.Consent)
		}
	},
	"the picture of a reply goes with them": func(t *testing.T, r *rig) {
		reply := func(who bot.Identity, content string) {
			c := r.writes(shop, "hello", who)
			picture := &bot.Media{Kind: bot.MediaImage, MIME: "image/png", Hash: "hash of " + content}
			_, err := r.s.Act(r.ctx, shop, c.ID, r.envs, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
				return bot.ReplyWith(e, c, "", picture, content)
			})
			r.must(err)
		}
		kept := func(content string, want bool) {
			t.Helper()
			got, err := r.s.Media(r.ctx, "hash of "+content)
			if want != (err == nil && string(got) == content) {
				t.Errorf("%s is %q, %v", content, got, err)
			}
		}
		reply(anna, "hers")
		reply(anna, "both have it")
		reply(bob, "both have it")
		reply(anna, "a broadcast has it too")
		media := &bot.Media{Kind: bot.MediaImage, Name: "offer.png", MIME: "image/png", Hash: "hash of a broadcast has it too"}
		_, err := r.s.Arm(r.ctx, bot.Occurrence{Number: shop, Broadcast: "weekly", Key: "k", DueAt: r.now, ArmedAt: r.now, Content: armedContent, Version: "v", Media: media})
		r.must(err)
		kept("hers", true)
		_, err = r.s.Erase(r.ctx, []bot.Identity{anna}, r.envs)
		r.must(err)
		kept("hers", false)
		kept("both have it", true)
		kept("a broadcast has it too", true)
		claim, err := r.s.ClaimReply(r.ctx, shop, r.now, bot.Brake{}, true)
		for err == nil && claim != nil {
			r.must(r.s.Record(r.ctx, *claim, bot.SendResult{Status: bot.SendAccepted}, r.envs))
			claim, err = r.s.ClaimReply(r.ctx, shop, r.now, bot.Brake{}, true)
		}
		r.must(err)
		r.must(r.s.Forget(r.ctx, shop, bot.Retention{Messages: 24 * time.Hour}, r.now.Add(48*time.Hour), r.envs))
		kept("both have it", false)
	},
	"a crash while somebody is erased": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		before, err := r.s.Head(r.ctx, shop)
		r.must(err)
		for _, at := range []string{"DELETE FROM contacts", "COMMIT"} {
			r.fault = faultAt(at)
			if _, err := r.s.Erase(r.ctx, []bot.Identity{anna}, r.envs); err == nil {
				t.Fatal("no crash")
			}
			r.fault = nil
			r.reopen()
			after, err := r.s.Head(r.ctx, shop)
			r.must(err)
			if c := r.contact(shop, anna); c.Consent != bot.Subscribed || before != after {
				t.Fatalf("half erased: %+v", c)
			}
		}
	},
	"erased while something is on its way to them": func(t *testing.T, r *rig) {
		r.writes(shop, "hello", anna)
		claim, err := r.s.ClaimReply(r.ctx, shop, r.now, r.limits.AnswerBrake(), true)
		r.must(err)
		if claim == nil {
			t.Fatal("nothing to send")
		}
		_, err = r.s.Erase(r.ctx, []bot.Identity{anna}, r.envs)
		r.must(err)
		r.must(r.s.Record(r.ctx, *claim, bot.SendResult{Status: bot.SendAccepted}, r.envs))
		if r.knows(shop, anna) {
			t.Fatal("the outcome of a send brought them back")
		}
	},
	"erased before a receipt of what they got": func(t *testing.T, r *rig) {
		for _, kind := range []bot.ReceiptKind{bot.ReceiptSent, bot.ReceiptDelivered, bot.ReceiptRead, bot.ReceiptFailed} {
			o, k := r.sent(shop, r.subscribes(shop, anna))
			r.writes(shop, "hello", anna)
			reply := r.reply(shop)
			r.ends(*reply, bot.SendAccepted)
			lost := r.reply(shop)
			_, err := r.s.Erase(r.ctx, []bot.Identity{anna}, r.envs)
			r.must(err)
			ids := []string{k.MessageID, reply.MessageID}
			if lost != nil {
				ids = append(ids, lost.MessageID)
			}
			r.must(r.s.Receipt(r.ctx, shop, bot.Receipt{Kind: kind, MessageIDs: ids, At: r.now}, r.envs))
			if r.knows(shop, anna) {
				t.Fatalf("%s brought them back", kind)
			}
			r.sets(o, bot.OccurrenceCancelled, true)
			r.now = r.now.Add(7 * 24 * time.Hour)
		}
		r.holds()
	},
	"what has been kept long enough goes": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.writes(shop, "hello", bob)
		keep := bot.Retention{Messages: 180 * 24 * time.Hour, Strangers: 90 * 24 * time.Hour}
		words := func() (n int) {
			lines, err := r.s.Conversation(r.ctx, r.contact(shop, anna).ID, 100)
			r.must(err)
			for _, l := range lines {
				if l.Text != "" {
					n++
				}
			}
			return n
		}
		all := words()
		r.must(r.s.Forget(r.ctx, shop, keep, r.now.AddDate(0, 0, 89), r.envs))
		if !r.knows(shop, bob) || words() != all {
			t.Fatal("forgotten too early")
		}
		r.must(r.s.Forget(r.ctx, shop, bot.Retention{}, r.now.AddDate(0, 0, 400), r.envs))
		if !r.knows(shop, bob) || words() != all {
			t.Fatal("forgotten, and it was to be kept for ever")
		}
		r.must(r.s.Forget(r.ctx, shop, keep, r.now.AddDate(0, 0, 91), r.envs))
		if r.knows(shop, bob) || !r.knows(shop, anna) || words() != all {
			t.Fatal("who never asked is still there, or who asked is gone")
		}
		if c := r.writes(shop, "hello again", bob); c.Consent != bot.Pending {
			t.Fatalf("who was forgotten is greeted as anybody; they are %s", c.Consent)
		}
		r.must(r.s.Forget(r.ctx, shop, keep, r.now.AddDate(0, 0, 181), r.envs))
		if words() != 0 || r.contact(shop, anna).Consent != bot.Subscribed {
			t.Fatal("words are left, or the subscriber is gone")
		}
		v, err := r.s.Verify(r.ctx, shop, "")
		r.must(err)
		if len(v.Problems) > 0 {
			t.Fatalf("%+v", v)
		}
	},
	"a message whose words are gone had its turn": func(t *testing.T, r *rig) {
		m := r.message("I want promotions", anna)
		r.takes(shop, m)
		r.must(r.s.Forget(r.ctx, shop, bot.Retention{Messages: time.Hour}, r.now.AddDate(0, 0, 1), r.envs))
		if turn := r.takes(shop, m); !turn.Duplicate {
			t.Fatal("it had a second turn")
		}
	},
}

// knows reports whether somebody is a contact.
func (r *rig) knows(number string, id bot.Identity) bool {
	r.t.Helper()
	c, err := r.s.Contact(r.ctx, number, id.Value)
	r.must(err)
	return c != nil
}

// faultAt lets the process die at a statement.
func faultAt(at string) func(string) error {
	return func(statement string) error {
		if len(statement) >= len(at) && statement[:len(at)] == at {
			return errTest
		}
		return nil
	}
}
