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
