package store

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
)

const occurrenceColumns = "o.id, o.number, o.broadcast, o.key, o.due_at, o.wall, o.grace, o.status, o.content, " +
	"o.media, o.version, o.note, o.armed_at, o.planned_at, o.was_due_at, o.templates"

func scanOccurrence(scan scanner) (o bot.Occurrence, err error) {
	err = scan(occurrenceFields(&o)...)
	return o, err
}

// occurrenceFields are where the occurrenceColumns are scanned to.
func occurrenceFields(o *bot.Occurrence) []any {
	return []any{&o.ID, &o.Number, &o.Broadcast, &o.Key, moment(&o.DueAt), &o.Wall, span(&o.Grace), &o.Status,
		&o.Content,
		mediaInto(&o.Media), &o.Version, &o.Note, moment(&o.ArmedAt), moment(&o.PlannedAt), moment(&o.WasDue), refsColumn{&o.Templates}}
}

// Arm schedules an occurrence with a copy of the draft. ErrScheduled where that occurrence exists
// already: nobody gets it twice. One that was cancelled before it began, by the operator or because
// its draft was edited, makes room for it.
func (s *Store) Arm(ctx context.Context, o bot.Occurrence) (bot.Occurrence, error) {
	o.Status = bot.OccurrenceScheduled
	err := s.write(ctx, only(o.Number), func(t *tx) error {
		err := t.exec(`
			UPDATE occurrences
			SET key = key || '#' || CAST(id AS TEXT)
			WHERE number = $1
				AND broadcast = $2
				AND key = $3
				AND status = 'cancelled'
				AND planned_at = 0`,
			o.Number, o.Broadcast, o.Key)
		if err != nil {
			return err
		}
		made, err := t.occurrence(&o)
		if err == nil && !made {
			err = scheduled{fmt.Errorf("broadcast %s is scheduled for that time already, or was (`broadcast list` shows "+
				"it): cancel that one first, or give it another `at:`", o.Broadcast)}
		}
		return err
	})
	return o, err
}

// occurrence writes a new occurrence and gives it its ID. made is false when it exists already.
func (t *tx) occurrence(o *bot.Occurrence) (made bool, err error) {
	templates, err := refsText(o.Templates)
	if err != nil {
		return false, err
	}
	return t.row(`
		INSERT INTO occurrences (
			number, broadcast, key, due_at, wall, grace, status, content, media, version,
			note, armed_at, templates
		)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT DO NOTHING
		RETURNING id`,
		[]any{o.Number, o.Broadcast, o.Key, millis(o.DueAt), o.Wall, o.Grace.Milliseconds(), o.Status, o.Content,
			mediaValue{o.Media}, o.Version, o.Note, millis(o.ArmedAt), templates}, &o.ID)
}

// Occurrences returns the occurrences of a number, newest first. broadcast filters unless it is
// empty.
func (s *Store) Occurrences(ctx context.Context, number, broadcast string) ([]bot.Occurrence, error) {
	return s.occurrences(ctx, `
		WHERE o.number = $1 AND ($2 = '' OR o.broadcast = $2)
		ORDER BY o.id DESC`, number, broadcast)
}

// OccurrenceStatuses returns how each occurrence of a number stands, by its ID.
func (s *Store) OccurrenceStatuses(ctx context.Context, number string) (map[int64]bot.OccurrenceStatus, error) {
	statuses := map[int64]bot.OccurrenceStatus{}
	err := s.query(ctx)("SELECT id, status FROM occurrences WHERE number = $1", []any{number}, func(scan scanner) error {
		var id int64
		var status bot.OccurrenceStatus
		err := scan(&id, &status)
		statuses[id] = status
		return err
	})
	return statuses, err
}

// Due returns the occurrences whose time has come and which have not begun.
func (s *Store) Due(ctx context.Context, number string, now time.Time) ([]bot.Occurrence, error) {
	return s.occurrences(ctx, `
		WHERE o.number = $1 AND o.status = 'scheduled' AND o.due_at <= $2
		ORDER BY o.due_at, o.id`, number, millis(now))
}

// Running returns the occurrences under way.
func (s *Store) Running(ctx context.Context, number string) ([]bot.Occurrence, error) {
	return s.occurrences(ctx, "WHERE o.number = $1 AND o.status = 'running' ORDER BY o.id", number)
}

func (s *Store) occurrences(ctx context.Context, where string, args ...any) ([]bot.Occurrence, error) {
	return collect(s.queryPrepared(ctx), scanOccurrence, `
		SELECT `+occurrenceColumns+`
		FROM occurrences o `+where, args...)
}

// Plan writes one delivery for every contact of the number and starts the occurrence, in one
// transaction. Who is not subscribed, or not in the audience of the broadcast as it was armed, is
// skipped here with the reason. For everybody else MaySend decides again when the delivery is
// claimed. Where the armed broadcast does not fit today's flow the occurrence is paused.
func (s *Store) Plan(ctx context.Context, o bot.Occurrence, armed bot.Armed, limits bot.Limits, now time.Time) error {
	b, unfit := armed(o)
	return s.write(ctx, only(o.Number), func(t *tx) error {
		n, err := t.execCount(`
			UPDATE occurrences
			SET status = 'running', planned_at = $1, assess_after = 0
			WHERE id = $2 AND status = 'scheduled'`, millis(now), o.ID)
		if err != nil || n == 0 {
			return err
		}
		if unfit != nil {
			return t.pauseUnfit(o, unfit, now)
		}
		q := &audienceQuery{args: []any{o.ID, o.Broadcast, millis(now), o.Number}}
		again, err := t.mayHaveIt(o, b)
		if err != nil {
			return err
		}
		reason := q.reason(o, b, again, now)
		notBefore, err := t.ownTimes(o, limits)
		if err != nil {
			return err
		}
		if err := t.exec("INSERT INTO counted_apart (occurrence_id) VALUES ($1)", o.ID); err != nil {
			return err
		}
		// By ID, so that the indexes of deliveries grow at their ends.
		err = t.exec(`
			INSERT INTO deliveries (
				occurrence_id, contact_id, number, broadcast, status, reason, planned_at, not_before
			)
			SELECT $1, id, number, $2,
				CASE WHEN reason = '' THEN 'planned' ELSE 'skipped' END, reason, $3, not_before
			FROM (
				SELECT c.id AS id, c.number AS number, `+notBefore+` AS not_before, `+reason+` AS reason
				FROM contacts c
				WHERE c.number = $4
			) AS everybody
			WHERE true
			ORDER BY id
			ON CONFLICT DO NOTHING`, q.args...)
		if err != nil {
			return err
		}
		if b.First > 0 {
			err = t.exec(`
				UPDATE deliveries
				SET status = 'skipped', reason = 'not_in_audience'
				WHERE occurrence_id = $1
					AND status = 'planned'
					AND contact_id NOT IN (
						SELECT contact_id
						FROM deliveries
						WHERE occurrence_id = $1 AND status = 'planned'
						ORDER BY contact_id LIMIT $2
					)`, o.ID, b.First)
			if err != nil {
				return err
			}
		}
		if err := t.holdMissed(o, limits, now); err != nil {
			return err
		}
		if err := t.execAll(countAgain, o.ID); err != nil {
			return err
		}
		return t.guardStarts(o, limits, now)
	})
}

// Finish closes the occurrences of a number that are over: those whose deliveries have expired, and
// those with nothing left. changed is called for every delivery that expired.
func (s *Store) Finish(
	ctx context.Context, number string, limits bot.Limits, now time.Time, changed func(bot.Change),
) error {
	running, err := s.Running(ctx, number)
	if err != nil {
		return err
	}
	for _, o := range running {
		over, err := s.over(ctx, o, limits, now)
		if err != nil {
			return err
		}
		if !over {
			continue
		}
		if err := s.finish(ctx, o, now, changed); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) finish(ctx context.Context, o bot.Occurrence, now time.Time, changed func(bot.Change)) error {
	err := s.query(ctx)(`
		SELECT `+contactColumns+`, d.reason
		FROM deliveries d
		JOIN contacts c ON c.id = d.contact_id
		WHERE d.occurrence_id = $1 AND d.status IN ('planned', 'held')
		ORDER BY c.id`, []any{o.ID}, func(scan scanner) error {
		ch := bot.Change{Occurrence: o.ID, Broadcast: o.Broadcast, Status: bot.DeliverySkipped, Reason: bot.Expired}
		c, err := scanContactAnd(scan, &ch.Before)
		if err == nil {
			ch.Contact = *c
			changed(ch)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.write(ctx, only(o.Number), func(t *tx) error {
		if err := t.skipWaiting(o.ID, bot.Expired, now); err != nil {
			return err
		}
		return t.exec("UPDATE occurrences SET status = 'done' WHERE id = $1 AND status = 'running'", o.ID)
	})
}

func (s *Store) over(ctx context.Context, o bot.Occurrence, limits bot.Limits, now time.Time) (bool, error) {
	if !now.Before(o.Expires(limits)) {
		return true, nil
	}
	var over bool // each status has an index of its own: nobody who got it is read
	err := s.queryRow(ctx, `
		SELECT
			NOT EXISTS (SELECT 1 FROM deliveries WHERE number = $1 AND occurrence_id = $2 AND status = 'planned')
			AND NOT EXISTS (SELECT 1 FROM deliveries WHERE number = $1 AND occurrence_id = $2 AND status = 'held')
			AND NOT EXISTS (SELECT 1 FROM deliveries WHERE number = $1 AND occurrence_id = $2 AND status = 'claimed')`,
		o.Number, o.ID).Scan(&over)
	return over, err
}

// Postpone keeps an occurrence whose time has come from starting, with a notice: late, because it
// came due while the bot could not send, longer ago than its grace, or cancelled, because its draft
// was edited after it was armed (what the operator saw when they said yes is not what they mean
// now).
func (s *Store) Postpone(ctx context.Context, o bot.Occurrence, to bot.OccurrenceStatus, now time.Time) error {
	return s.write(ctx, only(o.Number), func(t *tx) error {
		if to == bot.OccurrenceLate {
			done, err := t.setStatus(o.ID, to, noteLate, now)
			if err != nil || !done {
				return err
			}
			return t.late(o, 0, now)
		}
		done, err := t.setStatus(o.ID, to, noteEdited, now)
		if err != nil || !done {
			return err
		}
		return t.notice(o.Number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
			"broadcast %s was edited after it was scheduled, so it did not start: look at it and schedule it "+
				"again (`broadcast schedule %s`)", o.Broadcast, o.Broadcast)}, millis(now))
	})
}
