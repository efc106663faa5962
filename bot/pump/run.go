package pump

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// The loops.
const (
	sendLoop = iota
	tickLoop
)

// retryAfter is how long a loop waits before it tries again: after an error of the store, after
// WhatsApp was busy, and while a file is being brought to WhatsApp.
const retryAfter = time.Second

// accountWait is how long nothing goes out after WhatsApp refused to let the number send.
const accountWait = time.Minute

// askAgainAfter is how long a recurring broadcast waits before it is asked about again.
const askAgainAfter = time.Minute

// maxIdle is how long a loop sleeps at most when nothing is due, unless Config says otherwise.
const maxIdle = time.Minute

// Run runs the send loop and the tick loop until ctx is done. First it settles what a crash left
// behind. Errors of the store (a full disk) are logged and tried again: nothing is lost by waiting.
func (p *Pump) Run(ctx context.Context) error {
	unknown, err := p.config.Outbox.Recover(ctx, p.config.Number, p.config.Now(), p.config.Envs)
	if err != nil {
		return err
	}
	if unknown > 0 {
		p.config.Log.Warn(
			"deliveries were under way when the bot last stopped; whether they arrived is unknown",
			"number",
			p.config.Number,
			"deliveries",
			unknown,
		)
	}
	p.running.Store(true)
	defer p.running.Store(false)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer p.sends.Wait()
		p.loop(ctx, sendLoop, p.drain)
		return nil
	})
	g.Go(func() error { p.loop(ctx, tickLoop, p.Tick); return nil })
	return g.Wait()
}

// drain sends until nothing is to be sent now.
func (p *Pump) drain(ctx context.Context) error {
	if p.config.Limits().Wire.InFlight > 1 {
		return p.sendInFlight(ctx)
	}
	for ctx.Err() == nil {
		sent, err := p.SendNext(ctx)
		if err != nil || !sent {
			return err
		}
	}
	return nil
}

// loop calls work when woken, and when the store says that something is due.
func (p *Pump) loop(ctx context.Context, which int, work func(context.Context) error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake[which]:
		case <-p.fileUnderWay():
		case <-timer.C:
		}
		wait, begun := retryAfter, p.config.Now()
		switch err := work(ctx); {
		case err == nil:
			wait = p.untilDue(ctx, begun)
		case ctx.Err() == nil:
			p.config.Log.Error("the store refused; trying again", "number", p.config.Number, "error", err)
		}
		timer.Reset(wait)
	}
}

// untilDue is how long nothing happens by the clock alone, a minute at most: a timer stands still
// while the machine sleeps and does not notice a clock that is set forward. What has come due since
// the last look began is due at once.
func (p *Pump) untilDue(ctx context.Context, begun time.Time) time.Duration {
	if left := p.pauseLeft(); left > 0 {
		return left
	}
	if p.fileUnderWay() != nil {
		return retryAfter // the promotion that waits for it is due all the while
	}
	longest := cmp.Or(p.config.MaxIdle, maxIdle)
	at, ok, err := p.config.Timers.NextDue(ctx, p.config.Number, p.config.Limits(), begun)
	if err != nil {
		return retryAfter
	}
	if !ok {
		return longest
	}
	wait := max(at.Sub(p.config.Now()), min(p.untilAsked(), retryAfter)) // what is asked about is due all the while
	if p.underWay() > 0 {
		wait = max(wait, inFlightLook) // what is due may wait for its person's last message to land
	}
	return min(longest, wait)
}

// Wake makes both loops look again: something was written, by this process or another.
func (p *Pump) Wake() {
	p.wakeLoop(sendLoop)
	p.wakeLoop(tickLoop)
}

func (p *Pump) wakeLoop(which int) {
	select {
	case p.wake[which] <- struct{}{}:
	default: // it has been told already
	}
}
