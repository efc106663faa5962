package cloud

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"optinbot/bot"
)

// heard notes that a webhook came, with statuses of these messages of ours.
func (c *Client) heard(settled []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beat.heard(c.options.Now(), settled)
}

// taken notes whether a webhook was committed.
func (c *Client) taken(ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beat.taken(c.options.Now(), ok)
}

// takeMessages hands over each message by itself. One that fails does not keep the others waiting.
func (c *Client) takeMessages(ctx context.Context, p part) (ok bool) {
	ok = true
	for _, m := range p.messages {
		c.noteOperator(m)
		err := c.guarded(func() error {
			c.inbound.Lock()
			defer c.inbound.Unlock()
			m.Identities = inPortfolio(m.Identities, c.options.Portfolio)
			return c.options.Inbound.Message(ctx, m)
		})
		if err != nil {
			c.log.Error("a message was not committed; Meta will post it again", "error", masked(err.Error()))
			ok = false
		}
	}
	return ok
}

// inPortfolio says of which portfolio a BSUID is: elsewhere the same one is somebody else's.
func inPortfolio(ids []bot.Identity, portfolio string) []bot.Identity {
	scoped := slices.Clone(ids)
	for i := range scoped {
		if scoped[i].Kind == bot.BSUID {
			scoped[i].Value = portfolio + "/" + scoped[i].Value
		}
	}
	return scoped
}

// ofPortfolio undoes that, and leaves out the BSUIDs of another portfolio: Meta does not know them
// here.
func ofPortfolio(ids []bot.Identity, portfolio string) (known []bot.Identity) {
	for _, id := range ids {
		if id.Kind == bot.BSUID {
			value, here := strings.CutPrefix(id.Value, portfolio+"/")
			if !here {
				continue
			}
			id.Value = value
		}
		known = append(known, id)
	}
	return known
}

// noteOperator remembers when the operator's own phone wrote: notices may go there for a day.
func (c *Client) noteOperator(m bot.Message) {
	if c.options.Notify == "" || m.FromMe || m.History || bot.PhoneOf(m.Identities) != c.options.Notify {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.At.After(c.wrote) {
		c.wrote = m.At
	}
}

// receiptsAtOnce is how many statuses of a webhook are handed over at a time: they share commits.
const receiptsAtOnce = 32

// takeReceipts hands over the statuses, those of one message in order.
func (c *Client) takeReceipts(ctx context.Context, p part) (ok bool) {
	var order []string
	of := map[string][]bot.Receipt{}
	for _, r := range p.receipts {
		id := strings.Join(append(slices.Clone(r.WireIDs), r.MessageIDs...), " ")
		if of[id] == nil {
			order = append(order, id)
		}
		of[id] = append(of[id], r)
	}
	var taking errgroup.Group
	taking.SetLimit(receiptsAtOnce)
	for _, id := range order {
		taking.Go(func() (failed error) {
			for _, r := range of[id] {
				if err := c.guarded(func() error { return c.options.Inbound.Receipt(ctx, r) }); err != nil {
					c.log.Error("a status was not committed; Meta will post it again", "error", masked(err.Error()))
					failed = err
				}
			}
			return failed
		})
	}
	return taking.Wait() == nil
}

// lostNoticeEvery is how often a notice of what cannot be read is made.
const lostNoticeEvery = time.Hour

// takeLost keeps what cannot be read. That it came again would not make it readable.
func (c *Client) takeLost(ctx context.Context, p part) (ok bool) {
	if len(p.lost) == 0 {
		return true
	}
	kept := "it is not kept"
	if c.options.Keep != nil {
		kept = "it is kept"
		for _, raw := range p.lost {
			if err := c.guarded(func() error { return c.options.Keep(ctx, raw) }); err != nil {
				c.log.Error("what cannot be read was not kept; Meta will post it again", "error", masked(err.Error()))
				return false
			}
		}
	}
	c.mu.Lock()
	now := c.options.Now()
	due := c.lostTold.IsZero() || now.Sub(c.lostTold) >= lostNoticeEvery
	if due {
		c.lostTold = now
	}
	c.mu.Unlock()
	if due {
		c.tell(bot.NumberEvent{
			Kind: bot.NumberTrouble, Detail: "a webhook of Meta could not be read, and may have held a stop (" + kept +
				"). Where it names somebody, promotions to them wait. A newer build may be needed",
		})
	}
	return true
}

// takeNews tells what became of the number and of templates. It is not told again: the API is asked
// for the same in a while.
func (c *Client) takeNews(ctx context.Context, p part) bool {
	for _, e := range p.events {
		c.tell(e)
	}
	if peopleOf(p.limit) > 0 {
		c.limitIs(p.limit)
	}
	for _, e := range p.templates {
		if c.options.Templates == nil {
			break
		}
		if err := c.guarded(func() error { c.options.Templates(ctx, e); return nil }); err != nil {
			c.log.Error("news of a template was not taken", "error", masked(err.Error()))
		}
	}
	return true
}

var errNobody = errors.New("nobody takes what comes in")

// guarded calls what the wiring gave us. A panic there is an error: the message stays with Meta.
func (c *Client) guarded(call func() error) (err error) {
	if c.options.Inbound == nil {
		return errNobody
	}
	defer func() {
		if problem := recover(); problem != nil {
			c.log.Error("panic while taking a webhook", "problem", masked(fmt.Sprint(problem)),
				"stack", string(debug.Stack()))
			err = errors.New("panic")
		}
	}()
	return call()
}
