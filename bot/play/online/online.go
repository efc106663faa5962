// Package online lets a simulation speak over the wire: with the real client of the Cloud API and a
// Meta in this process, over HTTP, webhooks included. Only the clock is moved, at both ends.
package online

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud"
	"optinbot/bot/cloud/cloudtest"
	"optinbot/bot/config"
	"optinbot/bot/play"
	"optinbot/bot/pump"
	"optinbot/bot/sim"
)

// A Line is how a simulated number and the people of a test's Meta meet. It is the client's way in, and
// the pump's transport and observer. Whoever plays decides the order of events: every call returns when
// all webhooks that follow have been taken. Not for concurrent use.
type Line struct {
	bot.Inbound // the pump

	Server *cloudtest.Server

	drafts     []string // whose templates are approved at the start
	simulation *play.Simulation
	world      *sim.World
	pump       *pump.Pump
	client     *cloud.Client
	hooks      *http.Server
	at         string        // where webhooks come in
	known      chan struct{} // closed when the client has asked about the number
	connected  bool
	turn       *bot.Turn         // of the last message
	ids        map[string]string // of Meta's messages, by those of the script
	read       string            // what the last receiver read
	sent       []string          // IDs of messages that were accepted
}

// patience bounds every wait: on loopback all of them take milliseconds.
const patience = time.Minute

const verifyToken = "the words that Meta knows"

// Configure puts the first number of a configuration on the Cloud API, at a server of this process.
func Configure(c *config.Config, srv *cloudtest.Server) {
	n := &c.Numbers[0]
	n.Transport = config.TransportCloud
	n.Cloud = config.CloudNumber{PhoneNumberID: srv.Number().ID, WABA: srv.Number().WABA}
	c.Cloud.TestServer = srv.URL()
}

// Open connects the first number of a simulation that was made with such a configuration. The client
// takes up its work with the first event of the number, and Meta approves the templates of these drafts
// then. Close the line before the simulation.
func Open(srv *cloudtest.Server, s *play.Simulation, drafts ...string) (*Line, error) {
	l := &Line{
		Server: srv, drafts: drafts, simulation: s, world: s.World, known: make(chan struct{}), ids: map[string]string{},
	}
	n := srv.Number()
	srv.SetClock(l.world.Now)
	hook, err := cloud.NewHook([]cloud.HookNumber{
		{Name: s.NumberName, PhoneNumberID: n.ID, WABA: n.WABA, AppSecret: srv.AppSecret(), VerifyToken: verifyToken},
	}, nil, l.world.Now)
	if err != nil {
		return nil, err
	}
	l.client, err = cloud.Open(cloud.Options{
		Number: s.NumberName, PhoneNumberID: n.ID, WABA: n.WABA, Portfolio: cloudtest.Portfolio,
		Token: srv.Token(), AppSecret: srv.AppSecret(),
		Server: srv.URL(), Hasty: true, Hook: hook, Inbound: l, Now: l.world.Now, SendTimeout: patience,
		PollEvery: 24 * time.Hour, LookEvery: 24 * time.Hour, // Poll and Look are called
	})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, l.client.Close())
	}
	l.at = "http://" + listener.Addr().String() + "/whatsapp/" + s.NumberName
	l.hooks = &http.Server{Handler: hook, ReadHeaderTimeout: patience}
	go func() { _ = l.hooks.Serve(listener) }()

	how := s.PumpConfig(l.world)
	how.Transport, how.Observer = l, l
	how.Card = func() bot.Card { return bot.Card{Name: s.CardName(s.NumberName), Phone: n.Phone} }
	l.pump = pump.New(how)
	l.Inbound, l.world.Engine = l.pump, engine{l}
	l.world.Off = func(*bot.Contact) bool { return true } // webhooks tell what arrived
	s.TemplateManagers = func(config.Number) (bot.TemplateManager, error) { return l.client, nil }
	l.world.Draft = l.draft
	return l, nil
}

// Close ends the line, and what it has opened. The server stays.
func (l *Line) Close() error { return errors.Join(l.client.Close(), l.hooks.Close()) }

// Settle waits until everything has been told, and lets what follows at once happen.
func (l *Line) Settle(ctx context.Context) error {
	if err := l.deliver(ctx); err != nil {
		return err
	}
	return l.world.Advance(ctx, l.world.Now())
}

// deliver posts every webhook. One that is not taken is an error.
func (l *Line) deliver(ctx context.Context) error {
	l.Server.Deliver(ctx)
	if n, _ := l.Server.Pending(); n > 0 {
		return fmt.Errorf("%d webhooks were not taken", n)
	}
	return ctx.Err()
}

// Write lets somebody do something in the chat, and everything happen that follows at once.
func (l *Line) Write(ctx context.Context, p *cloudtest.Person, in cloudtest.Incoming) (bot.Turn, error) {
	return l.posted(ctx, func() { p.Write(l.Server.Number(), in) })
}

// posted does what makes Meta post a message, and returns the turn of it.
func (l *Line) posted(ctx context.Context, do func()) (bot.Turn, error) {
	l.turn = nil
	do()
	if err := l.deliver(ctx); err != nil {
		return bot.Turn{}, err
	}
	if l.turn == nil {
		return bot.Turn{}, errors.New("a message has not reached the bot")
	}
	return *l.turn, nil
}

// Message gives a message that came over the wire its turn.
func (l *Line) Message(ctx context.Context, m bot.Message) error {
	turn, err := l.pump.HandleMessage(ctx, m)
	if err == nil {
		l.turn = &turn
	}
	return err
}

// NumberEvent follows the connection.
func (l *Line) NumberEvent(ctx context.Context, e bot.NumberEvent) error {
	err := l.Inbound.NumberEvent(ctx, e)
	if e.Kind == bot.NumberQuality { // the last that is asked at a start
		select {
		case <-l.known:
		default:
			close(l.known)
		}
	}
	return err
}

// approve hands in the templates of a draft, and lets Meta approve them.
func (l *Line) approve(ctx context.Context, name string) error {
	s := l.simulation
	list, err := s.SubmitTemplates(ctx, s.NumberName, name)
	if err != nil {
		return err
	}
	for _, t := range list.Templates {
		if !l.Server.Number().Review(t.Template, t.Code, bot.TemplateApproved, "") {
			return fmt.Errorf("there is no template %s in %s at Meta", t.Template, t.Code)
		}
	}
	if err := l.deliver(ctx); err != nil {
		return err
	}
	if list, err = s.TemplateStatus(ctx, s.NumberName, name); err != nil || !list.Ready {
		return fmt.Errorf("the templates of %s are not ready: %+v %w", name, list, err)
	}
	return nil
}

// Armed is an occurrence of a draft as it is armed: with its templates.
func (l *Line) Armed(ctx context.Context, o bot.Occurrence) (bot.Occurrence, error) {
	s := l.simulation
	b, err := s.ArmedNow(o)
	if err != nil {
		return o, err
	}
	known, err := s.Store.Templates(ctx, o.Number, "")
	if err != nil {
		return o, err
	}
	for _, want := range bot.TemplatesOf(s.Machine(o.Number).Flow, b) {
		i := slices.IndexFunc(known, func(t bot.TemplateState) bool {
			return t.Name == want.Name && t.Language == want.Language
		})
		if i < 0 {
			return o, fmt.Errorf("there is no template %s in %s at Meta", want.Name, want.Language)
		}
		want.ID = known[i].ID
		o.Templates = append(o.Templates, want)
	}
	return o, nil
}

// draft is an occurrence of a draft.
func (l *Line) draft(name string) (bot.Occurrence, error) {
	ctx := context.Background()
	o, err := l.simulation.OccurrenceOf(ctx, l.simulation.NumberName, name)
	if err != nil {
		return o, err
	}
	return l.Armed(ctx, o)
}

// Send sends through the real client.
func (l *Line) Send(ctx context.Context, m bot.Outgoing) bot.SendResult {
	if l.world.Answer != nil {
		switch r := l.world.Answer(m); r.Status {
		case bot.SendNotTried:
			return r
		case bot.SendRefused:
			l.Server.Next(cloudtest.Fate{Code: cmp.Or(r.Code, refusals[r.Cause]), HTTP: http.StatusBadRequest})
		case bot.SendUnknown:
			l.Server.Next(cloudtest.Fate{Cut: cloudtest.CutBefore})
		}
	}
	r := l.client.Send(ctx, m)
	if l.read = l.reads(m); r.Status == bot.SendAccepted {
		l.sent = append(l.sent, m.ID)
	}
	return r
}

// refusals are codes of Meta for what a script calls by its cause.
var refusals = map[bot.Cause]int{
	bot.CauseBusy: 130429, bot.CausePersonBusy: 131056, bot.CauseAccount: 190, bot.CauseNoAccount: 131026,
	bot.CauseOptedOut:       131050,
	bot.CauseMarketingLimit: 131049, bot.CauseNoMarketing: 130497, bot.CauseWindow: 131047, bot.CauseReassigned: 137000,
	bot.CauseRequest: 132012, bot.CauseTemplate: 132015, bot.CauseMedia: 131053, bot.CauseSpam: 131048,
	bot.CauseRestricted: 368, bot.CauseBlocked: 130403, bot.CauseOwnPhone: 131021, bot.CauseTestList: 131030,
}

// reads is what the receiver of a message reads, "" where it has not arrived.
func (l *Line) reads(m bot.Outgoing) string {
	phone := bot.PhoneOf(m.To)
	if phone == "" {
		return ""
	}
	for _, r := range l.Server.Person(phone).Received() {
		if r.Opaque == m.ID {
			return r.Text
		}
	}
	return ""
}

// Prepare brings a file to Meta.
func (l *Line) Prepare(file bot.Media) (<-chan struct{}, error) { return l.client.Prepare(file) }

// MarkRead sends a read receipt.
func (l *Line) MarkRead(ctx context.Context, messageID string, from []bot.Identity) error {
	return l.client.MarkRead(ctx, messageID, from)
}

// Sent shows a message as it was received.
func (l *Line) Sent(k bot.Claim, r bot.SendResult) {
	if k.Kind != bot.SayCard {
		k.Text = cmp.Or(l.read, k.Text)
	}
	l.world.Sent(k, r)
}

// Changed shows a hold or a skip.
func (l *Line) Changed(c bot.Change) { l.world.Changed(c) }

// Once checks that every message that Meta accepted was taken by it once, and is on its phone once. It
// returns how many there were.
func (l *Line) Once() (int, error) {
	got := map[string]int{}
	for _, p := range l.Server.People() {
		for _, r := range p.Received() {
			got[r.Opaque]++
		}
	}
	for _, id := range l.sent {
		if n := l.Server.Taken(id); n != 1 || got[id] != 1 {
			return 0, fmt.Errorf("a message was taken %d times, and arrived %d times", n, got[id])
		}
	}
	if len(got) != len(l.sent) {
		return 0, fmt.Errorf("%d messages were sent, and %d received", len(l.sent), len(got))
	}
	return len(got), nil
}
