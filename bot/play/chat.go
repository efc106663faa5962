package play

import (
	"context"
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
	"optinbot/bot/desk"
	"optinbot/bot/sim"
	"optinbot/bot/text"
)

// A Chat is what somebody writes to the flow of a number, as one contact or another, and does as the
// operator. All of it is recorded as a conversation that `flow test` plays.
type Chat struct {
	*Simulation
	Phone, Name string // of the contact who writes now
	record      *Recording
	sent        int
}

// NewChat begins a chat in a simulation, at a time when promotions go out. show is called for what
// contacts would see.
func NewChat(ctx context.Context, s *Simulation, show func(sim.Event)) (*Chat, error) {
	start := talkStart(s.Limits(s.NumberName).Zone)
	record, err := s.recording("recorded in `chat`", start)
	if err != nil {
		return nil, err
	}
	s.World.Out = show
	return &Chat{Simulation: s, record: record}, s.World.Advance(ctx, start)
}

// talkStart is a Monday, 10:00 where the shop is: within the hours of promotions.
func talkStart(zone *time.Location) time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, zone) }

// Become lets somebody else write from here on. It fails where that is no phone with its country
// code.
func (c *Chat) Become(typed, name string) error {
	phone, ok := bot.ParsePhone(typed)
	if !ok {
		return fmt.Errorf("%q is not a phone with its country code, such as +5511900000001", typed)
	}
	c.Phone, c.Name = phone, strings.TrimSpace(name)
	return nil
}

// Write lets the contact write, a second after what happened before, as between people.
func (c *Chat) Write(ctx context.Context, words string) error {
	c.sent++
	c.record.Wrote(c.scriptName(), c.Phone, "", words)
	if err := c.World.Advance(ctx, c.World.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err := c.World.Write(ctx, bot.Message{
		ID: fmt.Sprintf("CHAT%d", c.sent), Identities: []bot.Identity{{Kind: bot.Phone, Value: c.Phone}},
		Name: c.Name, Kind: bot.KindText, Text: words, At: c.World.Now(),
	})
	return err
}

// Send sends an occurrence of a broadcast, now, as far as holds and caps let it.
func (c *Chat) Send(ctx context.Context, broadcast string) error {
	c.record.Act("broadcast", broadcast)
	return c.World.Broadcast(ctx, broadcast)
}

// Wait moves the clock, and returns what it shows then.
func (c *Chat) Wait(ctx context.Context, by time.Duration) (time.Time, error) {
	if err := c.World.Advance(ctx, c.World.Now().Add(by)); err != nil {
		return time.Time{}, err
	}
	c.record.Act("+"+text.Duration(by), "")
	return c.World.Now(), nil
}

// TakeOver lets a person of the shop type to the contact on the phone.
func (c *Chat) TakeOver(ctx context.Context) error {
	c.record.Act("takeover", c.scriptName())
	return c.World.TakeOver(ctx, c.Phone)
}

// OptOut lets the operator record that the contact asked to stop.
func (c *Chat) OptOut(ctx context.Context) error {
	c.record.Act("optout", c.Phone)
	return c.World.OptOut(ctx, c.Phone, "said so in the chat")
}

// Contact is what the bot knows of the contact. It is nil where they have not written yet.
func (c *Chat) Contact(ctx context.Context) (*desk.ContactView, error) {
	found, err := c.Store.Contact(ctx, c.NumberName, c.Phone)
	if err != nil || found == nil {
		return nil, err
	}
	v := c.View(found)
	return &v, nil
}

// Keep adds what was recorded to a file of conversations.
func (c *Chat) Keep(ctx context.Context, o desk.Options, file string) error {
	return c.record.Keep(ctx, o, file)
}

// scriptName is what a conversation calls the contact: one word.
func (c *Chat) scriptName() string {
	if name := bot.FirstName(c.Name); name != "" {
		return name
	}
	return "Ana"
}
