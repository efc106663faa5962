package cloud

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
)

// patience is longer than anything here takes.
const patience = 2 * time.Minute

const (
	anasPhone = "+12125550101"
	verify    = "the verify token"
)

// An inbox is the core as small as can be: it keeps what it is given, once.
type inbox struct {
	mu        sync.Mutex
	changed   chan struct{} // closed when something has come
	messages  []bot.Message
	receipts  []bot.Receipt
	events    []bot.NumberEvent
	standings []bot.Standing
	fails     func(what any) error // nil: nothing fails
	seen      map[string]bool
}

func (i *inbox) take(what any, keep func()) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fails != nil {
		if err := i.fails(what); err != nil {
			return err
		}
	}
	keep()
	close(i.changed)
	i.changed = make(chan struct{})
	return nil
}

func (i *inbox) Message(_ context.Context, m bot.Message) error {
	return i.take(m, func() {
		if !i.seen[m.ID] {
			i.messages = append(i.messages, m)
		}
		i.seen[m.ID] = true
	})
}

func (i *inbox) Receipt(_ context.Context, r bot.Receipt) error {
	return i.take(r, func() { i.receipts = append(i.receipts, r) })
}

func (i *inbox) Pairs(context.Context, []bot.Pair) error { return nil }

func (i *inbox) NumberEvent(_ context.Context, e bot.NumberEvent) error {
	return i.take(e, func() {
		if e.Kind == bot.NumberStanding {
			i.standings = append(i.standings, e.Standing)
			return
		}
		if e.Kind != bot.NumberQuality || e.Guard != bot.GuardCalm { // that all is well is told at each start
			i.events = append(i.events, e)
		}
	})
}

// until waits until cond is true, which is asked with the lock held.
func (i *inbox) until(ctx context.Context, cond func() bool) error {
	for {
		i.mu.Lock()
		changed, ok := i.changed, cond()
		i.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (i *inbox) failing(f func(what any) error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fails = f
}

func (i *inbox) got() []bot.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.messages)
}

func (i *inbox) texts() (out []string) {
	for _, m := range i.got() {
		out = append(out, m.Text)
	}
	return out
}

func (i *inbox) heard() []bot.Receipt {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.receipts)
}

func (i *inbox) kinds() (out []bot.NumberEventKind) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, e := range i.events {
		out = append(out, e.Kind)
	}
	return out
}

// A line is a number that is connected with a server of ours.
type line struct {
	t     *testing.T
	ctx   context.Context
	srv   *cloudtest.Server
	hook  *Hook
	web   *httptest.Server
	c     *Client
	in    *inbox
	other *inbox // of the second number. Nil: there is none
	two   *cloudtest.Number
	keeps [][]byte
}

type setup struct {
	options func(*Options)
	two     bool // two numbers of one app
}

func connected(t *testing.T, how setup) *line {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	l := &line{t: t, ctx: ctx, srv: cloudtest.NewServer(), in: newInbox()}
	t.Cleanup(func() { l.srv.Close(); cancel() })
	numbers := []HookNumber{l.hookNumber("main", l.srv.Number())}
	if how.two {
		l.two, l.other = l.srv.AddNumber("+15550000002"), newInbox()
		numbers = append(numbers, l.hookNumber("two", l.two))
	}
	var err error
	if l.hook, err = NewHook(numbers, nil, l.srv.Now); err != nil {
		t.Fatal(err)
	}
	l.web = httptest.NewServer(l.hook)
	t.Cleanup(l.web.Close)
	l.c = l.open(l.srv.Number(), l.in, how.options)
	if how.two {
		l.open(l.two, l.other, nil)
	}
	if err := l.srv.Subscribe(ctx, l.web.URL+"/whatsapp/main", verify); err != nil {
		t.Fatal(err)
	}
	return l
}

// portfolio owns every account of the tests.
const portfolio = "500"

func newInbox() *inbox { return &inbox{changed: make(chan struct{}), seen: map[string]bool{}} }

func (l *line) hookNumber(name string, n *cloudtest.Number) HookNumber {
	return HookNumber{Name: name, PhoneNumberID: n.ID, WABA: n.WABA, AppSecret: l.srv.AppSecret(), VerifyToken: verify}
}

// client opens a number that nobody has connected yet.
func (l *line) client(n *cloudtest.Number, in bot.Inbound, more func(*Options)) *Client {
	l.t.Helper()
	o := Options{
		Number: "main", PhoneNumberID: n.ID, WABA: n.WABA, Portfolio: portfolio, Token: l.srv.Token(), AppSecret: l.srv.AppSecret(),
		Server: l.srv.URL(), Hook: l.hook, Inbound: in, Now: l.srv.Now, PollEvery: time.Hour, LookEvery: time.Hour,
		RetryDelay: time.Millisecond, SendTimeout: patience,
		Media: func(context.Context, string) ([]byte, error) { return []byte("picture"), nil },
		Keep:  func(_ context.Context, raw []byte) error { l.keeps = append(l.keeps, raw); return nil },
	}
	if more != nil {
		more(&o)
	}
	c, err := Open(o)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (l *line) open(n *cloudtest.Number, in *inbox, more func(*Options)) *Client {
	l.t.Helper()
	c := l.client(n, in, more)
	if err := c.Connect(l.ctx); err != nil {
		l.t.Fatal(err)
	}
	if err := in.until(l.ctx, func() bool { return len(in.events) > 0 }); err != nil {
		l.t.Fatal(err)
	}
	return c
}

// ana is somebody who has written, and what she wrote is taken.
func (l *line) ana() *cloudtest.Person {
	p := l.srv.Person(anasPhone)
	p.Send("hi")
	l.srv.Deliver(l.ctx)
	return p
}

func to(phone string) []bot.Identity { return []bot.Identity{{Kind: bot.Phone, Value: phone}} }

func (l *line) send(m bot.Outgoing) bot.SendResult {
	if m.ID == "" {
		m.ID = "m1"
	}
	if m.To == nil {
		m.To = to(anasPhone)
	}
	return l.c.Send(l.ctx, m)
}

var errDisk = errors.New("the disk is full")
