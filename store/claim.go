package store

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
)

// lookAtMost bounds how many deliveries a write that claims looks at, so that replies are never kept
// waiting.
const lookAtMost = 100

// ClaimDeliveries claims the next deliveries of a number, as many as most, in one transaction. MaySend
// decides about each of them in it: no claim commits after a stop has. The message IDs and the texts
// are persisted with them. The pace and the caps count from here. All of them are to different people.
func (s *Store) ClaimDeliveries(
	ctx context.Context, number string, now time.Time, limits bot.Limits, envs bot.Envs, render bot.Render, most int,
) (r bot.ClaimResult, err error) {
	if waits, err := s.deliveryWaits(ctx, number, now); err != nil || !waits {
		if err == nil {
			r.Number, err = s.guardWaits(ctx, number, now)
		}
		return r, err
	}
	err = s.decide(ctx, withBrand(number).claiming(), envs, func(t *tx) error {
		r = bot.ClaimResult{}
		g := &claimGroup{tx: t, now: now, limits: limits, render: render, most: most, result: &r, left: lookAtMost}
		for more := true; more && g.left > 0 && len(r.Claims) < most; {
			var err error
			if more, err = g.turn(number); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return bot.ClaimResult{}, err // what the transaction decided before it failed is not decided
	}
	return r, nil
}

// servable are the occurrences of a number ($1) under way that have something to send at a moment
// ($2).
const servable = `
	FROM occurrences o
	WHERE o.number = $1
		AND o.status = 'running'
		AND o.guard_until <= $2
		AND (
			EXISTS (
				SELECT 1
				FROM deliveries p
				WHERE p.number = o.number AND p.occurrence_id = o.id
					AND p.status = 'planned' AND p.not_before <= $2
			)
			OR EXISTS (
				SELECT 1
				FROM deliveries h
				WHERE h.number = o.number AND h.occurrence_id = o.id
					AND h.status = 'held' AND h.until > 0 AND h.until <= $2
			)
		)`

func (s *Store) deliveryWaits(ctx context.Context, number string, now time.Time) (bool, error) {
	var waits bool
	err := s.queryRow(ctx, "SELECT EXISTS (SELECT 1 "+servable+")", number, millis(now)).Scan(&waits)
	return waits, err
}

// A claimGroup is the claims of one write. Each person is looked at by themselves. What the claims have
// in common (the number, the guard, templates, counters) is read and written once a turn: one
// broadcast after the other has its turn.
type claimGroup struct {
	*tx
	now    time.Time
	limits bot.Limits
	render bot.Render
	most   int
	left   int // how many deliveries may yet be looked at
	result *bot.ClaimResult

	// Of the turn under way:
	number NumberRow  // with what this turn has claimed
	calm   bool       // the guard lets everybody have it: a claim changes nothing of what it remembers
	spent  bot.Micros // what the occurrence has cost so far, and this turn's part of that
	cost   bot.Micros
	claims int
	firsts int                        // who were written to first
	unfit  map[bot.TemplateRef]string // why a template is not ready, "" where it is
}

// turn looks at the next deliveries of the broadcast whose turn it is. more is false when nothing is to
// be sent any more now.
func (g *claimGroup) turn(number string) (more bool, err error) {
	if more, err = g.mayBegin(number); err != nil || !more {
		return false, err
	}
	batch, err := g.nextDeliveries(number, g.now, min(g.left, g.most-len(g.result.Claims)))
	if err != nil || len(batch) == 0 {
		return false, err
	}
	if err := g.begin(batch[0].occurrence.ID); err != nil {
		return false, err
	}
	for _, d := range batch {
		g.left--
		goesOn, err := g.look(d)
		if err != nil {
			return false, err
		}
		if !goesOn {
			break
		}
	}
	return true, g.keep(batch[0].occurrence.ID)
}

// mayBegin reads the number, and whether it may send. Where it may not, its deliveries are held.
func (g *claimGroup) mayBegin(number string) (may bool, err error) {
	n, err := g.tx.number(number)
	if err != nil {
		return false, err
	}
	if n.Standing.MostFirst() > 0 {
		if n.WrittenFirst, n.FirstFrees, err = writtenFirst(g.rows, n, g.now); err != nil {
			return false, err
		}
	}
	g.number = n
	if g.result.Number = bot.NumberMaySend(n.NumberState, g.limits, g.now); g.result.Number.Action == bot.ActionSend {
		return true, nil
	}
	held, err := g.holdAll(number, g.result.Number, g.now)
	g.result.Changes = append(g.result.Changes, held...)
	return false, err
}

// begin reads what the claims of a turn have in common.
func (g *claimGroup) begin(occurrence int64) error {
	g.cost, g.claims, g.firsts, g.unfit = 0, 0, 0, map[bot.TemplateRef]string{}
	guard, err := g.guard(occurrence)
	if err != nil {
		return err
	}
	g.calm, g.spent = guard.state.LetsAll(g.limits, g.number.RestrictedUntil), guard.cost
	return nil
}

// look looks at one delivery, and claims it if it may be sent. goesOn is false when what the turn rests
// on has changed: then the next turn reads it again.
func (g *claimGroup) look(d nextDelivery) (goesOn bool, err error) {
	o, c := d.occurrence, d.contact
	changed, elsewhere, err := g.otherAddress(c)
	if err != nil || changed {
		g.result.Changes, g.changes = append(g.result.Changes, g.changes...), nil
		return false, err
	}
	if elsewhere {
		return true, g.skip(d, bot.SkippedUnsubscribed)
	}
	if at := o.NotBefore(c, g.limits); at.After(g.now) { // they live elsewhere than when it was planned
		return true, g.exec(`
			UPDATE deliveries
			SET status = 'planned', reason = '', until = 0, not_before = $1
			WHERE occurrence_id = $2 AND contact_id = $3`, millis(at), o.ID, c.ID)
	}
	ch, err := g.decide(d, g.limits, g.now)
	if err != nil {
		return false, err
	}
	if ch != nil {
		g.result.Changes = append(g.result.Changes, *ch)
		return true, nil
	}
	text, err := g.render(o, c)
	if err != nil {
		return false, g.pauseUnfit(o, err, g.now) // the others go on
	}
	if len(text.Holes) > 0 {
		return true, g.skip(d, bot.RenderFailed)
	}
	if paused, err := g.onlyApproved(o, text, g.now, g.unfit); paused || err != nil {
		return false, err
	}
	price, paused, err := g.withinCost(o, c, g.spent, g.limits, g.now)
	if paused || err != nil {
		return false, err
	}
	k := &bot.Claim{Number: g.number.Name, MessageID: g.env(g.number.Name).NewID(), Contact: *c, Kind: bot.SayBroadcast,
		Text: text.Text, Template: text.Template, Media: o.Media, Occurrence: o.ID, Broadcast: o.Broadcast, At: g.now}
	g.result.Claims = append(g.result.Claims, k)
	return g.claim(k, text.Variant, price)
}

func (g *claimGroup) skip(d nextDelivery, why bot.Reason) error {
	ch := bot.Change{Contact: *d.contact, Occurrence: d.occurrence.ID, Broadcast: d.occurrence.Broadcast,
		Status: bot.DeliverySkipped, Reason: why, Before: d.before}
	g.result.Changes = append(g.result.Changes, ch)
	return g.mark(ch, g.now)
}

// claim persists that this delivery is about to be sent, and what counts from now on of the person and
// of the guard. The rest is counted, for keep.
func (g *claimGroup) claim(k *bot.Claim, variant int, price bot.Micros) (goesOn bool, err error) {
	waited, err := g.execCount(`
		UPDATE deliveries
		SET status = 'claimed', reason = '', until = 0, variant = $1, message_id = $2,
			claimed_at = $3, cost = $4
		WHERE occurrence_id = $5 AND contact_id = $6 AND status IN ('planned', 'held')`,
		variant, k.MessageID, millis(g.now), price, k.Occurrence, k.Contact.ID)
	if err == nil && waited != 1 {
		err = fmt.Errorf("the delivery of occurrence %d to contact %d does not wait any more",
			k.Occurrence, k.Contact.ID)
	}
	if err != nil {
		return false, err
	}
	err = g.exec(`
		INSERT INTO outbox (
			number, message_id, contact_id, kind, text, occurrence_id, status,
			attempts, created_at, claimed_at
		)
		VALUES ($1, $2, $3, 'broadcast', $4, $5, 'claimed', 1, $6, $6)`,
		k.Number, k.MessageID, k.Contact.ID, k.Text, k.Occurrence, millis(g.now))
	if err != nil {
		return false, err
	}
	c := bot.RecordClaim(k.Contact, g.now)
	if err := g.save(&c, g.now); err != nil {
		return false, err
	}
	return g.count(k, price)
}

// count counts a claim. goesOn says that another one may follow in this turn.
func (g *claimGroup) count(k *bot.Claim, price bot.Micros) (goesOn bool, err error) {
	g.claims++
	g.cost, g.spent = g.cost+price, g.spent+price
	if !g.limits.Wire.Reaches(&k.Contact, g.now) {
		g.firsts++
		g.number.WrittenFirst++
	}
	n := &g.number.NumberState
	day, sent := n.Today(g.limits, g.now)
	n.NextMarketingAt = bot.NextPromotion(*n, g.limits, g.now)
	n.Day, n.SentToday = day, sent+1
	if n.TriesAccount() {
		n.AccountUntil = bot.AccountRefused(g.now)
	}
	if !g.calm {
		waits, err := g.guardClaimed(k.Occurrence, g.number, g.limits, g.now)
		if err != nil || waits {
			return false, err
		}
	}
	return bot.NumberMaySend(*n, g.limits, g.now).Action == bot.ActionSend, nil
}

// keep writes what the claims of a turn come to.
func (g *claimGroup) keep(occurrence int64) error {
	if g.claims == 0 {
		return nil
	}
	n, last := g.number, g.result.Claims[len(g.result.Claims)-1]
	if err := g.exec(`
		UPDATE occurrences
		SET served = (SELECT position FROM outbox WHERE number = $1 AND message_id = $2), cost = cost + $3
		WHERE id = $4`, n.Name, last.MessageID, g.cost, occurrence); err != nil {
		return err
	}
	if g.calm {
		if err := g.countSends(occurrence, g.claims, g.now); err != nil {
			return err
		}
	}
	if err := g.countFirst(n.Name, g.firsts, g.now); err != nil {
		return err
	}
	var ever int64
	_, err := g.row(`
		UPDATE numbers
		SET next_marketing_at = $1, sent_day = $2, sent_today = $3, account_until = $4, claims = claims + $5
		WHERE name = $6
		RETURNING claims`,
		[]any{millis(n.NextMarketingAt), n.Day, n.SentToday, millis(n.AccountUntil), g.claims, n.Name}, &ever)
	g.saw(n.Name, func(h *seenHead) { h.Claims = ever })
	return err
}

// nextDeliveries are the next deliveries to look at, of the broadcast that has waited longest for a
// turn: those whose hold has ended, else the next planned ones. Those whom WhatsApp's server refused,
// for now, come last. So the broadcasts of a number go out in turns, also over a restart.
func (t *tx) nextDeliveries(number string, now time.Time, most int) ([]nextDelivery, error) {
	const turns = `
		SELECT ` + occurrenceColumns + servable + `
		ORDER BY o.served, o.id LIMIT 1`
	o, waits, err := first(t.rows, scanOccurrence, turns, number, millis(now))
	if err != nil || !waits {
		return nil, err
	}
	const columns = `
		SELECT ` + provenColumns + `, d.reason, d.not_before
		FROM deliveries d
		JOIN contacts c ON c.id = d.contact_id`
	const held = columns + `
		WHERE d.number = $1 AND d.occurrence_id = $2 AND d.status = 'held' AND d.until > 0 AND d.until <= $3
			AND d.contact_id NOT IN ` + underWay + `
		ORDER BY d.until LIMIT $4`
	const planned = columns + `
		WHERE d.number = $1 AND d.occurrence_id = $2 AND d.status = 'planned' AND d.not_before <= $3
			AND d.contact_id NOT IN ` + underWay
	const fresh = planned + `
			AND d.turn < $5
		ORDER BY d.not_before, d.turn, d.contact_id LIMIT $4`
	const refused = planned + `
		ORDER BY d.turn, d.contact_id LIMIT $4`
	for _, from := range []struct {
		query string
		args  []any
	}{
		{held, []any{number, o.ID, millis(now), most}},
		{fresh, []any{number, o.ID, millis(now), most, behind}},
		{refused, []any{number, o.ID, millis(now), most}},
	} {
		batch, err := collect(t.rows, func(scan scanner) (nextDelivery, error) {
			d := nextDelivery{occurrence: o}
			var err error
			d.contact, err = scanProvenAnd(scan, &d.before, moment(&d.notBefore))
			return d, err
		}, from.query, from.args...)
		if err != nil || len(batch) > 0 {
			return batch, err
		}
	}
	return nil, nil
}
