package pump

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"optinbot/bot"
)

// asleep is a store with nothing in it but one timer.
type asleep struct {
	Outbox
	Timers
	Schedule
	due   time.Time
	takes time.Duration // how long the first look takes
	fired atomic.Bool
}

func (s *asleep) FireTimer(_ context.Context, _ string, now time.Time, _ bot.Envs) (bool, error) {
	time.Sleep(s.takes)
	s.takes = 0
	return !now.Before(s.due) && s.fired.CompareAndSwap(false, true), nil
}

func (s *asleep) NextDue(_ context.Context, _ string, _ bot.Limits, now time.Time) (time.Time, bool, error) {
	return s.due, s.due.After(now), nil
}

func (*asleep) Recover(context.Context, string, time.Time, bot.Envs) (int64, error) { return 0, nil }

func (*asleep) MissPhone(context.Context, string, time.Time) error { return nil }

func (*asleep) EndHistoryWait(context.Context, string, time.Time) error { return nil }

func (*asleep) Forget(context.Context, string, bot.Retention, time.Time, bot.Envs) error { return nil }

func (*asleep) DueSchedules(context.Context, string, time.Time) ([]bot.Schedule, error) {
	return nil, nil
}

func (*asleep) Due(context.Context, string, time.Time) ([]bot.Occurrence, error) { return nil, nil }

func (*asleep) Assess(context.Context, string, bot.Limits, time.Time, func(bot.Change)) (bool, error) {
	return false, nil
}

func (*asleep) Finish(context.Context, string, bot.Limits, time.Time, func(bot.Change)) error {
	return nil
}

// TestB7TheMachineSlept: a laptop is opened in the morning. What came due meanwhile happens within
// a minute, though Go's timers stood still with the machine.
func TestB7TheMachineSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slept atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
		s := &asleep{due: now().Add(8 * time.Hour)}
		defer s.runs(t, now)()
		synctest.Wait()
		slept.Store(int64(9 * time.Hour))
		time.Sleep(time.Minute)
		if synctest.Wait(); !s.fired.Load() {
			t.Error("the timer has not rung")
		}
	})
}

// TestB7DueWhileItLooked: what comes due while a loop is at work, as with a big broadcast, has its
// turn at once.
func TestB7DueWhileItLooked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &asleep{due: time.Now().Add(time.Second), takes: 2 * time.Second}
		defer s.runs(t, time.Now)()
		time.Sleep(2 * time.Second)
		if synctest.Wait(); !s.fired.Load() {
			t.Error("the timer has not rung")
		}
	})
}

// runs lets a pump run until what it returns is called.
func (s *asleep) runs(t *testing.T, now func() time.Time) (stop func()) {
	p := New(Config{
		Outbox: s, Timers: s, Schedule: s, Now: now, Limits: bot.DefaultLimits, Envs: func(string) bot.Env { return bot.Env{} }, Log: slog.New(slog.DiscardHandler),
	})
	p.synced = true
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
