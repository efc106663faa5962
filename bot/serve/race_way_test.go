package serve

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/whatsapp"
	"optinbot/bot/whatsapp/whatsapptest"
)

// A raceWay is how people write, and how one knows what reached them.
type raceWay interface {
	// write lets somebody write and returns once the message is acknowledged.
	write(ctx context.Context, person int, text string) error
	// promotions tells how many promotions reached somebody.
	promotions(person int) int
	// settle waits until the bot has heard what became of all that it sent.
	settle(ctx context.Context) error
}

// raceOutbox is the store, seen by somebody who stops at the worst moments.
type raceOutbox struct {
	pump.Outbox
	race *stopRace
}

func (o raceOutbox) ClaimDeliveries(ctx context.Context, number string, now time.Time, limits bot.Limits, envs bot.Envs, render bot.Render, most int) (bot.ClaimResult, error) {
	if err := o.race.goOn(now); err != nil {
		return bot.ClaimResult{}, err
	}
	c, err := o.Outbox.ClaimDeliveries(ctx, number, now, limits, envs, render, most)
	if err == nil {
		for _, k := range c.Claims {
			o.race.claimed(k)
		}
	}
	return c, err
}

func (o raceOutbox) Record(ctx context.Context, k bot.Claim, result bot.SendResult, envs bot.Envs) error {
	err := o.Outbox.Record(ctx, k, result, envs)
	if err != nil {
		return err
	}
	o.race.recorded(k, result)
	if result.Status == bot.SendUnknown && k.Occurrence != 0 {
		_, err = o.race.desk.Store.ResolveUnknown(ctx, k.Number, k.Occurrence, k.Contact.ID, bot.DeliveryPlanned, time.Now())
	}
	return err
}

// raceTransport is the transport, likewise.
type raceTransport struct{ race *stopRace }

func (t raceTransport) Prepare(file bot.Media) (<-chan struct{}, error) {
	return t.race.transport.Prepare(file)
}

func (t raceTransport) MarkRead(ctx context.Context, id string, from []bot.Identity) error {
	return t.race.transport.MarkRead(ctx, id, from)
}

func (t raceTransport) Send(ctx context.Context, m bot.Outgoing) bot.SendResult {
	r := t.race
	person, p := r.sending(m.ID)
	if p == nil || p.moment == anyMoment || p.moment == beforeLook {
		return r.transport.Send(ctx, m)
	}
	if p.released { // a second promotion: it is counted already, and must not be hidden
		return r.transport.Send(ctx, m)
	}
	p.released = true
	r.stop(person)
	if p.moment == notTried {
		return bot.SendResult{Status: bot.SendNotTried, Detail: "not connected"}
	}
	result := r.transport.Send(ctx, m)
	if p.moment == settledWrong {
		result = bot.SendResult{Status: bot.SendUnknown, Detail: "no answer in time"}
	}
	return result
}

// sending notes that a promotion is about to leave; nil when the message is none.
func (r *stopRace) sending(id string) (int, *racer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	person, ok := r.promotions[id]
	if !ok {
		return 0, nil
	}
	p := r.people[person]
	p.sends++
	p.sent = r.tick()
	return person, p
}

// directWay writes into the pump and takes every message.
type directWay struct {
	race *stopRace
	mu   sync.Mutex
	got  []int
}

func (w *directWay) write(ctx context.Context, person int, text string) error {
	_, err := w.race.pump.HandleMessage(ctx, bot.Message{
		ID: whatsapp.NewMessageID(), Kind: bot.KindText, Text: text, At: time.Now(),
		Identities: []bot.Identity{{Kind: bot.Phone, Value: w.race.people[person].phone}, {Kind: bot.LID, Value: fmt.Sprint(100_000_000_000 + person)}},
	})
	return err
}

func (w *directWay) settle(context.Context) error { return nil }

func (w *directWay) promotions(person int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.got[person]
}

func (w *directWay) Send(_ context.Context, m bot.Outgoing) bot.SendResult {
	w.race.mu.Lock()
	person, ok := w.race.promotions[m.ID]
	w.race.mu.Unlock()
	if ok {
		w.mu.Lock()
		w.got[person]++
		w.mu.Unlock()
	}
	return bot.SendResult{Status: bot.SendAccepted}
}

func (w *directWay) Prepare(bot.Media) (<-chan struct{}, error) { return nil, nil }

func (w *directWay) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// clientWay writes as a contact of the server.
type clientWay struct {
	race *stopRace
	srv  *whatsapptest.Server
}

func (w clientWay) write(ctx context.Context, person int, text string) error {
	c := w.srv.Contact(w.race.people[person].phone)
	return c.WaitAcknowledged(ctx, c.Send(text))
}

func (w clientWay) settle(context.Context) error { return nil }

func (w clientWay) promotions(person int) int {
	n := 0
	for _, text := range w.srv.Contact(w.race.people[person].phone).Texts() {
		if strings.Contains(text, "20% off") {
			n++
		}
	}
	return n
}
