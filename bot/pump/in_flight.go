package pump

import (
	"context"
	"time"

	"optinbot/bot"
)

// Where the wire takes many messages at a time, the send loop only claims. Each message then goes its
// own way to WhatsApp, and is recorded when WhatsApp has answered. The store sees to it that they are
// all to different people, and that no claim commits after a stop has. So what holds for one message
// under way holds for each of many: after the acknowledgement of a stop at most one message reaches
// that person, whose claim had committed before, and a crash leaves at most InFlight unknown.

// claimsAtOnce is how many claims are asked for at a time: they are one transaction.
const claimsAtOnce = 64

// inFlightLook is how often is looked for something to be sent while messages are under way and
// something is due.
const inFlightLook = 20 * time.Millisecond

// sendInFlight claims what is to be sent now, and lets each message go its way. It returns when
// nothing more is to be claimed, or no place is free: a message whose send ends wakes the loop.
func (p *Pump) sendInFlight(ctx context.Context) error {
	for burst := 1; ctx.Err() == nil; {
		burst = min(burst, p.config.Limits().Wire.InFlight-p.underWay(), claimsAtOnce)
		if burst <= 0 {
			return nil
		}
		p.forgetStops()
		claims, did, err := p.claim(ctx, burst)
		for _, k := range claims {
			overtaken, failed := p.overtaken(ctx, k)
			if failed != nil {
				p.config.Log.Error("a promotion that a stop has overtaken was not taken back in the store; it is not sent",
					"number", p.config.Number, "error", failed)
			}
			if !overtaken {
				p.sendBeside(ctx, k)
			}
		}
		if err != nil || !did {
			return err
		}
		if burst *= 2; len(claims) == 0 {
			burst = 1
		}
	}
	return nil
}

// sendBeside brings a message to WhatsApp beside the loop.
func (p *Pump) sendBeside(ctx context.Context, k *bot.Claim) {
	p.mu.Lock()
	p.inFlight++
	p.mu.Unlock()
	p.sends.Go(func() {
		err := p.bring(ctx, k)
		p.mu.Lock()
		p.inFlight--
		p.mu.Unlock()
		if err != nil {
			p.config.Log.Error("how a send ended was not recorded", "number", p.config.Number, "error", err)
		}
		p.wakeLoop(sendLoop)
	})
}

// underWay is how many messages are under way beside the loop.
func (p *Pump) underWay() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inFlight
}
