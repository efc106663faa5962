package whatsapp

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.uber.org/goleak"

	"optinbot/bot"
	"optinbot/store/postgrestest"
)

func TestMain(m *testing.M) {
	// A leak of the library's: when a frame arrives while a connection ends, its read pump waits
	// for a reader for ever (frameComplete in socket/framesocket.go sends without looking at the
	// context).
	goleak.VerifyTestMain(
		m,
		goleak.IgnoreTopFunction("go.mau.fi/whatsmeow/socket.(*FrameSocket).frameComplete"),
		goleak.Cleanup(func(code int) { postgrestest.Stop(); os.Exit(code) }),
	)
}

// recorder is a bot.Inbound that remembers, and fails or panics as told.
type recorder struct {
	mu       sync.Mutex
	messages []bot.Message
	receipts []bot.Receipt
	numbers  []bot.NumberEvent
	pairs    []bot.Pair
	before   func(bot.Message) error // nil: nothing
	rung     chan struct{}           // closed when something has come. Nil: nobody waits
}

func (r *recorder) Message(_ context.Context, m bot.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.before != nil {
		if err := r.before(m); err != nil {
			return err
		}
	}
	r.messages = append(r.messages, m)
	r.ring()
	return nil
}

func (r *recorder) Receipt(_ context.Context, receipt bot.Receipt) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.receipts = append(r.receipts, receipt)
	r.ring()
	return nil
}

func (r *recorder) Pairs(_ context.Context, pairs []bot.Pair) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pairs = append(r.pairs, pairs...)
	r.ring()
	return nil
}

func (r *recorder) NumberEvent(_ context.Context, e bot.NumberEvent) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.numbers = append(r.numbers, e)
	r.ring()
	return nil
}

// ring is called with the lock held.
func (r *recorder) ring() {
	if r.rung != nil {
		close(r.rung)
		r.rung = nil
	}
}

// until waits until the condition holds. It is asked with the lock held.
func (r *recorder) until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	ctx := within(t)
	for {
		r.mu.Lock()
		done := condition()
		if !done && r.rung == nil {
			r.rung = make(chan struct{})
		}
		rung := r.rung
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-rung:
		case <-ctx.Done():
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("%s: did not happen; messages %+v, receipts %+v, number %+v", what, r.messages, r.receipts, r.numbers)
		}
	}
}

// message waits for the message with an ID and a kind ("": any).
func (r *recorder) message(t *testing.T, id string, kind bot.Kind) (found bot.Message) {
	t.Helper()
	r.until(t, "message "+id, func() bool {
		for _, m := range r.messages {
			if m.ID == id && (kind == "" || m.Kind == kind) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// number waits for the nth event of a kind, counted from one.
func (r *recorder) number(t *testing.T, kind bot.NumberEventKind, n int) (found bot.NumberEvent) {
	t.Helper()
	r.until(t, "number "+string(kind), func() bool {
		seen := 0
		for _, e := range r.numbers {
			if e.Kind == kind {
				seen++
				found = e
			}
		}
		return seen >= n
	})
	return found
}

// setBefore changes what Message does first.
func (r *recorder) setBefore(before func(bot.Message) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = before
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func testOptions(t *testing.T, h bot.Inbound) Options {
	return Options{
		Number: "shop", Store: filepath.Join(t.TempDir(), "sub folder", "whats#app?.db"), Inbound: h,
		RetryDelays: []time.Duration{time.Microsecond, time.Microsecond},
	}
}

func open(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// linkedSession puts a device into the store without pairing, and takes it up. It cannot log in
// anywhere.
func linkedSession(t *testing.T, c *Client) *session {
	t.Helper()
	device := c.store.devices.NewDevice()
	jid := shop
	jid.Device = 7
	device.ID, device.LID, device.PushName = &jid, shopLID, "Casa Aurora"
	device.Account = &waAdv.ADVSignedDeviceIdentity{
		Details: []byte{1}, AccountSignature: make([]byte, 64), AccountSignatureKey: make([]byte, 32), DeviceSignature: make([]byte, 64),
	}
	if err := device.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.store.setLinked(t.Context(), c.options.Number, jid.String()); err != nil {
		t.Fatal(err)
	}
	if err := c.restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.current()
}

func TestOpenMakesAPrivateDurableStore(t *testing.T) {
	o := testOptions(t, nil)
	c := open(t, o)
	if jid, phone := c.Linked(); jid != "" || phone != "" {
		t.Errorf("linked to %q %q", jid, phone)
	}
	if err := c.Connect(t.Context()); !errors.Is(err, bot.ErrNotLinked) {
		t.Errorf("connect: %v", err)
	}
	if r := c.Send(t.Context(), bot.Outgoing{ID: "X", Text: "x"}); r.Status != bot.SendNotTried {
		t.Errorf("send: %+v", r)
	}
	if err := c.Notify(t.Context(), "x"); !errors.Is(err, bot.ErrNotLinked) {
		t.Errorf("notify: %v", err)
	}
	for _, suffix := range []string{"", "-wal", ".shop.lock"} {
		info, err := os.Stat(o.Store + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%q has mode %v", suffix, info.Mode())
		}
	}
}

func TestOneClientForANumber(t *testing.T) {
	o := testOptions(t, nil)
	first := open(t, o)
	_, err := Open(t.Context(), o)
	if !errors.Is(err, bot.ErrInUse) || !strings.Contains(err.Error(), "this process") {
		t.Errorf("second client: %v", err)
	}
	other := o
	other.Number = "second/../shop"
	open(t, other) // another number in the same file
	if !InUse(o.Store, o.Number) {
		t.Error("it is in use, and does not look like it")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if InUse(o.Store, o.Number) {
		t.Error("it is not in use any more, and looks like it")
	}
	open(t, o)
}

func TestOneServerForAProcess(t *testing.T) {
	real := whatsmeow.WACertPubKey
	o := testOptions(t, nil)
	o.TestServer = &TestServer{Addr: "127.0.0.1:9", CertPubKey: someKey}
	tested, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), testOptions(t, nil)); err == nil || !strings.Contains(err.Error(), "two WhatsApp servers") {
		t.Errorf("the real server beside a test server: %v", err)
	}
	if err := tested.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, testOptions(t, nil))
	if whatsmeow.WACertPubKey != real {
		t.Error("WhatsApp's own root key was not put back")
	}
}

func TestOpenRefusesATestServerElsewhere(t *testing.T) {
	o := testOptions(t, nil)
	o.TestServer = &TestServer{Addr: "157.240.0.1:443", CertPubKey: someKey}
	if _, err := Open(t.Context(), o); err == nil {
		t.Error("opened")
	}
}

// TestB0PanicIsNotAcknowledged: the library would count a panic as success and lose the message.
func TestB0PanicIsNotAcknowledged(t *testing.T) {
	h := &recorder{before: func(bot.Message) error { panic("a bug, about 5511900000001") }}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	if c.handle(s, fromAna(text("2"))) {
		t.Error("acknowledged")
	}
}

func TestB5NotAcknowledgedBeforeTheCommit(t *testing.T) {
	tries, problem := 0, errors.New("disk full")
	h := &recorder{before: func(bot.Message) error { tries++; return problem }}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	if c.handle(s, fromAna(text("2"))) {
		t.Error("acknowledged without a commit")
	}
	if tries != 3 {
		t.Errorf("%d tries, want 3", tries)
	}
	if c.reset.timer == nil {
		t.Error("nobody asks WhatsApp for the message again")
	}
	problem = nil
	if !c.handle(s, fromAna(text("2"))) || len(h.messages) != 1 {
		t.Errorf("not acknowledged after the commit: %v", h.messages)
	}
	if !c.handle(s, fromAna(protocol(30))) || len(h.messages) != 1 {
		t.Error("what is no message must be acknowledged, and not handed on")
	}
}

// TestB5WhatComesOnceIsTriedUntilItIsCommitted: an undecryptable message may be a stop, and
// WhatsApp thinks it delivered.
func TestB5WhatComesOnceIsTriedUntilItIsCommitted(t *testing.T) {
	tries := 0
	h := &recorder{before: func(bot.Message) error {
		if tries++; tries < 8 {
			return errors.New("disk full")
		}
		return nil
	}}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	c.handle(s, &events.UndecryptableMessage{Info: fromAna(text("")).Info})
	h.message(t, "A1", bot.KindUndecryptable)
	handed := fromAna(text("2"))
	handed.UnavailableRequestID, handed.SourceWebMsg = "R1", &waWeb.WebMessageInfo{}
	tries = 0
	c.handle(s, handed)
	h.message(t, "A1", bot.KindText)
}

// What the keeper sees of a connection.
type (
	dialed struct{}
	cut    struct{}
)

// nobody is a socket that nobody speaks through.
type nobody struct{}

func (nobody) Read([]byte) (int, error)    { return 0, io.EOF }
func (nobody) Write(p []byte) (int, error) { return len(p), nil }
func (nobody) Close() error                { return nil }

// TestB5SyncedFollowsConnected: they come at once and from two goroutines, and who waits for the
// first must not miss the second.
func TestB5SyncedFollowsConnected(t *testing.T) {
	h := &recorder{}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	for _, event := range []any{
		dialed{}, &events.OfflineSyncCompleted{}, &events.Connected{}, // too early
		cut{}, &events.OfflineSyncCompleted{}, &events.Connected{}, // of a connection that is gone
		dialed{}, &events.Connected{}, &events.OfflineSyncCompleted{}, // as expected
		// the late word of a connection before
		&events.Connected{},
		// let in, and cut before that was told
		cut{}, dialed{}, &events.OfflineSyncCompleted{}, cut{}, dialed{}, &events.Connected{},
	} {
		switch event.(type) {
		case dialed:
			s.begin(&wire{socket: nobody{}, ended: make(chan struct{}), login: true})
		case cut:
			s.hangUp()
			c.tellDown(s, "")
		default:
			c.handle(s, event)
		}
	}
	var got []string
	for _, e := range h.numbers {
		got = append(got, string(e.Kind))
	}
	want := "connected offline_sync_ended disconnected connected offline_sync_ended disconnected connected"
	if strings.Join(got, " ") != want {
		t.Errorf("got %v", got)
	}
}

func TestWithoutAHandlerMessagesWait(t *testing.T) {
	c := open(t, testOptions(t, nil))
	s := linkedSession(t, c)
	if c.handle(s, fromAna(text("2"))) {
		t.Error("acknowledged")
	}
	if c.reset.timer != nil {
		t.Error("reconnects for a handler that does not exist")
	}
	if !c.handle(s, &events.Connected{}) {
		t.Error("other events")
	}
}

func TestB6Receipts(t *testing.T) {
	h := &recorder{}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	for _, kind := range []types.ReceiptType{types.ReceiptTypeDelivered, types.ReceiptTypeInactive, types.ReceiptTypeRead,
		types.ReceiptTypePlayed, types.ReceiptTypeRetry, types.ReceiptTypeReadSelf, types.ReceiptTypeSender} {
		c.handle(s, &events.Receipt{MessageSource: types.MessageSource{Chat: anaLID, Sender: anaLID},
			MessageIDs: []string{string(kind), "B2"}, Timestamp: when, Type: kind})
	}
	c.handle(s, &events.Receipt{MessageSource: types.MessageSource{Chat: anaLID, Sender: shop, IsFromMe: true}, MessageIDs: []string{"own"}})
	var got []string
	for _, r := range h.receipts {
		mark := "delivered"
		if r.Kind == bot.ReceiptRead {
			mark = "read"
		}
		got = append(got, r.MessageIDs[0]+"="+mark)
	}
	if want := "=delivered inactive=delivered read=read played=read"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestB1LoggedOutSessionIsNotUsedAgain: the library's objects of a deleted device must not be
// touched.
func TestB1LoggedOutSessionIsNotUsedAgain(t *testing.T) {
	h := &recorder{}
	c := open(t, testOptions(t, h))
	s := linkedSession(t, c)
	if jid, phone := c.Linked(); jid != "351910000000:7@s.whatsapp.net" || phone != "+351910000000" {
		t.Errorf("linked to %q %q", jid, phone)
	}
	c.handle(s, &events.LoggedOut{Reason: events.ConnectFailureLoggedOut})
	if jid, _ := c.Linked(); jid != "" {
		t.Error("still linked")
	}
	if err := c.Connect(t.Context()); !errors.Is(err, bot.ErrNotLinked) {
		t.Errorf("connect: %v", err)
	}
	if len(h.numbers) != 1 || h.numbers[0].Kind != bot.NumberLoggedOut {
		t.Errorf("told %+v", h.numbers)
	}
}

func TestB6RetryRefusedForWhoLeft(t *testing.T) {
	var asked []bot.Identity
	o := testOptions(t, nil)
	o.Refuse = func(to []bot.Identity, id string) bool {
		asked = to
		if id == "bug" {
			panic("a bug")
		}
		return id == "B1"
	}
	c := open(t, o)
	s := linkedSession(t, c)
	receipt := &events.Receipt{MessageSource: types.MessageSource{Chat: anaLID, Sender: anaLID, SenderAlt: anaPhone}}
	for id, want := range map[string]bool{"B1": false, "B2": true, "bug": false} {
		if got := s.wa.PreRetryCallback(receipt, id, 1, nil); got != want {
			t.Errorf("%s: %v", id, got)
		}
	}
	if len(asked) != 2 {
		t.Errorf("asked about %v", asked)
	}
	receipt.IsFromMe = true
	if !s.wa.PreRetryCallback(receipt, "B1", 1, nil) {
		t.Error("our own phone must be able to read what was sent")
	}
}

// TestClientSettings: what the library is set to, each for a reason given in newLibraryClient.
func TestClientSettings(t *testing.T) {
	wa := linkedSession(t, open(t, testOptions(t, nil))).wa
	if !wa.SynchronousAck || !wa.EnableDecryptedEventBuffer || !wa.UseRetryMessageStore || !wa.AutomaticMessageRerequestFromPhone ||
		!wa.ManualHistorySyncDownload || wa.EnableAutoReconnect || !wa.DisableLoginAutoReconnect || wa.EmitAppStateEventsOnFullSync {
		t.Error("a setting is not as intended")
	}
}

func TestLinkedIsRememberedWithTheSession(t *testing.T) {
	c := open(t, testOptions(t, nil))
	for _, jid := range []string{"1:1@s.whatsapp.net", "2:1@s.whatsapp.net"} {
		if err := c.store.setLinked(t.Context(), "shop", jid); err != nil {
			t.Fatal(err)
		}
	}
	if jid, err := c.store.linked(t.Context(), "shop"); err != nil || jid != "2:1@s.whatsapp.net" {
		t.Errorf("%q %v", jid, err)
	}
	if err := c.restore(t.Context()); err != nil || c.current() != nil {
		t.Errorf("a session that is not in the store was restored: %v", err)
	}
	linkedSession(t, c)
	o := c.options
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if jid, phone := open(t, o).Linked(); jid != "351910000000:7@s.whatsapp.net" || phone != "+351910000000" {
		t.Errorf("after opening again: %q %q", jid, phone)
	}
}

func TestResetPause(t *testing.T) {
	var r resetTimer
	now := time.Now()
	for i, want := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		if got := r.pause(now); got != want {
			t.Errorf("%d: %v", i, got)
		}
	}
	for range 20 {
		r.pause(now)
	}
	if got := r.pause(now); got != longestReset {
		t.Errorf("longest: %v", got)
	}
	if got := r.pause(now.Add(3 * time.Hour)); got != firstReset {
		t.Errorf("after a quiet time: %v", got)
	}
}

// TestWhoWaitsForTheLoginSeesItsOutcome: `link` looks right after the word whether the number still
// has a session.
func TestWhoWaitsForTheLoginSeesItsOutcome(t *testing.T) {
	c := open(t, testOptions(t, &recorder{}))
	s := linkedSession(t, c)
	told := 0
	s.watch = func(event any) {
		if _, ok := event.(*events.LoggedOut); !ok {
			return
		}
		told++
		if !s.isOver() || c.current() != nil {
			t.Error("the end of the session is told before it is over")
		}
	}
	c.handle(s, &events.LoggedOut{OnConnect: true, Reason: events.ConnectFailureLoggedOut})
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
