package bot_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
	"optinbot/store"
)

// greeting is what WhatsApp Business sends by itself, within seconds.
const greeting = "Thank you for writing to Casa Aurora. We will be with you soon."

// entries are the events of the ledger about somebody, and the rules that made them, the oldest
// first.
func (r room) entries(phone string) (events []string) {
	r.t.Helper()
	ledger, err := r.Store.Ledger(r.t.Context(), pumptest.Name, r.Contact(phone).ID)
	r.must(err)
	for _, e := range ledger {
		events = append(events, e.Public.Event+" "+e.Public.Rule)
	}
	return events
}

func (r room) lastEntry(phone, want string) {
	r.t.Helper()
	if got := r.entries(phone); len(got) == 0 || got[len(got)-1] != want {
		r.t.Fatalf("the ledger of %s is %q, want it to end with %q", phone, got, want)
	}
}

// offered lets a broadcast go out and checks what became of it for one person.
func (r room) offered(phone string, status bot.DeliveryStatus, reason bot.Reason) {
	r.t.Helper()
	r.Pass(time.Hour)
	r.WantsDelivery(r.next(), phone, status, reason)
	if got := r.Got(phone); (status == bot.DeliverySent) != (len(got) > 0) {
		r.t.Fatalf("%s got %q", phone, got)
	}
}

// TestTheWayIn plays how people come to be subscribed, and how they do not.
func TestTheWayIn(t *testing.T) {
	confirms := func(t *testing.T) room {
		return speaks(t, "confirm: false", "confirm: true", "goto: interests\n\nopt_out", "goto: thanks\n\nopt_out",
			"Reply 2 to stop, any time.", "Reply 2 to stop, any time. Do you want them? Reply YES.",
			"Responda 2 para sair, quando quiser.", "Responda 2 para sair, quando quiser. Quer receber? Responda SIM.",
			"Responde 2 para salir, cuando quieras.", "Responde 2 para salir, cuando quieras. ¿Quieres recibirlas? Responde SÍ.")
	}
	for name, c := range map[string]struct {
		room func(*testing.T) room
		play func(room)
	}{
		"where the flow confirms, the phrase asks and an exact yes subscribes": {confirms, func(r room) {
			r.says(ana, "I want promotions")
			r.Wants(ana, "Reply YES")
			r.is(ana, bot.Pending, "")
			r.offered(ana, bot.DeliverySkipped, bot.NotSubscribed)
			r.says(ana, "yes")
			r.Wants(ana, "preferences")
			r.is(ana, bot.Subscribed, "member")
			r.lastEntry(ana, "opted_in opt_in.confirm") // the question was the disclosure
			r.offered(ana, bot.DeliverySent, "")
			r.says(ana, "I want promotions") // again: they are asked, and their yes renews the proof
			r.Wants(ana, "Reply YES")
			r.says(ana, "yes")
			r.lastEntry(ana, "renewed opt_in.confirm")
			r.is(ana, bot.Subscribed, "member")
		}},
		"where the flow confirms, a no is a no": {confirms, func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			r.says(ana, "no")
			r.Wants(ana, "")
			r.is(ana, bot.Pending, "")
			r.says(ana, "yes") // the question is over
			r.Got(ana)
			r.is(ana, bot.Pending, "welcome")
			r.offered(ana, bot.DeliverySkipped, bot.NotSubscribed)
		}},
		"whoever is subscribed and says no to the question leaves": {confirms, func(r room) {
			r.says(ana, "I want promotions")
			r.says(ana, "yes")
			r.says(ana, "I want promotions")
			r.Got(ana)
			r.says(ana, "no")
			r.Wants(ana, "no more promotions")
			r.is(ana, bot.Unsubscribed, "welcome")
			r.lastEntry(ana, "opted_out confirm.no")
			r.offered(ana, bot.DeliverySkipped, bot.SkippedUnsubscribed)
		}},
		"a forwarded yes, and one a day later, are not theirs": {confirms, func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			r.says(ana, "yes", func(m *bot.Message) { m.Forwarded = true })
			r.Wants(ana)
			r.is(ana, bot.Pending, "")
			r.Pass(25 * time.Hour)
			r.says(ana, "yes")
			r.Got(ana)
			r.is(ana, bot.Pending, "welcome")
			r.offered(ana, bot.DeliverySkipped, bot.NotSubscribed)
		}},
		"an opt-in from before a stop loses, and gets no question": {confirms, func(r room) {
			late := r.Message(ana, "I want promotions")
			r.says(ana, "stop")
			r.Got(ana)
			r.takes(late)
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
		}},
		"the proof says what they saw: the poster, and the advertisement": {newRoom, func(r room) {
			r.must(r.Store.RegisterSource(t.Context(), pumptest.Name, "poster-1", r.Now()))
			r.says(ana, "I want promotions #poster-1", func(m *bot.Message) { m.Ad = &bot.Ad{ID: "ad-7", Title: "Shoes", Text: "Two for one"} })
			r.is(ana, bot.Subscribed, "interests")
			ledger, err := r.Store.Ledger(t.Context(), pumptest.Name, r.Contact(ana).ID)
			r.must(err)
			i := slices.IndexFunc(ledger, func(e store.LedgerEntry) bool { return e.Public.Event == bot.EntryOptedIn })
			if i < 0 || ledger[i].Public.Shown != "source:poster-1 ad:ad-7" || ledger[i].Personal.Shown != "Shoes\nTwo for one" {
				r.t.Fatalf("the ledger is %+v", ledger)
			}
		}},
		"a phrase that is forwarded, or edited, is asked about": {newRoom, func(r room) {
			r.says(ana, "I want promotions", func(m *bot.Message) { m.Forwarded = true })
			r.Wants(ana, "YES")
			r.is(ana, bot.Pending, "")
			m := r.Message(bob, "hello")
			r.takes(m)
			r.Got(bob)
			r.says(bob, "I want promotions", editOf(m.ID))
			r.Wants(bob, "YES")
			r.is(bob, bot.Pending, "welcome")
			r.offered(ana, bot.DeliverySkipped, bot.NotSubscribed)
		}},
		"who says it again keeps their place, and the proof is renewed": {newRoom, func(r room) {
			r.says(ana, "I want promotions")
			r.says(ana, "A")
			r.Got(ana)
			r.says(ana, "I want promotions")
			r.Wants(ana, "You are in!")
			r.is(ana, bot.Subscribed, "place")
			if got := r.entries(ana); !slices.Contains(got, "renewed opt_in.phrase") {
				r.t.Fatalf("the ledger is %q", got)
			}
		}},
		"who left comes back by the phrase, and by nothing else": {newRoom, func(r room) {
			r.subscribes(ana)
			r.says(ana, "2")
			r.Got(ana)
			r.says(ana, "yes")
			r.Got(ana)
			r.offered(ana, bot.DeliverySkipped, bot.SkippedUnsubscribed)
			r.says(ana, "I want promotions")
			r.says(ana, "A")
			r.says(ana, "B")
			r.Got(ana)
			r.is(ana, bot.Subscribed, "member")
			r.offered(ana, bot.DeliverySent, "")
		}},
		"who opts in and out all day stays out from the fourth time on": {newRoom, func(r room) {
			for range 3 {
				r.says(ana, "I want promotions")
				r.says(ana, "2")
			}
			r.Got(ana)
			r.says(ana, "I want promotions")
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.lastEntry(ana, "too_many_changes opt_in.phrase")
			r.told(bot.NoticeTooManyChanges)
			told := len(r.notices())
			r.says(ana, "I want promotions")
			if len(r.notices()) != told {
				r.t.Fatal("the operator was told twice")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) { c.play(c.room(t)) })
	}
}

// TestTheWayOut plays stops that come another way than as words to the number.
func TestTheWayOut(t *testing.T) {
	for name, play := range map[string]func(room){
		"a stop at the till: no goodbye, and the ledger says who and why": func(r room) {
			r.subscribes(ana)
			_, err := r.Store.OptOutPhone(t.Context(), pumptest.Name, ana, "told us at the till", r.Envs)
			r.must(err)
			r.goesOn()
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.lastEntry(ana, "opted_out operator")
			r.offered(ana, bot.DeliverySkipped, bot.SkippedUnsubscribed)
		},
		"a stop counts once: the second only moves its time": func(r room) {
			r.subscribes(ana)
			r.says(ana, "2")
			r.Wants(ana, "no more promotions")
			r.Pass(time.Minute)
			r.says(ana, "stop")
			r.Wants(ana)
			r.lastEntry(ana, "opted_out_again "+strings.Fields(r.entries(ana)[len(r.entries(ana))-1])[1])
		},
		"an old stop is obeyed without a goodbye": func(r room) {
			r.subscribes(ana)
			m := r.Message(ana, "2")
			r.Pass(time.Hour)
			r.takes(m)
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.offered(ana, bot.DeliverySkipped, bot.SkippedUnsubscribed)
		},
		"a stop from before the opt-in loses, and is kept": func(r room) {
			m := r.Message(ana, "2")
			r.subscribes(ana)
			r.takes(m)
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "member")
			if last := r.entries(ana); !strings.HasPrefix(last[len(last)-1], bot.EntrySuperseded) {
				r.t.Fatalf("the ledger is %q", last)
			}
			r.offered(ana, bot.DeliverySent, "")
		},
		"who may have asked to stop is asked once in a month": func(r room) {
			r.subscribes(ana)
			r.says(ana, "could you send fewer messages?")
			r.Wants(ana, "stop")
			r.says(ana, "no")
			r.Wants(ana, "")
			r.Pass(24 * time.Hour)
			r.says(ana, "could you send fewer messages?")
			r.Wants(ana)
			r.told(bot.NoticeUnsureStop)
			r.offered(ana, bot.DeliveryHeld, bot.UnsureStop)
		},
		"words that may be a stop, from before the opt-in, are passed over": func(r room) {
			m := r.Message(ana, "could you send fewer messages?")
			r.subscribes(ana)
			r.takes(m)
			r.Wants(ana)
			r.offered(ana, bot.DeliverySent, "")
		},
		"while a person has the chat, they judge what may be a stop": func(r room) {
			r.subscribes(ana)
			r.says(ana, "hi Ana, your shoes are here", fromTheShop)
			r.says(ana, "could you send fewer messages?")
			r.Wants(ana)
			r.told(bot.NoticeUnsureStop)
			r.Pass(13 * time.Hour)
			r.offered(ana, bot.DeliveryHeld, bot.UnsureStop)
		},
		"a no after a promotion may be a stop": func(r room) {
			r.subscribes(ana)
			r.offered(ana, bot.DeliverySent, "")
			r.says(ana, "no thanks")
			r.Got(ana)
			r.offered(ana, bot.DeliveryHeld, bot.UnsureStop)
		},
		"a thumb down is a bad reaction, and no stop": func(r room) {
			r.subscribes(ana)
			r.Pass(time.Hour)
			o := r.next()
			r.Got(ana)
			r.says(ana, "👎🏽", ofKind(bot.KindReaction), func(m *bot.Message) { m.OnOurs = true })
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "member")
			d, err := r.Store.Delivery(t.Context(), o.ID, r.Contact(ana).ID)
			r.must(err)
			if d.Reaction != bot.ReactionDisliked {
				r.t.Fatalf("the delivery is %+v", d)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { play(newRoom(t)) })
	}
}

// TestTheWayPeopleOfTheShopWrite plays what their phone sends, and which of it a person has typed.
func TestTheWayPeopleOfTheShopWrite(t *testing.T) {
	for name, play := range map[string]func(room){
		"a question that the bot puts during a takeover hears its exact answer, and nothing else": func(r room) {
			r.says(ana, "hi")
			r.says(ana, "hello Ana, one moment please", fromTheShop)
			r.Got(ana)
			r.Pass(time.Minute)
			r.says(ana, "I want promotions")
			r.Wants(ana, "You are in!", "")
			r.says(ana, "are you open tomorrow?")
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "interests")
			r.says(ana, "A")
			r.Wants(ana, "")
			r.is(ana, bot.Subscribed, "place")
			r.says(ana, "let me see what there is", fromTheShop)
			r.Pass(time.Minute)
			r.says(ana, "A")
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "place")
		},
		"a reaction, and a setting, of the shop's phone is no writing": func(r room) {
			r.subscribes(ana)
			r.says(ana, "👍", fromTheShop, ofKind(bot.KindReaction))
			r.says(ana, "", fromTheShop, ofKind(bot.KindTimer), withTimer(time.Hour))
			r.says(ana, "offers")
			r.Wants(ana, "You chose")
			r.offered(ana, bot.DeliverySent, "")
		},
		"what the phone's app sends by itself is known with the second person, and what it stopped goes on": func(r room) {
			for _, phone := range []string{ana, bob} {
				r.subscribes(phone)
				r.says(phone, "hello there")
				r.Got(phone)
				r.says(phone, greeting, fromTheShop)
				if phone == ana {
					r.offered(ana, bot.DeliveryHeld, bot.HumanTakeover)
				}
			}
			r.told(bot.NoticeAppAnswers)
			r.says(bob, "offers")
			r.Wants(bob, "You chose")
			r.goesOn()
			r.Wants(ana, "is here") // what was held
			r.says(ana, "offers")
			r.Wants(ana, "You chose")
			r.offered(ana, bot.DeliverySent, "")
		},
		"their yes after a person wrote is for that person": func(r room) {
			r.says(ana, "i want promotoins")
			r.Wants(ana, "YES")
			r.Pass(time.Minute)
			r.says(ana, "shall I put you on the list?", fromTheShop)
			r.says(ana, "yes")
			r.Wants(ana)
			r.is(ana, bot.Pending, "")
			r.offered(ana, bot.DeliverySkipped, bot.NotSubscribed)
		},
		"the question whether they want to stop is handed to a person who writes": func(r room) {
			r.subscribes(ana)
			r.says(ana, "could you send fewer messages?")
			r.Got(ana)
			r.Pass(time.Minute)
			r.says(ana, "of course, how often would you like them?", fromTheShop)
			r.told(bot.NoticeUnsureStop)
			r.says(ana, "no")
			r.Wants(ana)
			r.Pass(13 * time.Hour)
			r.offered(ana, bot.DeliveryHeld, bot.UnsureStop)
		},
	} {
		t.Run(name, func(t *testing.T) { play(newRoom(t)) })
	}
}

// TestTheWayWhatCannotBeReadIsAnswered plays messages that came and could not be read.
func TestTheWayWhatCannotBeReadIsAnswered(t *testing.T) {
	unreadable := ofKind(bot.KindUndecryptable)
	for name, play := range map[string]func(room){
		"it is asked for again after a while, once": func(r room) {
			r.subscribes(ana)
			r.says(ana, "", unreadable)
			r.Wants(ana)
			r.wait(bot.AskResendAfter + time.Second)
			r.Wants(ana, "again")
			r.says(ana, "", unreadable)
			r.wait(time.Hour)
			r.Wants(ana)
			r.offered(ana, bot.DeliveryHeld, bot.UndecryptableMessage)
			r.says(ana, "I asked for your hours")
			r.Got(ana)
			r.offered(ana, bot.DeliverySent, "")
		},
		"nobody asks again for what came by itself": func(r room) {
			r.subscribes(ana)
			m := r.Message(ana, "")
			m.Kind = bot.KindUndecryptable
			r.takes(m)
			m.Kind, m.Text = bot.KindText, "offers"
			r.takes(m)
			r.Wants(ana, "You chose")
			r.wait(time.Hour)
			r.Wants(ana)
			r.offered(ana, bot.DeliverySent, "")
		},
		"who left is not asked": func(r room) {
			r.says(ana, "hi")
			r.says(ana, "", unreadable)
			r.says(ana, "2")
			r.Got(ana)
			r.says(ana, "", unreadable)
			r.wait(time.Hour)
			r.Wants(ana)
		},
		"nor in a chat that a person of the shop has": func(r room) {
			r.subscribes(ana)
			r.says(ana, "", unreadable)
			r.says(ana, "what did you write?", fromTheShop)
			r.wait(time.Hour)
			r.Wants(ana)
			r.Pass(13 * time.Hour)
			r.offered(ana, bot.DeliveryHeld, bot.UndecryptableMessage)
		},
		"what may be looked at once is answered as a picture is": func(r room) {
			r.subscribes(ana)
			r.says(ana, "", unreadable, func(m *bot.Message) { m.ViewOnce = true })
			r.Wants(ana, "")
			r.told(bot.NoticeUnreadable)
			r.wait(time.Hour)
			r.Wants(ana)
			r.offered(ana, bot.DeliveryHeld, bot.UndecryptableMessage)
		},
		"many people with what this build does not know: it is too old": func(r room) {
			for i := range 22 {
				r.says("+1212555"+strconv.Itoa(1000+i), "", unreadable, func(m *bot.Message) { m.Unknown = true })
			}
			r.told(bot.NoticeOutdated)
			told := 0
			for _, kind := range r.notices() {
				if kind == string(bot.NoticeOutdated) {
					told++
				}
			}
			if told != 1 {
				r.t.Fatalf("the operator was told %d times", told)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { play(newRoom(t)) })
	}
}

// TestStrangersWriteMuch plays people who write too much, and too many of them.
func TestStrangersWriteMuch(t *testing.T) {
	for name, play := range map[string]func(room){
		"a text without end is read to a bound, and a stop at its beginning is a stop": func(r room) {
			r.subscribes(ana)
			r.says(ana, strings.Repeat("é", bot.MaxWords))
			if got := r.Got(ana); len(got) != 1 {
				r.t.Fatalf("they got %q", got)
			}
			r.says(ana, "stop"+strings.Repeat(" ", bot.MaxWords), func(m *bot.Message) {
				m.ID, m.Ad = strings.Repeat("I", 4096), &bot.Ad{ID: strings.Repeat("é", 2048), Title: "x"}
			})
			r.Wants(ana, "no more promotions")
			r.offered(ana, bot.DeliverySkipped, bot.SkippedUnsubscribed)
		},
		"two bots that answer each other are cut, and a stop still counts": func(r room) {
			r.subscribes(ana)
			for range 45 {
				r.says(ana, "offers")
			}
			r.Got(ana)
			r.told(bot.NoticeLoop)
			r.says(ana, "offers")
			r.Wants(ana)
			r.says(ana, "2")
			r.Wants(ana, "no more promotions")
			r.is(ana, bot.Unsubscribed, "welcome")
		},
		"beyond 120 messages in an hour nothing is answered but a stop": func(r room) {
			r.subscribes(ana)
			for range 125 {
				r.says(ana, "hello")
			}
			r.Got(ana)
			r.told(bot.NoticeTooMuch)
			r.says(ana, "HELP")
			r.Wants(ana)
			r.says(ana, "2")
			r.Wants(ana, "no more promotions")
			r.is(ana, bot.Unsubscribed, "welcome")
		},
	} {
		t.Run(name, func(t *testing.T) { play(newRoom(t)) })
	}
}
