package store

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
)

// assessAtOnce is how many deliveries are looked at in one transaction.
const assessAtOnce = 200

// Assess asks MaySend about the planned deliveries of a number's occurrences, so that whoever has
// to wait for a reason of their own is known before it is their turn. Who may get it stays planned.
// A call looks at some of them, in one transaction, which also notes how far it got: whatever else
// is due happens in between, and a crash loses nothing. more is false when all have been looked at.
// changed is called for every hold and skip, also those of Plan.
func (s *Store) Assess(
	ctx context.Context, number string, limits bot.Limits, now time.Time, changed func(bot.Change),
) (more bool, err error) {
	type place struct {
		occurrence bot.Occurrence
		after      int64 // the ID of the last contact that was looked at
	}
	next, more, err := first(s.queryPrepared(ctx), func(scan scanner) (p place, err error) {
		err = scan(append(occurrenceFields(&p.occurrence), &p.after)...)
		return p, err
	}, `
		SELECT `+occurrenceColumns+`, o.assess_after
		FROM occurrences o
		WHERE o.number = $1 AND o.status IN ('running', 'paused') AND o.assess_after >= 0
		ORDER BY o.id LIMIT 1`, number)
	if err != nil || !more {
		return false, err
	}
	var changes []bot.Change
	err = s.write(ctx, only(number), func(t *tx) (err error) {
		changes, err = t.assess(next.occurrence, next.after, limits, now)
		return err
	})
	if err != nil {
		return true, err
	}
	for _, ch := range changes {
		changed(ch)
	}
	return true, nil
}

// assess looks at the next deliveries after a contact ID.
func (t *tx) assess(o bot.Occurrence, after int64, limits bot.Limits, now time.Time) ([]bot.Change, error) {
	var last int64
	var n int
	_, err := t.row(`
		SELECT COALESCE(MAX(contact_id), 0), COUNT(*)
		FROM (
			SELECT contact_id
			FROM deliveries
			WHERE occurrence_id = $1 AND contact_id > $2
			ORDER BY contact_id LIMIT $3
		) AS piece`, []any{o.ID, after, assessAtOnce}, &last, &n)
	if err != nil {
		return nil, err
	}
	batch, changes, err := t.planned(o, after, last, now)
	if err != nil {
		return nil, err
	}
	for _, d := range batch {
		if o.NotBefore(d.contact, limits).After(now) {
			continue // they live elsewhere now, see claimNext
		}
		ch, err := t.decide(d, limits, now)
		if err != nil {
			return nil, err
		}
		if ch != nil {
			changes = append(changes, *ch)
		}
	}
	if n < assessAtOnce {
		last = -1
	}
	return changes, t.exec("UPDATE occurrences SET assess_after = $1 WHERE id = $2", last, o.ID)
}

// A nextDelivery is a delivery that is looked at.
type nextDelivery struct {
	contact    *bot.Contact
	occurrence bot.Occurrence
	before     bot.Reason // why it was held until now
	notBefore  time.Time
}

// planned are the deliveries to the contacts after one ID and up to another that may go out now,
// and those that Plan skipped.
func (t *tx) planned(
	o bot.Occurrence, after, last int64, now time.Time,
) (batch []nextDelivery, skipped []bot.Change, err error) {
	err = t.rows(`
		SELECT `+provenColumns+`, d.status, d.reason, d.not_before
		FROM deliveries d
		JOIN contacts c ON c.id = d.contact_id
		WHERE d.occurrence_id = $1
			AND d.contact_id > $2
			AND d.contact_id <= $3
			AND (
				d.status = 'planned' AND d.not_before <= $4
				OR d.status = 'skipped' AND d.done_at = 0
			)
		ORDER BY d.contact_id`,
		[]any{o.ID, after, last, millis(now)}, func(scan scanner) error {
			ch := bot.Change{Occurrence: o.ID, Broadcast: o.Broadcast}
			var notBefore time.Time
			c, err := scanProvenAnd(scan, &ch.Status, &ch.Reason, moment(&notBefore))
			switch {
			case err != nil:
				return err
			case ch.Status == bot.DeliverySkipped:
				ch.Contact = *c
				skipped = append(skipped, ch)
			default:
				batch = append(batch, nextDelivery{contact: c, occurrence: o, notBefore: notBefore})
			}
			return nil
		})
	return batch, skipped, err
}

// decide asks MaySend and notes a hold or a skip. Nil means that it may be sent.
func (t *tx) decide(d nextDelivery, limits bot.Limits, now time.Time) (*bot.Change, error) {
	c, o := d.contact, d.occurrence
	v := bot.MaySend(c, limits, now, o.ExpiresFor(d.notBefore, limits))
	status := bot.DeliveryHeld
	switch v.Action {
	case bot.ActionSend:
		return nil, nil
	case bot.ActionSkip:
		status = bot.DeliverySkipped
	}
	ch := &bot.Change{Contact: *c, Occurrence: o.ID, Broadcast: o.Broadcast, Status: status, Reason: v.Reason,
		Until: v.Until, Before: d.before}
	return ch, t.mark(*ch, now)
}

func (t *tx) mark(ch bot.Change, now time.Time) error {
	done := millis(now)
	if ch.Status == bot.DeliveryHeld {
		done = 0
		if err := t.beginHold(ch, now); err != nil {
			return err
		}
	}
	return t.exec(`
		UPDATE deliveries
		SET status = $1, reason = $2, until = $3, done_at = $4
		WHERE occurrence_id = $5 AND contact_id = $6 AND status IN ('planned', 'held')`,
		ch.Status, ch.Reason, millis(ch.Until), done, ch.Occurrence, ch.Contact.ID)
}

// beginHold remembers why a delivery waits from now on, unless it waits for that already.
func (t *tx) beginHold(ch bot.Change, now time.Time) error {
	return t.exec(`
		INSERT INTO delivery_holds (contact_id, occurrence_id, position, reason, since)
		SELECT contact_id, occurrence_id,
			(SELECT COALESCE(MAX(position), 0) + 1 FROM delivery_holds WHERE contact_id = $1 AND occurrence_id = $2),
			$3, $4
		FROM deliveries
		WHERE contact_id = $1 AND occurrence_id = $2 AND status IN ('planned', 'held') AND reason <> $3`,
		ch.Contact.ID, ch.Occurrence, ch.Reason, millis(now))
}

// lookAtMost bounds how many deliveries one claim looks at, so that replies are never kept waiting.
const lookAtMost = 100

// ClaimDelivery claims the next delivery of a number. MaySend decides, in the transaction of the
// claim: no claim commits after a stop has. The message ID and the text are persisted with it. The
// pace and the caps count from here.
func (s *Store) ClaimDelivery(
	ctx context.Context, number string, now time.Time, limits bot.Limits, envs bot.Envs, render bot.Render,
) (r bot.ClaimResult, err error) {
	if waits, err := s.deliveryWaits(ctx, number, now); err != nil || !waits {
		if err == nil {
			r.Number, err = s.guardWaits(ctx, number, now)
		}
		return r, err
	}
	err = s.decide(ctx, withBrand(number).claiming(), envs, func(t *tx) error {
		r = bot.ClaimResult{}
		n, err := t.number(number)
		if err != nil {
			return err
		}
		if n.Standing.MostFirst() > 0 {
			if n.WrittenFirst, n.FirstFrees, err = writtenFirst(t.rows, n, now); err != nil {
				return err
			}
		}
		if r.Number = bot.NumberMaySend(n.NumberState, limits, now); r.Number.Action != bot.ActionSend {
			r.Changes, err = t.holdAll(number, r.Number, now)
			return err
		}
		for range lookAtMost {
			done, err := t.claimNext(&r, n, now, limits, render)
			if err != nil || done {
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

// holdAll notes on the waiting deliveries, some at a time, that the number has sent enough for
// today, so that `why` shows it. Other reasons of a number pass (or are its pace) and leave the
// deliveries as they are.
func (t *tx) holdAll(number string, v bot.Decision, now time.Time) ([]bot.Change, error) {
	if v.Reason != bot.WarmUp && v.Reason != bot.NumberCap {
		return nil, nil
	}
	changes, err := collect(t.rows, func(scan scanner) (bot.Change, error) {
		ch := bot.Change{Status: bot.DeliveryHeld, Reason: v.Reason, Until: v.Until}
		c, err := scanContactAnd(scan, &ch.Occurrence, &ch.Broadcast, &ch.Before)
		if err != nil {
			return ch, err
		}
		ch.Contact = *c
		return ch, nil
	}, `
		SELECT `+contactColumns+`, d.occurrence_id, d.broadcast, d.reason
		FROM deliveries d
		JOIN contacts c ON c.id = d.contact_id
		JOIN occurrences o ON o.id = d.occurrence_id
		WHERE d.number = $1
			AND o.status = 'running'
			AND (
				d.status = 'planned' AND d.not_before <= $2
				OR d.status = 'held' AND d.until > 0 AND d.until <= $2
			)
		ORDER BY d.occurrence_id, d.contact_id LIMIT $3`, number, millis(now), assessAtOnce)
	if err != nil {
		return nil, err
	}
	for _, ch := range changes {
		if err := t.mark(ch, now); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// claimNext looks at one delivery. done says that it was claimed, or that none is left.
func (t *tx) claimNext(
	r *bot.ClaimResult, n NumberRow, now time.Time, limits bot.Limits, render bot.Render,
) (done bool, err error) {
	d, err := t.nextDelivery(n.Name, now)
	if err != nil || d == nil {
		return true, err
	}
	o, c, before := d.occurrence, d.contact, d.before
	changed, elsewhere, err := t.otherAddress(c)
	if err != nil || changed {
		r.Changes, t.changes = append(r.Changes, t.changes...), nil
		return false, err
	}
	if elsewhere {
		ch := bot.Change{Contact: *c, Occurrence: o.ID, Broadcast: o.Broadcast, Status: bot.DeliverySkipped,
			Reason: bot.SkippedUnsubscribed, Before: before}
		r.Changes = append(r.Changes, ch)
		return false, t.mark(ch, now)
	}
	if at := o.NotBefore(c, limits); at.After(now) { // they live elsewhere than when it was planned
		return false, t.exec(`
			UPDATE deliveries
			SET status = 'planned', reason = '', until = 0, not_before = $1
			WHERE occurrence_id = $2 AND contact_id = $3`, millis(at), o.ID, c.ID)
	}
	ch, err := t.decide(*d, limits, now)
	if err != nil {
		return false, err
	}
	if ch != nil {
		r.Changes = append(r.Changes, *ch)
		return false, nil
	}
	text, err := render(o, c)
	if err != nil {
		return false, t.pauseUnfit(o, err, now) // the others go on
	}
	if len(text.Holes) > 0 {
		ch := bot.Change{Contact: *c, Occurrence: o.ID, Broadcast: o.Broadcast, Status: bot.DeliverySkipped,
			Reason: bot.RenderFailed, Before: before}
		r.Changes = append(r.Changes, ch)
		return false, t.mark(ch, now)
	}
	if paused, err := t.onlyApproved(o, text, now); paused || err != nil {
		return false, err
	}
	price, paused, err := t.withinCost(o, c, limits, now)
	if paused || err != nil {
		return false, err
	}
	r.Claim = &bot.Claim{Number: n.Name, MessageID: t.env(n.Name).NewID(), Contact: *c, Kind: bot.SayBroadcast,
		Text: text.Text, Template: text.Template, Media: o.Media, Occurrence: o.ID, Broadcast: o.Broadcast, At: now}
	return true, t.claim(r.Claim, text.Variant, price, n, limits, now)
}

// pauseUnfit pauses an occurrence whose text, as it was armed, does not fit today's flow any more.
func (t *tx) pauseUnfit(o bot.Occurrence, why error, now time.Time) error {
	if err := t.exec(`
		UPDATE occurrences
		SET status = 'paused', note = $1
		WHERE id = $2`, why.Error(), o.ID); err != nil {
		return err
	}
	return t.notice(o.Number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
		"broadcast %s is paused: %v. Cancel it (`broadcast cancel %s`) and schedule the draft again", o.Broadcast,
		why, o.Broadcast)}, millis(now))
}

// nextDelivery is the next delivery to look at: of the broadcast that has waited longest for a
// turn, one whose hold has ended, else the next planned one. Those whom WhatsApp's server refused,
// for now, come last. So the broadcasts of a number go out in turns, also over a restart.
func (t *tx) nextDelivery(number string, now time.Time) (*nextDelivery, error) {
	const turns = `
		SELECT o.id ` + servable + `
		ORDER BY o.served, o.id LIMIT 1`
	turn, waits, err := first(t.rows, value[int64], turns, number, millis(now))
	if err != nil || !waits {
		return nil, err
	}
	const columns = `
		SELECT ` + provenColumns + `, d.reason, d.not_before, ` + occurrenceColumns + `
		FROM deliveries d
		JOIN occurrences o ON o.id = d.occurrence_id
		JOIN contacts c ON c.id = d.contact_id`
	const held = columns + `
		WHERE d.number = $1 AND d.occurrence_id = $2 AND d.status = 'held' AND d.until > 0 AND d.until <= $3
			AND d.contact_id NOT IN ` + underWay + `
		ORDER BY d.until LIMIT 1`
	const planned = columns + `
		WHERE d.number = $1 AND d.occurrence_id = $2 AND d.status = 'planned' AND d.not_before <= $3
			AND d.contact_id NOT IN ` + underWay
	const fresh = planned + `
			AND d.turn < $4
		ORDER BY d.not_before, d.turn, d.contact_id LIMIT 1`
	const refused = planned + `
		ORDER BY d.turn, d.contact_id LIMIT 1`
	for _, from := range []struct {
		query string
		args  []any
	}{
		{held, []any{number, turn, millis(now)}},
		{fresh, []any{number, turn, millis(now), behind}},
		{refused, []any{number, turn, millis(now)}},
	} {
		d, found, err := first(t.rows, scanNextDelivery, from.query, from.args...)
		if err != nil || found {
			return d, err
		}
	}
	return nil, nil
}

func scanNextDelivery(scan scanner) (d *nextDelivery, err error) {
	d = &nextDelivery{}
	d.contact, err = scanProvenAnd(scan, append([]any{&d.before, moment(&d.notBefore)},
		occurrenceFields(&d.occurrence)...)...)
	return d, err
}

// claim persists that this delivery is about to be sent, and everything that counts from now on.
func (t *tx) claim(
	k *bot.Claim, variant int, price bot.Micros, n NumberRow, limits bot.Limits, now time.Time,
) error {
	waited, err := t.execCount(`
		UPDATE deliveries
		SET status = 'claimed', reason = '', until = 0, variant = $1, message_id = $2,
			claimed_at = $3, cost = $4
		WHERE occurrence_id = $5 AND contact_id = $6 AND status IN ('planned', 'held')`,
		variant, k.MessageID, millis(now), price, k.Occurrence, k.Contact.ID)
	if err == nil && waited != 1 {
		err = fmt.Errorf("the delivery of occurrence %d to contact %d does not wait any more", k.Occurrence, k.Contact.ID)
	}
	if err != nil {
		return err
	}
	var position int64
	if _, err := t.row(`
		INSERT INTO outbox (
			number, message_id, contact_id, kind, text, occurrence_id, status,
			attempts, created_at, claimed_at
		)
		VALUES ($1, $2, $3, 'broadcast', $4, $5, 'claimed', 1, $6, $6)
		RETURNING position`,
		[]any{k.Number, k.MessageID, k.Contact.ID, k.Text, k.Occurrence, millis(now)}, &position); err != nil {
		return err
	}
	if err := t.exec(`
		UPDATE occurrences
		SET served = $1, cost = cost + $2
		WHERE id = $3`, position, price, k.Occurrence); err != nil {
		return err
	}
	if err := t.countFirst(n.Name, limits.Wire, &k.Contact, now, 1); err != nil {
		return err
	}
	c := bot.RecordClaim(k.Contact, now)
	if err := t.save(&c, now); err != nil {
		return err
	}
	if err := t.guardClaimed(k.Occurrence, n, limits, now); err != nil {
		return err
	}
	next := bot.NextPromotion(n.NumberState, limits, now)
	day, sent := n.Today(limits, now)
	return t.exec(`
		UPDATE numbers
		SET next_marketing_at = $1, sent_day = $2, sent_today = $3
		WHERE name = $4`,
		millis(next), day, sent+1, n.Name)
}

// SettledByOperator is the detail of a delivery whose fate was not known until the operator said it.
const SettledByOperator = "settled by the operator"

// ResolveUnknown settles deliveries of which nobody knows whether they arrived, by the operator's
// word: they did (sent), or they are to go out again (planned, with a new message ID). contact 0
// means all of the occurrence. It returns how many there were.
func (s *Store) ResolveUnknown(
	ctx context.Context, number string, occurrence, contact int64, to bot.DeliveryStatus, now time.Time,
) (n int64, err error) {
	err = s.write(ctx, only(number), func(t *tx) error {
		// What they did after it was a reaction to it, if it arrived. If not, it was to an earlier
		// one.
		set := `
			status = CASE
				WHEN opted_out_at > 0 THEN 'opted_out'
				WHEN replied_at > 0 THEN 'replied'
				ELSE $1
			END,
			sent_at = claimed_at`
		if to == bot.DeliveryPlanned {
			if err := t.uncostUnknown(occurrence, contact); err != nil {
				return err
			}
			set = "status = $1, replied_at = 0, opted_out_at = 0, bad_at = 0, reaction = ''"
		}
		n, err = t.execCount(`
			UPDATE deliveries
			SET `+set+`, done_at = $2, detail = '`+SettledByOperator+`'
			WHERE occurrence_id = $3 AND ($4 = 0 OR contact_id = $4) AND status = 'unknown'`,
			to, millis(now), occurrence, contact)
		if err != nil || n == 0 || to != bot.DeliveryPlanned {
			return err
		}
		return t.exec("UPDATE occurrences SET status = 'running' WHERE id = $1 AND status = 'done'", occurrence)
	})
	return n, err
}
