package demo

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/play"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
	"optinbot/bot/whatsapp"
	"optinbot/bot/whatsapp/whatsapptest"
)

// A wire is how bot and crowd meet in the demo: the real client, linked to a WhatsApp server in
// this process. It is the client's way in, and the pump's transport and observer. Only the clock is
// moved, at both ends of the wire.
//
// The goroutine that plays the demo decides the order of events: it waits while what somebody wrote
// has its turn, and until what the bot sent has been decrypted. So the demo is the same every time.
type wire struct {
	bot.Inbound // the pump

	world  *sim.World
	server *whatsapptest.Server
	client *whatsapp.Client

	turns  chan string   // IDs of messages that have had their turn
	synced chan struct{} // the connection is up and the offline sync has ended
	read   string        // what the last receiver read
	failed error         // of a send

	mu   sync.Mutex
	sent []delivery
}

// A delivery is one message of the bot and who got it.
type delivery struct {
	id string
	to *whatsapptest.Contact
}

// wirePatience bounds every wait: on loopback all of them take milliseconds.
const wirePatience = time.Minute

// newWire starts the server and lets the simulation's pump speak through the client. Close it when
// done.
func newWire(ctx context.Context, s *play.Simulation) (line, error) {
	w := &wire{world: s.World, server: whatsapptest.NewServer(), turns: make(chan string, 1024),
		synced: make(chan struct{}, 1)}
	w.server.SetClock(w.world.Now)
	w.server.Hasty(true)
	config := s.PumpConfig(s.World)
	config.Transport, config.Observer = w, w
	config.Card = func() bot.Card { return bot.Card{Name: s.CardName(s.NumberName), Phone: whatsapptest.DefaultPhone} }
	engine := pump.New(config)
	w.Inbound, w.world.Engine = engine, engine
	s.NewID = whatsapp.NewMessageID
	key := w.server.RootKey()
	var err error
	w.client, err = whatsapp.Open(ctx, whatsapp.Options{
		Number: s.NumberName, Store: filepath.Join(s.Dir,
			"session.db"), Inbound: w, Now: w.world.Now, SendTimeout: wirePatience,
		TestServer: &whatsapp.TestServer{Addr: w.server.Addr(), CertPubKey: hex.EncodeToString(key[:])},
	})
	if err != nil {
		w.server.Close()
		return nil, err
	}
	return w, nil
}

func (w *wire) close() error {
	err := w.client.Close()
	w.server.Close()
	return err
}

// connect links the number, by scanning the code that is printed, and returns its address once it
// is connected.
func (w *wire) connect(ctx context.Context) (account, phone string, err error) {
	ctx, cancel := context.WithTimeout(ctx, wirePatience)
	defer cancel()
	account, err = w.client.Link(ctx, whatsapp.LinkOptions{PrintCode: true, Out: scanner(w.server.Scan)})
	if err != nil {
		return "", "", err
	}
	if err := w.client.Connect(ctx); err != nil {
		return "", "", err
	}
	select {
	case <-w.synced:
		return account, whatsapptest.DefaultPhone, nil
	case <-ctx.Done():
		return "", "", fmt.Errorf("connect: %w", ctx.Err())
	}
}

// A scanner is the business phone before the screen: it scans what is printed.
type scanner func(code string) error

func (s scanner) Write(p []byte) (int, error) { return len(p), s(strings.TrimSpace(string(p))) }

// write lets somebody write, and everything happen that follows at once.
func (w *wire) write(ctx context.Context, phone, name, text string, kind bot.Kind) error {
	c := w.server.Contact(phone)
	c.SetName(name)
	if kind != bot.KindUndecryptable {
		return w.turn(ctx, name, c.Send(text))
	}
	id := c.Send(text, whatsapptest.Unreadable(-1))
	// The client asks for it again until it gives up. Each time Signal begins anew.
	err := w.until(ctx, func() bool { return c.Sent(id).Retries >= clientAsks })
	return errors.Join(err, w.turn(ctx, name, id))
}

// clientAsks is how often the library asks for a message that it cannot decrypt (sendRetryReceipt
// in its retry.go).
const clientAsks = 4

// armed is an occurrence as it is: this wire wants nothing more of it.
func (w *wire) armed(_ context.Context, o bot.Occurrence) (bot.Occurrence, error) { return o, nil }

func (w *wire) words() wireWords {
	return wireWords{
		takesOver: "The owner writes to Zoe from the shop's own phone; the bot stays out of that chat.",
		pace:      "one every 36 seconds",
		ends:      "the real WhatsApp client talked to a simulated WhatsApp server",
	}
}

// takeOver lets a person of the shop type to somebody on the business phone.
func (w *wire) takeOver(ctx context.Context, phone, text string) error {
	return w.turn(ctx, "the shop", w.server.Phone().TypeTo(w.server.Contact(phone), text))
}

// turn waits until a message has had its turn and nothing is under way to the client, then lets the
// world go on.
func (w *wire) turn(ctx context.Context, who, id string) error {
	within, cancel := context.WithTimeout(ctx, wirePatience)
	defer cancel()
	for taken := ""; taken != id; {
		select {
		case taken = <-w.turns:
		case <-within.Done():
			return fmt.Errorf("a message of %s has not reached the bot: %w", who, within.Err())
		}
	}
	if err := w.server.Phone().WaitIdle(within); err != nil {
		return err
	}
	return w.advance(ctx, w.world.Now())
}

// advance moves the clock.
func (w *wire) advance(ctx context.Context, at time.Time) error {
	return errors.Join(w.world.Advance(ctx, at), w.failed)
}

func (w *wire) until(ctx context.Context, cond func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, wirePatience)
	defer cancel()
	return w.server.WaitUntil(ctx, cond)
}

// Message gives a message that came over the wire its turn.
func (w *wire) Message(ctx context.Context, m bot.Message) error {
	if err := w.Inbound.Message(ctx, m); err != nil {
		return err
	}
	select {
	case w.turns <- m.ID:
	case <-ctx.Done():
	}
	return nil
}

// NumberEvent follows the connection.
func (w *wire) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	if err := w.Inbound.NumberEvent(ctx, e); err != nil || e.Kind != bot.NumberSynced {
		return err
	}
	select {
	case w.synced <- struct{}{}:
	default: // it was told before
	}
	return nil
}

// Send sends through the real client and waits until the receiver has decrypted the message.
func (w *wire) Send(ctx context.Context, m bot.Outgoing) bot.SendResult {
	r := w.client.Send(ctx, m)
	if r.Status != bot.SendAccepted {
		w.failed = errors.Join(w.failed, fmt.Errorf("a message was not accepted: %s: %s", r.Status, r.Detail))
		return r
	}
	d := delivery{id: m.ID, to: w.server.Contact(bot.PhoneOf(m.To))}
	if err := w.until(ctx, func() bool { return d.to.Decryptions(d.id) > 0 }); err != nil {
		w.failed = errors.Join(w.failed, fmt.Errorf("a message was not received: %w", err))
	}
	w.read = d.text()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, d)
	return r
}

// text is what the receiver reads.
func (d delivery) text() string {
	for _, r := range d.to.Received() {
		if r.ID == d.id {
			return cmp.Or(r.Text, r.Message.GetContactMessage().GetDisplayName())
		}
	}
	return ""
}

// Prepare brings a file to WhatsApp.
func (w *wire) Prepare(file bot.Media) (<-chan struct{}, error) { return w.client.Prepare(file) }

// MarkRead sends a read receipt.
func (w *wire) MarkRead(ctx context.Context, messageID string, from []bot.Identity) error {
	return w.client.MarkRead(ctx, messageID, from)
}

// Sent shows a message as it was received.
func (w *wire) Sent(k bot.Claim, r bot.SendResult) {
	k.Text = w.read
	w.world.Sent(k, r)
}

// Changed shows a hold or a skip.
func (w *wire) Changed(c bot.Change) { w.world.Changed(c) }

// once checks that every message was decrypted exactly once, and by nobody more, and returns how
// many there were.
func (w *wire) once() (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.sent {
		if n := d.to.Decryptions(d.id); n != 1 {
			return 0, fmt.Errorf("%s decrypted a message %d times", d.to.Number(), n)
		}
	}
	got := 0
	for _, c := range w.server.Contacts() {
		for _, r := range c.Received() {
			if r.Device != 0 { // else a person of the shop typed it
				got++
			}
		}
	}
	if got != len(w.sent) {
		return 0, fmt.Errorf("%d messages were sent, and %d received", len(w.sent), got)
	}
	return got, nil
}
