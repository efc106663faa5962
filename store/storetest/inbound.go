package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
)

// bounds is about what comes in being bounded: whoever writes without end costs nobody else
// anything, and their stop counts.
var bounds = map[string]func(*testing.T, *rig){
	"the beginning of a long text": func(t *testing.T, r *rig) {
		m := r.message("x"+strings.Repeat("é", bot.MaxWords), bob)
		m.ID = strings.Repeat("A", 1<<20)
		c := r.takes(shop, m).Contact
		lines, err := r.s.Conversation(r.ctx, c.ID, 10)
		r.must(err)
		kept := lines[0]
		if kept.FromUs || kept.Text != "x"+strings.Repeat("é", bot.MaxWords/2-1) || kept.Length != len(m.Text) {
			t.Fatalf("kept %d bytes of %d (%q ...)", len(kept.Text), kept.Length, kept.Text[:min(10, len(kept.Text))])
		}
		if !r.takes(shop, m).Duplicate {
			t.Fatal("it had two turns")
		}
	},
	"a stop at the beginning of a long text": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		r.writes(shop, "stop sending me messages. "+strings.Repeat("\n", 1<<20), anna)
		r.wants(shop, anna, bot.Unsubscribed)
	},
	"a stop with a NUL, from a name that is no text": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		m := r.message("st\xffop\x00", anna)
		m.ID, m.Name, m.ReplyTo = m.ID+"\x00", "An\xc3na\x00", "\x00\xf0"
		m.Ad = &bot.Ad{ID: "\x00", Title: "off\xfeer", Text: "\x00", URL: "\x00"}
		if r.takes(shop, m).Duplicate || !r.takes(shop, m).Duplicate {
			t.Fatal("it did not have one turn")
		}
		r.wants(shop, anna, bot.Unsubscribed)
		if name := r.contact(shop, anna).Name; name != "Anna" {
			t.Fatalf("the name is %q", name)
		}
	},
	"a word of the wire that is no text": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		receipt := bot.Receipt{Kind: bot.ReceiptFailed, MessageIDs: []string{"A\x00"}, WireIDs: []string{"\xff"},
			At: r.now, Detail: "no\x00t\xfe here"}
		r.must(r.s.Receipt(r.ctx, shop, receipt, r.envs))
		r.must(r.s.NumberEvent(r.ctx, shop, bot.NumberEvent{Kind: bot.NumberTrouble, At: r.now, Detail: "out of order\x00\xff"}))
		if n := r.told("out of order"); n != 1 {
			t.Fatalf("%d notices", n)
		}
	},
	"so many messages of one person an hour are answered": func(t *testing.T, r *rig) {
		r.subscribes(shop, anna)
		answered := 0
		for range 179 {
			r.now = r.now.Add(18 * time.Second)
			r.writes(shop, "help", anna)
			answered += len(r.says(shop))
		}
		if answered < 100 || answered > 120 {
			t.Fatalf("%d of 179 messages within an hour were answered", answered)
		}
		if n := r.told("messages within an hour"); n != 1 {
			t.Fatalf("%d notices", n)
		}
		lines, err := r.s.Conversation(r.ctx, r.contact(shop, anna).ID, 1)
		r.must(err)
		if last := lines[0]; last.Text != "" || last.Length != len("help") {
			t.Fatalf("kept %+v", last)
		}
		r.writes(shop, "2", anna)
		r.wants(shop, anna, bot.Unsubscribed)
		if said := r.says(shop); len(said) != 1 || said[0] != bot.SayGoodbye {
			t.Fatalf("said %v", said)
		}
	},
	"many strangers": func(t *testing.T, r *rig) {
		for i := range 700 {
			r.now = r.now.Add(5 * time.Second)
			r.writes(shop, "hello", phone(fmt.Sprintf("+1646%07d", 5550000+i)))
		}
		if n := r.told("written for the first time within an hour"); n != 1 {
			t.Fatalf("%d notices", n)
		}
	},
}
