package bot_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
)

// act lets an operator, or the bot by itself, decide about somebody.
func (r room) act(phone string, decide bot.Act) error {
	r.t.Helper()
	_, err := r.Store.Act(r.t.Context(), pumptest.Name, r.Contact(phone).ID, r.Envs, decide)
	r.goesOn()
	return err
}

func releases(holds ...bot.Reason) bot.Act {
	return func(env bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Release(env, c, "they told us", holds...)
	}
}

func replies(text string) bot.Act {
	return func(env bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) { return bot.Reply(env, c, text) }
}

// TestTheActsOfAnOperator: what an operator does to one contact, and what that contact gets of it.
func TestTheActsOfAnOperator(t *testing.T) {
	for name, play := range map[string]func(room){
		"pause and resume": func(r room) {
			r.subscribes(ana)
			r.must(r.act(ana, bot.Pause))
			r.says(ana, "are you open?")
			r.Wants(ana)
			o := r.next()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.HumanTakeover)
			r.must(r.act(ana, bot.Resume))
			r.Pass(time.Hour)
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		},
		"reply": func(r room) {
			r.says(ana, "are you open?")
			r.Got(ana)
			if err := r.act(ana, replies(" ")); !errors.Is(err, bot.ErrNoText) {
				r.t.Fatal(err)
			}
			r.must(r.act(ana, replies("Until six!")))
			r.Wants(ana, "Until six!")
			r.says(ana, "thanks")
			r.Wants(ana) // a person has the chat
			r.Pass(31 * 24 * time.Hour)
			if err := r.act(ana, replies("still there?")); !errors.Is(err, bot.ErrNeverWrote) {
				r.t.Fatal(err)
			}
			r.Wants(ana)
		},
		"who left, and has not written since, is not replied to": func(r room) {
			r.subscribes(ana)
			r.says(ana, "2")
			r.Got(ana)
			if err := r.act(ana, replies("please stay")); !errors.Is(err, bot.ErrTheyLeft) {
				r.t.Fatal(err)
			}
			r.Wants(ana)
		},
		"release of who may have asked to stop": func(r room) {
			r.subscribes(ana)
			if err := r.act(ana, releases(bot.UnsureStop)); !errors.Is(err, bot.ErrNothingToRelease) {
				r.t.Fatal(err)
			}
			r.says(ana, "could you send fewer messages?")
			r.Got(ana)
			r.Pass(time.Hour)
			o := r.next()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.UnsureStop)
			r.must(r.act(ana, releases(bot.UnsureStop)))
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
			r.Got(ana)
			r.says(ana, "yes") // the question is settled: this is the answer to nothing
			r.is(ana, bot.Subscribed, "member")
			entries, err := r.Store.Ledger(r.t.Context(), pumptest.Name, r.Contact(ana).ID)
			r.must(err)
			if last := entries[len(entries)-1]; last.Public.Event != bot.EntryReleased {
				r.t.Fatalf("the last entry is %+v", last.Public)
			}
		},
		"a restored backup, and another phone, hold promotions until they write": func(r room) {
			for _, hold := range []bot.Act{bot.HoldForSafety, bot.ChangeNumber} {
				r.subscribes(ana)
				r.Pass(time.Hour)
				r.must(r.act(ana, hold))
				o := r.next()
				r.Wants(ana)
				r.says(ana, "hello")
				if got := r.Got(ana); !slices.ContainsFunc(got, func(s string) bool { return len(s) > 4 && s[:4] == "news" }) {
					r.t.Fatalf("they got %q", got)
				}
				r.WantsDelivery(o, ana, bot.DeliverySent, "")
				r.says(ana, "2")
				r.Got(ana)
				r.Pass(time.Hour)
			}
		},
		"where they live, and what the shop knows of them": func(r room) {
			r.subscribes(ana)
			r.must(r.act(ana, func(env bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
				return bot.SetProfile(env, c, "Ana Lima", []string{"vip", "vip"})
			}))
			r.must(r.act(ana, func(env bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
				return bot.SetZone(env, c, "Asia/Tokyo")
			}))
			if c := r.Contact(ana); c.DisplayName() != "Ana Lima" || !slices.Equal(c.Tags, []string{"vip"}) || c.Zone != "Asia/Tokyo" {
				r.t.Fatalf("%q with tags %q in %q", c.DisplayName(), c.Tags, c.Zone)
			}
			r.is(ana, bot.Subscribed, "member")
		},
		"a reminder comes once, and only to an open question": func(r room) {
			for _, phone := range []string{ana, bob} {
				r.says(phone, "I want promotions")
				r.Got(phone)
			}
			r.says(bob, "A")
			r.says(bob, "B")
			r.Got(bob)
			r.Pass(3*time.Hour + time.Minute)
			r.goesOn()
			r.Wants(ana, "you only get offers that suit you")
			r.Wants(bob)
			r.Pass(3 * time.Hour)
			r.goesOn()
			r.Wants(ana)
			r.Pass(24 * time.Hour)
			r.goesOn()
			r.is(ana, bot.Subscribed, "member")
			r.Got(ana)
		},
		"the preferences are changed by asking for it": func(r room) {
			r.subscribes(ana)
			r.says(ana, "preferences")
			r.is(ana, bot.Subscribed, "interests")
			r.says(ana, "B and D")
			r.says(ana, "A")
			r.is(ana, bot.Subscribed, "member")
			if got := r.Contact(ana).Preferences["interests"]; !slices.Equal(got, []string{"bags", "accessories"}) {
				r.t.Fatalf("they like %v", got)
			}
		},
		"the bot gives up after two fallbacks, and a person is told": func(r room) {
			r.says(ana, "hello")
			for range 4 {
				r.says(ana, "do you sell boots for mountains?")
			}
			if got := r.Got(ana); len(got) != 4 { // greeting, card, two fallbacks
				r.t.Fatalf("they got %q", got)
			}
			r.told(bot.NoticeNeedsPerson)
		},
	} {
		t.Run(name, func(t *testing.T) { play(newRoom(t)) })
	}
}
