package pump

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"optinbot/bot"
)

// slow is a store with an occurrence that takes some pieces to assess, each a minute long, and
// timers that come due meanwhile.
type slow struct {
	Timers
	Schedule
	now    time.Time
	timers []time.Time
	due    bool
	pieces int
	broken bool
	did    []string
}

func (s *slow) FireTimer(_ context.Context, _ string, now time.Time, _ bot.Envs) (bool, error) {
	if len(s.timers) == 0 || now.Before(s.timers[0]) {
		return false, nil
	}
	s.timers, s.did = s.timers[1:], append(s.did, "timer")
	return true, nil
}

func (s *slow) Due(context.Context, string, time.Time) ([]bot.Occurrence, error) {
	if !s.due {
		return nil, nil
	}
	return []bot.Occurrence{{DueAt: s.now}}, nil
}

func (s *slow) Plan(context.Context, bot.Occurrence, bot.Armed, bot.Limits, time.Time) error {
	s.due, s.did = false, append(s.did, "plan")
	return nil
}

func (s *slow) Assess(context.Context, string, bot.Limits, time.Time, func(bot.Change)) (more bool, err error) {
	if s.broken {
		return true, errors.New("the disk is full")
	}
	if s.pieces == 0 {
		return false, nil
	}
	s.pieces, s.now, s.did = s.pieces-1, s.now.Add(time.Minute), append(s.did, "piece")
	return true, nil
}

func (s *slow) Finish(context.Context, string, bot.Limits, time.Time, func(bot.Change)) error {
	s.did = append(s.did, "finish")
	return nil
}

func (*slow) MissPhone(context.Context, string, time.Time) error { return nil }

func (*slow) EndHistoryWait(context.Context, string, time.Time) error { return nil }

func (*slow) Forget(context.Context, string, bot.Retention, time.Time, bot.Envs) error { return nil }

func (*slow) DueSchedules(context.Context, string, time.Time) ([]bot.Schedule, error) {
	return nil, nil
}

func newSlow(pieces int) (*slow, *Pump) {
	s := &slow{now: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC), due: true, pieces: pieces}
	p := New(Config{
		Timers: s, Schedule: s, Now: func() time.Time { return s.now }, Limits: bot.DefaultLimits,
		Edited: func(bot.Occurrence) bool { return false }, Envs: func(string) bot.Env { return bot.Env{} },
	})
	p.synced = true
	return s, p
}

func (s *slow) wants(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.did, want) {
		t.Fatalf("it did %q, want %q", s.did, want)
	}
}

func TestTimersRingBetweenThePiecesOfABigBroadcast(t *testing.T) {
	s, p := newSlow(3)
	s.timers = []time.Time{s.now, s.now.Add(time.Minute), s.now.Add(3 * time.Minute)}
	if err := p.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wants(t, "timer", "plan", "piece", "timer", "piece", "piece", "timer", "finish")
	select {
	case <-p.wake[sendLoop]:
	default:
		t.Fatal("the send loop was not told of the broadcast")
	}
}

func TestAPieceThatFailsIsTakenUpAgain(t *testing.T) {
	s, p := newSlow(2)
	s.broken = true
	if err := p.Tick(t.Context()); err == nil {
		t.Fatal("no error")
	}
	s.wants(t, "plan")
	s.broken = false
	if err := p.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wants(t, "plan", "piece", "piece", "finish")
}
