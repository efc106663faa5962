package bot_test

import (
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
	"optinbot/flows/words"
)

// The people of these tests.
const (
	ana = "+12125550101"
	bob = "+12125550102"
)

// A room is a number with the flow that `optinbot init` makes, and what its tests ask of it. Every
// turn is read back from the store.
type room struct {
	*pumptest.Number
	t *testing.T
}

func newRoom(t *testing.T) room {
	t.Helper()
	return room{pumptest.New(t, pumptest.Shipped(t)), t}
}

func (r room) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// takes gives a message its turn and sends the answers.
func (r room) takes(m bot.Message) bot.Turn {
	r.t.Helper()
	turn, err := r.Pump.HandleMessage(r.t.Context(), m)
	r.must(err)
	r.must(r.Pump.Tick(r.t.Context()))
	r.Sends()
	return turn
}

// says lets a phone write words; change may make something else of the message.
func (r room) says(phone, words string, change ...func(*bot.Message)) bot.Turn {
	r.t.Helper()
	m := r.Message(phone, words)
	for _, f := range change {
		f(&m)
	}
	return r.takes(m)
}

func ofKind(k bot.Kind) func(*bot.Message) { return func(m *bot.Message) { m.Kind = k } }
func fromTheShop(m *bot.Message)           { m.FromMe = true }
func fromHistory(m *bot.Message)           { m.History = true }
func editOf(id string) func(*bot.Message)  { return func(m *bot.Message) { m.EditOf = id } }
func withTimer(d time.Duration) func(*bot.Message) {
	return func(m *bot.Message) { m.Expires, m.Timed = d, true }
}

// subscribes lets a phone opt in and answer the flow's questions.
func (r room) subscribes(phone string) {
	r.t.Helper()
	r.says(phone, "I want promotions")
	r.Wants(phone, "You are in!", "")
	r.says(phone, "A")
	r.Wants(phone, "")
	r.says(phone, "B")
	r.Got(phone)
	r.is(phone, bot.Subscribed, "member")
}

func (r room) is(phone string, consent bot.Consent, state string) {
	r.t.Helper()
	if c := r.Contact(phone); c.Consent != consent || c.State != state {
		r.t.Fatalf("%s is %s in %q, want %s in %q", phone, c.Consent, c.State, consent, state)
	}
}

// offers arms a broadcast for now and lets it go out. It returns the occurrence.
func (r room) offers() bot.Occurrence {
	r.t.Helper()
	o := r.Arms("offer")
	r.goesOn()
	return o
}

// goesOn lets happen what is due.
func (r room) goesOn() {
	r.t.Helper()
	r.must(r.Pump.Tick(r.t.Context()))
	r.Sends()
}

// notices are the kinds of what the operator was told, the oldest first.
func (r room) notices() (kinds []string) {
	r.t.Helper()
	told, err := r.Store.Notices(r.t.Context(), pumptest.Name, 100)
	r.must(err)
	for _, n := range slices.Backward(told) {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

func (r room) told(kind bot.NoticeKind) {
	r.t.Helper()
	if !slices.Contains(r.notices(), string(kind)) {
		r.t.Fatalf("the operator was told %q, and not %s", r.notices(), kind)
	}
}

// TestTheStepsOfATurn plays, for each step of a turn, the conversation in which it is the one that
// matters. docs/testing.md names the mutation that each of them finds.
func TestTheStepsOfATurn(t *testing.T) {
	for name, play := range map[string]func(room){
		"T4 a person of the shop wrote: the bot is quiet, and promotions wait": func(r room) {
			r.subscribes(ana)
			r.Pass(time.Hour)
			r.says(ana, "Hi Ana, I have your shoes here", fromTheShop)
			r.says(ana, "great, when are you open?")
			r.Wants(ana)
			o := r.offers()
			r.Wants(ana)
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.HumanTakeover)
		},
		"C2 a stop in the history counts, and an opt-in does not": func(r room) {
			r.subscribes(ana)
			r.says(ana, "2", fromHistory)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.says(bob, "I want promotions", fromHistory)
			r.Wants(bob)
			if c := r.Contact(bob); c != nil && c.Consent == bot.Subscribed {
				r.t.Fatal("subscribed by the history")
			}
			r.offers()
			r.Wants(bob)
		},
		"C2 WhatsApp's own stop button is a stop, and nobody says goodbye": func(r room) {
			r.subscribes(ana)
			o := r.offers()
			r.Got(ana)
			r.Pass(time.Minute)
			r.says(ana, "", ofKind(bot.KindMarketingStop))
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.WantsDelivery(o, ana, bot.DeliveryOptedOut, "")
			r.says(bob, "", ofKind(bot.KindMarketingStop), fromHistory)
			r.Wants(bob)
			r.is(bob, bot.Unsubscribed, "welcome")
			r.offers()
			r.Wants(ana)
		},
		"T3 the chat's timer goes with every answer": func(r room) {
			r.says(ana, "hello", withTimer(24*time.Hour))
			for _, m := range r.Messages(ana) {
				if m.Expires != 24*time.Hour {
					r.t.Fatalf("%q disappears after %s", m.Text, m.Expires)
				}
			}
			r.says(ana, "", ofKind(bot.KindTimer), withTimer(0))
			r.says(ana, "HELP")
			if got := r.Messages(ana); len(got) != 1 || got[0].Expires != 0 {
				r.t.Fatalf("after the timer was switched off: %+v", got)
			}
		},
		"T3 a setting of the chat is no message": func(r room) {
			r.says(ana, "", ofKind(bot.KindTimer), withTimer(time.Hour))
			r.says(ana, "", ofKind(bot.KindNothing))
			r.Wants(ana)
			if r.says(ana, "hello"); len(r.Got(ana)) != 2 {
				r.t.Fatal("they were not greeted")
			}
		},
		"T3 a call is no message, and they wait for a person": func(r room) {
			r.says(ana, "", ofKind(bot.KindCall))
			r.Wants(ana)
			if c := r.Contact(ana); c.LastCall.IsZero() || c.State != "" {
				r.t.Fatalf("rang at %s, in state %q", c.LastCall, c.State)
			}
		},
		"whoever writes ends what waited for them": func(r room) {
			r.subscribes(ana)
			r.Answer = func(bot.Outgoing) bot.SendResult {
				return bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseNeedsInbound, Code: 463}
			}
			r.Pass(time.Hour)
			r.offers()
			r.Answer = nil
			r.Pass(time.Minute)
			o := r.Arms("second")
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.NeedsInbound)
			r.Got(ana)
			r.says(ana, "is it still there?")
			if got := r.Got(ana); !slices.Contains(got, "second is here\n\nReply 2 to stop.") {
				r.t.Fatalf("they got %q", got)
			}
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		},
		"B8 an answer to a promotion is an outcome": func(r room) {
			r.subscribes(ana)
			r.Pass(time.Hour)
			o := r.offers()
			r.says(ana, "", ofKind(bot.KindRevoke)) // a deletion is no answer
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
			r.says(ana, "do you have it in red?")
			r.WantsDelivery(o, ana, bot.DeliveryReplied, "")
		},
		"C2 what could not be read holds promotions until something can": func(r room) {
			r.subscribes(ana)
			lost := r.says(ana, "", ofKind(bot.KindUndecryptable))
			if lost.Contact.Consent != bot.Subscribed {
				r.t.Fatal("it changed their consent")
			}
			r.Pass(time.Hour)
			o := r.offers()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.UndecryptableMessage)
			r.Got(ana)
			r.says(ana, "I asked whether you are open")
			r.Pass(time.Hour)
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		},
		"T3 what is read at last ends the hold, though it is no words": func(r room) {
			r.subscribes(ana)
			m := r.Message(ana, "")
			m.Kind = bot.KindUndecryptable
			r.takes(m)
			m.Kind, m.Text, m.OnOurs = bot.KindReaction, "❤️", true
			r.takes(m)
			r.Pass(time.Hour)
			o := r.offers()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		},
		"C2 a reaction that says 2 is a stop": func(r room) {
			r.subscribes(ana)
			r.says(ana, "2️⃣", ofKind(bot.KindReaction), func(m *bot.Message) { m.OnOurs = true })
			r.is(ana, bot.Unsubscribed, "welcome")
			r.Wants(ana, "no more promotions")
		},
		"T3 a reaction, a deletion and a vote without a poll are not answered": func(r room) {
			for _, kind := range []bot.Kind{bot.KindReaction, bot.KindRevoke, bot.KindPollVote} {
				r.says(ana, "👍", ofKind(kind))
			}
			r.Wants(ana)
		},
		"T3 an album gets one answer": func(r room) {
			r.says(ana, "hi")
			r.Got(ana)
			r.says(ana, "", ofKind(bot.KindAlbum), func(m *bot.Message) { m.Album = &bot.Album{ID: "A1", Count: 3} })
			for range 3 {
				r.says(ana, "", ofKind(bot.KindImage), func(m *bot.Message) { m.Album = &bot.Album{ID: "A1"} })
			}
			if got := r.Got(ana); len(got) != 1 {
				r.t.Fatalf("they got %q", got)
			}
		},
		"T3 an album that was announced gets one answer, though its pictures do not say that they belong to it": func(r room) {
			r.says(ana, "hi")
			r.Got(ana)
			r.says(ana, "", ofKind(bot.KindAlbum), func(m *bot.Message) { m.Album = &bot.Album{ID: "A1", Count: 3} })
			for range 3 {
				r.says(ana, "", ofKind(bot.KindImage))
			}
			if got := r.Got(ana); len(got) != 1 {
				r.t.Fatalf("they got %q", got)
			}
		},
		"the store says which flow has dealt with their last message": func(r room) {
			r.says(ana, "hello")
			r.Wants(ana, "I want promotions", "card")
			if c := r.Contact(ana); c.Flow != r.Envs(pumptest.Name).Machine.Version() {
				r.t.Fatalf("the flow is %q", c.Flow)
			}
		},
		"T3 an order of goods is for a person": func(r room) {
			r.says(ana, "", ofKind(bot.KindOrder))
			r.Wants(ana, "I want promotions", "card")
			r.told(bot.NoticeOrder)
		},
		"C6 a wish with legal weight is for a person": func(r room) {
			r.says(ana, "please delete my data")
			r.Wants(ana, "no more promotions") // it is a stop too
			r.told(bot.NoticeKind(words.Erasure))
		},
		"C2 a stop: at once, once, and nothing after it": func(r room) {
			r.subscribes(ana)
			o := r.Arms("offer")
			r.must(r.Pump.Tick(r.t.Context()))
			r.says(ana, "2")
			r.Wants(ana, "no more promotions")
			r.is(ana, bot.Unsubscribed, "welcome")
			r.goesOn()
			r.Wants(ana)
			r.WantsDelivery(o, ana, bot.DeliveryVoided, bot.SkippedUnsubscribed)
		},
		"C3 the stop question hears yes and no": func(r room) {
			for _, phone := range []string{ana, bob} {
				r.subscribes(phone)
				r.says(phone, "could you send fewer messages?")
				r.Wants(phone, "stop")
			}
			r.says(ana, "yes")
			r.is(ana, bot.Unsubscribed, "welcome")
			r.says(bob, "no")
			r.is(bob, bot.Subscribed, "member")
			r.Got(ana)
			r.Got(bob)
			r.Pass(time.Hour)
			r.offers()
			r.Wants(ana)
			r.Wants(bob, "offer is here")
		},
		"C3 who may have asked to stop gets no promotion until it is known": func(r room) {
			r.subscribes(ana)
			r.says(ana, "could you send fewer messages?")
			r.Got(ana)
			r.Pass(time.Hour)
			o := r.offers()
			r.Wants(ana)
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.UnsureStop)
		},
		"C1 the opt-in phrase, and nothing like it, subscribes": func(r room) {
			r.says(ana, "hello")
			r.is(ana, bot.Pending, "welcome")
			r.Got(ana)
			r.says(ana, "so what are your promotions?")
			if c := r.Contact(ana); c.Consent == bot.Subscribed {
				r.t.Fatal("subscribed by a question")
			}
			r.Got(ana)
			r.says(ana, "I want promotions")
			r.is(ana, bot.Subscribed, "interests")
			if got := r.Got(ana); len(got) == 0 || got[0][:11] != "You are in!" {
				r.t.Fatalf("they got %q", got)
			}
		},
		"C3 what nearly is the phrase is asked about, and the yes counts": func(r room) {
			r.says(ana, "i want promotoins")
			if c := r.Contact(ana); c.Consent == bot.Subscribed {
				r.t.Fatal("subscribed by a typo")
			}
			if got := r.Got(ana); len(got) != 1 {
				r.t.Fatalf("they got %q", got)
			}
			r.says(ana, "yes")
			r.is(ana, bot.Subscribed, "interests")
		},
		"C3 a question about promotions ends where they go on to something else": func(r room) {
			r.says(ana, "i want promotoins")
			r.Got(ana)
			r.says(ana, "are you open on Sunday?")
			r.Got(ana)
			r.says(ana, "yes")
			if c := r.Contact(ana); c.Consent == bot.Subscribed {
				r.t.Fatal("subscribed by a yes to something else")
			}
			r.Got(ana)
			r.offers()
			r.Wants(ana)
		},
		"T2 HELP is answered for everybody, also who left": func(r room) {
			r.subscribes(ana)
			r.says(ana, "2")
			r.Got(ana)
			r.says(ana, "HELP")
			r.Wants(ana, "Casa Aurora")
			r.is(ana, bot.Unsubscribed, "welcome")
		},
		"C2 what was written before a stop is kept, and not answered": func(r room) {
			r.subscribes(ana)
			older := r.Message(ana, "I want promotions")
			question := r.Message(ana, "are you open?")
			r.says(ana, "2")
			r.Wants(ana, "no more promotions")
			r.takes(older)
			r.takes(question)
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.Pass(time.Hour)
			r.offers()
			r.Wants(ana)
		},
		"C2 what was written before a stop answers no question that was put right after it": func(r room) {
			r.subscribes(ana)
			no, yes, stop := r.Message(ana, "no"), r.Message(ana, "yes"), r.Message(ana, "2")
			near := r.Message(ana, "i want promotionss")
			no.At, yes.At, near.At = stop.At, stop.At, stop.At.Add(time.Second)
			r.takes(stop)
			r.Wants(ana, "no more promotions")
			r.takes(near)
			r.Wants(ana, "Would you like to get promotions")
			r.takes(no)
			r.takes(yes)
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.says(ana, "yes") // the question is open still
			r.is(ana, bot.Subscribed, "interests")
		},
		"C5 who left is told once that nothing comes, and a person is told": func(r room) {
			r.subscribes(ana)
			r.says(ana, "2")
			r.Got(ana)
			r.says(ana, "are you open?")
			r.Wants(ana, "will stay off")
			r.told(bot.NoticeWroteAgain)
			r.says(ana, "hello?")
			r.Wants(ana)
		},
		"a language that is asked for is spoken": func(r room) {
			r.says(ana, "hello")
			r.Got(ana)
			r.says(ana, "português")
			if got := r.Got(ana); len(got) == 0 {
				r.t.Fatal("nothing is said again")
			}
			r.says(ana, "HELP")
			r.Wants(ana, "Aqui é")
		},
		"T2 a first message is greeted, and marked read": func(r room) {
			m := r.Message(ana, "hello")
			r.takes(m)
			r.Wants(ana, "I want promotions", "card")
			r.is(ana, bot.Pending, "welcome")
			if !slices.Contains(r.Read(), m.ID) {
				r.t.Fatalf("marked read: %q", r.Read())
			}
		},
		"T3 an answer fills the preference, and what is none is met with a hint": func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			r.says(ana, "mmm")
			r.is(ana, bot.Subscribed, "interests")
			if got := r.Got(ana); len(got) != 1 {
				r.t.Fatalf("they got %q", got)
			}
			r.says(ana, "A and C")
			r.is(ana, bot.Subscribed, "place")
			if got := r.Contact(ana).Preferences["interests"]; len(got) != 2 {
				r.t.Fatalf("they like %v", got)
			}
		},
		"an open question holds promotions, and its answer lets them go": func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			o := r.offers()
			r.WantsDelivery(o, ana, bot.DeliveryHeld, bot.QuestionOpen)
			r.says(ana, "A")
			r.says(ana, "B")
			r.goesOn()
			r.WantsDelivery(o, ana, bot.DeliverySent, "")
		},
		"an edit that says stop is a stop": func(r room) {
			r.subscribes(ana)
			m := r.Message(ana, "hello")
			r.takes(m)
			r.Got(ana)
			r.says(ana, "stop", editOf(m.ID))
			r.is(ana, bot.Unsubscribed, "welcome")
		},
	} {
		t.Run(name, func(t *testing.T) { play(newRoom(t)) })
	}
}
