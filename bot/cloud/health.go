package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"optinbot/bot"
)

// silent is for how long an accepted message may be without any status until the line counts as
// quiet, and the least time that is waited for what Meta holds back.
const (
	silent   = 10 * time.Minute
	leastLag = 15 * time.Minute
	mostLag  = 24 * time.Hour
)

// A heartbeat decides when a stop may still be on its way. Meta repeats a webhook that was not
// taken, after pauses that grow, and never says that it has none left. So after a time t without
// webhooks, promotions wait until webhooks come again, and then t more: at least 15 minutes, at most
// a day. What shows that webhooks are missing is our own messages: each accepted one gets a status.
// It is guarded by the client's lock, and reads no clock.
type heartbeat struct {
	waits   map[string]time.Time // accepted messages without a status, and since when
	until   time.Time            // what is held back may come until then. Zero: nothing is
	quiet   time.Time            // since when webhooks are missing. Zero: they come
	failing time.Time            // since when we could not take them. Zero: we can
	heardAt time.Time
}

// maxWaits bounds how many messages are watched. A thousand say as much as a million.
const maxWaits = 1000

// begin notes that the endpoint is there, after it was not there since down. Zero: not known.
func (b *heartbeat) begin(now, down time.Time) {
	*b = heartbeat{heardAt: now, until: now.Add(leastLag)}
	if !down.IsZero() {
		b.until = now.Add(lagAfter(now.Sub(down)))
	}
}

// lagAfter is how long to wait for what came in a time without webhooks.
func lagAfter(t time.Duration) time.Duration { return min(max(t, leastLag), mostLag) }

func (b *heartbeat) accepted(id string, now time.Time) {
	if b.waits == nil {
		b.waits = map[string]time.Time{}
	}
	if len(b.waits) < maxWaits {
		b.waits[id] = now
	}
}

// heard notes a webhook that is signed, and the messages whose statuses it holds.
func (b *heartbeat) heard(now time.Time, ids []string) {
	b.whole(now) // sees whether it was quiet until now
	for _, id := range ids {
		delete(b.waits, id)
	}
	for id, since := range b.waits {
		if now.Sub(since) >= silent { // webhooks come. That this one has none says something of its template
			delete(b.waits, id)
		}
	}
	b.heardAt = now
	if !b.quiet.IsZero() {
		b.wait(now, b.quiet)
		b.quiet = time.Time{}
		clear(b.waits) // of the time in which nothing came. What was lost of them says nothing new
	}
}

// taken notes whether a webhook could be committed.
func (b *heartbeat) taken(now time.Time, ok bool) {
	switch {
	case !ok && b.failing.IsZero():
		b.failing = now
	case ok && !b.failing.IsZero():
		b.wait(now, b.failing)
		b.failing = time.Time{}
	}
}

// wait lets what was held back since then come first. A longer wait stays.
func (b *heartbeat) wait(now, since time.Time) {
	if until := now.Add(lagAfter(now.Sub(since))); until.After(b.until) {
		b.until = until
	}
}

// cameUntil is until when all that was sent to us has come, as far as anybody can know.
func (b *heartbeat) cameUntil(now time.Time) time.Time {
	b.whole(now)
	at := now
	if now.Before(b.until) { // a wait that is not over is waited for again after a restart
		at = now.Add(now.Sub(b.until))
	}
	for _, missing := range []time.Time{b.quiet, b.failing} {
		if !missing.IsZero() && missing.Before(at) {
			at = missing
		}
	}
	return at
}

// whole reports whether all that was sent to us has come, as far as anybody can know.
func (b *heartbeat) whole(now time.Time) bool {
	if b.quiet.IsZero() {
		for _, since := range b.waits {
			if now.Sub(since) >= silent && !b.heardAt.After(since) && (b.quiet.IsZero() || since.Before(b.quiet)) {
				b.quiet = since
			}
		}
	}
	return b.quiet.IsZero() && b.failing.IsZero() && !now.Before(b.until)
}

// An account is what the API says of the number. It is guarded by the client's lock.
type account struct {
	phone   string
	quality string
	limit   string
	rate    string // how many messages a second, in Meta's word
	up      bool   // told as connected
	synced  bool   // told as synced
	down    string // the trouble that was told last

	tokenEnds time.Time // of the access token. Zero: never, or not known
	tokenSeen time.Time // when it was last asked for
	told      bot.Standing
}

// tokenEvery is how often the token's end is asked for.
const tokenEvery = 6 * time.Hour

// standing is what the API says of the number, for whoever decides.
func (a account) standing() bot.Standing {
	return bot.Standing{Rating: a.quality, Limit: peopleOf(a.limit), Throughput: rateOf(a.rate), TokenEnds: a.tokenEnds}
}

// peopleOf is a messaging limit such as TIER_2K as a number of people. 0: it is not known.
func peopleOf(limit string) int {
	of, tier := strings.CutPrefix(limit, "TIER_")
	if of == "UNLIMITED" {
		return bot.UnlimitedPerDay
	}
	digits, thousands := strings.CutSuffix(of, "K")
	n, err := strconv.Atoi(digits)
	if !tier || err != nil || n <= 0 || n >= bot.UnlimitedPerDay {
		return 0
	}
	if thousands {
		n *= 1000
	}
	return min(n, bot.UnlimitedPerDay)
}

func rateOf(level string) int {
	switch level {
	case "HIGH":
		return highRate
	case "STANDARD":
		return standardRate
	}
	return 0
}

// Health is what is known of a number.
type Health struct {
	Quality    string // GREEN, YELLOW, RED or UNKNOWN. "": not asked yet
	Limit      string // the messaging limit in Meta's word: TIER_2K
	Throughput string // STANDARD or HIGH
	Connected  bool
	Synced     bool
}

// Health returns what the last poll and the webhooks since have told.
func (c *Client) Health() Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.account
	return Health{Quality: a.quality, Limit: a.limit, Throughput: a.rate, Connected: a.up, Synced: a.synced}
}

// CameUntil is until when all that was sent to the number has come, as far as anybody can know. The
// next run gets it as Options.DownSince. It is zero while the number is not connected.
func (c *Client) CameUntil() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keeping == nil {
		return time.Time{}
	}
	return c.beat.cameUntil(c.options.Now())
}

// The messages a second that Meta allows a number, at most.
const (
	standardRate = 80
	highRate     = 1000
)

// Throughput is how many messages a second Meta allows the number. Before the API was asked it is
// what every number has.
func (c *Client) Throughput() int {
	return max(standardRate, rateOf(c.Health().Throughput))
}

// Connect takes webhooks from now on, and begins to ask the API about the number. That it answers
// comes as NumberConnected. NumberSynced follows when nothing is held back any more.
func (c *Client) Connect(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fmt.Errorf("%w: the connection is closed", bot.ErrNotTried)
	}
	if c.keeping != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.keeping, c.kept = cancel, make(chan struct{})
	c.account.up, c.account.synced, c.account.down = false, false, ""
	c.beat.begin(c.options.Now(), c.down)
	if c.options.Hasty {
		c.beat.until = time.Time{}
	}
	if c.options.Hook != nil {
		if err := c.options.Hook.attach(c); err != nil {
			cancel()
			c.keeping, c.kept = nil, nil
			return err
		}
	}
	kept := c.kept
	c.background.Go(func() { defer close(kept); c.keep(ctx) })
	return nil
}

// Disconnect takes no more webhooks: Meta repeats them. It waits for those in hand.
func (c *Client) Disconnect() {
	if c.options.Hook != nil {
		c.options.Hook.detach(c)
	}
	c.mu.Lock()
	cancel, kept := c.keeping, c.kept
	c.keeping = nil
	if cancel != nil {
		c.down = c.options.Now()
	}
	c.mu.Unlock()
	if cancel != nil {
		cancel()
		<-kept
	}
}

// keep asks the API about the number, again and again.
func (c *Client) keep(ctx context.Context) {
	look, poll := time.NewTicker(c.options.LookEvery), time.NewTicker(c.options.PollEvery)
	defer look.Stop()
	defer poll.Stop()
	next := time.After(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		case <-next:
		case <-look.C:
			c.Look()
			continue
		}
		next = nil
		if c.Poll(ctx) != nil && ctx.Err() == nil {
			next = time.After(c.options.RetryDelay)
		}
	}
}

// Look applies the rule of the heartbeat: it tells when what was held back has come, and when webhooks
// are missing. Connect does it by itself.
func (c *Client) Look() {
	c.mu.Lock()
	now := c.options.Now()
	whole := c.beat.whole(now)
	up, synced := c.account.up, c.account.synced
	c.mu.Unlock()
	switch {
	case up && whole && !synced:
		c.tell(bot.NumberEvent{Kind: bot.NumberSynced, Detail: "nothing that was held back is expected any more"})
	case up && !whole && synced:
		// NumberConnected begins a new wait for NumberSynced: promotions wait, answers go on.
		c.tell(bot.NumberEvent{
			Kind: bot.NumberConnected, Detail: "webhooks are missing or were not taken: a stop may be among them. " +
				"Promotions wait; look whether the webhook's address can be reached from outside",
		})
	}
}

// tell hands an event of the number over, one at a time. It is false where that was not committed.
func (c *Client) tell(e bot.NumberEvent) bool {
	c.telling.Lock()
	defer c.telling.Unlock()
	e.At = c.options.Now().UTC()
	c.mu.Lock()
	a := &c.account
	switch e.Kind {
	case bot.NumberConnected:
		a.up, a.synced, a.down = true, false, ""
	case bot.NumberSynced:
		if !a.up || a.synced {
			c.mu.Unlock()
			return true
		}
		a.synced = true
	case bot.NumberDisconnected:
		if a.down == e.Detail {
			c.mu.Unlock()
			return true
		}
		a.up, a.synced, a.down = false, false, e.Detail
	}
	c.mu.Unlock()
	c.log.Info("the number", "event", string(e.Kind), "detail", e.Detail)
	if c.options.Inbound == nil {
		return false
	}
	err := c.options.Inbound.NumberEvent(c.ctx, e)
	if err != nil {
		c.log.Error("an event of the number was not committed", "event", string(e.Kind), "error", masked(err.Error()))
	}
	return err == nil
}

// trouble tells that the number cannot send, until a poll says something else.
func (c *Client) trouble(detail string) {
	c.tell(bot.NumberEvent{Kind: bot.NumberDisconnected, Detail: detail})
}

// numberFields are what is asked of the number.
const numberFields = "display_phone_number,quality_rating,throughput,whatsapp_business_manager_messaging_limit,status"

// Poll asks the API about the number: whether the token is good, and what has become of quality and
// limit. Connect does it by itself.
func (c *Client) Poll(ctx context.Context) error {
	var n struct {
		Phone      string `json:"display_phone_number"`
		Quality    string `json:"quality_rating"`
		Throughput struct {
			Level string `json:"level"`
		} `json:"throughput"`
		Limit  string `json:"whatsapp_business_manager_messaging_limit"`
		Status string `json:"status"`
	}
	err := c.ask(ctx, http.MethodGet, c.options.PhoneNumberID, url.Values{"fields": {numberFields}}, nil, &n)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var no refusal
	switch {
	case errors.As(err, &no):
		c.trouble(no.words)
		return err
	case err != nil:
		c.trouble(err.Error())
		return err
	}
	c.askToken(ctx)
	c.mu.Lock()
	a := &c.account
	before, up := *a, a.up
	if digits := phoneFrom(n.Phone); digits != "" {
		a.phone = digits
	}
	a.quality, a.limit, a.rate = word(n.Quality), word(n.Limit), word(n.Throughput.Level)
	after := *a
	c.mu.Unlock()
	c.tellStanding() // before anything goes out: the limit holds from the first message on
	if !up {
		c.tell(bot.NumberEvent{Kind: bot.NumberConnected, Detail: "Meta answers for this number"})
	}
	c.compare(before, after)
	return nil
}

// askToken asks when the access token ends, now and then. That nobody answers says nothing.
func (c *Client) askToken(ctx context.Context) {
	c.mu.Lock()
	due := c.account.tokenSeen.IsZero() || c.options.Now().Sub(c.account.tokenSeen) >= tokenEvery
	c.mu.Unlock()
	if !due || c.options.Inbound == nil {
		return
	}
	token, err := c.Token(ctx)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.account.tokenEnds, c.account.tokenSeen = token.Expires, c.options.Now()
}

// tellStanding tells how the number stands, where that is news.
func (c *Client) tellStanding() {
	c.mu.Lock()
	now := c.account.standing()
	news := c.account.told != now
	c.mu.Unlock()
	if !news || !c.tell(bot.NumberEvent{Kind: bot.NumberStanding, Standing: now}) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.account.told = now
}

// limitIs takes a messaging limit from a webhook. What it says is told by an event of its own.
func (c *Client) limitIs(limit string) {
	c.mu.Lock()
	c.account.limit = limit
	c.mu.Unlock()
	c.tellStanding()
}

// ratings are how a number's broadcasts go out by Meta's rating of it.
var ratings = map[string]bot.GuardLevel{"GREEN": bot.GuardCalm, "YELLOW": bot.GuardSlowed, "RED": bot.GuardPause}

// compare tells what the operator should know.
func (c *Client) compare(before, after account) {
	if level, rated := ratings[after.quality]; rated && after.quality != before.quality {
		c.tell(bot.NumberEvent{Kind: bot.NumberQuality, Guard: level, Detail: "Meta rates the number's quality " +
			after.quality + ": people block or report it. Send less, and only to who asked for it"})
	}
	if before.limit != "" && after.limit != before.limit {
		c.tell(bot.NumberEvent{
			Kind:   bot.NumberTrouble,
			Detail: "the messaging limit of the number was " + before.limit + " and is " + after.limit,
		})
	}
}

// word is one of Meta's words, which is foreign.
func word(s string) string {
	if len(s) > 64 {
		return ""
	}
	return masked(s)
}
