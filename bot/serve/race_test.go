package serve

import (
	"context"
	"encoding/hex"
	"flag"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
	"optinbot/bot/whatsapp"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/flows"
	"optinbot/store"
	"optinbot/store/storetest"
)

var (
	raceStops = flag.Int("race.stops", 1000, "people who stop in TestC2StopRace; 200 with -short")
	raceSeed  = flag.Uint64("race.seed", 1, "seed of the race tests")
)

// TestC2StopRace: stops arrive while deliveries are claimed and sent, by the real pump with its loops and the real store (C2, B1).
// No claim commits after the stop has, and after the stop's acknowledgement at most one promotion reaches that contact, whose
// claim had committed before.
func TestC2StopRace(t *testing.T) {
	t.Parallel()
	raceDirectly(t, 1)
}

// TestC2StopRaceManyUnderWay: so it is where the wire takes many messages at a time.
func TestC2StopRaceManyUnderWay(t *testing.T) {
	t.Parallel()
	raceDirectly(t, 16)
}

func raceDirectly(t *testing.T, inFlight int) {
	t.Helper()
	n := *raceStops
	if testing.Short() {
		n = min(n, 200)
	}
	r := newStopRace(t, n)
	way := &directWay{race: r, got: make([]int, n)}
	r.way, r.transport, r.inFlight = way, way, inFlight
	r.pump = r.newPump()
	must(t, r.desk.Store.Linked(r.ctx, mainNumber, "jid", "", time.Now().AddDate(0, 0, -90)))
	for _, kind := range []bot.NumberEventKind{bot.NumberConnected, bot.NumberSynced} {
		must(t, r.pump.NumberEvent(r.ctx, bot.NumberEvent{Kind: kind, At: time.Now()}))
	}
	r.run()
}

// TestC2StopRaceRealClient is the same through the unmodified WhatsApp client and a server on loopback: the acknowledgement is the
// one that WhatsApp gets, and what reached a contact is what their phone decrypted.
func TestC2StopRaceRealClient(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a WhatsApp server")
	}
	raceRealClient(t, 60)
}

// TestC2StopRaceRealClientLong is the same with many people.
func TestC2StopRaceRealClientLong(t *testing.T) {
	clitest.Long(t)
	raceRealClient(t, 1000)
}

func raceRealClient(t *testing.T, people int) {
	t.Helper()
	srv := whatsapptest.NewServer()
	defer srv.Close()
	srv.Hasty(true)
	r := newStopRace(t, people)
	server := &numberServer{Desk: r.desk, Store: r.desk.Store, number: config.Number{Name: mainNumber}}
	key := srv.RootKey()
	client, err := whatsapp.Open(r.ctx, whatsapp.Options{
		Number: mainNumber, Store: filepath.Join(r.dir, "session.db"), Inbound: server, Refuse: server.refuse, Left: server.left,
		TestServer: &whatsapp.TestServer{Addr: srv.Addr(), CertPubKey: hex.EncodeToString(key[:])},
	})
	must(t, err)
	defer client.Close()
	jid, err := client.Link(r.ctx, whatsapp.LinkOptions{PrintCode: true, Out: scanner(srv.Scan)})
	must(t, err)
	must(t, r.desk.Store.Linked(r.ctx, mainNumber, jid, "", time.Now()))

	r.way, r.transport = clientWay{race: r, srv: srv}, client
	r.pump = r.newPump()
	server.client, server.Inbound = client, r.pump
	server.addresses = server.newAddressFinder()
	must(t, client.Connect(r.ctx))
	r.run()
	client.Disconnect()
}

// A stopRace is the number, the people, and what is known about the order of things.
type stopRace struct {
	t         *testing.T
	ctx       context.Context
	dir       string
	desk      *desk.Desk
	pump      *pump.Pump
	way       raceWay
	transport bot.Transport
	stops     sync.WaitGroup
	answered  chan struct{} // rung when an answer has been recorded
	inFlight  int           // how many messages may be under way

	// armed prepares the broadcast that is about to be armed. Nil: nothing has to be.
	armed func(context.Context, *bot.Occurrence) error

	mu         sync.Mutex
	random     *rand.Rand
	ticks      int64
	people     []*racer // in the order of their contacts, which is that of the deliveries
	byID       map[int64]int
	promotions map[string]int // message ID -> person
	answers    int
}

// newStopRace makes a race of n people, on numbers as change says.
func newStopRace(t *testing.T, n int, change ...func(*config.Config)) *stopRace {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	t.Cleanup(cancel)
	r := &stopRace{
		t: t, ctx: ctx, dir: t.TempDir(), answered: make(chan struct{}, 1), random: rand.New(rand.NewPCG(*raceSeed, 0)),
		byID: map[int64]int{}, promotions: map[string]int{},
	}
	flow, bad := flows.Load("brief.yaml", []byte(pumptest.Flow))
	if len(bad) > 0 {
		t.Fatal(desk.Problems(bad))
	}
	c, err := config.Default(desktest.Defaults(t))
	must(t, err)
	c.WhatsApp.TestLimits = "off"
	for _, f := range change {
		f(c)
	}
	r.desk = desk.New(desk.Options{Config: c, Now: time.Now, NewID: whatsapp.NewMessageID, Log: slog.New(slog.DiscardHandler)})
	r.desk.Swap(mainNumber, bot.NewMachine(flow))
	r.desk.Store, err = store.Open(ctx, r.dir, storetest.In(t, r.dir))
	must(t, err)
	t.Cleanup(func() { must(t, r.desk.Store.Close()) })
	must(t, r.desk.Introduce(t.Context()))
	for i := range n {
		r.people = append(r.people, r.newRacer(i, n))
	}
	return r
}

func (r *stopRace) newPump() *pump.Pump {
	return pump.New(pump.Config{
		Number: mainNumber, Inbox: r.desk.Store, Outbox: raceOutbox{r.desk.Store, r}, Timers: r.desk.Store, Schedule: r.desk.Store, Transport: raceTransport{r},
		Envs: r.desk.Envs, Now: time.Now, Limits: r.limits, Render: r.desk.Render, Armed: r.desk.ArmedNow,
		Edited: func(bot.Occurrence) bool { return false }, Card: func() bot.Card { return bot.Card{} }, Log: r.desk.Log,
	})
}

func (r *stopRace) limits() bot.Limits {
	l := r.desk.Limits(mainNumber)
	l.Wire.InFlight = r.inFlight
	return l
}

// run lets everybody opt in, starts a broadcast, and lets everybody stop meanwhile.
func (r *stopRace) run() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.pump.Run(ctx) }()
	r.optIn()
	o := r.broadcast()
	r.await(2 * len(r.people)) // an answer to the opt-in, and one to the stop
	r.stops.Wait()
	cancel()
	must(r.t, <-ended)
	for sent := true; sent; { // nothing is left; a promotion that is, goes out now and is found
		var err error
		sent, err = r.pump.SendNext(r.ctx)
		must(r.t, err)
	}
	r.verify(o)
}

// broadcast arms one that is due now.
func (r *stopRace) broadcast() bot.Occurrence {
	r.t.Helper()
	const text = "broadcast: offer\nat: now\ntext:\n  en: \"20% off at {brand}.\"\n"
	o := bot.Occurrence{Number: mainNumber, Broadcast: "offer", Key: "race", DueAt: time.Now(), ArmedAt: time.Now(), Content: text, Version: "1"}
	if r.armed != nil {
		must(r.t, r.armed(r.ctx, &o))
	}
	o, err := r.desk.Store.Arm(r.ctx, o)
	must(r.t, err)
	r.pump.Wake()
	return o
}
