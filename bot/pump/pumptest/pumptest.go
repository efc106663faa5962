// Package pumptest is one number for tests of what moves messages: a store in a folder, a flow
// without questions, a pump, and a clock that only the test moves.
package pumptest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
	"optinbot/store/storetest"
)

// Name of the number.
const Name = "shop"

// Flow has no question that would hold a promotion.
const Flow = `flow: brief
brand: Casa Aurora
languages: [en]
start: welcome
opt_in:
  phrases:
    en: [I want promotions]
  disclosure:
    en: "You are in! {brand} will send you at most two offers a week. Reply 2 to stop, any time."
  goto: member
opt_out:
  hint:
    en: Reply 2 to stop.
states:
  welcome:
    say:
      en: "Hi! Write *I want promotions*."
    card: true
  member:
    otherwise:
      say:
        en: "Somebody will read it."
      at_most: 2
`

// A Number is served by Pump, out of Store. Limits may be changed at any time between two calls of
// the pump. Wire is what the pump sends by, unless another Transport is given.
type Number struct {
	*Wire
	Store  *store.Store
	Folder string // of Store
	Pump   *pump.Pump
	Limits bot.Limits
	Can    bot.Abilities // of the wire

	t       testing.TB
	machine *bot.Machine
	mu      sync.Mutex
	now     time.Time
	clock   func() time.Time // nil: now
	ids     int
}

// New makes a number that speaks a flow (such as Flow, or Shipped), has been linked for 90 days, is
// connected, and has no limits. change may set what the pump is made of.
func New(t testing.TB, source string, change ...func(*pump.Config)) *Number {
	t.Helper()
	flow, bad := flows.Load("flow.yaml", []byte(source))
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	n := &Number{
		t:       t,
		Folder:  t.TempDir(),
		Wire:    &Wire{},
		machine: bot.NewMachine(flow),
		Limits:  bot.DefaultLimits(),
		now:     time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC),
	}
	n.Limits.Unlimited = true
	var err error
	n.Store, err = store.Open(t.Context(), n.Folder, storetest.In(t, n.Folder))
	n.must(err)
	t.Cleanup(func() { n.must(n.Store.Close()) })
	n.must(n.Store.EnsureNumber(t.Context(), Name, words.Normalise(flow.Brand), n.machine.Version()))
	n.must(n.Store.Linked(t.Context(), Name, "jid", "", n.now.AddDate(0, 0, -90)))
	config := pump.Config{
		Number: Name, Inbox: n.Store, Outbox: n.Store, Timers: n.Store, Schedule: n.Store, Transport: n.Wire, Observer: n.Wire, Envs: n.Envs, Now: n.Now,
		Limits: func() bot.Limits { return n.Limits }, Render: n.Render, Armed: n.armed,
		Edited: func(bot.Occurrence) bool { return false }, Card: func() bot.Card { return bot.Card{Name: "Casa Aurora"} }, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&config)
	}
	n.Pump = pump.New(config)
	n.Is(bot.NumberSynced)
	return n
}

// Shipped is the flow that `optinbot init` makes.
func Shipped(t testing.TB) string {
	t.Helper()
	source, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

func (n *Number) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

// Now is the time that the test has set.
func (n *Number) Now() time.Time {
	if n.clock != nil {
		return n.clock()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now
}

// Pass lets time pass, and nothing else.
func (n *Number) Pass(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(d)
}

// NewID is another message ID at each call.
func (n *Number) NewID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids++
	return fmt.Sprintf("3EB0%04d", n.ids)
}

// SetClock lets another clock than the test's own tell the time.
func (n *Number) SetClock(now func() time.Time) { n.clock = now }

// Envs is what decisions need.
func (n *Number) Envs(string) bot.Env {
	return bot.Env{
		Now:       n.Now(),
		Unlimited: n.Limits.Unlimited,
		Brake:     n.Limits.AnswerBrake(),
		Machine:   n.machine,
		Wire:      n.Can,
		NewID:     n.NewID,
		CardText:  "Casa Aurora",
	}
}

func (n *Number) armed(o bot.Occurrence) (*flows.Broadcast, error) {
	b, bad := flows.LoadBroadcast(o.Broadcast+".yaml", []byte(o.Content), n.machine.Flow)
	if len(bad) > 0 {
		return nil, fmt.Errorf("%v", bad)
	}
	return b, nil
}

// Render writes the text of an occurrence for a contact.
func (n *Number) Render(o bot.Occurrence, c *bot.Contact) (bot.Promotion, error) {
	b, err := n.armed(o)
	if err != nil {
		return bot.Promotion{}, err
	}
	return bot.RenderFor(n.Can, n.machine.Flow, b, c), nil
}

// Is tells the pump what happened to the connection.
func (n *Number) Is(kind bot.NumberEventKind) {
	n.t.Helper()
	n.must(n.Pump.NumberEvent(n.t.Context(), bot.NumberEvent{Kind: kind, At: n.Now()}))
}

// Message is one that a phone writes, a second after the last.
func (n *Number) Message(phone, text string) bot.Message {
	n.Pass(time.Second)
	return bot.Message{
		ID:         "IN" + n.NewID(),
		Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}},
		Kind:       bot.KindText,
		Text:       text,
		At:         n.Now(),
	}
}

// Writes lets a phone write, and returns its contact after the turn.
func (n *Number) Writes(phone, text string) bot.Contact {
	n.t.Helper()
	turn, err := n.Pump.HandleMessage(n.t.Context(), n.Message(phone, text))
	n.must(err)
	return turn.Contact
}

// Sends sends all that is to be sent now.
func (n *Number) Sends() {
	n.t.Helper()
	for {
		sent, err := n.Pump.SendNext(n.t.Context())
		n.must(err)
		if !sent {
			return
		}
	}
}

// Contact is read from the store. Nil: nobody has that phone.
func (n *Number) Contact(phone string) *bot.Contact {
	n.t.Helper()
	c, err := n.Store.Contact(n.t.Context(), Name, phone)
	n.must(err)
	return c
}

// Draft is a broadcast with a text.
func Draft(name string) bot.Occurrence {
	return bot.Occurrence{Number: Name, Broadcast: name, Content: "text: {en: " + name + " is here}", Version: name}
}

// Arms arms a draft for now.
func (n *Number) Arms(name string) bot.Occurrence {
	n.t.Helper()
	return n.ArmsFile(name, nil)
}

// ArmsFile arms a draft with a file for now. Nil: without one.
func (n *Number) ArmsFile(name string, file *bot.Media) bot.Occurrence {
	n.t.Helper()
	o := Draft(name)
	o.Key, o.DueAt, o.ArmedAt, o.Media = n.NewID(), n.Now(), n.Now(), file
	o, err := n.Store.Arm(context.WithoutCancel(n.t.Context()), o)
	n.must(err)
	return o
}
