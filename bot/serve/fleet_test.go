package serve

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// A fleetLine is a connection that is there as soon as somebody wants it.
type fleetLine struct {
	*fakeLine
	inbound bot.Inbound
	now     func() time.Time
	tell    func(what string)
}

func (l *fleetLine) Connect(ctx context.Context) error {
	l.tell("connected")
	return l.inbound.NumberEvent(ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: l.now()})
}

func (l *fleetLine) Disconnect()                  { l.tell("disconnected") }
func (l *fleetLine) Close() error                 { return nil }
func (l *fleetLine) Directory() bot.Directory     { return nil }
func (l *fleetLine) Platform() bot.Platform       { return nil }
func (l *fleetLine) Linked() (_, _ string)        { return "1:2@s.whatsapp.net", "+12125550100" }
func (l *fleetLine) Ahead() (time.Duration, bool) { return 0, false }

// TestF2ANumberMovesFromOneRunToAnother: two processes run for one database. One of them serves the
// number. When it ends, or may not serve it any more, the other does.
func TestF2ANumberMovesFromOneRunToAnother(t *testing.T) {
	first, second := testOptions(t), testOptions(t)
	folder := first.Config.Path(first.Config.Data)
	first.Database = postgrestest.Database(t, storetest.PostgresTables)
	second.Database = first.Database
	s, err := store.Open(t.Context(), folder, store.Options{URL: first.Database}) // makes the key
	must(t, err)
	must(t, s.Close())
	key, err := os.ReadFile(filepath.Join(folder, "secret.key"))
	must(t, err)
	other := second.Config.Path(second.Config.Data)
	must(t, os.MkdirAll(other, 0o700))
	must(t, os.WriteFile(filepath.Join(other, "secret.key"), key, 0o600))

	lease := store.DefaultLease()
	lease.Renew, lease.Look = 200*time.Millisecond, 100*time.Millisecond
	happened, chores := make(chan string, 100), make(chan string, 100)
	begin := func(name string, o desk.Options) (d *desk.Desk, end func()) {
		d, err := desk.Open(t.Context(), o)
		must(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- Run(ctx, d, Options{
				Lease:       &lease,
				SessionFile: func(string) string { return "" },
				Webhooks: func(ctx context.Context, s *store.Store) error {
					if s == d.Store {
						t.Error("the chores are done as if nobody else could do them")
					}
					chores <- name
					<-ctx.Done()
					return nil
				},
				Connect: func(_ context.Context, o bot.ConnectionOptions) (bot.Connection, error) {
					return &fleetLine{inbound: o.Inbound, now: o.Now, tell: func(what string) { happened <- name + " " + what }}, nil
				},
			})
		}()
		return d, func() {
			stop()
			must(t, <-ended)
			must(t, d.Close())
		}
	}
	comes := func(where chan string, want string) {
		t.Helper()
		select {
		case got := <-where:
			if got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("%s did not happen", want)
		}
	}
	a, endA := begin("a", first)
	must(t, a.Store.Linked(t.Context(), mainNumber, "1:2@s.whatsapp.net", "+12125550100", a.Now()))
	comes(happened, "a connected")
	comes(chores, "a")
	b, endB := begin("b", second)
	if _, err := b.Store.ClaimReply(t.Context(), mainNumber, b.Now(), bot.Brake{}, true); err != nil {
		t.Error(err) // there is nothing to claim
	}
	if n := len(chores); n > 0 {
		t.Error("two processes do the chores")
	}
	endA()
	comes(happened, "a disconnected")
	comes(happened, "b connected")
	comes(chores, "b")
	_, seats, err := b.Store.Fleet(t.Context(), lease)
	if err != nil || len(seats) != 1 || seats[0].Epoch != 2 || seats[0].Process == "" {
		t.Errorf("%+v, %v", seats, err)
	}
	endB()
	comes(happened, "b disconnected")
}
