package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// floodInFlight is how many of them the server hands over before the bot has acknowledged the first: the rest has not arrived yet.
const floodInFlight = 100

// TestC2AStopInAFlood: strangers write as fast as the built program takes it, with the limits on. It answers within the brake, tells the
// operator once, and obeys a stop among them, of a subscriber and of a stranger.
func TestC2AStopInAFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	flood(scene(t), t, 300, 4*patience)
}

// TestC2AStopInAFloodLong is the same with many strangers. The stops are obeyed within 5 seconds: it runs with little beside it.
func TestC2AStopInAFloodLong(t *testing.T) {
	clitest.Long(t)
	flood(within(t, longest), t, 4000, 5*time.Second)
}

func flood(ctx context.Context, t *testing.T, many int, obeyed time.Duration) {
	t.Helper()
	srv, b := linked(t)
	b.env = append(b.env, "OPTINBOT_WHATSAPP_TEST_LIMITS=") // the last one counts
	b.start()
	subscriber := newCrowd(srv, 1)
	subscriber.optIn(ctx, t)
	ana := subscriber.people[0]

	began := time.Now()
	var strangers []*whatsapptest.Contact
	var ids []string
	for i := range many {
		strangers = append(strangers, srv.Contact(fmt.Sprintf("+1646555%04d", i)))
		ids = append(ids, strangers[i].Send("hello"))
		if i >= floodInFlight {
			must(t, strangers[i-floodInFlight].WaitAcknowledged(ctx, ids[i-floodInFlight]))
		}
		if i == many/2 {
			b.obeys(ctx, ana, true, obeyed)
			b.obeys(ctx, strangers[0], false, obeyed)
		}
	}
	for i, p := range strangers {
		must(t, p.WaitAcknowledged(ctx, ids[i]))
	}
	answers := 0
	for _, p := range strangers {
		answers += len(p.Received())
	}
	took := time.Since(began)
	if most := 60 * (1 + int(took/time.Minute)); answers == 0 || answers > most {
		t.Errorf("%d answers to %d strangers within %v, want at most %d", answers, len(strangers), took, most)
	}
	b.open(func(ctx context.Context, s *store.Store) {
		list, err := s.Notices(ctx, "main", 100)
		must(t, err)
		floods := 0
		for _, n := range list {
			if n.Kind == string(bot.NoticeFlood) {
				floods++
			}
		}
		if floods != 1 {
			t.Errorf("the operator heard %d times of the flood: %+v", floods, list)
		}
	})
	t.Logf("%d strangers in %v, %d answers", len(strangers), took, answers)
}

// obeys lets somebody write a stop and checks that it counts once it is acknowledged, and that this takes no longer. goodbye: it is
// answered too.
func (b *binary) obeys(ctx context.Context, p *whatsapptest.Contact, goodbye bool, limit time.Duration) {
	b.t.Helper()
	began := time.Now()
	must(b.t, p.WaitAcknowledged(ctx, p.Send("2")))
	b.open(func(ctx context.Context, s *store.Store) {
		c, err := s.Contact(ctx, "main", p.Number())
		must(b.t, err)
		if c == nil || c.Consent != bot.Unsubscribed {
			b.t.Errorf("%s wrote 2 and is %+v", p.Number(), c)
		}
	})
	if goodbye {
		if _, err := p.WaitText(ctx, "no more promotions"); err != nil {
			b.t.Errorf("the goodbye: %v", err)
		}
	}
	took := time.Since(began)
	if took > limit {
		b.t.Errorf("a stop among strangers took %v", took)
	}
	b.t.Logf("a stop among strangers took %v", took)
}
