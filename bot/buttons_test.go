package bot_test

import (
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/pump/pumptest"
)

// asked is the last question that went out.
func (r room) asked() bot.Outgoing {
	r.t.Helper()
	all := r.Messages(ana)
	return all[len(all)-1]
}

// TestK1AQuestionHasButtonsWhereTheWireHasThem: a question of one or many has its options as
// buttons, and in words the menu as ever. On a wire without them nothing is added.
func TestK1AQuestionHasButtonsWhereTheWireHasThem(t *testing.T) {
	r := newRoom(t)
	r.says(ana, "I want promotions")
	plain := r.asked()
	if plain.Buttons != nil || !strings.Contains(plain.Text, "B  Bags") {
		t.Errorf("WhatsApp Web sends %+v", plain)
	}
	r = newRoom(t)
	r.Can.Buttons = true
	r.says(ana, "I want promotions")
	many := r.asked()
	if many.Text != plain.Text {
		t.Errorf("in words it is %q, not %q", many.Text, plain.Text)
	}
	if b := many.Buttons; b == nil || b.Title != many.Text || b.Choose != "Choose" || len(b.Options) != 4 ||
		b.Options[1] != (bot.Button{ID: "interests=bags", Title: "Bags"}) {
		t.Fatalf("the question of several answers has %+v", b)
	}
	r.says(ana, "Bags", func(m *bot.Message) { m.Button = "interests=bags" })
	one := r.asked()
	if b := one.Buttons; b == nil || len(b.Options) != 3 || strings.Contains(b.Title, "A  In the shop") ||
		!strings.HasPrefix(one.Text, b.Title) || !strings.Contains(one.Text, "A  In the shop") {
		t.Errorf("the question of one answer is %q with %+v", one.Text, b)
	}
	// what is said again has them too
	r.says(ana, "what do you mean by that")
	if again := r.asked(); again.Buttons == nil || len(again.Buttons.Options) != 3 {
		t.Errorf("the fallback has %+v", again.Buttons)
	}
}

// TestK1APollIsButtonsWhereThereAreNoPolls: the Cloud API has no polls.
func TestK1APollIsButtonsWhereThereAreNoPolls(t *testing.T) {
	source := strings.Replace(pumptest.Shipped(t), "    choose: one\n", "    choose: one\n    poll: true\n", 1)
	for cloud, kind := range map[bool]string{false: "a poll", true: "buttons"} {
		r := room{pumptest.New(t, source), t}
		r.Can.Buttons = cloud
		r.says(ana, "I want promotions")
		r.says(ana, "B")
		got := r.asked()
		if (got.Buttons != nil) != cloud || (got.Poll != nil) == cloud {
			t.Errorf("want %s, not poll %+v and buttons %+v", kind, got.Poll, got.Buttons)
		}
	}
}

// TestK2AStopButtonIsAStopBeforeItsWords: the button says stop, whatever stands on it, also where
// its words would be an answer.
func TestK2AStopButtonIsAStopBeforeItsWords(t *testing.T) {
	r := newRoom(t)
	r.Can.Buttons = true
	r.says(ana, "I want promotions")
	turn := r.says(ana, "Bags", func(m *bot.Message) { m.Button = bot.StopPayload })
	if turn.Contact.Consent != bot.Unsubscribed {
		t.Errorf("she is %s", turn.Contact.Consent)
	}
	var found bool
	for _, e := range turn.Effects {
		if rec, ok := e.(bot.Record); ok {
			found = found || rec.Entry.Public.Rule == "template.stop_button" && rec.Entry.Personal.Words == "Bags"
		}
	}
	if !found {
		t.Errorf("the ledger has no word of it: %+v", turn.Effects)
	}
}

// TestK1AnUnknownButtonIsItsWords: the button of a question that the flow has no more.
func TestK1AnUnknownButtonIsItsWords(t *testing.T) {
	r := newRoom(t)
	r.Can.Buttons = true
	r.says(ana, "I want promotions")
	for _, id := range []string{"interests=hats", "colour=red", "what", "="} {
		turn := r.says(ana, "hmm hmm hmm", func(m *bot.Message) { m.Button = id })
		if len(turn.Contact.Preferences["interests"]) != 0 || turn.Contact.FlowQuestion == nil {
			t.Errorf("%s: %+v", id, turn.Contact.Preferences)
		}
	}
	turn := r.says(ana, "Shoes", func(m *bot.Message) { m.Button = "colour=red" })
	if got := turn.Contact.Preferences["interests"]; len(got) != 1 || got[0] != "shoes" {
		t.Errorf("its words are no answer: %v", got)
	}
}
