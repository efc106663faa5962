package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
)

// TestC8TheClockIsComparedWithWhatsApps: the machine's clock is ten minutes behind. `run` finds
// that out, `doctor` tells it, and a stop that an operator records has WhatsApp's time: an opt-in
// that was written before it, and comes after it, undoes nothing.
func TestC8TheClockIsComparedWithWhatsApps(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	const behind = 10 * time.Minute
	srv.SetClock(func() time.Time { return time.Now().Add(behind) })
	kill := b.start()
	db := b.database()
	defer db.Close()
	must(t, eventually(ctx, func() bool {
		var ahead int64
		err := db.QueryRow("SELECT clock_ahead FROM numbers").Scan(&ahead)
		return err == nil && (time.Duration(ahead)*time.Millisecond+behind).Abs() <= time.Minute
	}))
	_, out := b.both("doctor")
	if !strings.Contains(out, "behind WhatsApp's at") {
		t.Errorf("doctor says nothing of the clock:\n%s", out)
	}
	ana := srv.Contact("+12125550101")
	b.do("optout", ana.Number(), "--reason", "said so at the till")
	id := ana.Send("I want promotions", whatsapptest.At(srv.Now().Add(-behind/2)))
	must(t, ana.WaitAcknowledged(ctx, id))
	kill()
	b.open(func(ctx context.Context, s *store.Store) {
		c, err := s.Contact(ctx, "main", ana.Number())
		must(t, err)
		if c == nil || c.Consent != bot.Unsubscribed {
			t.Fatalf("an opt-in that was written before the operator's stop: %+v", c)
		}
	})
}
