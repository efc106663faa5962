package app

import (
	"strings"
	"testing"

	"optinbot/bot"
	"optinbot/bot/pump"
)

// TestB8WhyTellsTheStory: one delivery's story in sentences, from its times, also when there is a newer occurrence.
func TestB8WhyTellsTheStory(t *testing.T) {
	t.Parallel()
	s := newStage(t, conversation{setup: []step{{text: "config contact: {per_day: 3, gap: 1h, per_week: 21}"}}}, false)
	must(t, s.do("Ana +5511900000001 > quero promoções"))
	must(t, s.do("broadcast weekend-offer"))
	must(t, s.do("+31m")) // her open question held it
	sent := s.broadcasts()
	if len(sent) != 1 {
		t.Fatalf("%d promotions", len(sent))
	}
	engine := s.world.Engine.(*pump.Pump)
	must(t, engine.Receipt(s.ctx, bot.Receipt{MessageIDs: []string{sent[0].ID}, At: s.world.Now()}))
	must(t, s.do("+5m"))
	must(t, engine.Receipt(s.ctx, bot.Receipt{MessageIDs: []string{sent[0].ID}, Read: true, At: s.world.Now()}))
	must(t, s.do("+5m"))
	must(t, s.do("Ana > can you stop by tomorrow?"))
	must(t, s.do("+5m"))
	must(t, s.do("Ana > 2"))
	must(t, s.do("broadcast weekend-offer"))

	list, err := s.store.Occurrences(s.ctx, "main", "weekend-offer")
	must(t, err)
	c, err := s.store.Contact(s.ctx, "main", "+5511900000001")
	must(t, err)
	row, err := s.store.Number(s.ctx, "main")
	must(t, err)
	for i, want := range []string{
		"Ana did not get it, and will not, because they asked to stop (unsubscribed).",
		"Ana got it: sent at 2026-03-02 14:30 UTC (variant 1, message " + sent[0].ID + ").\n" +
			"It was planned at 2026-03-02 14:00 UTC and waited from 2026-03-02 14:00 UTC for question_open.\n" +
			"Their phone received it at 2026-03-02 14:31 UTC.\nIt was read at 2026-03-02 14:36 UTC.\n" +
			"They wrote again at 2026-03-02 14:41 UTC.\nThey asked to stop at 2026-03-02 14:46 UTC.",
	} {
		d, err := s.store.Delivery(s.ctx, list[i].ID, c.ID)
		must(t, err)
		if got := strings.Join(s.story(list[i], c, d, row, guardView{}), "\n"); got != want {
			t.Errorf("occurrence %d:\n%s\nwant\n%s", list[i].ID, got, want)
		}
	}
}
