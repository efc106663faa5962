package pump_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
)

// A gate is a wire on which messages stay under way until they are let through, each to somebody
// else.
type gate struct {
	pumptest.Wire
	t       *testing.T
	through chan struct{} // a message may land

	mu      sync.Mutex
	changed chan struct{} // closed when something has changed
	flying  map[string]bool
	landed  map[string]int
	ids     []string // of what has landed, in order
	most    int
}

func newGate(t *testing.T) *gate {
	return &gate{t: t, through: make(chan struct{}), changed: make(chan struct{}), flying: map[string]bool{}, landed: map[string]int{}}
}

func (g *gate) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	to := bot.PhoneOf(m.To)
	g.change(func() {
		if g.flying[to] {
			g.t.Errorf("two messages to %s are under way", to)
		}
		g.flying[to] = true
		g.most = max(g.most, len(g.flying))
	})
	<-g.through
	g.change(func() { delete(g.flying, to); g.landed[to]++; g.ids = append(g.ids, m.ID) })
	return bot.SendResult{Status: bot.SendAccepted}
}

func (g *gate) change(do func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	do()
	close(g.changed)
	g.changed = make(chan struct{})
}

// total is how many messages have landed. It is called with the lock held.
func (g *gate) total() (n int) {
	for _, landed := range g.landed {
		n += landed
	}
	return n
}

// until waits for something that is looked at under the lock.
func (g *gate) until(what string, is func() bool) {
	g.t.Helper()
	patience := time.After(2 * time.Minute)
	for {
		g.mu.Lock()
		ok, changed := is(), g.changed
		g.mu.Unlock()
		switch {
		case g.t.Failed():
			g.t.FailNow() // what is waited for may never come
		case ok:
			return
		}
		select {
		case <-changed:
		case <-patience:
			g.t.Fatalf("%s: %d are under way, %d people have got something", what, len(g.flying), len(g.landed))
		}
	}
}

// flown is a number with subscribers, of whom so many may have a message under way at a time. Its
// loops run until the function is called.
func flown(
	t *testing.T, people, inFlight int, can ...bot.Abilities,
) (n *pumptest.Number, g *gate, phones []string, stop func()) {
	t.Helper()
	g = newGate(t)
	n = pumptest.New(t, pumptest.Flow, func(c *pump.Config) { c.Transport, c.MaxIdle = g, time.Minute })
	for _, abilities := range can {
		n.Can = abilities
	}
	for i := range people {
		phones = append(phones, fmt.Sprintf("+5511900000%03d", i))
		n.Writes(phones[i], "I want promotions")
	}
	n.Limits.Wire.InFlight = inFlight
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.Pump.Run(ctx) }()
	for range people { // the disclosures
		g.through <- struct{}{}
	}
	g.until("the disclosures", func() bool { return len(g.landed) == people && len(g.flying) == 0 })
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		over := make(chan struct{})
		defer close(over)
		go func() { // whatever is still under way lands
			for {
				select {
				case g.through <- struct{}{}:
				case <-over:
					return
				}
			}
		}()
		stop()
	})
	return n, g, phones, stop
}

// TestB6ManyUnderWayAreToDifferentPeople: as many as the wire takes, never more, and never two to
// one person, who gets what is said to them in order.
func TestB6ManyUnderWayAreToDifferentPeople(t *testing.T) {
	const people, inFlight = 12, 4
	n, g, phones, stop := flown(t, people, inFlight)
	o := n.Arms("news")
	n.Pump.Wake()
	g.until("the window", func() bool { return len(g.flying) == inFlight })
	for range 3 { // to somebody who has a promotion under way, and to somebody who has none
		n.Writes(phones[0], "HELP")
		n.Writes(phones[people-1], "HELP")
	}
	for i := range people - inFlight { // while there is somebody else, nobody has two
		g.through <- struct{}{}
		g.until("the next one", func() bool { return g.total() == people+i+1 && len(g.flying) == inFlight })
	}
	for range inFlight + 6 {
		g.through <- struct{}{}
	}
	g.until("all of it", func() bool { return g.total() == 2*people+6 })
	stop()
	if g.most != inFlight {
		t.Errorf("%d were under way at a time, want %d", g.most, inFlight)
	}
	for _, p := range phones {
		n.WantsDelivery(o, p, bot.DeliverySent, "")
	}
}

// TestC2NobodyIsClaimedAfterAStopWithManyUnderWay: a stop while others are under way.
func TestC2NobodyIsClaimedAfterAStopWithManyUnderWay(t *testing.T) {
	const people, inFlight = 8, 3
	n, g, phones, stop := flown(t, people, inFlight)
	o := n.Arms("news")
	n.Pump.Wake()
	g.until("the window", func() bool { return len(g.flying) == inFlight })
	flying := map[string]bool{}
	g.change(func() {
		for p := range g.flying {
			flying[p] = true
		}
	})
	for _, p := range phones {
		n.Writes(p, "2")
	}
	for range inFlight + people { // what was under way, and the goodbyes
		g.through <- struct{}{}
	}
	g.until("the goodbyes", func() bool { return g.total() == 2*people+inFlight })
	stop()
	for _, p := range phones {
		d, err := n.Store.Delivery(t.Context(), o.ID, n.Contact(p).ID)
		must(t, err)
		if flying[p] != d.Status.Sent() || !flying[p] && d.Status != bot.DeliveryVoided {
			t.Errorf("%s: under way %v, and the delivery is %s", p, flying[p], d.Status)
		}
	}
}

// TestK1OneMessageAtATimeTriesAnAccount: where only a receipt tells that a message was sent, trouble of the account that is told
// late costs those who are under way, and then one person a try.
func TestK1OneMessageAtATimeTriesAnAccount(t *testing.T) {
	const people, inFlight, tries = 12, 4, 2
	n, g, phones, stop := flown(t, people, inFlight, bot.Abilities{NoRepeats: true, SentLater: true})
	tells := func(id string, kind bot.ReceiptKind) {
		t.Helper()
		r := bot.Receipt{MessageIDs: []string{id}, Kind: kind, At: n.Now()}
		if kind == bot.ReceiptFailed {
			r.Cause, r.Detail = bot.CauseAccount, "nobody can be paid"
		}
		must(t, n.Pump.Receipt(t.Context(), r))
		n.Pump.Wake()
	}
	lands := func(what string, sum int) (last string) {
		t.Helper()
		g.through <- struct{}{}
		g.until(what, func() bool { last = g.ids[len(g.ids)-1]; return g.total() == sum })
		return last
	}
	for _, id := range g.ids {
		tells(id, bot.ReceiptSent) // the disclosures
	}
	o := n.Arms("news")
	n.Pump.Wake()
	g.until("the window", func() bool { return len(g.flying) == inFlight })
	n.Pass(time.Second)
	lost := []string{lands("the first", people+1)}
	g.until("the window again", func() bool { return len(g.flying) == inFlight })
	tells(lost[0], bot.ReceiptFailed)
	for i := range inFlight {
		lost = append(lost, lands("what was under way", people+2+i))
	}
	for _, id := range lost[1:] {
		tells(id, bot.ReceiptFailed)
	}
	g.change(func() { g.most = 0 })
	alone := func() bool { // a try is under way, and nothing beside it
		if g.most > 1 {
			t.Errorf("%d try at a time", g.most)
		}
		return len(g.flying) == 1
	}
	for i := range tries {
		n.Pass(5 * time.Minute)
		n.Pump.Wake()
		g.until("a try", alone)
		tells(lands("a try", people+inFlight+2+i), bot.ReceiptFailed)
	}
	n.Pass(5 * time.Minute)
	n.Pump.Wake()
	g.until("the last try", alone)
	last := lands("the last try", people+inFlight+2+tries)
	alone()
	tells(last, bot.ReceiptSent)
	left := people - inFlight - 2 - tries
	g.until("the window once more", func() bool { return len(g.flying) == left })
	for i := range left {
		lands("the rest", people+inFlight+3+tries+i)
	}
	stop()
	failed := 0
	for _, p := range phones {
		d, err := n.Store.Delivery(t.Context(), o.ID, n.Contact(p).ID)
		must(t, err)
		if d.Status == bot.DeliveryFailed {
			failed++
		}
	}
	if failed != 1+inFlight+tries {
		t.Errorf("%d did not get it, want %d", failed, 1+inFlight+tries)
	}
}

// TestB6AKillLeavesAsManyUnknownAsWereUnderWay: what the next run finds.
func TestB6AKillLeavesAsManyUnknownAsWereUnderWay(t *testing.T) {
	const people, inFlight = 10, 4
	n, g, _, _ := flown(t, people, inFlight)
	n.Arms("news")
	n.Pump.Wake()
	g.until("the window", func() bool { return len(g.flying) == inFlight })
	unknown, err := n.Store.Recover(t.Context(), pumptest.Name, n.Now(), n.Envs)
	must(t, err)
	if unknown != inFlight {
		t.Errorf("%d are unknown, want %d", unknown, inFlight)
	}
}

// TestAnAnswerOutsideTheWindowIsNotTried: where WhatsApp would not take it. The operator hears of it, and promotions go on.
func TestAnAnswerOutsideTheWindowIsNotTried(t *testing.T) {
	const who = "+5511900000001"
	n := pumptest.New(t, pumptest.Flow)
	n.Limits.Wire = bot.Abilities{Window: 24 * time.Hour}
	n.Writes(who, "I want promotions")
	n.Sends()
	n.Wants(who, "You are in!")
	n.Writes(who, "HELP")
	n.Pass(24 * time.Hour)
	n.Sends()
	n.Wants(who)
	notices, err := n.Store.Notices(t.Context(), pumptest.Name, 10)
	must(t, err)
	if len(notices) != 1 || notices[0].Kind != string(bot.NoticeNotDelivered) {
		t.Errorf("told: %+v", notices)
	}
	if n.Contact(who).Has(bot.NeedsInbound) {
		t.Error("promotions wait for their next message")
	}
}

// forgetful refuses to note how the first sends end.
type forgetful struct {
	pump.Outbox
	mu    sync.Mutex
	times int
}

func (f *forgetful) Record(ctx context.Context, k bot.Claim, r bot.SendResult, envs bot.Envs) error {
	f.mu.Lock()
	refuses := f.times > 0
	f.times--
	f.mu.Unlock()
	if refuses {
		return errors.New("the disk is full")
	}
	return f.Outbox.Record(ctx, k, r, envs)
}

// TestO3TheEndOfASendIsNotedInTheEnd: a full disk does not keep somebody without answers.
func TestO3TheEndOfASendIsNotedInTheEnd(t *testing.T) {
	f := &forgetful{times: 1}
	n := pumptest.New(t, pumptest.Flow, func(c *pump.Config) { f.Outbox = c.Outbox; c.Outbox = f })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	n.Writes("+5511900000001", "I want promotions")
	go func() { ended <- n.Pump.Run(ctx) }()
	patience := time.After(2 * time.Minute)
	for n.Contact("+5511900000001").Has(bot.AwaitingDisclosure) {
		select {
		case <-patience:
			t.Fatal("nobody has noted that the disclosure was accepted")
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	must(t, <-ended)
}

// claimsReply claims what is said next, if anything is.
func claimsReply(t *testing.T, n *pumptest.Number) *bot.Claim {
	t.Helper()
	k, err := n.Store.ClaimReply(t.Context(), pumptest.Name, n.Now(), n.Limits.AnswerBrake(), true)
	must(t, err)
	return k
}

// TestB6NobodyHasTwoUnderWay: while a message to somebody is under way, nothing else to them is claimed.
func TestB6NobodyHasTwoUnderWay(t *testing.T) {
	const who = "+5511900000001"
	n := pumptest.New(t, pumptest.Flow)
	n.Writes(who, "I want promotions")
	n.Sends()
	n.Arms("news")
	must(t, n.Pump.Tick(t.Context()))
	n.Writes(who, "HELP")
	n.Writes(who, "HELP")
	first := claimsReply(t, n)
	if first == nil {
		t.Fatal("nothing is claimed")
	}
	promotions := func() []*bot.Claim {
		r, err := n.Store.ClaimDeliveries(t.Context(), pumptest.Name, n.Now(), n.Limits, n.Envs, func(bot.Occurrence, *bot.Contact) (bot.Promotion, error) {
			return bot.Promotion{Text: "news"}, nil
		}, 2)
		must(t, err)
		return r.Claims
	}
	if second, some := claimsReply(t, n), promotions(); second != nil || len(some) > 0 {
		t.Errorf("claimed beside it: %+v, %+v", second, some)
	}
	must(t, n.Store.Record(t.Context(), *first, bot.SendResult{Status: bot.SendAccepted}, n.Envs))
	if claimsReply(t, n) == nil {
		t.Error("the next answer is never claimed")
	}
}

// TestB6NothingIsSaidAgainAfterAKill: where a second try would arrive a second time.
func TestB6NothingIsSaidAgainAfterAKill(t *testing.T) {
	for _, noRepeats := range []bool{false, true} {
		n := pumptest.New(t, pumptest.Flow)
		n.Can = bot.Abilities{NoRepeats: noRepeats}
		n.Writes("+5511900000001", "hello")
		first := claimsReply(t, n)
		if first == nil {
			t.Fatal("nothing is claimed")
		}
		_, err := n.Store.Recover(t.Context(), pumptest.Name, n.Now(), n.Envs)
		must(t, err)
		k := claimsReply(t, n) // the card after the greeting, where that is not said again
		if again := k != nil && k.MessageID == first.MessageID; again == noRepeats {
			t.Errorf("NoRepeats %v, and it is said again: %v", noRepeats, again)
		}
	}
}

// TestC1ADisclosureWaitsForItsStatus: where that the server takes a message says nothing yet.
func TestC1ADisclosureWaitsForItsStatus(t *testing.T) {
	const who = "+5511900000001"
	for _, sentLater := range []bool{false, true} {
		n := pumptest.New(t, pumptest.Flow)
		n.Can = bot.Abilities{SentLater: sentLater}
		n.Writes(who, "I want promotions")
		k := claimsReply(t, n)
		must(t, n.Store.Record(t.Context(), *k, bot.SendResult{Status: bot.SendAccepted}, n.Envs))
		if n.Contact(who).Has(bot.AwaitingDisclosure) != sentLater {
			t.Errorf("SentLater %v, and when it is accepted promotions wait: %v", sentLater, !sentLater)
		}
		must(t, n.Pump.Receipt(t.Context(), bot.Receipt{MessageIDs: []string{k.MessageID}, Kind: bot.ReceiptSent, At: n.Now()}))
		if n.Contact(who).Has(bot.AwaitingDisclosure) {
			t.Errorf("SentLater %v, and promotions wait when it was sent", sentLater)
		}
	}
}
