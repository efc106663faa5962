// Package wiretest is one suite that every wire to WhatsApp has to pass: what bot/ports.go promises
// of a bot.Connection, played against a server of the wire's own.
package wiretest

import (
	"context"
	"testing"
	"time"

	"optinbot/bot"
)

// Open connects a number with a server for tests, and returns when it is connected. What comes in
// goes to in. All of it ends with the test.
type Open func(t *testing.T, in *Inbox) Wire

// A Wire is a number that is connected, and the server at the other end.
type Wire struct {
	Connection bot.Connection
	Server     Server
	NewID      func() string // of a message of the bot
	// Refusals are codes with which the server refuses a message at once.
	Refusals []Refusal
	// Failures are codes with which it fails later what it has accepted, where bot.Abilities.SentLater
	// says that it may.
	Failures []Refusal
}

// A Refusal is a code of the wire, and what it means.
type Refusal struct {
	Code  int
	Cause bot.Cause
}

// A Server is the other end of a wire. It delivers by itself whatever is to be delivered. Its methods
// may be called from several goroutines.
type Server interface {
	// Now is the server's time.
	Now() time.Time
	// Person is somebody with WhatsApp, by their phone with the plus. They are made when first asked
	// for.
	Person(phone string) Person
	// Next gives the next messages of the bot these fates, one each.
	Next(fates ...Fate)
	// Unreach lets nothing reach the server any more. It returns when the connection knows.
	Unreach()
	// Reach ends Unreach. It returns when messages can be sent again.
	Reach()
	// Again hands over once more what was not taken, without the pause that the server makes.
	Again()
	// Settle returns when nothing but the messages of the test is under way, so that a connection
	// can be cut without harm to anything else.
	Settle()
}

// A Person has WhatsApp on one phone. What the bot sends to them has reached their phone before the
// bot has its answer.
type Person interface {
	Phone() string
	// HidePhone lets their messages come without their phone from now on.
	HidePhone()
	// Send writes to the number and returns the ID of the message, which is dated at.
	Send(text string, at time.Time) (id string)
	// Repeat hands over a message of theirs that was taken already, under the same ID.
	Repeat(id string)
	// Received is what reached their phone, oldest first. What is there twice is there twice.
	Received() []Received
	// WaitText waits until something with exactly this text has reached them.
	WaitText(ctx context.Context, text string) (Received, error)
	// Read tells the number that they have looked at a message.
	Read(r Received)
	// WaitMarked waits until their phone shows that a message of theirs was read.
	WaitMarked(ctx context.Context, id string) error
}

// A Received is a message of the bot on somebody's phone.
type Received struct {
	ID   string // the wire's
	Text string
}

// A Fate is what becomes of a message of the bot. The zero Fate: it is accepted, and arrives.
type Fate struct {
	Code   int             // refused at once with this code
	Later  int             // accepted, and failed later with this code: it does not arrive
	Silent bool            // it arrives, and the answer never comes
	Cut    Cut             // the connection breaks, and can be had again at once
	Hold   <-chan struct{} // it arrives, and the answer comes when the channel is closed
}

// A Cut says when the connection breaks while a message is being sent.
type Cut int

// The places for a cut.
const (
	NoCut     Cut = iota
	CutBefore     // the server does not have the message
	CutAfter      // it has arrived, and the answer is lost
)

// A scene is one promise. skip says why a wire cannot play it, "" where it can. Nil: every wire can.
type scene struct {
	name string
	skip func(bot.Abilities) string
	play func(*rig)
}

// Exercise runs the suite. Scenes that need what a wire cannot do are skipped, and say why. It is
// about B1, B5, B6, C2 and C7.
func Exercise(t *testing.T, can bot.Abilities, open Open) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			if s.skip != nil {
				if why := s.skip(can); why != "" {
					t.Skip(why)
				}
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			t.Cleanup(cancel)
			r := &rig{t: t, ctx: ctx, can: can, in: &Inbox{}}
			r.Wire = open(t, r.in)
			s.play(r)
			if r.in.together() {
				t.Error("two live messages were handed over at a time")
			}
		})
	}
}

// patience is longer than anything here takes.
const patience = 2 * time.Minute
