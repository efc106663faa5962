package pump_test

import (
	"testing"
	"time"

	"optinbot/bot"
)

// TestB7AReplyWaitsForItsPicture: it is brought to WhatsApp beside everything else, and goes out then,
// with its text, in its place before what is said to the same person.
func TestB7AReplyWaitsForItsPicture(t *testing.T) {
	n := newNumber(t)
	n.Writes(ana, "do you have it in blue?")
	n.Sends()
	n.Messages(ana)
	slow := make(chan struct{})
	n.File = func(bot.Media) <-chan struct{} {
		select {
		case <-slow:
			return nil
		default:
			return slow
		}
	}
	blue := bot.Media{Kind: bot.MediaImage, MIME: "image/png", Hash: "hash"}
	say := func(text string, picture *bot.Media) {
		_, err := n.Store.Act(t.Context(), n.Contact(ana).Number, n.Contact(ana).ID, n.Envs, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.ReplyWith(e, c, text, picture, "the picture")
		})
		must(t, err)
	}
	say("", &blue)
	say("Shall we keep one?", nil)
	n.Sends()
	n.Wants(ana)
	n.Writes(bob, "hello?")
	n.Sends()
	if got := n.Messages(bob); len(got) == 0 {
		t.Errorf("bob got %+v meanwhile", got)
	}
	close(slow)
	n.Pass(2 * time.Second)
	n.Sends()
	got := n.Messages(ana)
	if len(got) != 2 || got[0].Media == nil || *got[0].Media != blue || got[0].Text != "" || got[1].Text != "Shall we keep one?" {
		t.Errorf("ana got %+v", got)
	}
	if content, err := n.Store.Media(t.Context(), "hash"); err != nil || string(content) != "the picture" {
		t.Errorf("%q, %v", content, err)
	}
}
