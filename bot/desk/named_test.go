package desk_test

import (
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
)

// TestSomebodyWithoutAPhoneIsNamed: what is shown of a person who has only a LID is what a command
// takes, and what the shop is told to do has it already.
func TestSomebodyWithoutAPhoneIsNamed(t *testing.T) {
	t.Parallel()
	s := newShop(t, oneNumber)
	s.message("main", bot.Message{Kind: bot.KindCall, Identities: []bot.Identity{{Kind: bot.LID, Value: "71"}}})
	list, err := s.WaitingWithLast(s.Ctx, "main")
	must(t, err)
	if len(list) != 1 || list[0].Named() != "lid:71" {
		t.Fatalf("%+v", list)
	}
	if do := list[0].ToDo(list[0].Waits[0]); do != "call them, then: optinbot contacts resume lid:71" {
		t.Errorf("%q", do)
	}
	v, err := s.ShowContact(s.Ctx, "main", "lid:71", 1)
	must(t, err)
	if v.Named() != "lid:71" || v.LID != "71" {
		t.Errorf("%+v", v)
	}
	for _, typed := range []string{"lid:", "lid:7x", "lid:+71"} {
		s.refused("is not a LID", func() error { _, err := s.ShowContact(s.Ctx, "main", typed, 1); return err })
	}
	s.missing("has never written", func() error { _, err := s.ShowContact(s.Ctx, "main", "lid:72", 1); return err })
}

// TestWhomAnEntryIsAbout: "erased" is said of nobody who was not.
func TestWhomAnEntryIsAbout(t *testing.T) {
	t.Parallel()
	ana := bot.Entry{Personal: bot.Personal{Name: "Ana", Identities: []bot.Identity{{Kind: bot.Phone, Value: "+447700900001"}}}}
	for want, e := range map[string]store.LedgerEntry{
		"phone:+447700900001 Ana": {Entry: ana}, "erased": {Erased: true},
		"": {Entry: bot.Entry{Public: bot.Public{Event: bot.EntryNumberChanged}}},
	} {
		if got := desk.About(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
