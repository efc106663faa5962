package online

import (
	"context"
	"fmt"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
	"optinbot/bot/sim"
)

// An engine is the pump as the world of the simulation sees it: what people do goes to Meta first, and
// what the number hears comes from there.
type engine struct{ *Line }

var _ sim.Engine = engine{}

// HandleMessage lets the person who wrote a message write it at Meta.
func (e engine) HandleMessage(ctx context.Context, m bot.Message) (bot.Turn, error) {
	phone := bot.PhoneOf(m.Identities)
	if phone == "" || m.FromMe || m.History || m.EditOf != "" {
		return bot.Turn{}, fmt.Errorf("this wire has no such message: %s", m.Kind)
	}
	p := e.Server.Person(phone)
	if id, again := e.ids[m.ID]; again {
		return e.posted(ctx, func() { e.Server.PostAgain(id) })
	}
	p.SetName(m.Name)
	in := cloudtest.Text(m.Text)
	switch m.Kind {
	case bot.KindText:
	case bot.KindUndecryptable:
		in = cloudtest.Unsupported("")
	default:
		return bot.Turn{}, fmt.Errorf("a message of the kind %s is not played on this wire", m.Kind)
	}
	in.At, in.Forward = m.At, m.Forwarded
	return e.posted(ctx, func() { e.ids[m.ID] = p.Write(e.Server.Number(), in) })
}

// Receipt lets somebody look at a message.
func (e engine) Receipt(ctx context.Context, r bot.Receipt) error {
	for _, p := range e.Server.People() {
		for _, got := range p.Received() {
			if r.Kind == bot.ReceiptRead && len(r.MessageIDs) > 0 && got.Opaque == r.MessageIDs[0] {
				p.Read(got)
			}
		}
	}
	return e.deliver(ctx)
}

// NumberEvent makes happen at Meta what the number is to hear of.
func (e engine) NumberEvent(ctx context.Context, event bot.NumberEvent) error {
	switch event.Kind {
	case bot.NumberDisconnected: // people's messages come all the same
		e.Server.ExpireToken(e.world.Now())
		_ = e.client.Poll(ctx) // it tells the number, too
		return nil
	case bot.NumberConnected:
		return e.begin(ctx)
	case bot.NumberSynced:
		if err := e.begin(ctx); err != nil {
			return err
		}
		e.client.Look()
		return nil
	}
	return fmt.Errorf("this wire does not tell of %s", event.Kind)
}

// begin connects the number, or lets it be connected again.
func (e engine) begin(ctx context.Context) error {
	e.Server.ExpireToken(e.Server.Now().AddDate(1, 0, 0))
	if e.connected {
		return e.client.Poll(ctx)
	}
	e.Line.connected = true
	if err := e.client.Connect(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-e.known:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := e.Server.Subscribe(ctx, e.at, verifyToken); err != nil {
		return err
	}
	for _, name := range e.drafts {
		if err := e.approve(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// SendNext sends, and hears what became of it.
func (e engine) SendNext(ctx context.Context) (sent bool, err error) {
	if sent, err = e.pump.SendNext(ctx); err != nil {
		return sent, err
	}
	return sent, e.deliver(ctx)
}

// Tick does what the time alone makes happen.
func (e engine) Tick(ctx context.Context) error { return e.pump.Tick(ctx) }
