package whatsapp

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"optinbot/bot"
)

// told is a recorder whose handling of a number's events a test writes. An event that is handed over
// while another one is, fails the test.
type told struct {
	recorder
	t     *testing.T
	first func(bot.NumberEvent) // nil: nothing
	busy  sync.Mutex
}

func (o *told) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	if !o.busy.TryLock() {
		o.t.Errorf("%q is handed over while another event is", e.Detail)
		return nil
	}
	defer o.busy.Unlock()
	if o.first != nil {
		o.first(e)
	}
	return o.recorder.NumberEvent(ctx, e)
}

func (o *told) details() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []string
	for _, e := range o.numbers {
		all = append(all, e.Detail)
	}
	return all
}

// holdFirst makes the handler wait at its first event. begun is closed when it waits there.
func (o *told) holdFirst() (begun chan struct{}, release func()) {
	begun, released := make(chan struct{}), make(chan struct{})
	var once sync.Once
	o.first = func(bot.NumberEvent) {
		once.Do(func() {
			close(begun)
			<-released
		})
	}
	return begun, sync.OnceFunc(func() { close(released) })
}

// ended waits for a channel to be closed.
func ended(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-within(t).Done():
		t.Fatal(what + ": did not happen")
	}
}

// inBackground runs work and returns a channel that is closed when it has returned.
func inBackground(work func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	return done
}

// TestABlockedHandlerHoldsUpNobody: a handler commits, and a commit may wait for a full disk. Who
// only has another event to tell, or a message to hand over, must not wait for it.
func TestABlockedHandlerHoldsUpNobody(t *testing.T) {
	h := &told{t: t}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	begun, release := h.holdFirst()
	defer release()
	first := inBackground(func() { c.tellTrouble(s, "1") })
	ended(t, "the first event", begun)

	ended(t, "the other callers", inBackground(func() {
		c.tellTrouble(s, "2")
		c.missedSend(s)
		own := fromAna(text("2"))
		own.Info.MessageSource = types.MessageSource{Chat: anaLID, Sender: shop, IsFromMe: true}
		c.handle(s, own)                   // a sign of the phone, which is an event too
		c.handle(s, &events.PushName{})    // nothing to tell
		c.handle(s, fromAna(text("help"))) // a message
	}))
	h.message(t, "A1", "")
	release()
	ended(t, "the first event", first)
	got := strings.Join(h.details(), ", ")
	if want := "1, 2, the phone of the number has given a sign"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestAHandlerMayCallTheClient: what a handler does may miss an answer of WhatsApp's itself.
func TestAHandlerMayCallTheClient(t *testing.T) {
	h := &told{t: t}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	h.first = func(e bot.NumberEvent) {
		if e.Detail == "1" {
			c.missedSend(s)
			c.tellTrouble(s, "3")
		}
		if e.Detail == "3" {
			c.tellTrouble(s, "4")
		}
	}
	ended(t, "the event", inBackground(func() { c.tellTrouble(s, "1") }))
	if got := strings.Join(h.details(), " "); got != "1 3 4" {
		t.Errorf("told %q", got)
	}
}

// TestEventsOfANumberAreToldOnceAndInOrder: from many goroutines.
func TestEventsOfANumberAreToldOnceAndInOrder(t *testing.T) {
	const callers, each = 8, 50
	h := &told{t: t}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for n := range each {
				c.tellTrouble(s, fmt.Sprint(caller, n))
			}
		})
	}
	all.Wait()
	if err := c.Close(); err != nil { // waits for what another caller took over
		t.Fatal(err)
	}
	next := map[int]int{}
	for _, detail := range h.details() {
		var caller, n int
		if _, err := fmt.Sscan(detail, &caller, &n); err != nil {
			t.Fatal(err)
		}
		if n != next[caller] {
			t.Fatalf("caller %d: event %d came, want %d", caller, n, next[caller])
		}
		next[caller]++
	}
	for caller := range callers {
		if next[caller] != each {
			t.Errorf("caller %d: %d of %d events came", caller, next[caller], each)
		}
	}
}

// TestAPanicLosesNoOtherEvent: the goroutine that hands over may have others' events in hand.
func TestAPanicLosesNoOtherEvent(t *testing.T) {
	h := &told{t: t}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	h.first = func(e bot.NumberEvent) {
		if e.Detail == "1" {
			c.tellTrouble(s, "2")
			panic("a bug")
		}
	}
	c.tellTrouble(s, "1")
	c.tellTrouble(s, "3")
	if got := strings.Join(h.details(), " "); got != "2 3" {
		t.Errorf("told %q", got)
	}
}

// TestCloseWaitsForTheEventInHand: and for those behind it. After it nothing is handed over.
func TestCloseWaitsForTheEventInHand(t *testing.T) {
	h := &told{t: t}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	begun, release := h.holdFirst()
	defer release()
	first := inBackground(func() { c.tellTrouble(s, "1") })
	ended(t, "the first event", begun)
	c.tellTrouble(s, "2")
	closed := inBackground(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if got := strings.Join(h.details(), " "); got != "1 2" {
			t.Errorf("told %q when Close returned", got)
		}
	})
	ended(t, "the beginning of Close", c.closing.Done())
	release()
	ended(t, "Close", closed)
	ended(t, "the first event", first)
	c.tellTrouble(s, "3")
	if got := strings.Join(h.details(), " "); got != "1 2" {
		t.Errorf("told %q after Close", got)
	}
}

// TestB7NoConnectionBeforeItsLossIsCommitted: else promotions would go out over the next one before
// its offline sync, in which a stop may be. Another event is being committed meanwhile.
func TestB7NoConnectionBeforeItsLossIsCommitted(t *testing.T) {
	srv, h := startServer(t), &told{t: t}
	o := serverOptions(t, srv, h)
	brisk(&o)
	begun, released := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	h.first = func(e bot.NumberEvent) {
		if e.Detail == "slow" {
			close(begun)
			<-released
		}
	}
	c := open(t, o)
	defer release()
	link(t, srv, c)
	queries := watch(srv)
	connect(t, c, &h.recorder)
	h.number(t, bot.NumberSynced, 1)
	queries.quiet(t, 0)
	slow := inBackground(func() { c.tellTrouble(c.current(), "slow") })
	ended(t, "the slow event", begun)
	before := srv.Dials()
	srv.Drop()
	a, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if srv.WaitUntil(a, func() bool { return srv.Dials() > before }) == nil {
		t.Error("it is connected anew, and the store still takes the number for connected and synced")
	}
	release()
	ended(t, "the slow event", slow)
	h.number(t, bot.NumberConnected, 2)
	queries.settle(time.Second)
}
