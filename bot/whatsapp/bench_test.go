package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/flows"
	"optinbot/store"
)

var broadcastContacts = flag.Int("broadcast.contacts", 500, "contacts of BenchmarkBroadcastRealClient; the long form has 2000")

// BenchmarkBroadcastRealClient measures a broadcast through the real client to established contacts
// (each has written and was answered), everything included that a promotion needs, beside bare
// loops of the library's SendMessage over the same kind of file and server, in turns of one run:
// once over the library's store as it is, once with what cache.go puts before it. An operation is a
// message to each contact on every lane. x-bare and x-cached are the throughput of ours as a part
// of the two loops'. The statements are those of a send in the session's file. Those of the bot's
// own file are counted apart.
func BenchmarkBroadcastRealClient(b *testing.B) {
	plain := openLane(b, "plain", true)
	cached := openLane(b, "cached", false)
	ours := openBroadcast(b)
	lanes := []*lane{plain, cached, ours.lane}
	for b.Loop() {
		ours.arm(b)
		for from := 0; from < *broadcastContacts; from += benchChunk {
			to := min(from+benchChunk, *broadcastContacts)
			plain.timed(b, func() { plain.sendBare(b, from, to) })
			cached.timed(b, func() { cached.sendBare(b, from, to) })
			ours.timed(b, func() { ours.sendNext(b, to-from) })
		}
	}
	b.StopTimer()
	for _, l := range lanes {
		sends := float64(b.N * *broadcastContacts)
		b.ReportMetric(float64(l.took.Microseconds())/sends, l.name+"-µs/send")
		b.ReportMetric(float64(l.sql.reads.Load())/sends, l.name+"-reads/send")
		b.ReportMetric(float64(l.sql.writes.Load())/sends, l.name+"-writes/send")
		b.ReportMetric(float64(l.sql.commits.Load())/sends, l.name+"-commits/send")
		if *broadcastStatements {
			b.Logf("%s: %s", l.name, l.sql.list(b.N**broadcastContacts))
		}
	}
	sends := float64(b.N * *broadcastContacts)
	b.ReportMetric(float64(plain.took)/float64(ours.took), "x-bare")
	b.ReportMetric(float64(cached.took)/float64(ours.took), "x-cached")
	b.ReportMetric(float64(ours.statements.Load())/sends, "bot-statements/send")
	b.ReportMetric(float64(ours.commits.Load())/sends, "bot-commits/send")
}

// benchChunk is how many are sent on a lane before it is the next one's turn.
const benchChunk = 25

// A lane is a number with a server, contacts and a file of its own.
type lane struct {
	name     string
	srv      *whatsapptest.Server
	client   *Client
	contacts []*whatsapptest.Contact
	sql      *countedSQL
	took     time.Duration
}

// newLane links a number and does not connect it.
func newLane(b *testing.B, name string, plain bool, h bot.Inbound) *lane {
	b.Helper()
	l := &lane{name: name, srv: whatsapptest.NewServer(), sql: countSQL()}
	b.Cleanup(l.srv.Close)
	l.srv.Hasty(true)
	key := l.srv.RootKey()
	var err error
	l.client, err = Open(b.Context(), Options{
		Number: name, Store: filepath.Join(b.TempDir(), "session.db"), Inbound: h, driver: l.sql.name, plain: plain,
		TestServer: &TestServer{Addr: l.srv.Addr(), CertPubKey: hex.EncodeToString(key[:])},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.client.Close() })
	if _, err := l.client.Link(b.Context(), LinkOptions{PrintCode: true, Out: scanner(l.srv.Scan)}); err != nil {
		b.Fatal(err)
	}
	for i := range *broadcastContacts {
		l.contacts = append(l.contacts, l.srv.Contact(fmt.Sprintf("+1212%07d", 5550000+i)))
	}
	return l
}

func (l *lane) connect(b *testing.B, h *recorder) {
	b.Helper()
	if err := l.client.Connect(b.Context()); err != nil {
		b.Fatal(err)
	}
	h.until(b, "offline sync", func() bool {
		for _, e := range h.numbers {
			if e.Kind == bot.NumberSynced {
				return true
			}
		}
		return false
	})
}

// openLane makes a lane for a bare loop and establishes its contacts.
func openLane(b *testing.B, name string, plain bool) *lane {
	b.Helper()
	h := &recorder{}
	l := newLane(b, name, plain, h)
	l.connect(b, h)
	for _, c := range l.contacts {
		c.Send("I want promotions")
	}
	h.until(b, "messages", func() bool { return len(h.messages) >= len(l.contacts) })
	l.sendBare(b, 0, len(l.contacts))
	l.settle(b)
	return l
}

// sendBare is the loop without a bot.
func (l *lane) sendBare(b *testing.B, from, to int) {
	wa := l.client.current().wa
	for _, c := range l.contacts[from:to] {
		m := &waE2E.Message{Conversation: proto.String("20% off at Casa Aurora.\n\nReply 2 to stop.")}
		if _, err := wa.SendMessage(b.Context(), c.PhoneJID(), m, whatsmeow.SendRequestExtra{Timeout: time.Minute}); err != nil {
			b.Fatal(err)
		}
	}
}

// settle waits until the receipts have been taken.
func (l *lane) settle(b *testing.B) {
	if err := l.srv.Phone().WaitIdle(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// timed measures work and the receipts that it causes.
func (l *lane) timed(b *testing.B, work func()) {
	l.sql.counting.Store(true)
	start := time.Now()
	work()
	l.settle(b)
	l.took += time.Since(start)
	l.sql.counting.Store(false)
}

// A broadcastLane is a lane with the whole bot on it.
type broadcastLane struct {
	*lane
	store               *store.Store
	pump                *pump.Pump
	machine             *bot.Machine
	draft               *flows.Broadcast
	statements, commits atomic.Int64
	armed               int
}

// A pumpHandler is a pump whose events of the number are remembered too.
type pumpHandler struct {
	*pump.Pump
	*recorder
}

func (h *pumpHandler) Message(ctx context.Context, m bot.Message) error {
	return h.Pump.Message(ctx, m)
}

func (h *pumpHandler) Receipt(ctx context.Context, r bot.Receipt) error {
	return h.Pump.Receipt(ctx, r)
}

func (h *pumpHandler) Pairs(ctx context.Context, pairs []bot.Pair) error {
	return h.Pump.Pairs(ctx, pairs)
}

func (h *pumpHandler) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	return errors.Join(h.Pump.NumberEvent(ctx, e), h.recorder.NumberEvent(ctx, e))
}

const benchFlow = `flow: brief
brand: Casa Aurora
languages: [en]
start: welcome
opt_in:
  phrases: {en: [I want promotions]}
  disclosure: {en: "You are in! {brand} will send you at most two offers a week. Reply 2 to stop, any time."}
  goto: member
opt_out:
  hint: {en: Reply 2 to stop.}
states:
  welcome:
    say: {en: "Hi! Write *I want promotions*."}
  member:
    otherwise:
      say: {en: "Somebody will read it."}
      at_most: 2
`

const benchDraft = "broadcast: offer\nat: now\ntext:\n  en: \"20% off at {brand}.\"\n"

// openBroadcast makes the lane of the bot. Everybody opts in and is answered.
func openBroadcast(b *testing.B) *broadcastLane {
	b.Helper()
	flow, bad := flows.Load("brief.yaml", []byte(benchFlow))
	if len(bad) > 0 {
		b.Fatal(bad)
	}
	l := &broadcastLane{machine: bot.NewMachine(flow)}
	if l.draft, bad = flows.LoadBroadcast("offer.yaml", []byte(benchDraft), flow); len(bad) > 0 {
		b.Fatal(bad)
	}
	var err error
	l.store, err = store.Open(b.Context(), b.TempDir(), store.Options{Faults: l.count})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.store.Close() })
	if err := l.store.EnsureNumber(b.Context(), "ours", "casa aurora", l.machine.Version()); err != nil {
		b.Fatal(err)
	}
	h := &pumpHandler{recorder: &recorder{}}
	l.lane = newLane(b, "ours", false, h)
	l.pump = l.newPump()
	h.Pump = l.pump
	jid, phone := l.client.Linked()
	if err := l.store.Linked(b.Context(), "ours", jid, phone, time.Now()); err != nil {
		b.Fatal(err)
	}
	l.connect(b, h.recorder)
	for _, c := range l.contacts {
		c.Send("I want promotions")
	}
	l.settle(b)
	l.sendNext(b, len(l.contacts))
	l.settle(b)
	return l
}

func (l *broadcastLane) count(statement string) error {
	if l.lane == nil || !l.sql.counting.Load() {
		return nil
	}
	l.statements.Add(1)
	if statement == "COMMIT" {
		l.commits.Add(1)
	}
	return nil
}

func (l *broadcastLane) newPump() *pump.Pump {
	envs := func(string) bot.Env { return bot.Env{Now: time.Now(), Machine: l.machine, NewID: NewMessageID} }
	limits := bot.DefaultLimits()
	limits.Unlimited = true
	return pump.New(pump.Config{
		Number: "ours", Inbox: l.store, Outbox: l.store, Timers: l.store, Schedule: l.store, Transport: l.client, Envs: envs, Now: time.Now,
		Limits: func() bot.Limits { return limits },
		Armed:  func(bot.Occurrence) (*flows.Broadcast, error) { return l.draft, nil },
		Render: func(_ bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
			return bot.RenderPromotion(l.machine.Flow, l.draft, c), nil
		},
		Edited: func(bot.Occurrence) bool { return false }, Card: func() bot.Card { return bot.Card{} },
		Log: slog.New(slog.DiscardHandler),
	})
}

// arm plans the next occurrence.
func (l *broadcastLane) arm(b *testing.B) {
	b.Helper()
	l.armed++
	_, err := l.store.Arm(b.Context(), bot.Occurrence{
		Number: "ours", Broadcast: "offer", Key: fmt.Sprint(l.armed), DueAt: time.Now(), ArmedAt: time.Now(), Content: benchDraft, Version: "1",
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := l.pump.Tick(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// sendNext sends as the pump's loop does.
func (l *broadcastLane) sendNext(b *testing.B, n int) {
	b.Helper()
	for i := range n {
		if sent, err := l.pump.SendNext(b.Context()); err != nil || !sent {
			b.Fatalf("message %d of %d: sent %v, %v", i, n, sent, err)
		}
	}
}

// countedSQL is a driver that counts what passes.
type countedSQL struct {
	name                   string
	inner                  driver.Driver
	counting               atomic.Bool
	reads, writes, commits atomic.Int64 // a write outside of a transaction is a commit of its own
	seen                   countedTexts
}

var countedDrivers atomic.Int64

func countSQL() *countedSQL {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	c := &countedSQL{name: fmt.Sprintf("sqlite-counted-%d", countedDrivers.Add(1)), inner: db.Driver()}
	sql.Register(c.name, c)
	return c
}

// Open is the driver's.
func (c *countedSQL) Open(dsn string) (driver.Conn, error) {
	inner, err := c.inner.Open(dsn)
	if err != nil {
		return nil, err
	}
	return &countedConn{sqliteConn: inner.(sqliteConn), count: c}, nil
}

type sqliteConn interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
	driver.ConnBeginTx
}

type countedConn struct {
	sqliteConn
	count *countedSQL
	inTx  bool
}

// ExecContext counts a write.
func (c *countedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.count.counting.Load() {
		c.count.writes.Add(1)
		c.count.seen.add(query)
		if !c.inTx {
			c.count.commits.Add(1)
		}
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

// QueryContext counts a read.
func (c *countedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.count.counting.Load() {
		c.count.reads.Add(1)
		c.count.seen.add(query)
	}
	return c.sqliteConn.QueryContext(ctx, query, args)
}

// BeginTx counts the commit that will follow.
func (c *countedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.sqliteConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	if c.count.counting.Load() {
		c.count.commits.Add(1)
	}
	return &countedTx{Tx: tx, conn: c}, nil
}

type countedTx struct {
	driver.Tx
	conn *countedConn
}

func (t *countedTx) Commit() error   { t.conn.inTx = false; return t.Tx.Commit() }
func (t *countedTx) Rollback() error { t.conn.inTx = false; return t.Tx.Rollback() }

var broadcastStatements = flag.Bool("broadcast.statements", false, "BenchmarkBroadcastRealClient lists the statements")

// countedTexts counts each statement by its text.
type countedTexts struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *countedTexts) add(query string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[strings.Join(strings.Fields(query), " ")]++
}

// list shows those that belong to a send.
func (c *countedSQL) list(sends int) string {
	c.seen.mu.Lock()
	defer c.seen.mu.Unlock()
	var lines []string
	for query, n := range c.seen.counts {
		if 10*n > sends {
			lines = append(lines, fmt.Sprintf("%5.2f  %.90s", float64(n)/float64(sends), query))
		}
	}
	slices.Sort(lines)
	return "\n" + strings.Join(lines, "\n")
}
