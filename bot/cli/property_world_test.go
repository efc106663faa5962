package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"pgregory.net/rapid"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/store"
)

// propertyWorld is a process that may die at any statement, the folder that outlives it, and WhatsApp.
type propertyWorld struct {
	t      *rapid.T
	ctx    context.Context
	dir    string
	place  store.Options // where the store is
	house  *desk.Desk
	pumps  map[string]*pump.Pump
	model  *model
	limits bot.Limits
	did    tally

	now        time.Time
	statements int // until the process dies; 0: it does not
	dead       bool
	busy       bool             // a message comes while another is under way
	underWay   map[string]bool  // message IDs of what is claimed and has not ended: true of a promotion
	claimed    map[string]int64 // whom each of them is to
	cloud      bool             // the numbers are on the Cloud API
	smooth     bool             // nothing goes wrong
	settling   bool             // messages are delivered again after a start
	ids        int

	unacked     map[string][]written // WhatsApp delivers these again until they are acknowledged, in any order
	away        map[string][]written // these are on their way, for as long as they like
	past        []written
	occurrences []int64
	occurrence  map[int64]bot.Occurrence
	reached     map[string]int    // times the other side received a message ID
	texts       map[string]string // what it said
	promotions  map[string]bool   // message IDs of promotions
	sent        []string          // all message IDs, in order
	heads       map[string]string // of the ledgers
}

func newPropertyWorld(t *rapid.T, machines map[string]*bot.Machine, dir string, place store.Options, did tally) *propertyWorld {
	w := &propertyWorld{
		t: t, ctx: context.Background(), dir: dir, place: place, did: did, model: newModel(), limits: bot.DefaultLimits(),
		now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), unacked: map[string][]written{}, away: map[string][]written{}, reached: map[string]int{}, texts: map[string]string{},
		underWay: map[string]bool{}, claimed: map[string]int64{}, promotions: map[string]bool{}, heads: map[string]string{}, occurrence: map[int64]bot.Occurrence{},
	}
	w.limits.Unlimited = rapid.IntRange(0, 2).Draw(t, "limits") > 0
	w.limits.Established = true
	w.cloud = rapid.Bool().Draw(t, "on the Cloud API")
	w.house = desk.New(desk.Options{Config: &config.Config{}, Now: func() time.Time { return w.now }, NewID: w.newID})
	for number, m := range machines {
		if w.cloud {
			w.limits.Wire = bot.CloudAbilities()
			w.house.Numbers[number] = config.Number{Name: number, Transport: config.TransportCloud}
		}
		w.house.Swap(number, m)
		w.model.brands[number], w.model.confirm[number] = m.Flow.Brand, m.Flow.OptIn.Confirm
	}
	w.open()
	w.must(w.house.Introduce(t.Context()))
	for _, n := range propertyNumbers {
		w.must(w.house.Store.Linked(w.ctx, n, "jid", "", w.now.AddDate(0, 0, -90)))
		w.must(w.house.Store.RegisterSource(w.ctx, n, propertySource, w.now))
		w.must(w.templates(n, bot.TemplateApproved))
	}
	w.connect()
	return w
}

func (w *propertyWorld) newID() string { w.ids++; return fmt.Sprintf("3EB0%06X", w.ids) }

func (w *propertyWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *propertyWorld) close() { w.must(w.house.Store.Close()) }

// in makes an action of the state machine: whatever it was doing, a dead process is started again.
func (w *propertyWorld) in(do func()) func(*rapid.T) {
	return func(t *rapid.T) { w.t = t; do() }
}

// risk does something during which the process may die, at any statement, and starts it again then.
func (w *propertyWorld) risk(do func() error) {
	w.t.Helper()
	if rapid.IntRange(0, 5).Draw(w.t, "dies") == 5 {
		w.statements = rapid.IntRange(1, 30).Draw(w.t, "statement")
	}
	err := do()
	w.statements = 0
	if w.dead {
		w.restart()
		return
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// fault is asked before every statement. A process that died does nothing more.
func (w *propertyWorld) fault(string) error {
	if w.statements > 0 {
		if w.statements--; w.statements == 0 {
			w.dead = true
		}
	}
	if w.dead {
		return errCrash
	}
	return nil
}

func (w *propertyWorld) open() {
	w.place.Strict, w.place.Faults = true, w.fault
	s, err := store.Open(w.ctx, w.dir, w.place)
	w.must(err)
	w.house.Store = s
	w.pumps = map[string]*pump.Pump{}
	for _, n := range propertyNumbers {
		w.pumps[n] = pump.New(pump.Config{
			Number: n, Inbox: propertyInbox{s, w}, Outbox: propertyOutbox{s, w}, Timers: s, Schedule: s, Transport: propertyTransport{w, n},
			Envs: w.envsOf(n), Now: w.house.Now, Limits: func() bot.Limits { return w.limits }, Render: w.house.Render, Armed: w.house.ArmedNow,
			Edited: func(bot.Occurrence) bool { return false }, Card: func() bot.Card { return bot.Card{} }, Log: slog.New(slog.DiscardHandler),
		})
	}
}

func (w *propertyWorld) connect() {
	for _, n := range propertyNumbers {
		w.must(w.pumps[n].NumberEvent(w.ctx, bot.NumberEvent{Kind: bot.NumberSynced, At: w.now}))
		w.must(w.meet(n))
	}
}

// restart is the next start of the process: it settles what was left, and WhatsApp delivers again what was not acknowledged.
func (w *propertyWorld) restart() {
	w.t.Helper()
	w.did["crash"]++
	w.must(w.house.Store.Close())
	w.dead, w.busy = false, false
	clear(w.underWay)
	clear(w.claimed)
	w.open()
	for _, n := range propertyNumbers {
		_, err := w.house.Store.Recover(w.ctx, n, w.now, w.house.Envs)
		w.must(err)
		w.nothingClaimed(n)
	}
	w.connect()
	w.settling = true // it does not die while it is at that, or it would never end
	for _, n := range propertyNumbers {
		w.must(w.deliver(n))
	}
	w.settling = false
}

func (w *propertyWorld) nothingClaimed(number string) {
	w.t.Helper()
	w.eachContact(number, func(c *bot.Contact) {
		for _, l := range w.chat(c.ID) {
			if l.FromUs && l.Status == "claimed" {
				w.t.Fatalf("after Recover a %s is still claimed", l.Kind)
			}
		}
		for _, d := range w.deliveries(c.ID) {
			if d.Status == bot.DeliveryClaimed {
				w.t.Fatal("after Recover a delivery is still claimed")
			}
		}
	})
}

func (w *propertyWorld) eachContact(number string, do func(*bot.Contact)) {
	w.must(w.house.Store.Contacts(w.ctx, number, "", func(c *bot.Contact) error { do(c); return nil }))
}

func (w *propertyWorld) chat(contact int64) []store.Line {
	lines, err := w.house.Store.Conversation(w.ctx, contact, 10_000)
	w.must(err)
	return lines
}

func (w *propertyWorld) deliveries(contact int64) (out []store.Delivery) {
	for _, o := range w.occurrences {
		w.must(w.house.Store.Deliveries(w.ctx, o, contact, func(d store.Delivery) error { out = append(out, d); return nil }))
	}
	return out
}
