//go:build unix

package pump_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/pump"
	"optinbot/bot/pump/pumptest"
)

// A counter is a wire that takes everything at once.
type counter struct {
	pumptest.Wire
	sent atomic.Int64
	all  int64
	done chan struct{}
}

func (c *counter) Send(context.Context, bot.Outgoing) bot.SendResult {
	if c.sent.Add(1) == c.all {
		close(c.done)
	}
	return bot.SendResult{Status: bot.SendAccepted}
}

// BenchmarkFloodOfAnswers measures answers that wait and go out with many under way: the processor's time of each.
func BenchmarkFloodOfAnswers(b *testing.B) {
	const people = 2000
	for b.Loop() {
		b.StopTimer()
		c := &counter{all: people, done: make(chan struct{})}
		n := pumptest.New(b, pumptest.Flow, func(config *pump.Config) { config.Transport, config.MaxIdle = c, time.Minute })
		n.Can = bot.Abilities{NoRepeats: true, SentLater: true}
		for i := range people {
			n.Writes(fmt.Sprintf("+55119%08d", i), "HELP")
		}
		n.Limits.Wire.InFlight = 80
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		before := processor(b)
		b.StartTimer()
		go func() { ended <- n.Pump.Run(ctx) }()
		<-c.done
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		b.ReportMetric(float64((processor(b)-before).Microseconds())/people, "cpu-us/answer")
		b.StartTimer()
	}
}

func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
