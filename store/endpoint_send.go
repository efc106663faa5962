package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"optinbot/bot"
)

// Cursors returns how far an endpoint has got in each number of the store.
func (s *Store) Cursors(ctx context.Context, endpoint int64) (map[string]int64, error) {
	cursors := map[string]int64{}
	err := s.query(ctx)(`
		SELECT n.name, COALESCE(k.seq, 0)
		FROM numbers n
		LEFT JOIN endpoint_cursors k ON k.number = n.name AND k.endpoint_id = $1`, []any{endpoint},
		func(scan scanner) error {
			var number string
			var seq int64
			err := scan(&number, &seq)
			cursors[number] = seq
			return err
		})
	return cursors, err
}

// An EventFor is an event that follows the cursor of an endpoint.
type EventFor struct {
	EventRow
	Apart bool // it waits apart, or was given up
}

// EventsFor returns the first n events of a number that follow the one with a seq, in order, as an
// endpoint has them.
func (s *Store) EventsFor(ctx context.Context, endpoint int64, number string, seq int64, n int) ([]EventFor, error) {
	return collect(s.queryPrepared(ctx), func(scan scanner) (e EventFor, err error) {
		err = scan(append(eventFields(&e.EventRow), &e.Apart)...)
		return e, err
	}, `
		SELECT `+eventColumns+`, EXISTS (
			SELECT 1
			FROM endpoint_waits w
			WHERE w.endpoint_id = $1 AND w.number = c.number AND w.seq = c.seq
		)
		FROM changes c
		WHERE c.number = $2 AND c.seq > $3
		ORDER BY c.seq LIMIT $4`, endpoint, number, seq, n)
}

// Event returns an event as it stands now. found is false where it is not kept any more.
func (s *Store) Event(ctx context.Context, number string, seq int64) (e EventRow, found bool, err error) {
	return first(s.queryPrepared(ctx), scanEvent,
		"SELECT "+eventColumns+" FROM changes c WHERE c.number = $1 AND c.seq = $2", number, seq)
}

// EventContacts returns by seq whom the events of a number from one seq to another are about now.
func (s *Store) EventContacts(ctx context.Context, number string, from, to int64) (map[int64]int64, error) {
	people := map[int64]int64{}
	err := s.queryPrepared(ctx)("SELECT seq, contact_id FROM changes WHERE number = $1 AND seq >= $2 AND seq <= $3",
		[]any{number, from, to}, func(scan scanner) error {
			var seq, contact int64
			err := scan(&seq, &contact)
			people[seq] = contact
			return err
		})
	return people, err
}

// ContactOfEvent returns whom an event is about. It is nil for nobody, and for who was erased.
func (s *Store) ContactOfEvent(ctx context.Context, number string, seq int64) (*bot.Contact, error) {
	c, _, err := first(s.queryPrepared(ctx), scanContact, `
		SELECT `+contactColumns+`
		FROM changes e
		JOIN contacts c ON c.id = e.contact_id
		WHERE e.number = $1 AND e.seq = $2`, number, seq)
	return c, err
}

// A WaitingEvent is an event that waits apart for an endpoint.
type WaitingEvent struct {
	EventRow
	Attempts int
	First    time.Time // the first attempt, zero: none yet
	Next     time.Time // not before
	Dead     time.Time // when it was given up, zero: it waits
}

const waitingColumns = eventColumns + ", w.attempts, w.first_at, w.next_at, w.dead_at"

func scanWaiting(scan scanner) (w WaitingEvent, err error) {
	err = scan(append(eventFields(&w.EventRow), &w.Attempts, moment(&w.First), moment(&w.Next), moment(&w.Dead))...)
	return w, err
}

// firstOfPerson is true of an event w that waits where no earlier one of the same person does.
// Events about nobody in particular follow each other by type.
const firstOfPerson = `
	NOT EXISTS (
		SELECT 1
		FROM endpoint_waits b
		WHERE b.endpoint_id = w.endpoint_id AND b.number = w.number AND b.contact_id = w.contact_id
			AND b.dead_at = 0 AND b.seq < w.seq AND (w.contact_id <> 0 OR b.type = w.type)
	)`

// DueWaiting returns the first n events that wait apart for an endpoint and may be tried now: of
// each person the earliest.
func (s *Store) DueWaiting(ctx context.Context, endpoint int64, now time.Time, n int) ([]WaitingEvent, error) {
	return collect(s.queryPrepared(ctx), scanWaiting, `
		SELECT `+waitingColumns+`
		FROM endpoint_waits w
		JOIN changes c ON c.number = w.number AND c.seq = w.seq
		WHERE w.endpoint_id = $1 AND w.dead_at = 0 AND w.next_at <= $2 AND `+firstOfPerson+`
		ORDER BY w.next_at, w.number, w.seq LIMIT $3`, endpoint, millis(now), n)
}

// NextWaiting is when the next of the events that wait apart for an endpoint may be tried. It is
// zero where none waits.
func (s *Store) NextWaiting(ctx context.Context, endpoint int64) (at time.Time, err error) {
	err = s.queryRow(ctx, `
		SELECT COALESCE(MIN(w.next_at), 0)
		FROM endpoint_waits w
		WHERE w.endpoint_id = $1 AND w.dead_at = 0 AND `+firstOfPerson, endpoint).Scan(moment(&at))
	return at, err
}

// HasWaiting reports whether an earlier event of the same person waits apart for an endpoint, so that
// this one has to wait behind it. Who the person is, it asks at that moment.
func (s *Store) HasWaiting(ctx context.Context, endpoint int64, number string, seq int64) (waits bool, err error) {
	err = s.queryRow(ctx, `
		SELECT EXISTS (
			SELECT 1
			FROM changes c
			JOIN endpoint_waits w ON w.number = c.number AND w.contact_id = c.contact_id
			WHERE c.number = $2 AND c.seq = $3 AND w.endpoint_id = $1 AND w.dead_at = 0
				AND w.seq < $3 AND (w.contact_id <> 0 OR w.type = c.type)
		)`, endpoint, number, seq).Scan(&waits)
	return waits, err
}

// An AttemptRow is an attempt to deliver an event.
type AttemptRow struct {
	ID       int64
	Endpoint int64
	Number   string
	Seq      int64
	Type     bot.EventType
	Contact  int64
	At       time.Time
	Took     time.Duration
	Status   int    // of HTTP, 0: no answer
	Failed   string // why, "": it was delivered
	Answer   string // of a failure, the beginning. Foreign words
}

// Sent is what an endpoint's sender has done since it last said so.
type Sent struct {
	Endpoint  int64
	Cursors   map[string]int64
	Delivered []EventRow     // of those that waited apart
	Waiting   []WaitingEvent // that wait apart from now on, or were given up
	Attempts  []AttemptRow
	OK        bool      // one was delivered after the last failure
	Failed    time.Time // the last failure after the last success, zero: none
	Since     time.Time // the first of those
}

// keepAttempts is how many attempts of an endpoint the log has.
const keepAttempts = 200

// NoteSent notes what an endpoint's sender has done, in one transaction. Nothing of it is written
// where the endpoint has been removed.
func (s *Store) NoteSent(ctx context.Context, sent Sent) error {
	err := s.write(ctx, noNumber, func(t *tx) error {
		var there bool
		if _, err := t.row("SELECT EXISTS (SELECT 1 FROM endpoints WHERE id = $1)", []any{sent.Endpoint},
			&there); err != nil || !there {
			return err
		}
		if err := errors.Join(t.noteCursors(sent), t.noteWaits(sent), t.noteAttempts(sent)); err != nil {
			return err
		}
		switch {
		case !sent.Failed.IsZero():
			return t.exec("UPDATE endpoints SET failing_since = $1, failed_at = $2 WHERE id = $3",
				millis(sent.Since), millis(sent.Failed), sent.Endpoint)
		case sent.OK:
			return t.exec("UPDATE endpoints SET failing_since = 0, failed_at = 0 WHERE id = $1 AND failing_since > 0",
				sent.Endpoint)
		}
		return nil
	})
	return err
}

func (t *tx) noteCursors(sent Sent) error {
	for number, seq := range sent.Cursors {
		err := t.exec(`
			INSERT INTO endpoint_cursors (endpoint_id, number, seq)
			VALUES ($1, $2, $3)
			ON CONFLICT (endpoint_id, number) DO UPDATE
			SET seq = excluded.seq`, sent.Endpoint, number, seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// noteWaits takes the person of an event from its row: they may have been merged or erased while it
// was being sent.
func (t *tx) noteWaits(sent Sent) error {
	for _, e := range sent.Delivered {
		err := t.exec("DELETE FROM endpoint_waits WHERE endpoint_id = $1 AND number = $2 AND seq = $3",
			sent.Endpoint, e.Number, e.Seq)
		if err != nil {
			return err
		}
	}
	for _, w := range sent.Waiting {
		err := t.exec(`
			INSERT INTO endpoint_waits (endpoint_id, number, seq, type, contact_id, attempts, first_at, next_at, dead_at)
			SELECT $1, number, seq, type, contact_id, $4, $5, $6, $7
			FROM changes
			WHERE number = $2 AND seq = $3
			ON CONFLICT (endpoint_id, number, seq) DO UPDATE
			SET attempts = excluded.attempts, first_at = excluded.first_at, next_at = excluded.next_at,
				dead_at = excluded.dead_at`,
			sent.Endpoint, w.Number, w.Seq, w.Attempts, millis(w.First), millis(w.Next), millis(w.Dead))
		if err != nil {
			return err
		}
	}
	return nil
}

// aboutErased is true of a change c that tells of somebody who was erased: what a receiver answered to
// it may say who they were.
const aboutErased = `(c.contact_id < 0 OR EXISTS (
	SELECT 1
	FROM outcomes o
	WHERE o.number = c.number AND o.seq = c.seq AND o.contact_id < 0
))`

// noteAttempts logs attempts. One at an event that is not kept any more is not logged.
func (t *tx) noteAttempts(sent Sent) error {
	for _, a := range sent.Attempts {
		err := t.exec(`
			INSERT INTO endpoint_attempts (
				endpoint_id, number, seq, type, contact_id, at, took, status, failed, answer
			)
			SELECT $1, c.number, c.seq, c.type, c.contact_id,
				$4, $5, $6, $7, CASE WHEN `+aboutErased+` THEN '' ELSE $8 END
			FROM changes c
			WHERE c.number = $2 AND c.seq = $3`,
			sent.Endpoint, a.Number, a.Seq, millis(a.At), a.Took.Milliseconds(), a.Status, a.Failed, a.Answer)
		if err != nil {
			return err
		}
	}
	if len(sent.Attempts) == 0 {
		return nil
	}
	return t.exec(`
		DELETE FROM endpoint_attempts
		WHERE endpoint_id = $1 AND id <= (
			SELECT id
			FROM endpoint_attempts
			WHERE endpoint_id = $1
			ORDER BY id DESC LIMIT 1 OFFSET $2
		)`, sent.Endpoint, keepAttempts)
}

// Attempts returns the last n attempts of an endpoint, the newest first. Endpoint 0: of all.
func (s *Store) Attempts(ctx context.Context, endpoint int64, n int) ([]AttemptRow, error) {
	return collect(s.query(ctx), func(scan scanner) (a AttemptRow, err error) {
		var took int64
		err = scan(&a.ID, &a.Endpoint, &a.Number, &a.Seq, &a.Type, &a.Contact, moment(&a.At), &took, &a.Status,
			&a.Failed, &a.Answer)
		a.Took = time.Duration(took) * time.Millisecond
		return a, err
	}, `
		SELECT id, endpoint_id, number, seq, type, contact_id, at, took, status, failed, answer
		FROM endpoint_attempts
		WHERE ($1 = 0 OR endpoint_id = $1)
		ORDER BY id DESC LIMIT $2`, endpoint, n)
}

// replayAtMost is how many events of a number one replay takes. They are noted in one transaction,
// and nobody is answered meanwhile.
const replayAtMost = 5_000

// ErrTooManyEvents is how a replay of more events than one takes fails.
var ErrTooManyEvents = fmt.Errorf("one replay takes at most %d events", replayAtMost)

// ReplayEvents lets the events of a number from one seq to another, that an endpoint has got to, go
// out to it again. Whatever of them waits or was given up is tried anew. It returns how many. More
// than replayAtMost are ErrTooManyEvents, and none goes out.
func (s *Store) ReplayEvents(ctx context.Context, e Endpoint, number string, from, to int64) (n int, err error) {
	err = s.write(ctx, only(number), func(t *tx) error {
		n = 0
		events, err := collect(t.rows, scanEvent, `
			SELECT `+eventColumns+`
			FROM changes c
			WHERE c.number = $1 AND c.seq >= $2 AND c.seq <= $3 AND c.seq <= (
				SELECT COALESCE(MAX(seq), 0) FROM endpoint_cursors WHERE endpoint_id = $4 AND number = $1
			)
			ORDER BY c.seq LIMIT $5`, number, from, to, e.ID, replayAtMost+1)
		if err != nil {
			return err
		}
		if len(events) > replayAtMost {
			return ErrTooManyEvents
		}
		sent := Sent{Endpoint: e.ID}
		for _, event := range events {
			if e.Wants(event) {
				sent.Waiting = append(sent.Waiting, WaitingEvent{EventRow: event})
			}
		}
		n = len(sent.Waiting)
		return t.noteWaits(sent)
	})
	return n, err
}

// ReplayDead lets the events of a number that were given up go out to an endpoint again, or those of
// all numbers for "". It returns how many.
func (s *Store) ReplayDead(ctx context.Context, endpoint int64, number string) (n int, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		count, err := t.execCount(`
			UPDATE endpoint_waits
			SET dead_at = 0, attempts = 0, first_at = 0, next_at = 0
			WHERE endpoint_id = $1 AND dead_at > 0 AND ($2 = '' OR number = $2)`, endpoint, number)
		n = int(count)
		return err
	})
	return n, err
}

// forgetEvents lets go of the events of a number that are older, and of what waits of them. The last
// event stays, for the next one counts from it.
func (s *Store) forgetEvents(ctx context.Context, number string, before time.Time) error {
	const old = `
		number = $1 AND seq IN (
			SELECT c.seq
			FROM changes c
			WHERE c.number = $1 AND c.at < $2 AND c.seq < (SELECT MAX(m.seq) FROM changes m WHERE m.number = $1)
			ORDER BY c.seq LIMIT $3
		)`
	err := s.untilDone(ctx, number, `
		DELETE FROM outcomes
		WHERE number = $1 AND seq = 0 AND (occurrence_id, contact_id) IN (
			SELECT occurrence_id, contact_id FROM outcomes WHERE number = $1 AND seq = 0 AND at < $2 LIMIT $3
		)`, number, millis(before), forgetAtOnce) // what nobody gathered
	for err == nil {
		var n int64
		err = s.write(ctx, only(number), func(t *tx) (err error) {
			args := []any{number, millis(before), forgetAtOnce}
			for _, table := range []string{"endpoint_waits", "endpoint_attempts", "outcomes"} {
				if err := t.exec("DELETE FROM "+table+" WHERE "+old, args...); err != nil {
					return err
				}
			}
			n, err = t.execCount("DELETE FROM changes WHERE "+old, args...)
			return err
		})
		if n == 0 {
			break
		}
	}
	return err
}
