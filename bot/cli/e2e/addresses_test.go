package e2e

import (
	"context"
	"strings"
	"testing"

	"optinbot/bot/whatsapp/whatsapptest"
)

// An addressScene is about somebody who is subscribed and known by LID only, who leaves under their phone, or whom the shop takes off its
// list by their phone. Then the pair becomes known, and no message of theirs comes any more.
type addressScene struct {
	name  string
	leave func(s *addresses)
}

// addresses is the built program with two subscribers: Ana, known by LID only, and Bob, who shows that a broadcast has gone out.
type addresses struct {
	t        *testing.T
	ctx      context.Context
	srv      *whatsapptest.Server
	b        *binary
	kill     func()
	ana, bob *whatsapptest.Contact
}

// stopAtTheTill is an operator's stop for Ana's phone, which no contact has.
func (s *addresses) stopAtTheTill() {
	s.b.do("optout", s.ana.Number(), "--reason", "said so at the till")
}

// TestC7TwoAddressesOfOnePerson: whichever address a stop is from, and whichever way the bot learns that the other one is of the same
// person, nobody gets a promotion after it.
func TestC7TwoAddressesOfOnePerson(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	for _, scene := range []addressScene{
		{"by a send", func(s *addresses) { // the goodbye goes to the phone, and brings the pair
			s.ana.SetAddressing(whatsapptest.FromPhoneOnly)
			s.ana.Send("2")
			s.expect(s.ana, "no more promotions")
		}},
		{"by a send, while nothing could be told", func(s *addresses) { // as above, and the bot is killed before it could act on it
			s.ana.SetAddressing(whatsapptest.FromPhoneOnly)
			s.ana.Send("2")
			s.expect(s.ana, "no more promotions")
			s.kill()
			s.kill = s.b.start()
		}},
		{"by the phone's history", func(s *addresses) {
			s.stopAtTheTill()
			s.srv.Phone().SyncPairs(s.ana)
			must(s.t, s.srv.Phone().WaitIdle(s.ctx))
			s.unsubscribed()
		}},
		{"by a group", func(s *addresses) {
			s.stopAtTheTill()
			s.ana.SetAddressing(whatsapptest.FromLID)
			id := s.srv.NewGroup().Send(s.ana, "hello everybody")
			must(s.t, s.ana.WaitAcknowledged(s.ctx, id))
			s.unsubscribed()
		}},
		{"by a query", func(s *addresses) { // nothing tells: the bot has to ask WhatsApp
			s.stopAtTheTill()
			s.unsubscribed()
		}},
	} {
		t.Run(scene.name, func(t *testing.T) {
			s := twoAddresses(t)
			scene.leave(s)
			s.b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
			s.expect(s.bob, "20% off")
			s.over()
			if n := count(s.ana, "20% off"); n != 0 {
				t.Errorf("Ana left, by the other of her two addresses, and got %d promotions: %q", n, s.ana.Texts())
			}
		})
	}
}

// TestC7AnOldPairChangesNothing: a pair from the phone's history that contradicts what is recorded moves nobody's consent, and nobody's
// promotion to somebody else.
func TestC7AnOldPairChangesNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := twoAddresses(t)
	s.srv.Phone().ClaimPair(s.bob, s.ana)
	must(t, s.srv.Phone().WaitIdle(s.ctx))
	s.b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	s.expect(s.ana, "20% off")
	s.expect(s.bob, "20% off")
	s.over()
	for _, c := range []*whatsapptest.Contact{s.ana, s.bob} {
		if n := count(c, "20% off"); n != 1 {
			t.Errorf("%s got %d promotions", c.Number(), n)
		}
	}
}

// TestT4TheShopTypesToTheOtherAddress: what a person of the shop types to the phone of somebody known by LID only is noted at that
// person: the bot is quiet in that chat.
func TestT4TheShopTypesToTheOtherAddress(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	s := twoAddresses(t)
	s.ana.SetAddressing(whatsapptest.FromPhoneOnly)
	s.srv.Phone().TypeTo(s.ana, "Hello Ana, your shoes are here.")
	must(t, s.srv.Phone().WaitIdle(s.ctx))
	s.eventually("the takeover is noted at Ana", func() bool {
		return strings.Contains(s.known("c.doc"), `"last_human"`)
	})
	s.ana.SetAddressing(whatsapptest.FromLIDOnly)
	before := len(s.ana.Received())
	id := s.ana.Send("great, I will come")
	must(t, s.ana.WaitAcknowledged(s.ctx, id))
	heard := len(s.bob.Received())
	s.bob.Send("help") // its answer shows that Ana's turn is over
	if _, err := s.bob.WaitFor(s.ctx, heard+1); err != nil {
		t.Fatal(err)
	}
	if after := s.ana.Received()[before:]; len(after) != 0 {
		t.Errorf("the bot talks over the shop's person: %q", s.ana.Texts()[before:])
	}
}

// twoAddresses has the shop's program running and both people subscribed.
func twoAddresses(t *testing.T) *addresses {
	t.Helper()
	ctx := scene(t)
	srv, b := linked(t)
	kill := b.start()
	s := &addresses{t: t, ctx: ctx, srv: srv, b: b, kill: kill, ana: srv.Contact("+12125550101"), bob: srv.Contact("+12125550102")}
	s.ana.SetAddressing(whatsapptest.FromLIDOnly)
	for _, c := range []*whatsapptest.Contact{s.ana, s.bob} {
		c.Send("I want promotions")
		s.expect(c, "You are in!")
		s.expect(c, "A  Shoes")
		c.Send("A")
		s.expect(c, "where do you like to shop")
		c.Send("B")
		s.expect(c, "*preferences*")
	}
	return s
}

func (s *addresses) expect(c *whatsapptest.Contact, part string) {
	s.t.Helper()
	if _, err := c.WaitText(s.ctx, part); err != nil {
		s.t.Fatalf("waiting for %q: %v; received %q", part, err, c.Texts())
	}
}

// unsubscribed waits until Ana is, by her LID.
func (s *addresses) unsubscribed() {
	s.t.Helper()
	s.eventually("Ana is unsubscribed", func() bool {
		return s.known("c.consent") == "unsubscribed"
	})
}

// eventually waits, and goes on when it has waited in vain.
func (s *addresses) eventually(what string, cond func() bool) {
	s.t.Helper()
	if err := eventually(patient(s.t), cond); err != nil {
		s.t.Errorf("not so: %s", what)
	}
}

// over waits until the broadcast is.
func (s *addresses) over() {
	s.t.Helper()
	s.eventually("the broadcast is over", func() bool {
		return strings.Contains(s.b.do("broadcast", "status", "weekend-offer", "--json"), `"done"`)
	})
}

// known reads a column of the contact who has Ana's LID.
func (s *addresses) known(column string) (value string) {
	s.t.Helper()
	db := s.b.database()
	defer db.Close()
	must(s.t, db.QueryRowContext(s.ctx, "SELECT "+column+" FROM identities i JOIN contacts c ON c.id = i.contact_id WHERE i.kind = 'lid' AND i.value = $1",
		s.ana.LID().User).Scan(&value))
	return value
}
