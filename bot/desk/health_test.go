package desk_test

import (
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/lock"
)

// TestABotIsReadyWhenItServesEverybody: each thing that keeps it from that is said, and what an
// operator has to look at beside.
func TestABotIsReadyWhenItServesEverybody(t *testing.T) {
	t.Parallel()
	type event = bot.NumberEvent
	until := desktest.Begin.Add(time.Hour)
	for _, c := range []struct {
		says     string
		setup    desktest.Setup
		idle     bool // no `run` has the folder
		served   bool
		events   []event
		notReady []string
		unwell   []string // beside what is not ready
	}{
		{says: "all is well", served: true, events: []event{{Kind: bot.NumberSynced}}},
		{says: "what was written meanwhile is read", served: true, events: []event{{Kind: bot.NumberConnected}}},
		{says: "nothing has ever been linked", setup: desktest.Setup{Unlinked: true}},
		{says: "nobody runs it", idle: true, served: true, events: []event{{Kind: bot.NumberSynced}}, notReady: []string{"no `run` holds the folder"}},
		{says: "not served", events: []event{{Kind: bot.NumberSynced}}, notReady: []string{"number main is not served"}},
		{says: "disconnected", served: true, events: []event{{Kind: bot.NumberDisconnected}}, notReady: []string{"number main is not connected to WhatsApp"}},
		{says: "no answer", served: true, events: []event{{Kind: bot.NumberUnanswered}}, notReady: []string{"number main is not connected to WhatsApp"}},
		{says: "logged out", events: []event{{Kind: bot.NumberLoggedOut}}, unwell: []string{"number main was logged out by WhatsApp; link it again"}},
		{says: "a time-lock", served: true, events: []event{{Kind: bot.NumberSynced}, {Kind: bot.NumberRestricted, Until: until}},
			unwell: []string{"number main is restricted by WhatsApp until 2026-03-02 15:00 UTC"}},
		{says: "a time-lock that is over", served: true,
			events: []event{{Kind: bot.NumberSynced}, {Kind: bot.NumberRestricted, Until: until}, {Kind: bot.NumberReleased}}},
		{says: "a ban", served: true, events: []event{{Kind: bot.NumberBanned, Until: until}},
			notReady: []string{"number main is not connected to WhatsApp"}, unwell: []string{"number main is restricted by WhatsApp until 2026-03-02 15:00 UTC"}},
	} {
		t.Run(c.says, func(t *testing.T) {
			t.Parallel()
			s := desktest.Open(t, c.setup)
			if !c.setup.Unlinked {
				must(t, s.Store.Linked(t.Context(), "main", "x@y", "+12125550100", desktest.Begin))
			}
			s.WhatsApp.Used = map[string]bool{"main": c.served}
			for _, e := range c.events {
				e.At = desktest.Begin
				must(t, s.Store.NumberEvent(t.Context(), "main", e))
			}
			if !c.idle {
				release, err := lock.Take(s.Files.RunLock())
				must(t, err)
				defer release()
			}
			must(t, s.Alive(t.Context()))
			found := s.NewCheckup().Look(t.Context())
			if all := slices.Concat(c.notReady, c.unwell); !slices.Equal(found.NotReady, c.notReady) || !slices.Equal(found.Unwell, all) {
				t.Errorf("not ready %q, want %q; unwell %q, want %q", found.NotReady, c.notReady, found.Unwell, all)
			}
		})
	}
}

// TestABotWhoseDatabaseIsGoneIsNotAlive: what cannot be read or written is said.
func TestABotWhoseDatabaseIsGoneIsNotAlive(t *testing.T) {
	t.Parallel()
	s := desktest.Open(t, desktest.Setup{Unlinked: true})
	must(t, s.Store.Close())
	if s.Alive(t.Context()) == nil {
		t.Error("it is alive")
	}
	if found := s.NewCheckup().Look(t.Context()); !slices.Contains(found.NotReady, "the database cannot be read") {
		t.Errorf("%q", found.NotReady)
	}
}
