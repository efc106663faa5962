package whatsapp

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"go.mau.fi/whatsmeow/types"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
)

// TestT3PollsOverTheWire: a contact's phone shows the poll, its votes arrive as the options that
// were tapped, also after a restart and when the vote replaces another. One that cannot be opened
// says so.
func TestT3PollsOverTheWire(t *testing.T) {
	srv, h := startServer(t), &recorder{}
	o := serverOptions(t, srv, h)
	c := open(t, o)
	o.JID = link(t, srv, c)
	connect(t, c, h)
	ana := srv.Contact("+5511900000001")
	h.message(t, ana.Send("oi"), bot.KindText)
	id := c.NewMessageID()
	poll := &bot.Poll{Title: "What do you like?", Options: []string{"Shoes", "Bags"}}
	if r := c.Send(within(t), bot.Outgoing{ID: id, To: to(ana), Poll: poll}); r.Status != bot.SendAccepted {
		t.Fatalf("%+v", r)
	}
	received, err := ana.WaitFor(within(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := received[0].Message.GetPollCreationMessage(); got.GetName() != poll.Title || len(got.GetOptions()) != 2 || got.GetSelectableOptionsCount() != 0 {
		t.Errorf("the phone shows %v", got)
	}
	vote := func(options ...string) bot.Message {
		t.Helper()
		voted, err := ana.Vote(id, options...)
		if err != nil {
			t.Fatal(err)
		}
		return h.message(t, voted, bot.KindPollVote)
	}
	is := func(m bot.Message, options ...string) {
		t.Helper()
		var want []string
		for _, option := range options {
			sum := sha256.Sum256([]byte(option))
			want = append(want, hex.EncodeToString(sum[:]))
		}
		if m.Poll != id || m.Sealed || !slices.Equal(m.Votes, want) {
			t.Errorf("%+v, want %v", m, options)
		}
	}
	is(vote("Shoes"), "Shoes")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, o)
	connect(t, c, h)
	is(vote("Shoes", "Bags"), "Shoes", "Bags")
	is(vote())
	// The secret is lost: the file was made anew, for instance.
	if _, err := c.store.db.Exec("DELETE FROM whatsmeow_message_secrets"); err != nil {
		t.Fatal(err)
	}
	if m := vote("Bags"); !m.Sealed || m.Poll != id || len(m.Votes) > 0 {
		t.Errorf("%+v", m)
	}
}

// TestT3AVoteIsOpenedUnderEveryAddress: phones mix the addresses of the poll's author and of the
// voter.
func TestT3AVoteIsOpenedUnderEveryAddress(t *testing.T) {
	srv, c, h := connected(t, nil)
	ana := srv.Contact("+12125550101")
	h.message(t, ana.Send("oi"), bot.KindText)
	id := c.NewMessageID()
	if r := c.Send(within(t), bot.Outgoing{ID: id, To: to(ana), Poll: &bot.Poll{Title: "What do you like?", Options: []string{"Shoes", "Bags"}}}); r.Status != bot.SendAccepted {
		t.Fatalf("%+v", r)
	}
	if _, err := ana.WaitFor(within(t), 1); err != nil {
		t.Fatal(err)
	}
	for _, from := range []whatsapptest.Addressing{whatsapptest.FromLID, whatsapptest.FromPhone} {
		ana.SetAddressing(from)
		for _, author := range []types.JID{srv.Phone().LID(), srv.Phone().JID()} {
			for _, voter := range []types.JID{ana.LID(), ana.PhoneJID()} {
				voted, err := ana.VoteAs(id, author, voter, "Bags")
				if err != nil {
					t.Fatal(err)
				}
				if m := h.message(t, voted, bot.KindPollVote); m.Sealed || len(m.Votes) != 1 {
					t.Errorf("from %v, poll of %s, vote of %s: %+v", from, author, voter, m)
				}
			}
		}
	}
}
