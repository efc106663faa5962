package e2e

import (
	"strings"
	"sync/atomic"
	"testing"

	"optinbot/bot/whatsapp/whatsapptest"
)

// TestB5NotNowIsNotNever: WhatsApp's server refuses for a while, with the built program and the real client. Nobody is left out, and the
// number does not go on knocking: it waits after each refusal, and after the sixth in a row for the operator.
func TestB5NotNowIsNotNever(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	b.start()
	people := newCrowd(srv, 8)
	people.optIn(ctx, t)

	var refused, left atomic.Int64
	refuse := func(n int64) {
		left.Store(n)
		srv.Decide(func(o whatsapptest.Outbound) whatsapptest.Fate {
			if o.Contact == nil || left.Add(-1) < 0 {
				return whatsapptest.Fate{}
			}
			return whatsapptest.Fate{Error: []int{429, 503}[refused.Add(1)%2]}
		})
	}
	refuse(3)
	b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	b.waitDone(ctx, "weekend-offer")
	if n := people.promoted(); n != len(people.people) {
		t.Fatalf("the server refused 3 promotions for now, and %d of %d people got it:\n%s", n, len(people.people), b.do("broadcast", "status", "weekend-offer"))
	}

	refuse(1000)
	before := refused.Load()
	b.draft("second", "at: now")
	b.do("broadcast", "schedule", "second", "--now", "--yes")
	if err := eventually(ctx, func() bool { return strings.Contains(b.do("broadcast", "status", "second"), "guard_paused") }); err != nil {
		t.Fatalf("nothing pauses it:\n%s", b.do("broadcast", "status", "second"))
	}
	if n := refused.Load() - before; n != 6 {
		t.Errorf("it knocked %d times, want 6", n)
	}
	if out := b.do("status"); !strings.Contains(out, "has not taken 2 promotions in a row") || !strings.Contains(out, "guard has paused second") {
		t.Errorf("the operator was not told:\n%s", out)
	}
	refuse(0)
	b.do("broadcast", "resume", "second")
	b.waitDone(ctx, "second")
	for _, p := range people.people {
		if n := count(p, textOf("second")); n != 1 {
			t.Errorf("%s got it %d times", p.Number(), n)
		}
	}
}
