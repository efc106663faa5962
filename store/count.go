package store

import (
	"context"
	"strings"
	"time"

	"optinbot/bot"
)

// countAgain counts the deliveries of occurrence $1, and lets the triggers do it from then on. A
// trigger costs a plan half as much again for each contact. These read what is waiting from its
// index, and sort only the rest.
var countAgain = []string{
	"DELETE FROM delivery_counts WHERE occurrence_id = $1",
	`
		INSERT INTO delivery_counts (occurrence_id, status, reason, people)
		SELECT o.id, 'planned', '', COUNT(*)
		FROM occurrences o
		JOIN deliveries d ON d.number = o.number AND d.occurrence_id = o.id AND d.status = 'planned'
		WHERE o.id = $1
		GROUP BY o.id`,
	`
		INSERT INTO delivery_counts (occurrence_id, status, reason, people)
		SELECT occurrence_id, status, reason, COUNT(*)
		FROM deliveries
		WHERE occurrence_id = $1 AND status <> 'planned'
		GROUP BY occurrence_id, status, reason`,
	"DELETE FROM counted_apart WHERE occurrence_id = $1",
}

// skipWaiting skips every delivery of an occurrence that waits, and moves their count as a whole.
func (t *tx) skipWaiting(occurrence int64, reason bot.Reason, now time.Time) error {
	for _, statement := range []struct {
		query string
		args  []any
	}{
		{"INSERT INTO counted_apart (occurrence_id) VALUES ($1)", []any{occurrence}},
		{`
			UPDATE deliveries
			SET status = 'skipped', reason = $1, until = 0, done_at = $2
			WHERE occurrence_id = $3 AND status IN ('planned', 'held')`, []any{reason, millis(now), occurrence}},
		{`
			INSERT INTO delivery_counts (occurrence_id, status, reason, people)
			VALUES ($1, 'skipped', $2, (
				SELECT COALESCE(SUM(people), 0)
				FROM delivery_counts
				WHERE occurrence_id = $1 AND status IN ('planned', 'held')
			))
			ON CONFLICT (occurrence_id, status, reason) DO UPDATE
			SET people = delivery_counts.people + excluded.people`,
			[]any{occurrence, reason}},
		{`
			UPDATE delivery_counts
			SET people = 0
			WHERE occurrence_id = $1 AND status IN ('planned', 'held')`, []any{occurrence}},
		{"DELETE FROM counted_apart WHERE occurrence_id = $1", []any{occurrence}},
	} {
		if err := t.exec(statement.query, statement.args...); err != nil {
			return err
		}
	}
	return nil
}

// CountConsents counts a number's contacts by consent. Every consent has its count.
func (s *Store) CountConsents(ctx context.Context, number string) (map[bot.Consent]int, error) {
	counts, err := tally[bot.Consent](s.query(ctx), `
		SELECT value, people
		FROM contact_counts
		WHERE number = $1 AND what = 'consent'`, number)
	for _, consent := range []bot.Consent{bot.New, bot.Pending, bot.Subscribed, bot.Unsubscribed} {
		counts[consent] += 0
	}
	return counts, err
}

// UnknownDeliveries counts, by broadcast, to whom it is unknown whether the newest occurrence came.
func (s *Store) UnknownDeliveries(ctx context.Context, number string) (map[string]int, error) {
	return tally[string](s.query(ctx), `
		SELECT o.broadcast, SUM(c.people)
		FROM (SELECT broadcast, MAX(id) AS id FROM occurrences WHERE number = $1 GROUP BY broadcast) o
		JOIN delivery_counts c ON c.occurrence_id = o.id
		WHERE c.status = 'unknown' AND c.people > 0
		GROUP BY o.broadcast`, number)
}

// CountWaiting counts the contacts of a number who wait for a person of the shop.
func (s *Store) CountWaiting(ctx context.Context, number string) (int, error) {
	n, _, err := first(s.query(ctx), value[int], `
		SELECT people
		FROM contact_counts
		WHERE number = $1 AND what = 'waits'`, number)
	return n, err
}

// HeldContacts counts the contacts of a number by what keeps promotions to them waiting until
// something happens, as bot.Contact.HoldReasons says at a moment. What is stored as a hold has a
// counter. A takeover and a phone that seems to be gone begin and end by the clock: they are
// counted now, from indexes that have only whom they may be about. What MaySend decides by the
// clock alone (caps, gaps, quiet hours) is no hold of a contact.
func (s *Store) HeldContacts(ctx context.Context, number string, now time.Time) (map[bot.Reason]int, error) {
	combined, err := s.countHolds(ctx, number)
	if err != nil {
		return nil, err
	}
	out := map[bot.Reason]int{}
	for reasons, people := range combined {
		for _, reason := range strings.Split(reasons, ",") {
			out[bot.Reason(reason)] += people
		}
	}
	for reason, query := range heldByTheClock {
		var n int
		if err := s.queryRow(ctx, query, number, millis(now)).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			out[reason] += n
		}
	}
	return out, nil
}

// heldByTheClock count the contacts of number $1 whom something holds at moment $2.
var heldByTheClock = map[bot.Reason]string{
	bot.NotDelivering: `
		SELECT COUNT(*)
		FROM contacts
		WHERE number = $1 AND undelivering_from > 0 AND undelivering_from <= $2`,
	bot.HumanTakeover: `
		SELECT COUNT(*)
		FROM contacts
		WHERE number = $1 AND taken_until > 0 AND taken_until > $2`,
}

// countHolds counts the contacts of a number by the reasons for which they are held together.
func (s *Store) countHolds(ctx context.Context, number string) (map[string]int, error) {
	return tally[string](s.query(ctx), `
		SELECT value, people
		FROM contact_counts
		WHERE number = $1 AND what = 'holds' AND people > 0`, number)
}
