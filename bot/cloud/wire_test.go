package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/cloud/cloudtest"
	"optinbot/bot/wiretest"
)

func TestWire(t *testing.T) { wiretest.Exercise(t, bot.CloudAbilities(), openWire) }

func openWire(t *testing.T, in *wiretest.Inbox) wiretest.Wire {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	l := &line{t: t, ctx: ctx, srv: cloudtest.NewServer()}
	t.Cleanup(func() { l.srv.Close(); cancel() })
	var err error
	if l.hook, err = NewHook([]HookNumber{l.hookNumber("main", l.srv.Number())}, nil, l.srv.Now); err != nil {
		t.Fatal(err)
	}
	l.web = httptest.NewServer(l.hook)
	t.Cleanup(l.web.Close)
	l.c = l.client(l.srv.Number(), in, nil)
	s := &wireServer{line: l}
	s.line.c.http.Transport.(*http.Transport).DialContext = s.dial
	if err := l.c.Connect(ctx); err != nil {
		t.Fatal(err)
	}
	// the last thing that is asked at a start: nothing uses a connection after it
	if err := in.WaitEvents(ctx, bot.NumberQuality, 1); err != nil {
		t.Fatal(err)
	}
	if err := l.srv.Subscribe(ctx, l.web.URL+"/whatsapp/main", verify); err != nil {
		t.Fatal(err)
	}
	delivered := make(chan struct{})
	go func() { defer close(delivered); l.srv.Run(ctx, nil) }()
	t.Cleanup(func() { cancel(); <-delivered })
	ids := 0
	return wiretest.Wire{
		Connection: l.c, Server: s,
		NewID: func() string { ids++; return fmt.Sprintf("m%d", ids) },
		Refusals: []wiretest.Refusal{
			{Code: 130429, Cause: bot.CauseBusy}, {Code: 131056, Cause: bot.CausePersonBusy}, {Code: 190, Cause: bot.CauseAccount},
			{Code: 131026, Cause: bot.CauseNoAccount}, {Code: 131050, Cause: bot.CauseOptedOut}, {Code: 131047, Cause: bot.CauseWindow},
			{Code: 131049, Cause: bot.CauseMarketingLimit}, {Code: 130497, Cause: bot.CauseNoMarketing},
			{Code: 137000, Cause: bot.CauseReassigned}, {Code: 130403, Cause: bot.CauseBlocked},
			{Code: 131021, Cause: bot.CauseOwnPhone}, {Code: 131030, Cause: bot.CauseTestList}, {Code: 132012, Cause: bot.CauseRequest}, {Code: 132015, Cause: bot.CauseTemplate},
			{Code: 131053, Cause: bot.CauseMedia}, {Code: 131048, Cause: bot.CauseSpam}, {Code: 368, Cause: bot.CauseRestricted},
		},
		Failures: []wiretest.Refusal{
			{Code: 131026, Cause: bot.CauseNoAccount}, {Code: 131049, Cause: bot.CauseMarketingLimit},
			{Code: 131050, Cause: bot.CauseOptedOut}, {Code: 131053, Cause: bot.CauseMedia}, {Code: 131042, Cause: bot.CauseAccount},
		},
	}
}

// A wireServer is cloudtest as the suite of all wires sees it.
type wireServer struct {
	*line
	away atomic.Bool // nothing reaches the server
}

var errAway = errors.New("no route to host")

func (s *wireServer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.away.Load() {
		return nil, errAway
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (s *wireServer) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *wireServer) Now() time.Time { return s.srv.Now() }
func (s *wireServer) Settle()        {}
func (s *wireServer) Reach()         { s.away.Store(false) }

func (s *wireServer) Unreach() {
	s.away.Store(true)
	s.c.http.CloseIdleConnections()
}

func (s *wireServer) Person(phone string) wiretest.Person {
	return wirePerson{s.srv.Person(phone), s}
}

func (s *wireServer) Next(fates ...wiretest.Fate) {
	cuts := map[wiretest.Cut]cloudtest.Cut{wiretest.CutBefore: cloudtest.CutBefore, wiretest.CutAfter: cloudtest.CutAfter}
	for _, f := range fates {
		fate := cloudtest.Fate{Code: f.Code, Later: f.Later, Cut: cuts[f.Cut], Hold: f.Hold}
		if f.Silent {
			fate.Hold = make(chan struct{})
		}
		s.srv.Next(fate)
	}
}

// Again moves the clock to where Meta repeats what was not taken.
func (s *wireServer) Again() {
	var due time.Time
	s.must(s.srv.WaitUntil(s.ctx, func() bool {
		_, due = s.srv.Pending()
		return due.After(s.srv.Now())
	}))
	s.srv.Advance(due.Sub(s.srv.Now()))
}

type wirePerson struct {
	*cloudtest.Person
	on *wireServer
}

func (p wirePerson) HidePhone() { p.Person.HidePhone("ana.silva") }

func (p wirePerson) Send(text string, at time.Time) string {
	in := cloudtest.Text(text)
	in.At = at
	return p.Write(p.on.srv.Number(), in)
}

// Repeat posts what has the message once more.
func (p wirePerson) Repeat(id string) {
	p.on.must(p.WaitAcknowledged(p.on.ctx, id))
	p.on.srv.PostAgain(id)
}

func received(r cloudtest.Received) wiretest.Received {
	return wiretest.Received{ID: r.ID, Text: r.Text}
}

func (p wirePerson) Received() (all []wiretest.Received) {
	for _, r := range p.Person.Received() {
		all = append(all, received(r))
	}
	return all
}

func (p wirePerson) WaitText(ctx context.Context, text string) (wiretest.Received, error) {
	r, err := p.Person.WaitText(ctx, text)
	return received(r), err
}

func (p wirePerson) Read(r wiretest.Received) {
	for _, got := range p.Person.Received() {
		if got.ID == r.ID {
			p.Person.Read(got)
		}
	}
}

func (p wirePerson) WaitMarked(ctx context.Context, id string) error {
	return p.on.srv.WaitUntil(ctx, func() bool { return slices.Contains(p.on.srv.Reads(), id) })
}
