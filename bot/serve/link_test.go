package serve

import (
	"context"
	"fmt"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
)

// A fakeLine is a number's line to nobody. It tells the test when it is held and let go of.
type fakeLine struct {
	bot.ConnectionOptions
	wire *fakeWire
}

// A fakeWire opens the lines of numbers, which one at a time may have, as WhatsApp's sessions are.
type fakeWire struct {
	held   chan *fakeLine // one that `run` connects
	freed  chan string    // a number that it let go of
	taken  chan struct{}  // full while somebody else has the number
	tried  chan struct{}  // somebody was turned away meanwhile
	opened chan string    // a number that was opened
}

func newFakeWire() *fakeWire {
	return &fakeWire{held: make(chan *fakeLine, 9), freed: make(chan string, 9), opened: make(chan string, 9),
		taken: make(chan struct{}, 1), tried: make(chan struct{}, 999)}
}

func (w *fakeWire) open(_ context.Context, o bot.ConnectionOptions) (bot.Connection, error) {
	select {
	case w.taken <- struct{}{}:
	default:
		w.tried <- struct{}{}
		return nil, fmt.Errorf("%w: the page links it", bot.ErrInUse)
	}
	w.opened <- o.Number
	return &fakeLine{o, w}, nil
}

func (l *fakeLine) Connect(context.Context) error { l.wire.held <- l; return nil }
func (l *fakeLine) Disconnect()                   {}

func (l *fakeLine) Close() error {
	<-l.wire.taken
	l.wire.freed <- l.Number
	return nil
}

func (l *fakeLine) Linked() (account, phone string)      { return l.Account, "" }
func (l *fakeLine) Ahead() (time.Duration, bool)         { return 0, false }
func (l *fakeLine) Directory() bot.Directory             { return nil }
func (l *fakeLine) Platform() bot.Platform               { return nil }
func (l *fakeLine) Notify(context.Context, string) error { return bot.ErrNotTried }
func (l *fakeLine) Send(context.Context, bot.Outgoing) (r bot.SendResult) {
	r.Status = bot.SendNotTried
	return r
}
func (l *fakeLine) Prepare(bot.Media) (<-chan struct{}, error)             { return nil, nil }
func (l *fakeLine) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// serveInBackground serves a folder of one number until the test ends.
func serveInBackground(t *testing.T, w *fakeWire) *desk.Desk {
	t.Helper()
	d, err := desk.Open(t.Context(), desktest.Folder(t, desktest.Setup{Config: "numbers:\n  - {name: main, flow: promotions}"}))
	must(t, err)
	ctx, end := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() {
		over <- Run(ctx, d, Options{Connect: w.open, SessionFile: func(string) string { return "" }})
	}()
	t.Cleanup(func() {
		end()
		must(t, within(t, over))
		must(t, d.Close())
	})
	return d
}

// within is what comes by a channel.
func within[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		t.Fatal("it did not come")
	}
	return v
}

// TestANumberThatIsNotLinkedIsNotHeld: `run` begins without a link, leaves the number to whoever
// links it, and serves it as soon as it is linked. When WhatsApp ends the session it is so again.
func TestANumberThatIsNotLinkedIsNotHeld(t *testing.T) {
	t.Parallel()
	w := newFakeWire()
	d := serveInBackground(t, w)
	for i := range 2 {
		account := fmt.Sprintf("1:%d@s.whatsapp.net", i)
		within(t, announce(func() { w.taken <- struct{}{} })) // somebody links it: nobody else has it
		select {
		case number := <-w.opened:
			t.Fatalf("number %s was opened while it was not linked", number)
		default:
		}
		must(t, d.RememberLink(t.Context(), mainNumber, account, "+12125550100"))
		within(t, w.tried) // `run` has seen it, and is turned away
		<-w.taken          // whoever linked it lets go
		line := within(t, w.held)
		if number := within(t, w.opened); number != mainNumber || line.Account != account {
			t.Errorf("number %s is served with %s, not %s", number, line.Account, account)
		}
		must(t, line.Inbound.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberLoggedOut, At: d.Now()}))
		within(t, w.freed)
		for len(w.tried) > 0 {
			<-w.tried
		}
	}
}

// announce tells when something is done.
func announce(do func()) <-chan struct{} {
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	return done
}
