// Package storetest is one suite that every store has to pass.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
)

// Open opens the store at a place. The same place again, after Close or beside it, is the same
// store.
type Open func(t *testing.T, place string, o store.Options) *store.Store

// Exercise runs the suite. It is about C2, C4, C6, C7, C8, T1, B1, B6, B7 and O4.
func Exercise(t *testing.T, open Open) {
	for _, group := range []map[string]func(*testing.T, *rig){turns, writes, deliveries, clocks, erasures, audiences, outcomes, guards, afterwards, schedules, orders, refusals, brakes, bounds, pairs, events, causes, costs, standings, groups} {
		exercise(t, open, group)
	}
}

// Standings runs what the suite has about how many people WhatsApp's platform lets a number write to
// first. It is about K1.
func Standings(t *testing.T, open Open) { exercise(t, open, standings) }

func exercise(t *testing.T, open Open, group map[string]func(*testing.T, *rig)) {
	for name, test := range group {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, open)
			test(t, r)
			r.counted()
		})
	}
}

// The numbers of a rig: two of one brand, and another.
const (
	shop     = "shop"
	outlet   = "outlet"
	stranger = "stranger"
)

// A rig is a store with three numbers, a clock that is moved by hand, and the shipped flow.
type rig struct {
	t       *testing.T
	ctx     context.Context
	open    Open
	place   string
	s       *store.Store
	machine *bot.Machine
	now     time.Time
	limits  bot.Limits
	ids     int
	fault   func(statement string) error
	other   map[bot.Identity]bot.Identity // what the session's map knows
}

func newRig(t *testing.T, open Open) *rig {
	t.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	flow, bad := flows.Load("promotions.yaml", src)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	r := &rig{t: t, ctx: context.Background(), open: open, place: t.TempDir(), machine: bot.NewMachine(flow), limits: bot.DefaultLimits()}
	r.now = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	r.limits.Unlimited = true
	r.s = r.another()
	t.Cleanup(func() { r.must(r.s.Close()) })
	for number, brand := range map[string]string{shop: flow.Brand, outlet: flow.Brand, stranger: "somebody else"} {
		r.must(r.s.EnsureNumber(r.ctx, number, words.Normalise(brand), r.machine.Version()))
		r.must(r.s.Linked(r.ctx, number, number+"@jid", "+100", r.now.AddDate(0, 0, -90)))
		r.must(r.s.NumberEvent(r.ctx, number, bot.NumberEvent{Kind: bot.NumberSynced, At: r.now}))
	}
	return r
}

// another opens the same place beside the store that is open.
func (r *rig) another() *store.Store {
	return r.open(r.t, r.place, store.Options{Strict: true, Faults: func(statement string) error {
		if r.fault == nil {
			return nil
		}
		return r.fault(statement)
	}})
}

// reopen closes the store and opens it again, as the next start of the process does.
func (r *rig) reopen() {
	r.t.Helper()
	r.must(r.s.Close())
	r.s = r.another()
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) newID() string { r.ids++; return fmt.Sprintf("3EB0%04d", r.ids) }

func (r *rig) envs(string) bot.Env {
	return bot.Env{Now: r.now, Unlimited: r.limits.Unlimited, Wire: r.limits.Wire, Brake: r.limits.AnswerBrake(), Machine: r.machine, NewID: r.newID, CardText: "card", OtherAddress: r.otherOf}
}

func (r *rig) otherOf(id bot.Identity) (bot.Identity, bool) {
	other, ok := r.other[id]
	return other, ok
}

func phone(value string) bot.Identity { return bot.Identity{Kind: bot.Phone, Value: value} }
func lid(value string) bot.Identity   { return bot.Identity{Kind: bot.LID, Value: value} }
func bsuid(value string) bot.Identity { return bot.Identity{Kind: bot.BSUID, Value: value} }

var (
	anna = phone("+5511900000001")
	bob  = phone("+12125550102")
	cleo = phone("+34600000003")
)

// message makes a live message, one second after the last.
func (r *rig) message(text string, from ...bot.Identity) bot.Message {
	r.now = r.now.Add(time.Second)
	return bot.Message{ID: "IN" + r.newID(), Identities: from, Kind: bot.KindText, Text: text, At: r.now}
}

func (r *rig) takes(number string, m bot.Message) bot.Turn {
	r.t.Helper()
	turn, err := r.s.HandleMessage(r.ctx, number, m, r.envs)
	r.must(err)
	return turn
}

func (r *rig) writes(number, text string, from ...bot.Identity) bot.Contact {
	r.t.Helper()
	return r.takes(number, r.message(text, from...)).Contact
}

// subscribes lets somebody opt in, and everything the bot says to that arrive.
func (r *rig) subscribes(number string, from ...bot.Identity) bot.Contact {
	r.t.Helper()
	r.writes(number, "I want promotions", from...)
	r.answers(number, from...)
	r.says(number)
	return *r.contact(number, from[0])
}

// answers lets somebody answer whatever the flow asks.
func (r *rig) answers(number string, from ...bot.Identity) {
	r.t.Helper()
	for range 9 {
		if r.contact(number, from[0]).FlowQuestion == nil {
			return
		}
		r.writes(number, "A", from...)
	}
	r.t.Fatal("the flow never stops asking")
}

// says sends all replies that wait and returns their kinds.
func (r *rig) says(number string) (kinds []bot.SayKind) {
	r.t.Helper()
	for k := r.reply(number); k != nil; k = r.reply(number) {
		r.ends(*k, bot.SendAccepted)
		kinds = append(kinds, k.Kind)
	}
	return kinds
}

func (r *rig) reply(number string) *bot.Claim {
	r.t.Helper()
	k, err := r.s.ClaimReply(r.ctx, number, r.now, r.limits.AnswerBrake(), true)
	r.must(err)
	return k
}

func (r *rig) ends(k bot.Claim, status bot.SendStatus) {
	r.t.Helper()
	r.must(r.s.Record(r.ctx, k, bot.SendResult{Status: status}, r.envs))
}

func (r *rig) contact(number string, id bot.Identity) *bot.Contact {
	r.t.Helper()
	c, err := r.s.Contact(r.ctx, number, id.Value)
	r.must(err)
	if c == nil {
		r.t.Fatalf("nobody on %s is %v", number, id)
	}
	return c
}

func (r *rig) wants(number string, id bot.Identity, want bot.Consent) {
	r.t.Helper()
	if c := r.contact(number, id); c.Consent != want {
		r.t.Fatalf("%v is %s on %s, want %s", id, c.Consent, number, want)
	}
}

// counted checks that what is counted and searched is what is there, after every test of the suite.
func (r *rig) counted() {
	r.t.Helper()
	r.fault = nil
	problems, err := r.s.Miscounted(r.ctx)
	r.must(err)
	for _, problem := range problems {
		r.t.Error(problem)
	}
}

// holds checks that every ledger verifies.
func (r *rig) holds() {
	r.t.Helper()
	for _, number := range []string{shop, outlet, stranger} {
		v, err := r.s.Verify(r.ctx, number, "")
		r.must(err)
		if len(v.Problems) > 0 {
			r.t.Fatalf("ledger of %s: %q", number, v.Problems)
		}
	}
}

const armedContent = "text: {en: an offer, pt: uma oferta, es: una oferta}"

// arms schedules an occurrence for now.
func (r *rig) arms(number string) bot.Occurrence {
	r.t.Helper()
	o, err := r.s.Arm(r.ctx, bot.Occurrence{Number: number, Broadcast: "weekly", Key: r.newID(), DueAt: r.now, ArmedAt: r.now, Content: armedContent, Version: r.newID()})
	r.must(err)
	return o
}

func (r *rig) plans(o bot.Occurrence) (changes []bot.Change) {
	r.t.Helper()
	r.must(r.s.Plan(r.ctx, o, r.armed, r.limits, r.now))
	return r.assesses()
}

// assesses looks at all whom nobody has looked at yet.
func (r *rig) assesses() (changes []bot.Change) {
	r.t.Helper()
	for more := true; more; {
		var err error
		more, err = r.s.Assess(r.ctx, shop, r.limits, r.now, func(c bot.Change) { changes = append(changes, c) })
		r.must(err)
	}
	return changes
}

func render(bot.Occurrence, *bot.Contact) (bot.Promotion, error) {
	return bot.Promotion{Text: "an offer", Variant: 1}, nil
}

// A singleClaim is the result of claiming one promotion.
type singleClaim struct {
	bot.ClaimResult
	Claim *bot.Claim // nil where there is none
}

func (r *rig) claims(number string) (c singleClaim) {
	r.t.Helper()
	c.ClaimResult = r.claimsMany(number, 1)
	if len(c.Claims) > 0 {
		c.Claim = c.Claims[0]
	}
	return c
}

// claimsMany claims several promotions at a time.
func (r *rig) claimsMany(number string, most int) bot.ClaimResult {
	r.t.Helper()
	c, err := r.s.ClaimDeliveries(r.ctx, number, r.now, r.limits, r.envs, render, most)
	r.must(err)
	return c
}

// claimed is a claim that must be for a contact.
func (r *rig) claimed(number string, want bot.Contact) bot.Claim {
	r.t.Helper()
	c := r.claims(number)
	if c.Claim == nil || c.Claim.Contact.ID != want.ID {
		r.t.Fatalf("claimed %+v, want a promotion to contact %d", c, want.ID)
	}
	return *c.Claim
}

func (r *rig) claimsNothing(number string) {
	r.t.Helper()
	if c := r.claims(number); c.Claim != nil {
		r.t.Fatalf("claimed %+v, want nothing", c.Claim)
	}
}

// delivery checks what became of one and returns it.
func (r *rig) delivery(o bot.Occurrence, c bot.Contact, status bot.DeliveryStatus, reason bot.Reason) store.Delivery {
	r.t.Helper()
	d, err := r.s.Delivery(r.ctx, o.ID, c.ID)
	r.must(err)
	if d == nil || d.Status != status || d.Reason != reason {
		r.t.Fatalf("the delivery is %+v, want %s %s", d, status, reason)
	}
	return *d
}

// waiting lists the kinds of what is in the outbox for a contact with a status.
func (r *rig) outbox(c bot.Contact, status string) (kinds []string) {
	r.t.Helper()
	lines, err := r.s.Conversation(r.ctx, c.ID, 1000)
	r.must(err)
	for _, l := range lines {
		if l.FromUs && l.Status == status {
			kinds = append(kinds, l.Kind)
		}
	}
	return kinds
}

func equal[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

// armed is what an occurrence's content says, for the rig's flow.
func (r *rig) armed(o bot.Occurrence) (*flows.Broadcast, error) {
	b, bad := flows.LoadBroadcast(o.Broadcast+".yaml", []byte(o.Content), r.machine.Flow)
	if len(bad) > 0 {
		return nil, fmt.Errorf("%v", bad)
	}
	return b, nil
}
