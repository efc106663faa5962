package store

import (
	"context"
	"time"

	"optinbot/bot"
)

// Affected is what a verb has done to a broadcast.
type Affected struct {
	Schedule    bool             // to its schedule, if it is recurring
	Occurrences []bot.Occurrence // to these, as they were before
}

// PauseBroadcast pauses what is not over of a broadcast: its schedule and its occurrences.
func (s *Store) PauseBroadcast(ctx context.Context, number, broadcast string, now time.Time) (Affected, error) {
	return s.forBroadcast(ctx, number, broadcast, bot.SchedulePaused, time.Time{},
		func(t *tx, o bot.Occurrence) (bool, error) {
			return t.setStatus(o.ID, bot.OccurrencePaused, string(bot.OperatorPaused), now)
		})
}

// ResumeBroadcast lets what is paused of a broadcast go on. next is the next firing of its
// schedule, zero where that has ended.
func (s *Store) ResumeBroadcast(ctx context.Context, number, broadcast string, next, now time.Time) (Affected, error) {
	schedule := bot.ScheduleArmed
	if next.IsZero() {
		schedule = bot.ScheduleEnded
	}
	return s.forBroadcast(ctx, number, broadcast, schedule, next, func(t *tx, o bot.Occurrence) (bool, error) {
		if o.Status != bot.OccurrencePaused {
			return false, nil
		}
		return t.resume(o.ID, now)
	})
}

// CancelBroadcast drops what is not over of a broadcast.
func (s *Store) CancelBroadcast(ctx context.Context, number, broadcast string, now time.Time) (Affected, error) {
	return s.forBroadcast(ctx, number, broadcast, bot.ScheduleCancelled, time.Time{},
		func(t *tx, o bot.Occurrence) (bool, error) {
			return t.setStatus(o.ID, bot.OccurrenceCancelled, "", now)
		})
}

// ReleaseBroadcast lets the late occurrences of a broadcast start, and those under way go out also
// to who had missed their own time.
func (s *Store) ReleaseBroadcast(ctx context.Context, number, broadcast string, now time.Time) (Affected, error) {
	return s.forBroadcast(ctx, number, broadcast, "", time.Time{}, func(t *tx, o bot.Occurrence) (bool, error) {
		switch o.Status {
		case bot.OccurrenceLate:
			return t.resume(o.ID, now)
		case bot.OccurrenceRunning, bot.OccurrencePaused:
			n, err := t.releaseMissed(o.ID, now)
			return n > 0, err
		}
		return false, nil
	})
}

// forBroadcast does something to a schedule ("": nothing) and to the occurrences that allow it, in
// one transaction: a verb that dies half-way has done nothing, and nothing fires in between.
func (s *Store) forBroadcast(
	ctx context.Context, number, broadcast string, schedule bot.ScheduleStatus, next time.Time,
	one func(*tx, bot.Occurrence) (bool, error),
) (done Affected, err error) {
	err = s.write(ctx, only(number), func(t *tx) error {
		changed, err := t.setScheduleStatus(number, broadcast, schedule, next)
		if err != nil {
			return err
		}
		done = Affected{Schedule: changed}
		all, err := collect(t.rows, scanOccurrence, `
			SELECT `+occurrenceColumns+`
			FROM occurrences o
			WHERE o.number = $1 AND o.broadcast = $2
			ORDER BY o.id DESC`, number, broadcast)
		if err != nil {
			return err
		}
		for _, o := range all {
			changed, err := one(t, o)
			if err != nil {
				return err
			}
			if changed {
				done.Occurrences = append(done.Occurrences, o)
			}
		}
		return nil
	})
	return done, err
}

// scheduleStatusFrom says from which statuses a schedule may be brought into another.
var scheduleStatusFrom = map[bot.ScheduleStatus]string{
	bot.SchedulePaused: "('armed')", bot.ScheduleArmed: "('paused')", bot.ScheduleCancelled: "('armed', " +
		"'paused')", bot.ScheduleEnded: "('paused')",
}

// setScheduleStatus brings a schedule into another status. It is false when the schedule was not in
// one that allows it.
func (t *tx) setScheduleStatus(number, broadcast string, to bot.ScheduleStatus, next time.Time) (bool, error) {
	if to == "" {
		return false, nil
	}
	n, err := t.execCount(`
		UPDATE schedules
		SET status = $1, next_at = $2, note = ''
		WHERE number = $3 AND broadcast = $4 AND status IN `+scheduleStatusFrom[to],
		to, millis(next), number, broadcast)
	return n == 1, err
}

// SetStatus brings one occurrence into another status. done is false when it was not in one that
// allows it.
func (s *Store) SetStatus(
	ctx context.Context, number string, id int64, to bot.OccurrenceStatus, note string, now time.Time,
) (done bool, err error) {
	err = s.write(ctx, only(number), func(t *tx) error {
		done, err = t.setStatus(id, to, note, now)
		return err
	})
	return done, err
}

// statusFrom says from which statuses an occurrence may be brought into another.
var statusFrom = map[bot.OccurrenceStatus]string{
	bot.OccurrencePaused:    "('scheduled', 'running')",
	bot.OccurrenceCancelled: "('scheduled', 'late', 'running', 'paused')",
	bot.OccurrenceLate:      "('scheduled')",
	bot.OccurrenceDone:      "('running')",
}

func (t *tx) setStatus(id int64, to bot.OccurrenceStatus, note string, now time.Time) (done bool, err error) {
	n, err := t.execCount(`
		UPDATE occurrences
		SET status = $1, note = $2
		WHERE id = $3 AND status IN `+statusFrom[to], to, note, id)
	if err != nil || n == 0 || to != bot.OccurrenceCancelled {
		return n == 1, err
	}
	return true, t.skipWaiting(id, bot.Cancelled, now)
}

// Resume lets one occurrence go on or start.
func (s *Store) Resume(ctx context.Context, number string, id int64, now time.Time) (done bool, err error) {
	err = s.write(ctx, only(number), func(t *tx) error {
		done, err = t.resume(id, now)
		return err
	})
	return done, err
}

// resume lets a paused occurrence go on, and a late one start: an operator who says so is never
// stale. One that had not begun counts as due now, and when it was due is kept. It returns false
// when the occurrence was neither.
func (t *tx) resume(id int64, now time.Time) (done bool, err error) {
	if err := t.guardResumed(id, now); err != nil {
		return false, err
	}
	err = t.exec(`
		UPDATE occurrences
		SET was_due_at = due_at
		WHERE id = $1
			AND status IN ('paused', 'late')
			AND planned_at = 0
			AND due_at < $2
			AND was_due_at = 0`, id, millis(now))
	if err != nil {
		return false, err
	}
	n, err := t.execCount(`
		UPDATE occurrences
		SET note = '',
			status = CASE WHEN planned_at > 0 THEN 'running' ELSE 'scheduled' END,
			due_at = CASE WHEN planned_at > 0 OR due_at > $1 THEN due_at ELSE $1 END
		WHERE id = $2 AND status IN ('paused', 'late')`, millis(now), id)
	return n == 1, err
}

// releaseMissed lets an occurrence go out to those who missed their own time, and returns how many
// they are.
func (t *tx) releaseMissed(occurrence int64, now time.Time) (int64, error) {
	return t.execCount(`
		UPDATE deliveries
		SET status = 'planned', reason = '', not_before = $1
		WHERE occurrence_id = $2 AND status = 'held' AND reason = 'late'`,
		millis(now), occurrence)
}
