package store

import (
	"context"
	"strings"
	"time"

	"optinbot/bot"
)

// FireTimer lets the oldest timer of a number that is due ring. fired is false when none is.
func (s *Store) FireTimer(ctx context.Context, number string, now time.Time, envs bot.Envs) (fired bool, err error) {
	var due bool
	err = s.queryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM timers WHERE number = $1 AND due_at <= $2)`,
		number, millis(now)).Scan(&due)
	if err != nil || !due {
		return false, err
	}
	err = s.decide(ctx, only(number), envs, func(t *tx) error {
		t.now = now
		var contact int64
		var kind bot.TimerKind
		fired, err = t.row(`
			DELETE FROM timers
			WHERE (contact_id, kind) IN (
				SELECT contact_id, kind
				FROM timers
				WHERE number = $1 AND due_at <= $2
				ORDER BY due_at, contact_id, kind LIMIT 1
			)
			RETURNING contact_id, kind`, []any{number, millis(now)}, &contact, &kind)
		if err != nil || !fired {
			return err
		}
		c, err := t.contact(contact)
		if err != nil {
			return err
		}
		_, err = t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.TimerElapsed(e, c, kind)
		})
		return err
	})
	return fired, err
}

// NextDue returns the next moment after now at which the clock alone makes something happen: a
// timer, a firing, an occurrence, somebody's own time, the end of a hold, the pace, an expiry. ok
// is false when nothing is waiting for a time.
func (s *Store) NextDue(
	ctx context.Context, number string, limits bot.Limits, now time.Time,
) (at time.Time, ok bool, err error) {
	var next int64
	err = s.queryRow(ctx, nextMoment,
		number, millis(now), limits.Expires.Milliseconds(), bot.AllZones.Milliseconds()).Scan(&next)
	if err != nil {
		return time.Time{}, false, err
	}
	at = timeOf(next)
	braked, err := s.nextBraked(ctx, number, limits.AnswerBrake(), now)
	if !braked.IsZero() && (at.IsZero() || braked.Before(at)) {
		at = braked
	}
	return at, !at.IsZero(), err
}

// nextMoment is the earliest of the moments of the number $1 that come after $2. $3 is how long an
// occurrence is good for, and $4 how much longer one is whose time is each contact's own.
var nextMoment = `
	SELECT COALESCE(MIN(at), 0)
	FROM (` + strings.Join(moments, " UNION ALL ") + `) AS moments
	WHERE at IS NOT NULL`

// moments are what can be waited for. The first names the column.
var moments = []string{
	// a timer of a contact
	`SELECT MIN(due_at) AS at
	FROM timers
	WHERE number = $1 AND due_at > $2`,

	// the start of an occurrence
	`SELECT MIN(due_at)
	FROM occurrences
	WHERE number = $1 AND status = 'scheduled' AND due_at > $2`,

	// the next occurrence of a schedule
	`SELECT MIN(next_at)
	FROM schedules
	WHERE number = $1 AND status = 'armed' AND next_at > $2`,

	// the end of an occurrence
	`SELECT MIN(due_at + $3 + CASE WHEN wall = '' THEN 0 ELSE $4 END)
	FROM occurrences
	WHERE number = $1
		AND status = 'running'
		AND due_at + $3 + CASE WHEN wall = '' THEN 0 ELSE $4 END > $2`,

	// a contact's own time
	`SELECT MIN((
		SELECT MIN(d.not_before)
		FROM deliveries d
		WHERE d.number = $1
			AND d.occurrence_id = o.id
			AND d.status = 'planned'
			AND d.not_before > $2
	))
	FROM occurrences o
	WHERE o.number = $1 AND o.status = 'running'`,

	// the end of a contact's hold
	`SELECT MIN((
		SELECT MIN(d.until)
		FROM deliveries d
		WHERE d.number = $1
			AND d.occurrence_id = o.id
			AND d.status = 'held'
			AND d.until > $2
	))
	FROM occurrences o
	WHERE o.number = $1 AND o.status = 'running'`,

	// the guard looks again
	`SELECT MIN(guard_until)
	FROM occurrences
	WHERE number = $1 AND status = 'running' AND guard_until > $2`,

	// the pace lets the next promotion go
	`SELECT next_marketing_at
	FROM numbers
	WHERE name = $1 AND next_marketing_at > $2`,

	// an answer may be tried again
	`SELECT MIN(not_before)
	FROM outbox
	WHERE number = $1 AND status = 'queued' AND not_before > $2`,

	// the number need not be slow any more
	`SELECT slow_until
	FROM numbers
	WHERE name = $1 AND slow_until > $2`,

	// it is tried again whether WhatsApp lets the number send
	`SELECT account_until
	FROM numbers
	WHERE name = $1 AND account_until > $2`,

	// WhatsApp's restriction ends
	`SELECT restricted_until
	FROM numbers
	WHERE name = $1 AND restricted_until > $2`,

	// the history is not waited for any longer
	`SELECT history_until
	FROM numbers
	WHERE name = $1 AND history_until > $2`,
}

// Watch tells whether others, the verbs of the command line among them, have written since it was
// last asked. Close it when done.
type Watch struct {
	version func(context.Context) (int64, error)
	close   func() error
	last    int64
}

// Watch begins to watch.
func (s *Store) Watch(ctx context.Context) (*Watch, error) { return s.base.watch(ctx) }

// Changed reports whether anything was written since the last call.
func (w *Watch) Changed(ctx context.Context) (bool, error) {
	before := w.last
	now, err := w.version(ctx)
	if err == nil {
		w.last = now
	}
	return w.last != before, err
}

// Close gives the connection back.
func (w *Watch) Close() error { return w.close() }
