package serve

import (
	"context"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cli/clitest"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
	"optinbot/bot/whatsapp"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/flows"
	"optinbot/store"
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
	n := *raceStops
	if testing.Short() {
		n = min(n, 200)
	}
	r := newStopRace(t, n)
	way := &directWay{race: r, got: make([]int, n)}
	r.way, r.transport = way, way
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
	server := &numberServer{Desk: r.desk, number: config.Number{Name: mainNumber}}
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

// A raceWay is how people write, and how one knows what reached them.
type raceWay interface {
	// write lets somebody write and returns once the message is acknowledged.
	write(ctx context.Context, person int, text string) error
	// promotions tells how many promotions reached somebody.
	promotions(person int) int
}

// A moment is when somebody stops, seen from the delivery to them.
type moment int

const (
	anyMoment    moment = iota // around the time when it is claimed and sent, left to chance
	beforeLook                 // after the claim has committed, before the last look in memory
	whileSending               // while it is being sent
	notTried                   // the same, and then the connection turns out to be down: it must not wait for the next one
	settledWrong               // the same, it ends unknown, and the operator says after the stop: send it again
)

// A racer is somebody who stops. The ticks tell what came first in this process; 0: it did not happen.
type racer struct {
	phone  string
	id     int64 // of the contact
	moment moment
	unsure bool // may have asked to stop: no claim after that either, but nothing is voided

	released bool // the stop is under way
	sends    int  // how often a promotion was handed to the transport

	acknowledged, handed, sent, recorded int64 // ticks: the stop, the claim before the last look, the send, its end
}

// text is what somebody writes to stop.
func (p *racer) text() string {
	if p.unsure {
		return "could you send fewer messages?"
	}
	return "2"
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

	mu         sync.Mutex
	random     *rand.Rand
	ticks      int64
	people     []*racer // in the order of their contacts, which is that of the deliveries
	byID       map[int64]int
	promotions map[string]int // message ID -> person
	answers    int
}

func newStopRace(t *testing.T, n int) *stopRace {
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
	limits := bot.DefaultLimits()
	limits.Unlimited = true
	r.desk = &desk.Desk{
		Options: desk.Options{Now: time.Now, NewID: whatsapp.NewMessageID, Log: slog.New(slog.DiscardHandler)}, Machines: map[string]*bot.Machine{mainNumber: bot.NewMachine(flow)},
		Armed: map[string]*flows.Broadcast{}, Limits: map[string]bot.Limits{mainNumber: limits},
	}
	var err error
	r.desk.Store, err = store.Open(ctx, r.dir, store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, r.desk.Store.Close()) })
	must(t, r.desk.Introduce(t.Context()))
	for i := range n {
		r.people = append(r.people, r.newRacer(i, n))
	}
	return r
}

// newRacer chooses when somebody stops. The last one's delivery is always claimed: then everybody is released who still waits.
func (r *stopRace) newRacer(i, n int) *racer {
	p := &racer{phone: fmt.Sprintf("+1212%07d", 5550000+i)}
	switch {
	case i == n-1 || i%8 == 0:
		p.moment = beforeLook
	case i%8 == 1:
		p.moment = whileSending
	case i%50 == 2:
		p.moment = notTried
	case i%50 == 3:
		p.moment = settledWrong
	default:
		p.unsure = i%10 == 7
	}
	return p
}

func (r *stopRace) newPump() *pump.Pump {
	return pump.New(pump.Config{
		Number: mainNumber, Inbox: r.desk.Store, Outbox: raceOutbox{r.desk.Store, r}, Timers: r.desk.Store, Schedule: r.desk.Store, Transport: raceTransport{r},
		Envs: r.desk.Envs, Now: time.Now, Limits: func() bot.Limits { return r.desk.Limits[mainNumber] }, Render: r.desk.Render, Armed: r.desk.ArmedNow,
		Edited: func(bot.Occurrence) bool { return false }, Card: func() bot.Card { return bot.Card{} }, Log: r.desk.Log,
	})
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

// optIn makes everybody a subscriber whose disclosure was accepted, one after the other, so that their contacts are in this order.
func (r *stopRace) optIn() {
	r.t.Helper()
	for i, p := range r.people {
		must(r.t, r.way.write(r.ctx, i, "I want promotions"))
		c, err := r.desk.Store.Contact(r.ctx, mainNumber, p.phone)
		must(r.t, err)
		p.id = c.ID
		r.byID[c.ID] = i
		if i > 0 && p.id <= r.people[i-1].id {
			r.t.Fatal("the contacts are not in the order in which they wrote")
		}
	}
	r.await(len(r.people))
}

// broadcast arms one that is due now.
func (r *stopRace) broadcast() bot.Occurrence {
	r.t.Helper()
	const text = "broadcast: offer\nat: now\ntext:\n  en: \"20% off at {brand}.\"\n"
	o, err := r.desk.Store.Arm(r.ctx, bot.Occurrence{
		Number: mainNumber, Broadcast: "offer", Key: "race", DueAt: time.Now(), ArmedAt: time.Now(), Content: text, Version: "1",
	})
	must(r.t, err)
	r.pump.Wake()
	return o
}

// await waits until as many answers have been recorded.
func (r *stopRace) await(answers int) {
	r.t.Helper()
	for {
		r.mu.Lock()
		got := r.answers
		r.mu.Unlock()
		if got >= answers {
			return
		}
		select {
		case <-r.answered:
		case <-r.ctx.Done():
			r.t.Fatalf("%d of %d answers were sent", got, answers)
		}
	}
}

// tick is called with the lock held.
func (r *stopRace) tick() int64 {
	r.ticks++
	return r.ticks
}

// stop lets somebody stop and returns once that is acknowledged.
func (r *stopRace) stop(person int) {
	p := r.people[person]
	if err := r.way.write(r.ctx, person, p.text()); err != nil {
		r.t.Errorf("a stop was not acknowledged: %v", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.acknowledged = r.tick()
}

// release lets some of the people whose turn is now, was just now or will be soon, stop beside what goes on here.
func (r *stopRace) release(around int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range r.random.IntN(4) {
		r.releaseOne(around - 3 + r.random.IntN(12))
	}
	if around == len(r.people)-1 {
		for i := range r.people {
			r.releaseOne(i)
		}
	}
}

// releaseOne is called with the lock held.
func (r *stopRace) releaseOne(person int) {
	if person < 0 || person >= len(r.people) {
		return
	}
	p := r.people[person]
	if p.moment == anyMoment && !p.released {
		p.released = true
		r.stops.Go(func() { r.stop(person) })
	}
}

// claimed is called when a claim has committed, before the pump hears of it.
func (r *stopRace) claimed(k *bot.Claim) {
	person := r.byID[k.Contact.ID]
	p := r.people[person]
	r.release(person)
	if p.moment == beforeLook && !p.released {
		p.released = true
		r.stop(person)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.promotions[k.MessageID] = person
	p.handed = r.tick()
}

// recorded is called when the end of a send has been committed.
func (r *stopRace) recorded(k bot.Claim, result bot.SendResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k.Kind == bot.SayBroadcast {
		r.people[r.byID[k.Contact.ID]].recorded = r.tick()
		return
	}
	if result.Status != bot.SendAccepted {
		r.t.Errorf("an answer ended as %+v", result)
	}
	r.answers++
	select {
	case r.answered <- struct{}{}:
	default:
	}
}

// goOn is an operator who resumes at once whenever the guard has paused: with everybody stopping it does.
func (r *stopRace) goOn(now time.Time) error {
	occurrences, err := r.desk.Store.Occurrences(r.ctx, mainNumber, "")
	for _, o := range occurrences {
		if err == nil && o.Status == bot.OccurrencePaused {
			_, err = r.desk.Store.Resume(r.ctx, o.Number, o.ID, now)
		}
	}
	return err
}

// raceOutbox is the store, seen by somebody who stops at the worst moments.
type raceOutbox struct {
	pump.Outbox
	race *stopRace
}

func (o raceOutbox) ClaimDelivery(ctx context.Context, number string, now time.Time, limits bot.Limits, envs bot.Envs, render bot.Render) (bot.ClaimResult, error) {
	if err := o.race.goOn(now); err != nil {
		return bot.ClaimResult{}, err
	}
	c, err := o.Outbox.ClaimDelivery(ctx, number, now, limits, envs, render)
	if err == nil && c.Claim != nil {
		o.race.claimed(c.Claim)
	}
	return c, err
}

func (o raceOutbox) Record(ctx context.Context, k bot.Claim, result bot.SendResult, envs bot.Envs) error {
	err := o.Outbox.Record(ctx, k, result, envs)
	if err != nil {
		return err
	}
	o.race.recorded(k, result)
	if result.Status == bot.SendUnknown && k.Occurrence != 0 {
		_, err = o.race.desk.Store.ResolveUnknown(ctx, k.Number, k.Occurrence, k.Contact.ID, bot.DeliveryPlanned, time.Now())
	}
	return err
}

// raceTransport is the transport, likewise.
type raceTransport struct{ race *stopRace }

func (t raceTransport) Prepare(file bot.Media) (<-chan struct{}, error) {
	return t.race.transport.Prepare(file)
}

func (t raceTransport) MarkRead(ctx context.Context, id string, from []bot.Identity) error {
	return t.race.transport.MarkRead(ctx, id, from)
}

func (t raceTransport) Send(ctx context.Context, m bot.Outgoing) bot.SendResult {
	r := t.race
	person, p := r.sending(m.ID)
	if p == nil || p.moment == anyMoment || p.moment == beforeLook {
		return r.transport.Send(ctx, m)
	}
	if p.released { // a second promotion: it is counted already, and must not be hidden
		return r.transport.Send(ctx, m)
	}
	p.released = true
	r.stop(person)
	if p.moment == notTried {
		return bot.SendResult{Status: bot.SendNotTried, Detail: "not connected"}
	}
	result := r.transport.Send(ctx, m)
	if p.moment == settledWrong {
		result = bot.SendResult{Status: bot.SendUnknown, Detail: "no answer in time"}
	}
	return result
}

// sending notes that a promotion is about to leave; nil when the message is none.
func (r *stopRace) sending(id string) (int, *racer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	person, ok := r.promotions[id]
	if !ok {
		return 0, nil
	}
	p := r.people[person]
	p.sends++
	p.sent = r.tick()
	return person, p
}

// directWay writes into the pump and takes every message.
type directWay struct {
	race *stopRace
	mu   sync.Mutex
	got  []int
}

func (w *directWay) write(ctx context.Context, person int, text string) error {
	_, err := w.race.pump.HandleMessage(ctx, bot.Message{
		ID: whatsapp.NewMessageID(), Kind: bot.KindText, Text: text, At: time.Now(),
		Identities: []bot.Identity{{Kind: bot.Phone, Value: w.race.people[person].phone}, {Kind: bot.LID, Value: fmt.Sprint(100_000_000_000 + person)}},
	})
	return err
}

func (w *directWay) promotions(person int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got[person]
}

func (w *directWay) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	w.race.mu.Lock()
	person, ok := w.race.promotions[m.ID]
	w.race.mu.Unlock()
	if ok {
		w.mu.Lock()
		w.got[person]++
		w.mu.Unlock()
	}
	return bot.SendResult{Status: bot.SendAccepted}
}

func (w *directWay) Prepare(bot.Media) (<-chan struct{}, error) { return nil, nil }

func (w *directWay) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// clientWay writes as a contact of the server.
type clientWay struct {
	race *stopRace
	srv  *whatsapptest.Server
}

func (w clientWay) write(ctx context.Context, person int, text string) error {
	c := w.srv.Contact(w.race.people[person].phone)
	return c.WaitAcknowledged(ctx, c.Send(text))
}

func (w clientWay) promotions(person int) int {
	n := 0
	for _, text := range w.srv.Contact(w.race.people[person].phone).Texts() {
		if strings.Contains(text, "20% off") {
			n++
		}
	}
	return n
}

// rows are the positions of somebody's rows in the outbox. A row gets its position in the transaction that writes it, after all
// that were written before, so positions are the order of commits: of a promotion's claim, and of a stop, which writes its answer.
type rows struct {
	claims  []int64
	answers []int64
	kinds   []bot.SayKind // of the answers
}

func (r *stopRace) rows() map[int64]*rows {
	r.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(r.dir, "bot.db")+"?mode=ro")
	must(r.t, err)
	defer db.Close()
	found, err := db.QueryContext(r.ctx, "SELECT position, contact_id, kind FROM outbox ORDER BY position")
	must(r.t, err)
	defer found.Close()
	all := map[int64]*rows{}
	for found.Next() {
		var position, contact int64
		var kind bot.SayKind
		must(r.t, found.Scan(&position, &contact, &kind))
		if all[contact] == nil {
			all[contact] = &rows{}
		}
		of := all[contact]
		if kind == bot.SayBroadcast {
			of.claims = append(of.claims, position)
		} else {
			of.answers, of.kinds = append(of.answers, position), append(of.kinds, kind)
		}
	}
	must(r.t, found.Err())
	return all
}

// verify looks at everybody, and that the race was one.
func (r *stopRace) verify(o bot.Occurrence) {
	r.t.Helper()
	all, happened := r.rows(), map[string]int{}
	for i, p := range r.people {
		d, err := r.desk.Store.Delivery(r.ctx, o.ID, p.id)
		must(r.t, err)
		c, err := r.desk.Store.Contact(r.ctx, mainNumber, p.phone)
		must(r.t, err)
		if (c.Consent == bot.Unsubscribed) == p.unsure {
			r.t.Errorf("%d wrote %q and is %s", i, p.text(), c.Consent)
		}
		r.verifyOrder(i, p, all[p.id])
		r.verifyEnd(i, p, d)
		happened[p.when()]++
	}
	r.t.Logf("%d people; the stop was acknowledged: %v", len(r.people), happened)
	for _, when := range []string{"before the claim", "between claim and last look", "while it was being sent", "after it was sent"} {
		if happened[when] == 0 {
			r.t.Errorf("nobody stopped %s", when)
		}
	}
}

// when tells where the stop fell.
func (p *racer) when() string {
	switch {
	case p.handed == 0:
		return "before the claim"
	case p.acknowledged < p.handed:
		return "between claim and last look"
	case p.sent == 0 || p.acknowledged < p.sent:
		return "around the last look"
	case p.acknowledged < p.recorded:
		return "while it was being sent"
	}
	return "after it was sent"
}

// verifyOrder is the promise.
func (r *stopRace) verifyOrder(i int, p *racer, of *rows) {
	r.t.Helper()
	if of == nil || len(of.answers) != 2 || !p.unsure && of.kinds[1] != bot.SayGoodbye {
		r.t.Fatalf("%d: answers %+v", i, of)
	}
	for _, claim := range of.claims {
		if claim > of.answers[1] {
			r.t.Errorf("%d (%+v): a claim committed after the stop had", i, *p)
		}
	}
	if p.sends > 1 || p.sends > len(of.claims) {
		r.t.Errorf("%d (%+v): %d promotions were sent on %d claims", i, *p, p.sends, len(of.claims))
	}
	if got := r.way.promotions(i); got > p.sends || got != p.sends && p.moment != notTried {
		r.t.Errorf("%d (%+v): %d promotions arrived", i, *p, got)
	}
	// The last look: what was acknowledged before it is not sent.
	if p.sends > 0 && p.acknowledged < p.handed && !p.unsure {
		r.t.Errorf("%d (%+v): the stop was acknowledged before the last look, and the promotion was sent", i, *p)
	}
}

// verifyEnd looks at what became of the delivery: a stop voids what waits, in its own transaction.
func (r *stopRace) verifyEnd(i int, p *racer, d *store.Delivery) {
	r.t.Helper()
	sent, voided := string(bot.DeliverySent), string(bot.DeliveryVoided)+" "+string(bot.SkippedUnsubscribed)
	want := []string{sent, voided}
	switch {
	case p.unsure:
		want[1] = string(bot.DeliveryHeld) + " " + string(bot.UnsureStop)
	case p.moment == settledWrong:
		// A receipt may come before the operator's word; then there is nothing to settle.
		want[1] = string(bot.DeliverySkipped) + " " + string(bot.SkippedUnsubscribed)
	case p.moment == whileSending:
		want = want[:1]
	case p.moment == beforeLook || p.moment == notTried:
		want = want[1:]
	}
	got := string(d.Status)
	if d.Status.Sent() {
		got = sent
	}
	if d.Reason != "" {
		got += " " + string(d.Reason)
	}
	if !slices.Contains(want, got) {
		r.t.Errorf("%d (%+v): the delivery is %q, want one of %q", i, *p, got, want)
	}
}
