package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"optinbot/bot"
	"optinbot/bot/text"
	"optinbot/store"
)

// Alive is an error where the database does not answer. It reads only.
func (d *Desk) Alive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	return errors.Join(d.Store.Present(), d.Store.Answers(ctx))
}

// A Health is whether the bot does its work, in words that name nobody but the shop's own numbers.
type Health struct {
	NotReady []string // why it does not serve everybody whom it should. Empty: it does
	Unwell   []string // why an operator has to look. What is in NotReady is in it
}

// A Checkup looks at the process that serves a shop, as often as somebody asks. What it has found is
// told again for healthKept.
type Checkup struct {
	look func(context.Context) Health
	now  func() time.Time

	mu    sync.Mutex
	found Health
	at    time.Time     // when that was found. Zero: never
	since time.Time     // when the look under way began
	ended chan struct{} // closed when it has ended. Nil: none is under way
}

// NewCheckup looks at the process that serves the shop of a desk.
func (d *Desk) NewCheckup() *Checkup { return &Checkup{look: d.health, now: d.Now} }

// How long a look is good for, how long a caller waits for one, and how long one may take. Planning
// for a million people keeps the database for some seconds, and that is no trouble.
const (
	healthKept     = 5 * time.Second
	healthPatience = 5 * time.Second
	healthStuck    = time.Minute
)

// Look returns how the bot is. It writes to the database what is there already, so that a full disk
// is found, and changes nothing else. Where that takes long, it returns what it found before.
func (c *Checkup) Look(ctx context.Context) Health {
	c.mu.Lock()
	if now := c.now(); c.ended == nil && (c.at.IsZero() || now.Before(c.at) || now.Sub(c.at) >= healthKept) {
		c.since, c.ended = now, make(chan struct{})
		go c.again(context.WithoutCancel(ctx)) // others wait for it too
	}
	ended := c.ended
	c.mu.Unlock()
	if ended != nil {
		patience := time.NewTimer(healthPatience)
		defer patience.Stop()
		select {
		case <-ended:
		case <-patience.C:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil && (c.at.IsZero() || c.now().Sub(c.since) >= healthStuck) {
		stuck := []string{"the database takes no writes"}
		return Health{NotReady: stuck, Unwell: stuck}
	}
	return c.found
}

func (c *Checkup) again(ctx context.Context) {
	found := c.look(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found, c.at = found, c.now()
	close(c.ended)
	c.ended = nil
}

// health looks at the process that serves the shop.
func (d *Desk) health(ctx context.Context) (h Health) {
	notReady := func(format string, args ...any) {
		says := fmt.Sprintf(format, args...)
		h.NotReady, h.Unwell = append(h.NotReady, says), append(h.Unwell, says)
	}
	if !d.Files.runs() {
		notReady("no `run` holds the folder")
	}
	if d.Alive(ctx) != nil {
		notReady("the database cannot be read")
	} else if d.Store.TakesWrites(ctx) != nil {
		notReady("the database cannot be written: the disk is full, or read-only")
	}
	fleet, err := d.lookAtFleet(ctx)
	if err != nil {
		notReady("who serves which number cannot be read")
		return h
	}
	for _, n := range d.Config.Numbers {
		row, err := d.Store.Number(ctx, n.Name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			notReady("number %s cannot be read", n.Name)
			continue
		}
		online := row.Status == bot.NumberConnected || row.Status == bot.NumberSynced
		switch {
		case row.JID == "" && row.Status == bot.NumberLoggedOut:
			h.Unwell = append(h.Unwell, fmt.Sprintf("number %s was logged out by WhatsApp; link it again", n.Name))
		case row.JID == "": // it has never been linked: nobody misses it
		case fleet != nil && fleet.by(n.Name) == "":
			h.Unwell = append(h.Unwell, fmt.Sprintf("number %s is served by no process of the fleet", n.Name))
		case fleet != nil && fleet.by(n.Name) != d.Store.Process():
			// whether it is well does not make this process ready
		case !d.Sessions.InUse(n.Name):
			notReady("number %s is not served", n.Name)
		case !online:
			notReady("number %s is not connected to WhatsApp", n.Name)
		}
		if row.RestrictedUntil.After(d.Now()) {
			h.Unwell = append(h.Unwell, fmt.Sprintf("number %s is restricted by WhatsApp until %s", n.Name,
				text.When(row.RestrictedUntil, d.limits[n.Name].Zone)))
		}
	}
	return h
}
