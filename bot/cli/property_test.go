package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/pump"
	"optinbot/flows"
	"optinbot/flows/words"
	"optinbot/store"
)

// TestProperty drives random interleavings of everything that can happen, with crashes at every statement of every write, and
// compares the store with a model of its own (property_model_test.go) after each step. It is about C1, C2, C4, C5, C7, C8, T1,
// B1 and B6. docs/testing.md says how to run it for long, and which mutations of the code it was shown to find.
func TestProperty(t *testing.T) {
	shop := propertyFlows(t)
	propertyChecks(t)
	did := tally{}
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		w := newPropertyWorld(rt, shop, dir, did)
		defer w.close()
		w.prelude()
		rt.Repeat(map[string]func(*rapid.T){
			"write":       w.in(w.write),
			"write 2":     w.in(w.write),
			"write 3":     w.in(w.write),
			"again":       w.in(w.again),
			"arrive":      w.in(w.arrive),
			"arrive 2":    w.in(w.arrive),
			"clock":       w.in(w.clock),
			"send":        w.in(w.send),
			"send 2":      w.in(w.send),
			"send 3":      w.in(w.send),
			"broadcast":   w.in(w.broadcast),
			"broadcast 2": w.in(w.broadcast),
			"turn":        w.in(w.turnOccurrence),
			"operator":    w.in(w.operator),
			"receipt":     w.in(w.receipt),
			"learn":       w.in(w.learn),
			"learn 2":     w.in(w.learn),
			"":            w.in(w.check),
		})
	})
	t.Logf("%v", did)
	for what, turns := range map[string]int{"promotion": 300, "stop": 300, "opt-in": 300, "duplicate": 300, "crash": 300, "stop while a promotion was under way": 3000} {
		if did[what] == 0 && did["turn"] > turns && !t.Failed() {
			t.Errorf("no %s happened: the test shows nothing", what)
		}
	}
}

// A tally counts what happened, so that nobody takes an idle run for a proof.
type tally map[string]int

// propertyChecks sets how long the test runs: short by default, -rapid.checks=N for a long run.
func propertyChecks(t *testing.T) {
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if set {
		return
	}
	checks := "40"
	if testing.Short() || raceDetector {
		checks = "10"
	}
	if testing.Short() {
		checks = "50" // of which rapid does a fifth
	}
	before := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
}

const (
	mainNumber  = "main"
	otherNumber = "outlet" // of the same brand; its flow asks back before it subscribes
	strangeOne  = "strange"
)

var propertyNumbers = []string{mainNumber, otherNumber, strangeOne}

// number draws one; most happens on the main number.
func (w *propertyWorld) number() string {
	return rapid.SampledFrom([]string{mainNumber, mainNumber, mainNumber, otherNumber, otherNumber, strangeOne}).Draw(w.t, "number")
}

// propertyFlows are the shipped flow and two relatives.
func propertyFlows(t *testing.T) map[string]*bot.Machine {
	t.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	load := func(old, new string) *bot.Machine {
		text := strings.Replace(string(src), old, new, 1)
		if old != new && text == string(src) {
			t.Fatalf("the shipped flow has no %q", old)
		}
		flow, bad := flows.Load("promotions.yaml", []byte(text))
		if len(bad) > 0 {
			t.Fatal(desk.Problems(bad))
		}
		return bot.NewMachine(flow)
	}
	shop := map[string]*bot.Machine{
		mainNumber:  load("", ""),
		otherNumber: load("confirm: false", "confirm: true"),
		strangeOne:  load("brand: Casa Aurora", "brand: Loja Azul"),
	}
	if checkTexts(t, shop[mainNumber].Flow.Words); t.Failed() {
		t.FailNow()
	}
	return shop
}

// propertyTexts are what people write, and what they mean by it.
func propertyTexts() map[label][]string {
	return map[label][]string{
		labelOptIn:  {"I want promotions", "quero promoções!", "QUIERO PROMOCIONES 😊"},
		labelNear:   {"i wnat promotions", "hello, I want promotions", "promotions please"},
		labelStop:   {"2", "STOP", "não quero mais", "unsubscribe", "stop the messages", "me tira da lista", "désabonner", "berhenti", "stpo"},
		labelUnsure: {"could you send fewer messages?"},
		labelYes:    {"yes", "sim"},
		labelNo:     {"no", "não"},
		labelOther:  {"A", "all", "A C", "B", "preferences", "help", "oi", "how much is the red bag", "español", "😀", ""},
	}
}

// checkTexts makes sure that the recogniser reads them so: else the model and not the code would be wrong.
func checkTexts(t *testing.T, v *words.Vocabulary) {
	t.Helper()
	for l, texts := range propertyTexts() {
		for _, text := range texts {
			for _, language := range []string{"en", "pt", "es"} {
				got, phrase, answer := v.Recognise(text, language).Outcome, v.OptIn(text, language, func(string) bool { return false }).Match, v.YesNo(text, language)
				right := (got == words.Out) == (l == labelStop) && (got == words.Unsure) == (l == labelUnsure) &&
					(phrase == words.Exact) == (l == labelOptIn) && (phrase == words.Near) == (l == labelNear) &&
					(answer == words.Yes) == (l == labelYes) && (answer == words.No) == (l == labelNo)
				if !right {
					t.Errorf("%q (%s) is read as %v, %v, %v", text, l, got, phrase, answer)
				}
			}
		}
	}
}

var (
	errCrash = errors.New("the process died")
	anna     = bot.Identity{Kind: bot.Phone, Value: "+5511900000001"}
	bob      = bot.Identity{Kind: bot.Phone, Value: "+12125550102"}
	cleo     = bot.Identity{Kind: bot.Phone, Value: "+34600000003"}
)

func lid(n string) bot.Identity { return bot.Identity{Kind: bot.LID, Value: n} }

// senders are the ways in which a handful of people appear.
func senders() [][]bot.Identity {
	return [][]bot.Identity{
		{anna}, {anna, lid("101")}, {lid("101")}, {anna, lid("109")}, // 109: her phone has a new owner
		{bob}, {bob, lid("202")}, {lid("202")}, {lid("202"), cleo}, // Bob changes his phone to what was Cleo's
		{cleo, lid("303")}, {lid("303")},
	}
}

// propertyWorld is a process that may die at any statement, the folder that outlives it, and WhatsApp.
type propertyWorld struct {
	t      *rapid.T
	ctx    context.Context
	dir    string
	house  *desk.Desk
	pumps  map[string]*pump.Pump
	model  *model
	limits bot.Limits
	did    tally

	now        time.Time
	statements int // until the process dies; 0: it does not
	dead       bool
	busy       bool  // something is being sent
	promoting  int64 // the contact of the promotion that is being sent
	smooth     bool  // nothing goes wrong
	settling   bool  // messages are delivered again after a start
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

func newPropertyWorld(t *rapid.T, machines map[string]*bot.Machine, dir string, did tally) *propertyWorld {
	w := &propertyWorld{
		t: t, ctx: context.Background(), dir: dir, did: did, model: newModel(), limits: bot.DefaultLimits(),
		now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), unacked: map[string][]written{}, away: map[string][]written{}, reached: map[string]int{}, texts: map[string]string{},
		promotions: map[string]bool{}, heads: map[string]string{}, occurrence: map[int64]bot.Occurrence{},
	}
	w.limits.Unlimited = rapid.IntRange(0, 2).Draw(t, "limits") > 0
	w.limits.Established = true
	w.house = &desk.Desk{
		Options: desk.Options{Now: func() time.Time { return w.now }, NewID: w.newID}, Machines: machines, Numbers: map[string]config.Number{},
		Armed: map[string]*flows.Broadcast{}, Limits: map[string]bot.Limits{},
	}
	for number, m := range machines {
		w.model.brands[number], w.model.confirm[number] = m.Flow.Brand, m.Flow.OptIn.Confirm
	}
	w.open()
	w.must(w.house.Introduce(t.Context()))
	for _, n := range propertyNumbers {
		w.must(w.house.Store.Linked(w.ctx, n, "jid", "", w.now.AddDate(0, 0, -90)))
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
	s, err := store.Open(w.ctx, w.dir, store.Options{Strict: true, Faults: w.fault})
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
	w.open()
	for _, n := range propertyNumbers {
		_, err := w.house.Store.Recover(w.ctx, n, w.now)
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

// deliver hands over what WhatsApp has for a number, in whatever order.
func (w *propertyWorld) deliver(number string) error {
	for len(w.unacked[number]) > 0 && !w.dead {
		first := 0
		if n := len(w.unacked[number]); n > 1 && !w.smooth {
			first = rapid.IntRange(0, n-1).Draw(w.t, "comes first")
		}
		m := w.unacked[number][first]
		if took := w.model.seen[m.key()]; took != nil && (len(m.Identities) == 1 || m.History) && took != w.model.holder(number, m.Identities[0].Kind, m.Identities[0].Value) {
			w.unacked[number] = slices.Delete(w.unacked[number], first, first+1)
			continue // see again
		}
		seen := m
		seen.Message = w.model.lookUp(number, m.Message)
		if _, err := (w.pumps[number].HandleMessage(context.WithValue(w.ctx, writtenKey{}, seen), seen.Message)); err != nil {
			return err
		}
		if w.dead {
			return errCrash // between the commit and the acknowledgement
		}
		w.unacked[number] = slices.Delete(w.unacked[number], first, first+1)
		w.past = append(w.past, m)
	}
	return nil
}

type writtenKey struct{}

type propertyInbox struct {
	*store.Store
	w *propertyWorld
}

// Take tells the model of what was committed, and may die right after the commit.
func (i propertyInbox) HandleMessage(ctx context.Context, number string, m bot.Message, envs bot.Envs) (bot.Turn, error) {
	turn, err := i.Store.HandleMessage(ctx, number, m, envs)
	if err != nil {
		return turn, err
	}
	w, wr := i.w, ctx.Value(writtenKey{}).(written)
	if wrong := w.model.turn(wr, turn, w.now); wrong != "" {
		w.t.Fatal(wrong)
	}
	w.count(wr, turn)
	if !turn.Duplicate && wr.label == labelStop && !wr.FromMe && !wr.History && w.model.stood {
		w.nothingWaits(turn.Contact.ID)
	}
	if !w.busy && !w.settling && !w.smooth && rapid.IntRange(0, 15).Draw(w.t, "dies unacknowledged") == 15 {
		w.dead = true
	}
	return turn, nil
}

func (w *propertyWorld) count(m written, turn bot.Turn) {
	if turn.Duplicate {
		w.did["duplicate"]++
		return
	}
	w.did["turn"]++
	w.did[string(m.label)]++
	if m.label == labelStop && w.promoting != 0 && turn.Contact.ID == w.promoting {
		w.did["stop while a promotion was under way"]++
	}
}

// nothingWaits is what voiding is for: in the transaction of the stop nothing but the goodbye is left to send, and every
// delivery says why.
func (w *propertyWorld) nothingWaits(contact int64) {
	w.t.Helper()
	for _, l := range w.chat(contact) {
		if l.FromUs && l.Status == "queued" && l.Kind != string(bot.SayGoodbye) {
			w.t.Fatalf("after their stop a %s still waits for them: %q", l.Kind, l.Text)
		}
	}
	w.noPromotionWaits(contact)
}

func (w *propertyWorld) noPromotionWaits(contact int64) {
	w.t.Helper()
	for _, d := range w.deliveries(contact) {
		if d.Status == bot.DeliveryPlanned || d.Status == bot.DeliveryHeld {
			w.t.Fatalf("after their stop a delivery to them is still %s", d.Status)
		}
	}
}

type propertyOutbox struct {
	*store.Store
	w *propertyWorld
}

// ClaimDelivery asks the model about every claim, at its commit.
func (o propertyOutbox) ClaimDelivery(ctx context.Context, number string, now time.Time, l bot.Limits, envs bot.Envs, render bot.Render) (bot.ClaimResult, error) {
	r, err := o.Store.ClaimDelivery(ctx, number, now, l, envs, render)
	if err == nil {
		o.w.met(number)
	}
	if err == nil && r.Claim != nil {
		o.w.promotions[r.Claim.MessageID] = true
		o.w.promoting = r.Claim.Contact.ID
		o.w.did["promotion"]++
		if wrong := o.w.model.promoted(*r.Claim, l); wrong != "" {
			o.w.t.Fatal(wrong)
		}
		state, _, _, err := o.Guard(ctx, r.Claim.Occurrence, now)
		o.w.must(err)
		if state.Level == bot.GuardPause {
			o.w.t.Fatal("a promotion of an occurrence that the guard has paused")
		}
	}
	return r, err
}

type propertyTransport struct {
	w      *propertyWorld
	number string
}

func (propertyTransport) Prepare(bot.Media) <-chan struct{} { return nil }

func (propertyTransport) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// Send ends in any way that sends end. A message may arrive in the middle of it, and the process may die before and after.
func (p propertyTransport) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	w := p.w
	if w.smooth {
		w.receives(m)
		w.model.accepted[m.ID] = true
		return bot.SendResult{Status: bot.SendAccepted}
	}
	if rapid.IntRange(0, 3).Draw(w.t, "meanwhile") == 3 {
		w.busy = true
		if rapid.Bool().Draw(w.t, "from the receiver") {
			w.composeFrom(p.number, m.To[:1], rapid.SampledFrom([]label{labelStop, labelStop, labelUnsure, labelOptIn, labelOther}).Draw(w.t, "means"))
		} else {
			w.compose(p.number)
		}
		if err := w.deliver(p.number); err != nil && !w.dead {
			w.t.Fatal(err)
		}
		w.busy = false
	}
	w.promoting = 0
	if w.dead {
		return bot.SendResult{Status: bot.SendUnknown}
	}
	end := rapid.SampledFrom([]string{"accepted", "accepted", "accepted", "accepted", "lost", "arrived", "refused", "463", "not tried", "dies before", "dies after"}).Draw(w.t, "end")
	switch end {
	case "accepted", "arrived", "dies after":
		w.receives(m)
	}
	switch end {
	case "accepted":
		w.model.accepted[m.ID] = true
		return bot.SendResult{Status: bot.SendAccepted}
	case "refused":
		return bot.SendResult{Status: bot.SendRefused, Code: 400}
	case "463":
		return bot.SendResult{Status: bot.SendRefused, Code: 463}
	case "not tried":
		w.model.notTried(m.ID)
		return bot.SendResult{Status: bot.SendNotTried}
	case "dies before", "dies after":
		w.dead = true
	}
	return bot.SendResult{Status: bot.SendUnknown}
}

// receives counts on the other side.
func (w *propertyWorld) receives(m bot.Outgoing) {
	most := 2
	if w.promotions[m.ID] {
		most = 1
	}
	if w.reached[m.ID]++; w.reached[m.ID] > most {
		w.t.Fatalf("%q reached its receiver %d times", m.Text, w.reached[m.ID])
	}
	if text, ok := w.texts[m.ID]; ok && text != m.Text {
		w.t.Fatalf("one message ID, two texts: %q and %q", text, m.Text)
	}
	w.texts[m.ID] = m.Text
	w.sent = append(w.sent, m.ID)
}

// prelude lets a few people opt in without trouble, so that there is somebody to write to.
func (w *propertyWorld) prelude() {
	w.smooth = true
	for i, number := range []string{mainNumber, mainNumber, mainNumber, otherNumber} {
		if rapid.IntRange(0, 3).Draw(w.t, "has opted in") == 0 {
			continue
		}
		ids := [][]bot.Identity{{anna}, {bob, lid("202")}, {lid("303")}, {anna, lid("101")}}[i]
		for _, said := range []struct {
			text string
			label
		}{{"I want promotions", labelOptIn}, {"yes", labelYes}, {"A", labelOther}, {"A", labelOther}} {
			if said.label == labelYes && !w.model.confirm[number] {
				continue
			}
			w.unacked[number] = append(w.unacked[number], written{number: number, label: said.label, Message: bot.Message{
				ID: "IN" + w.newID(), Identities: ids, Kind: bot.KindText, Text: said.text, At: w.now,
			}})
			w.must(w.deliver(number))
		}
		for sent := true; sent; {
			var err error
			sent, err = w.pumps[number].SendNext(w.ctx)
			w.must(err)
		}
	}
	w.smooth = false
	w.now = w.now.Add(31 * time.Minute) // whatever they were asked no longer holds promotions
}

// The actions.

// write lets somebody write.
func (w *propertyWorld) write() {
	number := w.number()
	w.compose(number)
	w.risk(func() error { return w.deliver(number) })
}

// compose puts a new message into what WhatsApp has for the number.
func (w *propertyWorld) compose(number string) {
	w.composeFrom(number, rapid.SampledFrom(senders()).Draw(w.t, "from"), rapid.SampledFrom([]label{
		labelOptIn, labelOptIn, labelOptIn, labelStop, labelStop, labelOther, labelOther, labelNear, labelYes, labelNo, labelUnsure,
	}).Draw(w.t, "means"))
}

func (w *propertyWorld) composeFrom(number string, ids []bot.Identity, l label) {
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 2).Draw(w.t, "seconds later")) * time.Second)
	m := written{number: number, label: l, holder: w.model.holder(number, bot.Phone, bot.PhoneOf(ids)), Message: bot.Message{
		ID: "IN" + w.newID(), Identities: ids, Name: "Ana", Kind: bot.KindText, At: w.now,
		Text: rapid.SampledFrom(propertyTexts()[l]).Draw(w.t, "text"),
	}}
	switch rapid.SampledFrom([]string{"", "", "", "", "", "", "", "", "edit", "forwarded", "history", "human", "undecryptable", "late", "old", "reaction"}).Draw(w.t, "how") {
	case "edit":
		m.EditOf = "IN0"
	case "forwarded":
		m.Forwarded = true
	case "history":
		m.History, m.At = true, w.now.Add(-time.Duration(rapid.IntRange(1, 100).Draw(w.t, "hours ago"))*time.Hour)
	case "human":
		m.FromMe = true
	case "undecryptable":
		again := m // their phone sends it again, sooner or later
		again.resend = true
		w.away[number] = append(w.away[number], again)
		m.Kind, m.Text, m.label = bot.KindUndecryptable, "", labelOther
	case "late":
		m.At = w.now.Add(-10 * time.Minute)
	case "old":
		m.At = w.now.Add(-7 * time.Hour)
	case "reaction":
		m.Kind, m.Text, m.label = bot.KindReaction, "", labelOther
	}
	if !w.busy && rapid.IntRange(0, 3).Draw(w.t, "takes its time") == 0 {
		w.away[number] = append(w.away[number], m)
		return
	}
	w.unacked[number] = append(w.unacked[number], m)
}

// arrive lets some of what is on its way come, in any order.
func (w *propertyWorld) arrive() {
	number := w.number()
	for range rapid.IntRange(1, 3).Draw(w.t, "messages") {
		n := len(w.away[number])
		if n == 0 {
			break
		}
		i := rapid.IntRange(0, n-1).Draw(w.t, "which")
		m := w.away[number][i]
		w.away[number] = slices.Delete(w.away[number], i, i+1)
		if w.model.holder(number, bot.Phone, bot.PhoneOf(m.Identities)) != m.holder && len(m.Identities) == 1 {
			continue // see again
		}
		if m.resend && rapid.Bool().Draw(w.t, "dated anew") {
			m.At = w.now
		}
		w.unacked[number] = append(w.unacked[number], m)
	}
	w.risk(func() error { return w.deliver(number) })
}

// again delivers a message a second time, though it was acknowledged. (A message known by phone only is left out once that
// phone has passed to another account: WhatsApp does not deliver in that order.)
func (w *propertyWorld) again() {
	if len(w.past) == 0 {
		return
	}
	m := rapid.SampledFrom(w.past).Draw(w.t, "which")
	if holder := w.model.holder(m.number, bot.Phone, bot.PhoneOf(m.Identities)); holder != m.holder && len(m.Identities) == 1 {
		return
	}
	w.unacked[m.number] = append(w.unacked[m.number], m)
	w.risk(func() error { return w.deliver(m.number) })
}

// clock moves the clock and lets happen what is due.
func (w *propertyWorld) clock() {
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{
		time.Second, 40 * time.Second, 10 * time.Minute, 45 * time.Minute, 3 * time.Hour, 13 * time.Hour, 25 * time.Hour, 4 * 24 * time.Hour,
	}).Draw(w.t, "by"))
	for _, n := range propertyNumbers {
		w.risk(func() error { return w.pumps[n].Tick(w.ctx) })
	}
}

// send lets a number send for a while.
func (w *propertyWorld) send() {
	number := w.number()
	w.risk(func() error { return w.sends(number) })
}

func (w *propertyWorld) sends(number string) error {
	for range rapid.IntRange(1, 12).Draw(w.t, "messages") {
		if sent, err := w.pumps[number].SendNext(w.ctx); err != nil || !sent {
			return err
		}
	}
	return nil
}

const propertyBroadcast = "broadcast: weekly\nat: now\ntext:\n  en: \"Hi {first_name|there}, everything at {brand} is 20% off.\"\n" +
	"  pt: \"Oi, {first_name|tudo bem}: tudo na {brand} com 20% de desconto.\"\n  es: \"Hola, {first_name|qué tal}: todo en {brand} al 20% menos.\"\n"

// broadcast arms an occurrence and, most times, lets it begin.
func (w *propertyWorld) broadcast() {
	number := w.number()
	wait := rapid.SampledFrom([]time.Duration{0, 0, 0, 30 * time.Minute}).Draw(w.t, "due in")
	w.risk(func() error {
		o, err := w.house.Store.Arm(w.ctx, bot.Occurrence{
			Number: number, Broadcast: "weekly", Key: w.newID(), DueAt: w.now.Add(wait), ArmedAt: w.now, Content: propertyBroadcast, Version: "1",
		})
		if err == nil {
			w.occurrences = append(w.occurrences, o.ID)
			w.occurrence[o.ID] = o
			err = w.pumps[number].Tick(w.ctx)
		}
		if err == nil && wait == 0 {
			err = w.sends(number)
		}
		return err
	})
}

func (w *propertyWorld) turnOccurrence() {
	if len(w.occurrences) == 0 {
		return
	}
	o := rapid.SampledFrom(w.occurrences).Draw(w.t, "occurrence")
	number := w.occurrence[o].Number
	what := rapid.SampledFrom([]string{"pause", "resume", "resume", "cancel"}).Draw(w.t, "what")
	w.risk(func() (err error) {
		var done bool
		switch what {
		case "pause":
			done, err = w.house.Store.SetStatus(w.ctx, number, o, bot.OccurrencePaused, "", w.now)
		case "resume":
			done, err = w.house.Store.Resume(w.ctx, number, o, w.now)
		case "cancel":
			done, err = w.house.Store.SetStatus(w.ctx, number, o, bot.OccurrenceCancelled, "", w.now)
		}
		if done && err == nil {
			w.model.halted[o] = what != "resume"
		}
		return err
	})
}

// operator records an opt-out from outside, by whatever spelling of the phone.
func (w *propertyWorld) operator() {
	number := w.number()
	phone := rapid.SampledFrom([]string{anna.Value, "+551100000001", bob.Value, cleo.Value}).Draw(w.t, "phone")
	w.risk(func() error {
		_, err := w.house.Store.OptOutPhone(w.ctx, number, phone, "said so", w.house.Envs)
		if err == nil {
			w.model.operatorOptOut(number, phone, w.now)
		}
		return err
	})
}

// receipt lets a phone report a message, as delivered or read.
func (w *propertyWorld) receipt() {
	if len(w.sent) == 0 {
		return
	}
	id := rapid.SampledFrom(w.sent).Draw(w.t, "message")
	read := rapid.Bool().Draw(w.t, "read")
	w.model.accepted[id] = true // what a phone has, the server took
	w.risk(func() error {
		for _, n := range propertyNumbers {
			if err := w.pumps[n].Receipt(w.ctx, bot.Receipt{MessageIDs: []string{id}, Read: read, At: w.now}); err != nil {
				return err
			}
		}
		return nil
	})
}

// check compares the store with the model. It runs after every action.
func (w *propertyWorld) check() {
	for _, n := range propertyNumbers {
		if len(w.unacked[n]) > 0 {
			w.t.Fatal("a message was neither acknowledged nor delivered again")
		}
		var got []string
		w.eachContact(n, func(c *bot.Contact) {
			got = append(got, called(n, c.Identities)+": "+string(standingOf(c.Consent)))
			w.checkLedger(n, c)
			w.checkIdentities(c)
		})
		slices.Sort(got)
		if want := w.model.expected(n); !slices.Equal(got, want) {
			w.t.Fatalf("people of %s:\n  store %q\n  model %q\n%s", n, got, want, w.story(n))
		}
		w.checkChain(n)
	}
}

// story tells what the ledger of a number has, for whoever has to find out what went wrong.
func (w *propertyWorld) story(number string) string {
	var b strings.Builder
	w.eachContact(number, func(c *bot.Contact) {
		entries, err := w.house.Store.Ledger(w.ctx, number, c.ID)
		w.must(err)
		fmt.Fprintf(&b, "  contact %d, in %v, out %v\n", c.ID, c.OptedIn, c.OptedOut)
		for _, e := range entries {
			fmt.Fprintf(&b, "    %v %s %s -> %s by %s, server time %v\n", e.Public.Recorded, e.Public.Event, e.Public.From, e.Public.To, e.Public.Rule, e.Public.ServerTime)
		}
	})
	return b.String()
}

func (w *propertyWorld) checkLedger(number string, c *bot.Contact) {
	w.t.Helper()
	entries, err := w.house.Store.Ledger(w.ctx, number, c.ID)
	w.must(err)
	last := bot.New
	if len(entries) > 0 {
		last = entries[len(entries)-1].Public.To
	}
	if last != c.Consent {
		w.t.Fatalf("contact %d is %s, their last entry in the ledger says %s", c.ID, c.Consent, last)
	}
}

func (w *propertyWorld) checkIdentities(c *bot.Contact) {
	w.t.Helper()
	for i, id := range c.Identities {
		if slices.Contains(c.Identities[:i], id) {
			w.t.Fatalf("contact %d has an identity twice: %v", c.ID, c.Identities)
		}
		if found, err := w.house.Store.Contact(w.ctx, c.Number, id.Value); err != nil || found.ID != c.ID {
			w.t.Fatalf("%v is of contact %d and leads elsewhere: %v %v", id, c.ID, found, err)
		}
	}
}

func (w *propertyWorld) checkChain(number string) {
	w.t.Helper()
	v, err := w.house.Store.Verify(w.ctx, number, w.heads[number])
	w.must(err)
	if len(v.Problems) > 0 {
		w.t.Fatalf("the ledger of %s does not hold: %q", number, v.Problems)
	}
	w.heads[number] = v.Head
}
