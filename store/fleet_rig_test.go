package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

// A fleet is a database of PostgreSQL that several stores of a test share, as processes do. What a
// process shares with others is also there for child processes of the test.
type fleet struct {
	t      *testing.T
	url    string
	folder string
	fleetEnv

	synchronous bool // as the operator says of the database
}

// A fleetEnv is what decisions in a fleet need. Its clock is the real one: the processes share it.
type fleetEnv struct {
	machine *bot.Machine
	limits  bot.Limits
	ids     atomic.Int64
	prefix  string // of message IDs
}

func (e *fleetEnv) load(prefix string) error {
	source, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		return err
	}
	flow, bad := flows.Load("promotions.yaml", source)
	if len(bad) > 0 {
		return fmt.Errorf("%v", bad)
	}
	e.machine, e.limits, e.prefix = bot.NewMachine(flow), bot.DefaultLimits(), prefix
	e.limits.Unlimited = true
	return nil
}

func (e *fleetEnv) envs(string) bot.Env {
	return bot.Env{Now: time.Now(), Unlimited: true, Brake: e.limits.AnswerBrake(), Machine: e.machine, NewID: e.newID, CardText: "card"}
}

func (e *fleetEnv) newID() string { return fmt.Sprintf("%s%d", e.prefix, e.ids.Add(1)) }

func (e *fleetEnv) armed(o bot.Occurrence) (*flows.Broadcast, error) {
	b, bad := flows.LoadBroadcast(o.Broadcast+".yaml", []byte(o.Content), e.machine.Flow)
	if len(bad) > 0 {
		return nil, fmt.Errorf("%v", bad)
	}
	return b, nil
}

func (e *fleetEnv) claim(ctx context.Context, s *store.Store, number string) (*bot.Claim, error) {
	k, err := s.ClaimReply(ctx, number, time.Now(), e.limits.AnswerBrake(), true)
	if err != nil || k != nil {
		return k, err
	}
	r, err := s.ClaimDeliveries(ctx, number, time.Now(), e.limits, e.envs, func(bot.Occurrence, *bot.Contact) (bot.Promotion, error) {
		return bot.Promotion{Text: "an offer", Variant: 1}, nil
	}, 1)
	if err != nil || len(r.Claims) == 0 {
		return nil, err
	}
	return r.Claims[0], nil
}

// tick plans what is due.
func (e *fleetEnv) tick(ctx context.Context, s *store.Store, number string) error {
	due, err := s.Due(ctx, number, time.Now())
	if err != nil {
		return err
	}
	for _, o := range due {
		if err := s.Plan(ctx, o, e.armed, e.limits, time.Now()); err != nil {
			return err
		}
	}
	for more := true; more && err == nil; {
		more, err = s.Assess(ctx, number, e.limits, time.Now(), func(bot.Change) {})
	}
	return err
}

func newFleet(t *testing.T, numbers ...string) *fleet {
	t.Helper()
	f := &fleet{t: t, url: postgrestest.Database(t, storetest.PostgresTables), folder: t.TempDir()}
	f.must(f.load("TEST"))
	f.opensShop(numbers...)
	return f
}

// opensShop makes numbers that are linked.
func (f *fleet) opensShop(numbers ...string) *store.Store {
	f.t.Helper()
	t, s := f.t, f.opens()
	for _, number := range numbers {
		f.must(s.EnsureNumber(t.Context(), number, words.Normalise(f.machine.Flow.Brand), f.machine.Version()))
		f.must(s.Linked(t.Context(), number, number+"@jid", "+100", time.Now().AddDate(0, 0, -90)))
		f.must(s.NumberEvent(t.Context(), number, bot.NumberEvent{Kind: bot.NumberSynced, At: time.Now()}))
	}
	return s
}

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// opens opens the database as another process would.
func (f *fleet) opens() *store.Store {
	f.t.Helper()
	s, err := store.Open(f.t.Context(), filepath.Join(f.folder, "data"),
		store.Options{URL: f.url, Strict: true, Synchronous: f.synchronous})
	f.must(err)
	f.t.Cleanup(func() { f.must(s.Close()) })
	return s
}

// short is a lease for tests, which have to wait for it.
func short() store.Lease {
	return store.Lease{
		Renew: 200 * time.Millisecond, Deadline: 2 * time.Second, Trust: 2 * time.Second, Grace: 700 * time.Millisecond,
		Silent: 3 * time.Second, Look: 100 * time.Millisecond, Wait: 2 * time.Second,
	}
}

// deadly is a lease by which everybody else is over.
func deadly() store.Lease {
	l := store.DefaultLease()
	l.Silent, l.Grace, l.Trust = -time.Hour, -time.Hour, time.Hour
	return l
}

// joins makes a store a process that lives and serves nothing yet.
func (f *fleet) joins(s *store.Store, host string, l store.Lease) *store.Process {
	f.t.Helper()
	p, err := s.Join(host, l)
	f.must(err)
	f.must(p.Heartbeat(f.t.Context()))
	return p
}

// takes lets a process take a number that it finds free.
func (f *fleet) takes(p *store.Process, number string) store.Owner {
	f.t.Helper()
	free, err := p.Takeable(f.t.Context(), []string{number})
	f.must(err)
	if len(free) != 1 {
		f.t.Fatalf("number %s is not free: %v", number, free)
	}
	o, err := p.Take(f.t.Context(), free[0])
	f.must(err)
	return o
}

func person(n int) bot.Identity {
	return bot.Identity{Kind: bot.Phone, Value: fmt.Sprintf("+5511900000%03d", n)}
}

// message is a live message of somebody.
func (f *fleet) message(text string, from bot.Identity) bot.Message {
	return bot.Message{ID: "IN" + f.newID(), Identities: []bot.Identity{from}, Kind: bot.KindText, Text: text, At: time.Now()}
}

// subscribes lets somebody opt in and answer all that the flow asks. What the bot says to that waits.
func (f *fleet) subscribes(s *store.Store, number string, who bot.Identity) {
	f.t.Helper()
	turn, err := s.HandleMessage(f.t.Context(), number, f.message("I want promotions", who), f.envs)
	f.must(err)
	for range 9 {
		if turn.Contact.FlowQuestion == nil {
			return
		}
		turn, err = s.HandleMessage(f.t.Context(), number, f.message("A", who), f.envs)
		f.must(err)
	}
	f.t.Fatal("the flow never stops asking")
}

// arms schedules a promotion for now.
func (f *fleet) arms(s *store.Store, number string) {
	f.t.Helper()
	_, err := s.Arm(f.t.Context(), bot.Occurrence{Number: number, Broadcast: "weekly", Key: f.newID(), DueAt: time.Now(),
		ArmedAt: time.Now(), Content: "text: {en: an offer, pt: uma oferta, es: una oferta}", Version: f.newID()})
	f.must(err)
}

// fenced checks that a write was refused because somebody else is the owner.
func (f *fleet) fenced(what string, err error) {
	f.t.Helper()
	if !errors.Is(err, store.ErrNotOwner) {
		f.t.Errorf("%s: %v, want ErrNotOwner", what, err)
	}
}
