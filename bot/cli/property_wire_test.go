package cli

import (
	"context"
	"slices"
	"time"

	"pgregory.net/rapid"

	"optinbot/bot"
	"optinbot/store"
)

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
	if m.label != labelStop {
		return
	}
	if len(w.underWay) > 1 {
		w.did["stop while many are under way"]++
	}
	for id, promotion := range w.underWay {
		if promotion && turn.Contact.ID == w.claimed[id] {
			w.did["stop while a promotion was under way"]++
		}
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

// ClaimDeliveries asks the model about every claim, at its commit.
func (o propertyOutbox) ClaimDeliveries(
	ctx context.Context, number string, now time.Time, l bot.Limits, envs bot.Envs, render bot.Render, most int,
) (bot.ClaimResult, error) {
	r, err := o.Store.ClaimDeliveries(ctx, number, now, l, envs, render, most)
	if err != nil {
		return r, err
	}
	o.w.met(number)
	if len(r.Claims) > most {
		o.w.t.Fatalf("%d promotions are claimed at a time, and %d may be", len(r.Claims), most)
	}
	for _, k := range r.Claims {
		o.w.promotions[k.MessageID] = true
		o.w.claims(k)
		o.w.did["promotion"]++
		if wrong := o.w.model.promoted(*k, l); wrong != "" {
			o.w.t.Fatal(wrong)
		}
		state, _, _, err := o.Guard(ctx, k.Occurrence, now)
		o.w.must(err)
		if state.Level == bot.GuardPause {
			o.w.t.Fatal("a promotion of an occurrence that the guard has paused")
		}
	}
	return r, nil
}

// ClaimReplies notes what is under way.
func (o propertyOutbox) ClaimReplies(
	ctx context.Context, number string, now time.Time, brake bot.Brake, stale bool, most int,
) ([]*bot.Claim, error) {
	claims, err := o.Store.ClaimReplies(ctx, number, now, brake, stale, most)
	if err != nil {
		return nil, err
	}
	for _, k := range claims {
		o.w.claims(k)
	}
	return claims, nil
}

// claims notes that a message is under way. Nobody has two of them.
func (w *propertyWorld) claims(k *bot.Claim) {
	for id, contact := range w.claimed {
		if contact == k.Contact.ID {
			w.t.Fatalf("%q is claimed while %q is under way to the same person", k.MessageID, id)
		}
	}
	w.underWay[k.MessageID], w.claimed[k.MessageID] = k.Kind == bot.SayBroadcast, k.Contact.ID
	if len(w.underWay) > 1 {
		w.did["claim beside another"]++
	}
}

func (w *propertyWorld) ends(id string) {
	delete(w.underWay, id)
	delete(w.claimed, id)
}

// Record notes that a message is no more under way.
func (o propertyOutbox) Record(ctx context.Context, k bot.Claim, r bot.SendResult, envs bot.Envs) error {
	err := o.Store.Record(ctx, k, r, envs)
	if err == nil {
		o.w.ends(k.MessageID)
	}
	return err
}

// VoidClaim does so too.
func (o propertyOutbox) VoidClaim(ctx context.Context, k bot.Claim, now time.Time) error {
	err := o.Store.VoidClaim(ctx, k, now)
	if err == nil {
		o.w.ends(k.MessageID)
	}
	return err
}

type propertyTransport struct {
	w      *propertyWorld
	number string
}

func (propertyTransport) Prepare(bot.Media) (<-chan struct{}, error) { return nil, nil }

func (propertyTransport) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// Send ends in any way that sends end. A message may arrive in the middle of it, and the process may die before and after.
func (p propertyTransport) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	w := p.w
	if w.smooth {
		return p.accepts(m)
	}
	p.others()
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
	p.others()
	if w.dead {
		return bot.SendResult{Status: bot.SendUnknown}
	}
	end := rapid.SampledFrom([]string{"accepted", "accepted", "accepted", "accepted", "lost", "arrived", "refused", "463", "cause", "not tried", "dies before", "dies after"}).Draw(w.t, "end")
	switch end {
	case "arrived", "dies after":
		w.receives(m)
	}
	switch end {
	case "accepted":
		return p.accepts(m)
	case "refused":
		return bot.SendResult{Status: bot.SendRefused, Code: 400}
	case "463":
		return bot.SendResult{Status: bot.SendRefused, Cause: bot.CauseNeedsInbound, Code: 463}
	case "cause":
		return w.refused(m)
	case "not tried":
		w.model.notTried(m.ID)
		return bot.SendResult{Status: bot.SendNotTried}
	case "dies before", "dies after":
		w.dead = true
	}
	return bot.SendResult{Status: bot.SendUnknown}
}

// propertyInFlight is how many messages the test lets be under way at a time.
const propertyInFlight = 4

// others lets the number claim and send another message while one is under way, and the others then end first.
func (p propertyTransport) others() {
	w := p.w
	for w.cloud && !w.dead && len(w.underWay) < propertyInFlight && rapid.IntRange(0, 2).Draw(w.t, "another") > 0 {
		if sent, err := w.pumps[p.number].SendNext(w.ctx); err != nil && !w.dead {
			w.t.Fatal(err)
		} else if !sent {
			return
		}
	}
}

// accepts takes a message. On the Cloud API a status says that it was sent, and may come before the answer.
func (p propertyTransport) accepts(m bot.Outgoing) bot.SendResult {
	w := p.w
	w.receives(m)
	if !w.cloud || w.smooth || rapid.IntRange(0, 3).Draw(w.t, "status") > 0 {
		w.model.accepted[m.ID] = true
		if w.cloud {
			r := bot.Receipt{MessageIDs: []string{m.ID}, Kind: bot.ReceiptSent, At: w.now}
			if err := w.pumps[p.number].Receipt(w.ctx, r); err != nil && !w.dead {
				w.t.Fatal(err)
			}
		}
	}
	return bot.SendResult{Status: bot.SendAccepted}
}

// propertyCauses are why a wire may not take a message. (That somebody has stopped there is a stop, which nobody wrote.)
func propertyCauses() []bot.Cause {
	return slices.DeleteFunc(bot.Causes(), func(c bot.Cause) bool { return c == bot.CauseOptedOut })
}

// refused ends a send in a way that some wire knows.
func (w *propertyWorld) refused(m bot.Outgoing) bot.SendResult {
	cause := rapid.SampledFrom(propertyCauses()).Draw(w.t, "cause")
	if cause.Later() {
		w.model.notTried(m.ID)
	}
	w.did["refused because "+string(cause)]++
	return bot.SendResult{Status: bot.SendRefused, Cause: cause, Detail: string(cause)}
}

// receives counts on the other side.
func (w *propertyWorld) receives(m bot.Outgoing) {
	most := 2
	if w.promotions[m.ID] || w.cloud {
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
