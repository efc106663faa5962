package bot_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
)

// speaks is a number with a flow that is the shipped one but for some of its lines, given as pairs
// of old and new.
func speaks(t *testing.T, lines ...string) room {
	t.Helper()
	return room{pumptest.New(t, strings.NewReplacer(lines...).Replace(pumptest.Shipped(t))), t}
}

// asksByPoll is a number that asks both of the flow's questions with a poll.
func asksByPoll(t *testing.T) room {
	t.Helper()
	return speaks(t, "choose: many", "choose: many\n    poll: true", "choose: one", "choose: one\n    poll: true")
}

// votes lets a phone tap options of the last poll that it got.
func (r room) votes(phone string, options ...string) {
	r.t.Helper()
	r.votesIn(phone, r.Contact(phone).Poll.ID, options...)
}

func (r room) votesIn(phone, poll string, options ...string) {
	r.t.Helper()
	r.says(phone, "", ofKind(bot.KindPollVote), func(m *bot.Message) {
		m.Poll = poll
		for _, option := range options {
			sum := sha256.Sum256([]byte(option))
			m.Votes = append(m.Votes, hex.EncodeToString(sum[:]))
		}
	})
}

// likes checks what the store knows of somebody's answer, both with the contact and where audiences
// look for it.
func (r room) likes(phone, preference string, values ...string) {
	r.t.Helper()
	if got := r.Contact(phone).Preferences[preference]; !slices.Equal(got, values) {
		r.t.Fatalf("%s of %s is %q, want %q", preference, phone, got, values)
	}
}

// wait lets time pass, and what is due then happen.
func (r room) wait(d time.Duration) {
	r.t.Helper()
	r.Pass(d)
	r.goesOn()
}

// TestTheAnswersToAPoll plays how people answer a question by tapping.
func TestTheAnswersToAPoll(t *testing.T) {
	asked := func(r room) {
		r.says(ana, "I want promotions")
		got := r.Messages(ana)
		if len(got) != 2 || got[1].Poll == nil || len(got[1].Poll.Options) != 4 || got[1].Poll.Most != 0 {
			r.t.Fatalf("they got %+v", got)
		}
	}
	for name, play := range map[string]func(room){
		"every tap counts, and the conversation goes on when no other one comes": func(r room) {
			asked(r)
			r.votes(ana, "Shoes")
			r.votes(ana, "Shoes", "Bags")
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "interests")
			r.wait(bot.PollWait - time.Second)
			r.Wants(ana)
			r.wait(2 * time.Second)
			r.Wants(ana, "") // the next poll says its title
			r.is(ana, bot.Subscribed, "place")
			r.likes(ana, "interests", "shoes", "bags")
			r.votes(ana, "Online")
			r.Wants(ana, "preferences")
			r.is(ana, bot.Subscribed, "member")
			r.likes(ana, "place", "online")
		},
		"a vote that is taken back takes the answer back, and the question stays open": func(r room) {
			asked(r)
			r.votes(ana, "Shoes")
			r.votes(ana)
			r.wait(time.Minute)
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "interests")
			if _, has := r.Contact(ana).Preferences["interests"]; has {
				r.t.Fatal("the answer is still there")
			}
		},
		"a later vote in an earlier poll changes that answer, for seven days": func(r room) {
			asked(r)
			first := r.Contact(ana).Poll.ID
			r.votes(ana, "Shoes")
			r.wait(time.Minute)
			r.Wants(ana, "")
			r.votesIn(ana, first, "Bags", "Clothes")
			r.Wants(ana, "Bags and Clothes ✓")
			r.is(ana, bot.Subscribed, "place")
			r.likes(ana, "interests", "bags", "clothes")
			r.votes(ana, "Online")
			r.Got(ana)
			r.wait(bot.PollLasts)
			r.votesIn(ana, first, "Shoes")
			r.Wants(ana)
			r.likes(ana, "interests", "bags", "clothes")
		},
		"the later of two votes counts, in whichever order they come": func(r room) {
			asked(r)
			id := r.Contact(ana).Poll.ID
			vote := r.Message(ana, "")
			vote.Kind, vote.Poll = bot.KindPollVote, id
			r.votes(ana, "Clothes")
			r.takes(vote) // written before, and of nothing
			r.likes(ana, "interests", "clothes")
		},
		"what is no option, and what is no poll of ours, changes nothing": func(r room) {
			asked(r)
			r.votes(ana, "nothing of ours")
			r.votesIn(ana, "somebody else's", "Shoes")
			r.wait(time.Minute)
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "interests")
			r.likes(ana, "interests")
		},
		"a vote that cannot be opened gets the menu as text, once": func(r room) {
			asked(r)
			sealed := func(m *bot.Message) { m.Kind, m.Poll, m.Sealed = bot.KindPollVote, r.Contact(ana).Poll.ID, true }
			r.says(ana, "", sealed)
			r.Wants(ana, "A  Shoes")
			r.says(ana, "", sealed)
			r.Wants(ana)
			r.says(ana, "A")
			r.is(ana, bot.Subscribed, "place")
		},
		"words that answer win over taps, and other words take the taps for the answer": func(r room) {
			asked(r)
			r.votes(ana, "Shoes")
			r.says(ana, "B")
			r.is(ana, bot.Subscribed, "place")
			r.likes(ana, "interests", "bags")
			r.Got(ana)
			r.says(bob, "I want promotions")
			r.Got(bob)
			r.votes(bob, "Shoes")
			r.says(bob, "that was all I need")
			r.Wants(bob, "")
			r.is(bob, bot.Subscribed, "place")
			r.likes(bob, "interests", "shoes")
		},
		"a vote is nothing once they have left": func(r room) {
			asked(r)
			r.says(ana, "2")
			r.Wants(ana, "no more promotions")
			r.votes(ana, "Shoes")
			r.wait(time.Minute)
			r.Wants(ana)
			r.is(ana, bot.Unsubscribed, "welcome")
			r.likes(ana, "interests")
		},
		"a vote about a question from before a person took the chat over is for that person": func(r room) {
			asked(r)
			r.Pass(time.Second)
			r.says(ana, "just tell me what you like", fromTheShop)
			r.votes(ana, "Shoes")
			r.wait(time.Minute)
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "interests")
			r.likes(ana, "interests")
		},
		"taps that wait for more are not gone on from while a person has the chat": func(r room) {
			asked(r)
			r.votes(ana, "Shoes")
			r.says(ana, "just tell me what you like", fromTheShop)
			r.wait(time.Minute)
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "interests")
		},
	} {
		t.Run(name, func(t *testing.T) { play(asksByPoll(t)) })
	}
}

// TestTheAnswersInWords plays how people change what they have answered, and what they write
// instead of an answer.
func TestTheAnswersInWords(t *testing.T) {
	for name, play := range map[string]func(room){
		"an edit of an answer changes it, and the conversation stays where it is": func(r room) {
			r.says(ana, "I want promotions")
			m := r.Message(ana, "A")
			r.takes(m)
			r.Got(ana)
			r.says(ana, "A and B", editOf(m.ID))
			r.Wants(ana, "Shoes and Bags ✓")
			r.is(ana, bot.Subscribed, "place")
			r.likes(ana, "interests", "shoes", "bags")
			r.says(ana, "no idea", editOf(m.ID))
			r.Wants(ana)
			r.likes(ana, "interests", "shoes", "bags")
		},
		"an edit of what was understood and was no answer is not read again": func(r room) {
			r.subscribes(ana)
			m := r.Message(ana, "offers")
			r.takes(m)
			r.Wants(ana, "The next offer")
			r.says(ana, "preferences", editOf(m.ID))
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "member")
		},
		"also B adds to the last answer": func(r room) {
			r.says(ana, "I want promotions")
			r.says(ana, "C")
			r.Got(ana)
			r.says(ana, "also B")
			r.Wants(ana, "Bags and Clothes ✓") // in the order of the menu
			r.is(ana, bot.Subscribed, "place")
			r.likes(ana, "interests", "bags", "clothes")
		},
		"all is every option": func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			r.says(ana, "all")
			r.is(ana, bot.Subscribed, "place")
			r.likes(ana, "interests", "shoes", "bags", "clothes", "accessories")
		},
		"a rule of the flow speaks, and stays": func(r room) {
			r.subscribes(ana)
			r.says(ana, "offers")
			r.Wants(ana, "You chose: Shoes")
			r.is(ana, bot.Subscribed, "member")
		},
		"a question that was never put is put now": func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			r.says(ana, "A")
			r.Got(ana)
			r.wait(25 * time.Hour) // the question of the place has timed out
			r.Wants(ana)
			r.is(ana, bot.Subscribed, "member")
			r.says(ana, "hello?")
			r.Wants(ana, "Somebody from Casa Aurora")
		},
		"a voice note during a question gets the menu once more": func(r room) {
			r.says(ana, "I want promotions")
			r.Got(ana)
			r.says(ana, "", ofKind(bot.KindAudio))
			if got := r.Got(ana); len(got) != 1 || !strings.Contains(got[0], "A  Shoes") {
				r.t.Fatalf("they got %q", got)
			}
			r.is(ana, bot.Subscribed, "interests")
		},
		"a preference stands in the texts that name it": func(r room) {
			r.says(ana, "I want promotions")
			r.says(ana, "B and D")
			got := r.Got(ana)
			if last := got[len(got)-1]; !strings.Contains(last, "Got it: Bags and Accessories.") {
				r.t.Fatalf("they got %q", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { play(newRoom(t)) })
	}
}
