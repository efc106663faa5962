package serve

import (
	"testing"

	"optinbot/bot"
)

// TestB6NothingIsSentAgainToWhoLeft: a phone that could not read a promotion gets it again only while its owner has not opted out, is known,
// and the store says so.
func TestB6NothingIsSentAgainToWhoLeft(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	must(t, s.Do("Ana +5511900000001 > quero promoções"))
	must(t, s.Do("Bob +5511900000002 > quero promoções"))
	must(t, s.Do("Bob > 2"))
	run := &numberServer{Desk: s.Desk, Store: s.Store, number: s.Numbers["main"]}
	person := func(phone string) []bot.Identity { return []bot.Identity{{Kind: bot.Phone, Value: phone}} }
	ana, bob, erased := person("+5511900000001"), person("+5511900000002"), person("+5511900000003")
	left, err := s.Store.Contact(s.Ctx, mainNumber, bob[0].Value)
	must(t, err)

	for _, c := range []struct {
		who           string
		to            []bot.Identity
		id            string
		refused, left bool
	}{
		{"subscribed", ana, "P1", false, false},
		{"opted out", bob, "P1", true, true},
		{"opted out, and it is the goodbye", bob, left.Goodbye, false, false},
		{"erased: nobody knows them", erased, "P1", true, false},
		{"nobody", nil, "P1", true, false},
		{"two addresses, of which one is known", []bot.Identity{erased[0], ana[0]}, "P1", false, false},
	} {
		if got := run.refuse(c.to, c.id); got != c.refused {
			t.Errorf("%s: sent again %v", c.who, !got)
		}
		if c.to == nil || len(c.to) > 1 {
			continue
		}
		if got := run.left(c.to[0], c.id); got != c.left {
			t.Errorf("%s: left %v", c.who, got)
		}
	}
	must(t, s.Store.Close())
	if !run.refuse(ana, "P1") || !run.left(ana[0], "P1") {
		t.Error("the store does not answer, and a promotion is sent again")
	}
}
