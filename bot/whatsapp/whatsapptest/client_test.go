package whatsapptest_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite"

	"optinbot/bot/whatsapp/whatsapptest"
)

// TestMain checks that nothing is left running. Two goroutines of the library may outlive their
// client: its history loop, by up to a minute (message.go:699-760), and the reader of a socket that
// was closed while a frame was being handed over, for good (socket/framesocket.go:163).
//
// The keepalive is made fast for TestKeepAlive.
func TestMain(m *testing.M) {
	whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = time.Second, 1100*time.Millisecond
	whatsmeow.KeepAliveResponseDeadline = 300 * time.Millisecond
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow.(*Client).handleHistorySyncNotificationLoop"),
		goleak.IgnoreAnyFunction("go.mau.fi/whatsmeow/socket.(*FrameSocket).frameComplete"))
}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// A client is the unmodified library's client with a log of its events.
type client struct {
	*whatsmeow.Client
	t      testing.TB
	mu     sync.Mutex
	log    []any
	rung   chan struct{}
	handle func(any) bool
}

// newServer starts a server that ends with the test.
func newServer(t testing.TB) *whatsapptest.Server {
	t.Helper()
	srv := whatsapptest.NewServer()
	srv.Hasty(true)
	t.Cleanup(srv.Close)
	return srv
}

// newStore opens a fresh database for clients.
func newStore(t testing.TB) *sqlstore.Container {
	t.Helper()
	dsn := "file:" + filepath.Join(t.TempDir(), "session.db") +
		"?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(10000)&_txlock=immediate"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	container := sqlstore.NewWithDB(db, "sqlite", nil)
	if err := container.Upgrade(context.Background()); err != nil {
		t.Fatal(err)
	}
	return container
}

// newClient makes a client of the store's device, or of a new one, which is not connected yet.
func newClient(t testing.TB, srv *whatsapptest.Server, container *sqlstore.Container) *client {
	t.Helper()
	device, err := container.GetFirstDevice(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, rung: make(chan struct{})}
	c.Client = whatsmeow.NewClient(device, tap{Logger: waLog.Noop, note: c.note})
	srv.Use(c.Client)
	c.AddEventHandlerWithSuccessStatus(c.note)
	t.Cleanup(c.end)
	return c
}

// socketClosed is an event of ours: the library has done with a socket that it expected to be
// closed. Only its log says so.
type socketClosed struct{}

// A tap turns one line of the library's log into an event.
type tap struct {
	waLog.Logger
	note func(any) bool
}

func (l tap) Debugf(format string, _ ...any) {
	if strings.HasPrefix(format, "OnDisconnect() called, but it was expected") {
		l.note(socketClosed{})
	}
}

func (l tap) Sub(string) waLog.Logger { return waLog.Noop }

// end disconnects, unless the server has just ended the connection for good: disconnecting while
// the library closes the socket is a race of its own (socket/noisesocket.go:82 with
// socket/framesocket.go:90).
func (c *client) end() {
	ended := false
	for _, e := range seen[any](c) {
		switch e.(type) {
		case *events.Connected:
			ended = false
		case events.PermanentDisconnect:
			ended = true
		}
	}
	if !ended {
		c.Disconnect()
	}
}

// link makes a client, links it by QR and waits until it is ready.
func link(t testing.TB, srv *whatsapptest.Server) *client {
	t.Helper()
	c := newClient(t, srv, newStore(t))
	c.linkQR(srv.Scan)
	return c
}

func (c *client) linkQR(scan func(string) error) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.t.Cleanup(cancel)
	codes, err := c.GetQRChannel(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	c.connect()
	for item := range codes {
		if item.Event == "code" {
			if err := scan(item.Code); err != nil {
				c.t.Fatal(err)
			}
			continue
		}
		if item.Event != "success" {
			c.t.Fatalf("pairing ended with %q: %v", item.Event, item.Error)
		}
	}
	await[*events.Connected](c, nil)
	// The library fetches the app state in the background. A logout meanwhile is a race of its own
	// (store/store.go:295).
	awaitN[*events.AppStateSyncComplete](c, len(appstate.AllPatchNames), nil)
}

func (c *client) connect() {
	c.t.Helper()
	if err := c.Connect(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) note(e any) bool {
	c.mu.Lock()
	handle := c.handle
	c.mu.Unlock()
	ok := handle == nil || handle(e)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, e)
	close(c.rung)
	c.rung = make(chan struct{})
	return ok
}

// await returns the first event of a type that matches, and waits for it.
func await[E any](c *client, match func(E) bool) E {
	c.t.Helper()
	return awaitN(c, 1, match)[0]
}

// awaitN returns the first n events of a type that match, and waits for them.
func awaitN[E any](c *client, n int, match func(E) bool) []E {
	c.t.Helper()
	ctx := within(c.t)
	for {
		c.mu.Lock()
		rung, found := c.rung, filter(c.log, match)
		c.mu.Unlock()
		if len(found) >= n {
			return found[:n]
		}
		select {
		case <-rung:
		case <-ctx.Done():
			c.mu.Lock()
			defer c.mu.Unlock()
			c.t.Fatalf("%d of %d events %T came; all: %s", len(found), n, *new(E), kinds(c.log))
		}
	}
}

// seen returns the events of a type so far.
func seen[E any](c *client) []E {
	c.mu.Lock()
	defer c.mu.Unlock()
	return filter[E](c.log, nil)
}

func filter[E any](log []any, match func(E) bool) []E {
	var out []E
	for _, e := range log {
		if e, ok := e.(E); ok && (match == nil || match(e)) {
			out = append(out, e)
		}
	}
	return out
}

func kinds(log []any) (out []string) {
	for _, e := range log {
		out = append(out, fmt.Sprintf("%T", e))
	}
	return out
}

// message waits for the message with an ID.
func (c *client) message(id string) *events.Message {
	c.t.Helper()
	return await(c, func(e *events.Message) bool { return e.Info.ID == id })
}

// say sends a text and fails the test if that fails.
func (c *client) say(to types.JID, text string) string {
	c.t.Helper()
	resp, err := c.SendMessage(within(c.t), to, &waE2E.Message{Conversation: proto.String(text)})
	if err != nil {
		c.t.Fatalf("send %q: %v", text, err)
	}
	return resp.ID
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func equalSlices[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
