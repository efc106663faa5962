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
	Clock
	Schedule
	due   time.Time
	fired atomic.Bool
}

func (s *asleep) FireTimer(_ context.Context, _ string, now time.Time, _ bot.Envs) (bool, error) {
	return !now.Before(s.due) && s.fired.CompareAndSwap(false, true), nil
}

func (s *asleep) NextDue(context.Context, string, bot.Limits, time.Time) (time.Time, bool, error) {
	return s.due, !s.fired.Load(), nil
}

func (*asleep) Recover(context.Context, string, time.Time) (int64, error) { return 0, nil }

func (*asleep) MissPhone(context.Context, string, time.Time) error { return nil }

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

// TestB7TheMachineSlept: a laptop is opened in the morning; what came due meanwhile happens within a minute, though Go's timers stood
// still with the machine.
func TestB7TheMachineSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slept atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
		s := &asleep{due: now().Add(8 * time.Hour)}
		p := New(Config{
			Outbox: s, Clock: s, Schedule: s, Now: now, Limits: bot.DefaultLimits, Envs: func(string) bot.Env { return bot.Env{} }, Log: slog.New(slog.DiscardHandler),
		})
		p.synced = true
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		synctest.Wait()
		slept.Store(int64(9 * time.Hour))
		time.Sleep(time.Minute)
		if synctest.Wait(); !s.fired.Load() {
			t.Error("the timer has not rung")
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
