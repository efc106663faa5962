package web

import (
	"context"
	"testing"

	"optinbot/bot"
	"optinbot/bot/desk/desktest"
	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// TestPostgres shows what only a shop has whose database machines share.
func TestPostgres(t *testing.T) { storetest.Again(t, TestF2TodaySaysWhereANumberIsServed) }

// TestF2TodaySaysWhereANumberIsServed: in a fleet Today names the machine, and says when it was heard of.
func TestF2TodaySaysWhereANumberIsServed(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, desktest.Setup{})
	if !s.Store.Shared() {
		s.get("/").says("Number main").lacks("Served on")
		return
	}
	must(s.Store.NumberEvent(t.Context(), "main", bot.NumberEvent{Kind: bot.NumberSynced, At: desktest.Begin}))
	p, err := s.Store.Join("<b>north</b>", store.DefaultLease())
	must(err)
	must(p.Heartbeat(t.Context()))
	t.Cleanup(func() { _ = p.Leave(context.Background()) })
	free, err := p.Takeable(t.Context(), []string{"main"})
	must(err)
	_, err = p.Take(t.Context(), free[0])
	must(err)
	s.get("/").says("Served on <b>north</b> (epoch 1), heard of").lacks("The bot does not serve this number")
}
