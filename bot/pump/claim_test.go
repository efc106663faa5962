package pump

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"optinbot/bot"
)

// oneClaim is a store with one promotion to contact 1, which is due until it is sent.
type oneClaim struct {
	asleep
	mu      sync.Mutex
	media   *bot.Media
	done    bool
	looks   int
	after   func()   // what happens when it has been claimed. Nil: nothing
	results []string // how its sends ended, and "taken back"
}

func (s *oneClaim) ClaimReplies(context.Context, string, time.Time, bot.Brake, bool, int) ([]*bot.Claim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looks++; s.looks > 1000 {
		panic("the loop spins")
	}
	return nil, nil
}

func (s *oneClaim) ClaimDeliveries(
	context.Context, string, time.Time, bot.Limits, bot.Envs, bot.Render, int,
) (bot.ClaimResult, error) {
	if s.over() {
		return bot.ClaimResult{}, nil
	}
	if s.after != nil {
		s.after()
	}
	return bot.ClaimResult{Claims: []*bot.Claim{{Kind: bot.SayBroadcast, Media: s.media, Contact: bot.Contact{ID: 1}}}}, nil
}

func (s *oneClaim) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

func (s *oneClaim) end(result string, done bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results, s.done = append(s.results, result), done
	return nil
}

func (s *oneClaim) Record(_ context.Context, _ bot.Claim, r bot.SendResult, _ bot.Envs) error {
	return s.end(string(r.Status), r.Status == bot.SendAccepted)
}

func (s *oneClaim) VoidClaim(context.Context, bot.Claim, time.Time) error {
	return s.end("taken back", true)
}

func (s *oneClaim) NextDue(_ context.Context, _ string, _ bot.Limits, now time.Time) (time.Time, bool, error) {
	return now, !s.over(), nil
}

func (*oneClaim) NumberEvent(context.Context, string, bot.NumberEvent) error { return nil }

func (s *oneClaim) HandleMessage(_ context.Context, _ string, m bot.Message, _ bot.Envs) (bot.Turn, error) {
	return bot.Turn{Contact: bot.Contact{ID: int64(m.Length), Consent: bot.Unsubscribed}}, nil
}

func (*oneClaim) Receipt(context.Context, string, bot.Receipt, bot.Envs) error { return nil }

func (*oneClaim) Learn(context.Context, string, []bot.Pair, bot.Envs) ([]bot.Turn, error) {
	return nil, nil
}

// serves returns a pump that is connected and sends by a transport.
func (s *oneClaim) serves(t *testing.T, way bot.Transport) *Pump {
	t.Helper()
	s.fired.Store(true)
	p := New(Config{
		Inbox: s, Outbox: s, Timers: s, Schedule: s, Transport: way, Now: time.Now, Limits: bot.DefaultLimits,
		Envs: func(string) bot.Env { return bot.Env{} }, Log: slog.New(slog.DiscardHandler),
	})
	if err := p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberSynced}); err != nil {
		t.Fatal(err)
	}
	return p
}

// upload is a transport that brings a file to WhatsApp until ready is closed.
type upload struct {
	ready chan struct{}
	sent  int
}

func (u *upload) Prepare(bot.Media) (<-chan struct{}, error) {
	select {
	case <-u.ready:
		return nil, nil
	default:
		return u.ready, nil
	}
}

func (u *upload) Send(context.Context, bot.Outgoing) bot.SendResult {
	u.sent++
	return bot.SendResult{Status: bot.SendAccepted}
}

func (*upload) MarkRead(context.Context, string, []bot.Identity) error { return nil }

// TestB7TheLoopSleepsWhileAFileIsUnderWay: the promotion is due all the while, and the loop does
// not spin over it. It goes out as soon as the file is there.
func TestB7TheLoopSleepsWhileAFileIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, way := &oneClaim{media: &bot.Media{Kind: bot.MediaVideo}}, &upload{ready: make(chan struct{})}
		p := s.serves(t, way)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if s.looks > 63 || way.sent != 0 {
			t.Errorf("in a minute it looked %d times and sent %d messages", s.looks, way.sent)
		}
		close(way.ready)
		synctest.Wait()
		if way.sent != 1 || len(s.results) != 2 {
			t.Errorf("the file is there, and it sent %d messages: %q", way.sent, s.results)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestC2AStopAmongManyIsRemembered: somebody stops between the claim and the send, and so many
// others do so too that no list of them may be thrown away for its length. What is remembered goes
// when the next claim begins, which finds the stops in the store.
func TestC2AStopAmongManyIsRemembered(t *testing.T) {
	s, way := &oneClaim{}, &upload{}
	p := s.serves(t, way)
	s.after = func() {
		for contact := range 10_010 {
			if err := p.Message(t.Context(), bot.Message{Length: contact + 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := p.SendNext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if way.sent != 0 || len(s.results) != 1 || s.results[0] != "taken back" {
		t.Errorf("it sent %d messages to somebody who had stopped: %q", way.sent, s.results)
	}
	if _, err := p.SendNext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(p.stops); n != 0 {
		t.Errorf("%d stops are remembered though nothing is claimed", n)
	}
}
