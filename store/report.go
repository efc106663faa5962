package store

import (
	"context"
	"time"

	"optinbot/bot"
)

// A Delivery is what became of one occurrence for one contact.
type Delivery struct {
	Occurrence int64              `json:"occurrence"`
	Contact    int64              `json:"contact"`
	Broadcast  string             `json:"broadcast"`
	Status     bot.DeliveryStatus `json:"status"`
	Reason     bot.Reason         `json:"reason,omitempty"`
	Until      time.Time          `json:"until,omitzero"`
	NotBefore  time.Time          `json:"not_before,omitzero"` // when their own time comes
	Variant    int                `json:"variant,omitempty"`   // from 1
	MessageID  string             `json:"message_id,omitempty"`
	PlannedAt  time.Time          `json:"planned_at"`
	ClaimedAt  time.Time          `json:"claimed_at,omitzero"`
	DoneAt     time.Time          `json:"done_at,omitzero"`
	SentAt     time.Time          `json:"sent_at,omitzero"`
	Delivered  time.Time          `json:"delivered_at,omitzero"`
	Read       time.Time          `json:"read_at,omitzero"`
	Replied    time.Time          `json:"replied_at,omitzero"`
	OptedOut   time.Time          `json:"opted_out_at,omitzero"`
	BadAt      time.Time          `json:"bad_at,omitzero"` // of the first bad reaction
	Reaction   bot.Reaction       `json:"reaction,omitempty"`
	Holds      []Held             `json:"holds,omitempty"` // what it has waited for, in order
	Detail     string             `json:"detail,omitempty"`
}

// Held is a reason for which a delivery began to wait.
type Held struct {
	Reason bot.Reason `json:"reason"`
	Since  time.Time  `json:"since"`
}

// Delivery returns one delivery. It is nil when the contact was not there when the occurrence was
// planned.
func (s *Store) Delivery(ctx context.Context, occurrence, contact int64) (*Delivery, error) {
	var found *Delivery
	err := s.Deliveries(ctx, occurrence, contact, func(d Delivery) error { found = &d; return nil })
	return found, err
}

// Deliveries calls each for the deliveries of an occurrence, by contact. Contact 0 means all of
// them.
func (s *Store) Deliveries(ctx context.Context, occurrence, contact int64, each func(Delivery) error) error {
	where, args := "d.occurrence_id = $1", []any{occurrence}
	if contact != 0 {
		where, args = where+" AND d.contact_id = $2", append(args, contact)
	}
	var last *Delivery // whose holds are still being read
	err := s.query(ctx)(`
		SELECT d.occurrence_id, d.contact_id, d.broadcast, d.status, d.reason, d.until, d.not_before, d.variant,
			d.message_id, d.planned_at, d.claimed_at, d.done_at, d.sent_at, d.delivered_at, d.read_at,
			d.replied_at, d.opted_out_at, d.bad_at, d.reaction, d.detail,
			COALESCE(h.reason, ''), COALESCE(h.since, 0)
		FROM deliveries d
		LEFT JOIN delivery_holds h ON h.contact_id = d.contact_id AND h.occurrence_id = d.occurrence_id
		WHERE `+where+`
		ORDER BY d.contact_id, h.position`, args, func(scan scanner) error {
		d, hold, err := scanDelivery(scan)
		if err != nil {
			return err
		}
		if last != nil && last.Contact != d.Contact {
			if err := each(*last); err != nil {
				return err
			}
			last = nil
		}
		if last == nil {
			last = &d
		}
		if hold.Reason != "" {
			last.Holds = append(last.Holds, hold)
		}
		return nil
	})
	if err != nil || last == nil {
		return err
	}
	return each(*last)
}

// scanDelivery reads a delivery with one of its holds.
func scanDelivery(scan scanner) (d Delivery, hold Held, err error) {
	err = scan(&d.Occurrence, &d.Contact, &d.Broadcast, &d.Status, &d.Reason, moment(&d.Until),
		moment(&d.NotBefore), &d.Variant,
		&d.MessageID, moment(&d.PlannedAt), moment(&d.ClaimedAt), moment(&d.DoneAt), moment(&d.SentAt),
		moment(&d.Delivered), moment(&d.Read),
		moment(&d.Replied), moment(&d.OptedOut), moment(&d.BadAt), &d.Reaction, &d.Detail,
		&hold.Reason, moment(&hold.Since))
	return d, hold, err
}

// A Count is how many deliveries of an occurrence have a status for a reason.
type Count struct {
	Status bot.DeliveryStatus `json:"status"`
	Reason bot.Reason         `json:"reason,omitempty"`
	People int                `json:"people"`
}

// Funnel counts the deliveries of an occurrence by status and reason.
func (s *Store) Funnel(ctx context.Context, occurrence int64) ([]Count, error) {
	return collect(s.query(ctx), func(scan scanner) (c Count, err error) {
		err = scan(&c.Status, &c.Reason, &c.People)
		return c, err
	}, `
		SELECT status, reason, people
		FROM delivery_counts
		WHERE occurrence_id = $1 AND people > 0
		ORDER BY people DESC, status, reason`, occurrence)
}

// An Outcome is what became of the promotions that were sent: of one variant, in one hour, or both.
type Outcome struct {
	Variant   int       `json:"variant,omitempty"`
	Hour      time.Time `json:"hour,omitzero"`
	Sent      int       `json:"sent"`
	Delivered int       `json:"delivered"`
	Read      int       `json:"read"`
	Replied   int       `json:"replied"`
	OptedOut  int       `json:"opted_out"`
	Bad       int       `json:"bad_reactions"` // people: who left, may have asked to, or could not be written to
}

const outcomes = `
		SUM(sent), SUM(delivered), SUM(read), SUM(replied), SUM(opted_out), SUM(bad)
	FROM outcome_counts
	WHERE occurrence_id = $1 AND claimed > 0`

// Variants tells the outcomes of an occurrence by variant.
func (s *Store) Variants(ctx context.Context, occurrence int64) ([]Outcome, error) {
	return s.outcomes(ctx, `
		SELECT variant, `+outcomes+`
		GROUP BY variant
		ORDER BY variant`,
		occurrence, func(o *Outcome, key int64) { o.Variant = int(key) })
}

// Hours tells the outcomes of an occurrence by the hour (UTC) in which they were claimed.
func (s *Store) Hours(ctx context.Context, occurrence int64) ([]Outcome, error) {
	return s.outcomes(ctx, `
		SELECT hour, `+outcomes+`
		GROUP BY hour
		ORDER BY hour`, occurrence,
		func(o *Outcome, key int64) { o.Hour = timeOf(key * 3600000) })
}

// VariantsByHour tells the outcomes of an occurrence by variant, and of each by the hour (UTC) in which
// they were claimed.
func (s *Store) VariantsByHour(ctx context.Context, occurrence int64) ([]Outcome, error) {
	const hours = 1 << 32 // more than there are: both are one figure
	return s.outcomes(ctx, `
		SELECT variant * 4294967296 + hour, `+outcomes+`
		GROUP BY variant, hour
		ORDER BY variant, hour`, occurrence,
		func(o *Outcome, key int64) { o.Variant, o.Hour = int(key/hours), timeOf(key%hours*3600000) })
}

func (s *Store) outcomes(
	ctx context.Context, query string, occurrence int64, of func(*Outcome, int64),
) ([]Outcome, error) {
	out, err := collect(s.query(ctx), func(scan scanner) (o Outcome, err error) {
		var key int64
		err = scan(&key, &o.Sent, &o.Delivered, &o.Read, &o.Replied, &o.OptedOut, &o.Bad)
		of(&o, key)
		return o, err
	}, query, occurrence)
	if out == nil {
		out = []Outcome{} // a list in JSON, not null
	}
	return out, err
}

// SentSince counts the promotions of an occurrence that were sent after a moment, and returns when
// the first and the last of them were.
func (s *Store) SentSince(
	ctx context.Context, occurrence int64, since time.Time,
) (sent int, first, last time.Time, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT COUNT(*), COALESCE(MIN(sent_at), 0), COALESCE(MAX(sent_at), 0)
		FROM deliveries
		WHERE occurrence_id = $1 AND sent_at > $2 AND sent_at > 0`, // the second is the index's: without it every row is read
		occurrence, millis(since)).Scan(&sent, moment(&first), moment(&last))
	return sent, first, last, err
}

// HeldUntil is the latest moment for which a delivery of an occurrence waits: the end of a hold, or
// somebody's own time. It is zero when none does.
func (s *Store) HeldUntil(ctx context.Context, o bot.Occurrence) (time.Time, error) {
	var until int64
	err := s.db.QueryRowContext(ctx, `
		SELECT COALESCE(MAX(at), 0)
		FROM (
			SELECT MAX(until) AS at
			FROM deliveries
			WHERE number = $1 AND occurrence_id = $2 AND status = 'held'
			UNION ALL
			SELECT MAX(not_before)
			FROM deliveries
			WHERE number = $1 AND occurrence_id = $2 AND status = 'planned'
		) AS moments`, o.Number, o.ID).Scan(&until)
	return timeOf(until), err
}

// Waiting counts what waits in a number's outbox.
func (s *Store) Waiting(ctx context.Context, number string) (n int, err error) {
	err = s.db.QueryRowContext(ctx, `
		SELECT (SELECT COUNT(*) FROM outbox WHERE number = $1 AND status = 'queued')
			+ (SELECT COUNT(*) FROM outbox WHERE number = $1 AND status = 'claimed')`, number).Scan(&n)
	return n, err
}

// WaitingBy counts the deliveries of a number that wait, by reason: of those that may go out and
// wait for their turn it is the pace. What waits for its moment, at a contact's own time, is not
// among them.
func (s *Store) WaitingBy(ctx context.Context, number string, now time.Time) (map[bot.Reason]int, error) {
	return tally[bot.Reason](s.query(ctx), `
		SELECT CASE d.status WHEN 'held' THEN d.reason ELSE $3 END, COUNT(*)
		FROM deliveries d
		JOIN occurrences o ON o.id = d.occurrence_id
		WHERE d.number = $1
			AND o.status = 'running'
			AND (d.status = 'held' OR d.status = 'planned' AND d.not_before <= $2)
		GROUP BY 1`, number, millis(now), bot.Pace)
}
