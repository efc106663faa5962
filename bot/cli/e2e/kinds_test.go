package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// TestT3TheProgramHearsStopsInEveryForm drives the built program: what it did not hear at all is heard, or holds.
func TestT3TheProgramHearsStopsInEveryForm(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	b.start()
	say := func(number string, send func(*whatsapptest.Contact)) {
		t.Helper()
		c := srv.Contact(number)
		c.Send("I want promotions")
		if _, err := c.WaitText(ctx, "You are in!"); err != nil {
			t.Fatal(err)
		}
		send(c)
	}
	say("+12125550101", func(c *whatsapptest.Contact) { c.SendOrder(2, "stop") })
	say("+12125550102", func(c *whatsapptest.Contact) {
		c.SendMessage(&waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{Caption: proto.String("stop")}})
	})
	say("+12125550103", func(c *whatsapptest.Contact) { c.React(c.Received()[0].ID, "2️⃣") })
	say("+12125550104", func(c *whatsapptest.Contact) { c.SendUnknown(177, "stop") })
	say("+12125550105", func(c *whatsapptest.Contact) { c.SendPlaceholder() })
	say("+12125550106", func(c *whatsapptest.Contact) { c.Send("delete my data") })
	eva := srv.Contact("+12125550107")
	for _, text := range []string{"hello", "do you have these in 42?"} {
		before := len(eva.Texts())
		eva.Send(text)
		if _, err := eva.WaitFor(ctx, before+1); err != nil {
			t.Fatal(err)
		}
	}
	srv.Contact("+12125550108").Call()
	must(t, srv.Phone().WaitIdle(ctx))
	waiting := b.do("contacts", "waiting", "--json")
	for _, reason := range []string{"erasure", "unanswered", "call", "order"} {
		if !strings.Contains(waiting, `"reason": "`+reason+`"`) {
			t.Errorf("nobody waits for a person because of %s:\n%s", reason, waiting)
		}
	}
	b.open(func(ctx context.Context, s *store.Store) {
		for i, number := range []string{"+12125550101", "+12125550102", "+12125550103", "+12125550104", "+12125550105"} {
			c, err := s.Contact(ctx, "main", number)
			must(t, err)
			if heard := c.Consent == bot.Unsubscribed; i < 3 && !heard || i >= 3 && !c.Has(bot.UndecryptableMessage) {
				t.Errorf("person %d: %s, holds %v", i+1, c.Consent, c.Holds)
			}
		}
	})
}

// TestT4AQuestionOfATakeoverHearsItsAnswer drives the built program by `chat --json`: what the bot asks while a person of the shop has the
// chat is answered, what cannot be read is asked for later, and a keycap two is "2".
func TestT4AQuestionOfATakeoverHearsItsAnswer(t *testing.T) {
	file, err := program()
	must(t, err)
	dir := filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command(file, "init", dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	cmd := exec.Command(file, "chat", "--json")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(`
{"at":"2026-03-02T14:00:00Z","from":"+12125550101","id":"1","text":"hello"}
{"at":"2026-03-02T14:01:00Z","takeover":"+12125550101"}
{"at":"2026-03-02T14:02:00Z","from":"+12125550101","id":"2","text":"I want promotions"}
{"at":"2026-03-02T14:03:00Z","from":"+12125550101","id":"3","text":"A"}
{"at":"2026-03-02T14:04:00Z","from":"+12125550102","id":"4","text":"I want promotions"}
{"at":"2026-03-02T14:05:00Z","from":"+12125550102","id":"5","kind":"undecryptable"}
{"at":"2026-03-02T14:05:10Z","from":"+12125550102","id":"5","text":"A"}
{"at":"2026-03-02T14:06:00Z","from":"+12125550102","id":"6","kind":"reaction","text":"2️⃣"}
`)
	out, err := cmd.CombinedOutput()
	must(t, err)
	if got := string(out); !strings.Contains(got, `"from":"+12125550101","state":"place"`) || strings.Contains(got, "send it again") ||
		!strings.Contains(got, `"kind":"goodbye"`) {
		t.Errorf("%s", got)
	}
}
