package whatsapp

import (
	"context"
	"sync"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/bot/wiretest"
)

func TestWire(t *testing.T) {
	wiretest.Exercise(t, bot.Abilities{}, func(t *testing.T, in *wiretest.Inbox) wiretest.Wire {
		return openWire(t, in, nil)
	})
}

// TestPostgresWire is the suite with the session in PostgreSQL.
func TestPostgresWire(t *testing.T) {
	wiretest.Exercise(t, bot.Abilities{}, func(t *testing.T, in *wiretest.Inbox) wiretest.Wire {
		return openWire(t, in, inPostgres(t))
	})
}

func openWire(t *testing.T, in *wiretest.Inbox, change func(*Options)) wiretest.Wire {
	srv := startServer(t)
	o := serverOptions(t, srv, in)
	if change != nil {
		change(&o)
	}
	o.SendTimeout = 2 * time.Minute // the library mends a cut by itself, however slow the machine is
	c := open(t, o)
	link(t, srv, c)
	s := &wireServer{t: t, ctx: within(t), srv: srv, in: in, queries: watch(srv)}
	if err := c.Connect(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.must(in.WaitEvents(s.ctx, bot.NumberConnected, 1))
	s.queries.quiet(t, 0)
	t.Cleanup(func() { s.queries.settle(time.Second) }) // before the cleanup that closes the client
	return wiretest.Wire{
		Connection: c, Server: s, NewID: c.NewMessageID,
		Refusals: []wiretest.Refusal{
			{Code: 463, Cause: bot.CauseNeedsInbound}, {Code: 429, Cause: bot.CauseBusy}, {Code: 500, Cause: bot.CauseBusy},
			{Code: 479, Cause: bot.CauseOther},
		},
	}
}

// A wireServer is whatsapptest as the suite of all wires sees it.
type wireServer struct {
	t       *testing.T
	ctx     context.Context
	srv     *whatsapptest.Server
	in      *wiretest.Inbox
	queries *tally

	mu     sync.Mutex
	people []wirePerson
}

func (s *wireServer) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *wireServer) Now() time.Time { return s.srv.Now() }

// Settle waits until no query is under way. One is made after the first message to each contact.
func (s *wireServer) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	answered := 0
	for _, p := range s.people {
		if len(p.Contact.Received()) > 0 {
			answered++
		}
	}
	s.queries.quiet(s.t, answered)
}

func (s *wireServer) Unreach() {
	before := s.in.Events(bot.NumberDisconnected)
	s.srv.Phone().Refuse(whatsapptest.Refusal{Reason: 503})
	s.srv.Phone().Drop()
	s.must(s.in.WaitEvents(s.ctx, bot.NumberDisconnected, before+1))
}

func (s *wireServer) Reach() {
	before := s.in.Events(bot.NumberConnected)
	s.srv.Phone().Accept()
	s.must(s.in.WaitEvents(s.ctx, bot.NumberConnected, before+1))
}

// Again cuts the line: with the next one comes what was not acknowledged.
func (s *wireServer) Again() {
	before := s.in.Events(bot.NumberConnected)
	s.srv.Phone().Drop()
	s.must(s.in.WaitEvents(s.ctx, bot.NumberConnected, before+1))
}

func (s *wireServer) Person(phone string) wiretest.Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.srv.Contact(phone)
	for _, p := range s.people {
		if p.Contact == c {
			return p
		}
	}
	s.people = append(s.people, wirePerson{c})
	return wirePerson{c}
}

func (s *wireServer) Next(fates ...wiretest.Fate) {
	cuts := map[wiretest.Cut]whatsapptest.Cut{wiretest.CutBefore: whatsapptest.CutBefore, wiretest.CutAfter: whatsapptest.CutAfter}
	for _, f := range fates {
		s.srv.Next(whatsapptest.Fate{Error: f.Code, NoAck: f.Silent, Cut: cuts[f.Cut], Hold: f.Hold})
	}
}

type wirePerson struct{ *whatsapptest.Contact }

func (p wirePerson) Phone() string { return p.Number() }
func (p wirePerson) HidePhone()    { p.SetAddressing(whatsapptest.FromLIDOnly) }

func (p wirePerson) Send(text string, at time.Time) string {
	return p.Contact.Send(text, whatsapptest.At(at))
}

// Repeat encrypts the message anew: the very same stanza would be dropped by the library.
func (p wirePerson) Repeat(id string) { p.Reencrypt(id) }

func received(r whatsapptest.Received) wiretest.Received {
	return wiretest.Received{ID: r.ID, Text: r.Text}
}

func (p wirePerson) Received() (all []wiretest.Received) {
	for _, r := range p.Contact.Received() {
		all = append(all, received(r))
	}
	return all
}

func (p wirePerson) WaitText(ctx context.Context, text string) (wiretest.Received, error) {
	r, err := p.Contact.WaitText(ctx, text)
	return received(r), err
}

func (p wirePerson) Read(r wiretest.Received) { p.Contact.Read(r.ID) }

func (p wirePerson) WaitMarked(ctx context.Context, id string) error { return p.WaitRead(ctx, id) }
