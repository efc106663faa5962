package pump_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
)

// fullDisk is a store that has nothing to do, and refuses now and then.
type fullDisk struct {
	pump.Inbox
	pump.Outbox
	pump.Timers
	pump.Schedule
	recover  error
	refusing atomic.Bool
	looks    atomic.Int64 // of the send loop
	said     safeBuffer
}

func (f *fullDisk) log() *slog.Logger { return slog.New(slog.NewTextHandler(&f.said, nil)) }

func (f *fullDisk) answer() error {
	if f.refusing.Load() {
		return errors.New("the disk is full")
	}
	return nil
}

func (f *fullDisk) NumberEvent(context.Context, string, bot.NumberEvent) error { return nil }

func (f *fullDisk) Recover(context.Context, string, time.Time, bot.Envs) (int64, error) {
	return 3, f.recover
}

func (f *fullDisk) ClaimReplies(context.Context, string, time.Time, bot.Brake, bool, int) ([]*bot.Claim, error) {
	f.looks.Add(1)
	return nil, f.answer()
}

// TestC4AClaimThatWasNotCommittedIsNotSent: on a full disk the same reply would go out again and again.
func TestC4AClaimThatWasNotCommittedIsNotSent(t *testing.T) {
	sent := 0
	p := pump.New(pump.Config{
		Outbox: uncommitted{}, Transport: counting{sent: &sent}, Now: time.Now,
		Limits: bot.DefaultLimits, Log: slog.New(slog.DiscardHandler),
		Inbox: &fullDisk{}, Timers: &fullDisk{}, Schedule: &fullDisk{},
	})
	must(t, p.NumberEvent(t.Context(), bot.NumberEvent{Kind: bot.NumberSynced, At: time.Now()}))
	for range 3 {
		if _, err := p.SendNext(t.Context()); err == nil {
			t.Error("the error of the store is lost")
		}
	}
	if sent != 0 {
		t.Errorf("%d messages were sent whose claim was not committed", sent)
	}
}

// uncommitted is an outbox whose claims fail at the end of their transaction.
type uncommitted struct{ pump.Outbox }

func (uncommitted) ClaimReplies(context.Context, string, time.Time, bot.Brake, bool, int) ([]*bot.Claim, error) {
	return []*bot.Claim{{Kind: bot.SayReply, MessageID: "3EB0", Text: "Hello"}}, errors.New("the disk is full")
}

func (uncommitted) Record(context.Context, bot.Claim, bot.SendResult, bot.Envs) error { return nil }

// counting counts what is sent.
type counting struct {
	bot.Transport
	sent *int
}

func (c counting) Send(context.Context, bot.Outgoing) bot.SendResult {
	*c.sent++
	return bot.SendResult{Status: bot.SendAccepted}
}

func (f *fullDisk) ClaimDeliveries(
	context.Context,
	string,
	time.Time,
	bot.Limits,
	bot.Envs,
	bot.Render,
	int,
) (bot.ClaimResult, error) {
	return bot.ClaimResult{}, f.answer()
}

func (f *fullDisk) NextDue(context.Context, string, bot.Limits, time.Time) (time.Time, bool, error) {
	return time.Time{}, false, f.answer()
}

func (f *fullDisk) DueSchedules(context.Context, string, time.Time) ([]bot.Schedule, error) {
	return nil, f.answer()
}

func (f *fullDisk) FireTimer(context.Context, string, time.Time, bot.Envs) (bool, error) {
	return false, f.answer()
}

func (f *fullDisk) MissPhone(context.Context, string, time.Time) error { return f.answer() }

func (f *fullDisk) EndHistoryWait(context.Context, string, time.Time) error { return f.answer() }

func (f *fullDisk) Forget(context.Context, string, bot.Retention, time.Time, bot.Envs) error {
	return f.answer()
}

func (f *fullDisk) Due(context.Context, string, time.Time) ([]bot.Occurrence, error) {
	return nil, f.answer()
}

func (f *fullDisk) Assess(context.Context, string, bot.Limits, time.Time, func(bot.Change)) (bool, error) {
	return false, f.answer()
}

func (f *fullDisk) Finish(context.Context, string, bot.Limits, time.Time, func(bot.Change)) error {
	return f.answer()
}

// A safeBuffer may be written from any goroutine.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
