package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"optinbot/bot"
)

const scheduleColumns = "number, broadcast, status, cron, zone, starts, ends, grace, content, media, version, " +
	"note, armed_at, next_at"

// Why an occurrence or a schedule was set aside.
const (
	noteLate   = "came due while the bot could not send"
	noteEdited = "the draft was edited after it was scheduled"
	noteNewer  = "missed, and a newer one waits"
)

// ArmSchedule arms a recurring broadcast with a copy of its draft. NextAt is its first firing. What
// was armed before under its name is replaced, with the occurrences that have not begun: an
// occurrence that exists is never made again.
func (s *Store) ArmSchedule(ctx context.Context, b bot.Schedule, now time.Time) error {
	return s.write(ctx, only(b.Number), func(t *tx) error {
		if _, err := t.disarm(b, b.Version); err != nil {
			return err
		}
		if err := t.exec(`
			DELETE FROM schedules
			WHERE number = $1 AND broadcast = $2`, b.Number, b.Broadcast); err != nil {
			return err
		}
		return t.exec(`
			INSERT INTO schedules (`+scheduleColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			b.Number, b.Broadcast, bot.ScheduleArmed, b.Cron, b.Zone, b.Starts, b.Ends, b.Grace.Milliseconds(),
			b.Content, mediaValue{b.Media},
			b.Version, "", millis(now), millis(b.NextAt))
	})
}

// Schedules returns the recurring broadcasts of a number that were armed, by name. broadcast
// filters unless it is empty.
func (s *Store) Schedules(ctx context.Context, number, broadcast string) ([]bot.Schedule, error) {
	return s.schedules(ctx, "WHERE number = $1 AND ($2 = '' OR broadcast = $2) ORDER BY broadcast", number, broadcast)
}

// DueSchedules returns the schedules of a number with a firing that has come.
func (s *Store) DueSchedules(ctx context.Context, number string, now time.Time) ([]bot.Schedule, error) {
	return s.schedules(ctx, `
		WHERE number = $1 AND status = 'armed' AND next_at > 0 AND next_at <= $2
		ORDER BY next_at, broadcast`, number, millis(now))
}

func (s *Store) schedules(ctx context.Context, where string, args ...any) ([]bot.Schedule, error) {
	return collect(s.queryPrepared(ctx), scanSchedule, "SELECT "+scheduleColumns+" FROM schedules "+where, args...)
}

func scanSchedule(scan scanner) (b bot.Schedule, err error) {
	err = scan(&b.Number, &b.Broadcast, &b.Status, &b.Cron, &b.Zone, &b.Starts, &b.Ends, span(&b.Grace), &b.Content,
		mediaInto(&b.Media),
		&b.Version, &b.Note, moment(&b.ArmedAt), moment(&b.NextAt))
	return b, err
}

// CreateOccurrences makes the occurrences of the firings of a schedule that have come, and moves the schedule on
// to next (zero: there is none, it has ended), in one transaction. Of those that are late only the
// newest is made, and waits for the operator. missed is how many they are. It does nothing when the
// schedule has moved on meanwhile.
func (s *Store) CreateOccurrences(
	ctx context.Context, b bot.Schedule, due []bot.Firing, missed int, next, now time.Time, limits bot.Limits,
) error {
	return s.write(ctx, only(b.Number), func(t *tx) error {
		status := bot.ScheduleArmed
		if next.IsZero() {
			status = bot.ScheduleEnded
		}
		n, err := t.execCount(`
			UPDATE schedules
			SET next_at = $1, status = $2
			WHERE number = $3
				AND broadcast = $4
				AND status = 'armed'
				AND next_at = $5
				AND version = $6`,
			millis(next), status, b.Number, b.Broadcast, millis(b.NextAt), b.Version)
		if err != nil || n == 0 {
			return err
		}
		for _, f := range due {
			o := b.Occurrence(f)
			late := now.After(o.LateAt(limits))
			if late {
				o.Status, o.Note = bot.OccurrenceLate, noteLate
			}
			made, err := t.occurrence(&o)
			if err != nil {
				return err
			}
			if made && late {
				if err := t.late(o, missed, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// late tells the operator of an occurrence that is late. Of a recurring broadcast only the newest
// late one waits. missed is how many there were since the last look. Where one of the same day
// waits already the operator knows.
func (t *tx) late(o bot.Occurrence, missed int, now time.Time) error {
	const waits = `
		number = $1
			AND broadcast = $2
			AND status = 'late'
			AND id <> $3
			AND due_at <= $4
			AND EXISTS (SELECT 1 FROM schedules WHERE number = $1 AND broadcast = $2)`
	var known bool
	day, _, _ := strings.Cut(o.Key, "T") // where it goes out
	if _, err := t.row(`
		SELECT EXISTS (SELECT 1 FROM occurrences WHERE `+waits+` AND key LIKE $5)`,
		[]any{o.Number, o.Broadcast, o.ID, millis(o.DueAt), day + "%"}, &known); err != nil {
		return err
	}
	err := t.exec(`
		UPDATE occurrences
		SET status = 'cancelled', note = $5
		WHERE `+waits, o.Number, o.Broadcast, o.ID, millis(o.DueAt), noteNewer)
	if err != nil || known {
		return err
	}
	var dropped int // since one last went out
	_, err = t.row(`
		SELECT COUNT(*)
		FROM occurrences
		WHERE number = $1
			AND broadcast = $2
			AND status = 'cancelled'
			AND note = $3
			AND due_at <= $4
			AND due_at > (
				SELECT COALESCE(MAX(due_at), 0)
				FROM occurrences
				WHERE number = $1 AND broadcast = $2 AND planned_at > 0
			)`,
		[]any{o.Number, o.Broadcast, noteNewer, millis(o.DueAt)}, &dropped)
	if err != nil {
		return err
	}
	count := ""
	if missed = max(missed, 1) + dropped; missed > 1 {
		count = fmt.Sprintf(" It was missed %d times; the others will not go out.", missed)
	}
	due := o.DueAt.Format("2006-01-02 15:04 MST")
	if o.Wall != "" {
		due = o.Wall + ", in each contact's own time,"
	}
	return t.notice(o.Number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
		"broadcast %s came due at %s while the bot could not send.%s It will not start by itself: `broadcast "+
			"release %s` sends it now, `broadcast cancel %s` drops it",
		o.Broadcast, due, count, o.Broadcast, o.Broadcast)}, millis(now))
}

// Disarm ends a schedule whose draft was edited after it was armed, and cancels its occurrences
// that have not begun, with a notice. One that is under way finishes with the text as it was armed.
func (s *Store) Disarm(ctx context.Context, b bot.Schedule, now time.Time) error {
	return s.write(ctx, only(b.Number), func(t *tx) error {
		n, err := t.execCount(`
			UPDATE schedules
			SET status = 'disarmed', note = $1
			WHERE number = $2 AND broadcast = $3 AND status IN ('armed', 'paused') AND version = $4`,
			noteEdited, b.Number, b.Broadcast, b.Version)
		if err != nil || n == 0 {
			return err
		}
		dropped, err := t.disarm(b, "")
		if err != nil {
			return err
		}
		also := ""
		if dropped > 0 {
			also = fmt.Sprintf("; %d that had not begun will not", dropped)
		}
		return t.notice(b.Number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
			"broadcast %s was edited, so it does not go out again%s: look at it and schedule it again "+
				"(`broadcast schedule %s`)", b.Broadcast, also, b.Broadcast)}, millis(now))
	})
}

// disarm cancels the occurrences of a recurring broadcast that have not begun, but for those with
// the text of a version.
func (t *tx) disarm(b bot.Schedule, but string) (dropped int64, err error) {
	return t.execCount(`
		UPDATE occurrences
		SET status = 'cancelled', note = $1
		WHERE number = $2
			AND broadcast = $3
			AND planned_at = 0
			AND status IN ('scheduled', 'paused')
			AND version <> $4
			AND EXISTS (SELECT 1 FROM schedules WHERE number = $2 AND broadcast = $3)`,
		noteEdited, b.Number, b.Broadcast, but)
}

// ownTimes is the SQL for the moment before which an occurrence is not sent to contact c ($1 is the
// occurrence): 0, or their own time. The contacts of a number live in few zones, so the moments are
// written down once each.
func (t *tx) ownTimes(o bot.Occurrence, limits bot.Limits) (sql string, err error) {
	if o.Wall == "" {
		return "0", nil
	}
	zones, err := column[string](t.rows, "SELECT DISTINCT zones FROM contacts WHERE number = $1", o.Number)
	if err != nil {
		return "", err
	}
	for _, z := range zones {
		somebody := &bot.Contact{}
		if z != "" {
			somebody.Zones = strings.Split(z, ",")
		}
		err := t.exec("INSERT INTO own_times (occurrence_id, zones, at) VALUES ($1, $2, $3)", o.ID, z,
			millis(o.NotBefore(somebody, limits)))
		if err != nil {
			return "", err
		}
	}
	return "(SELECT z.at FROM own_times z WHERE z.occurrence_id = $1 AND z.zones = c.zones)", nil
}

// holdMissed holds the deliveries whose local time passed more than the grace ago. The operator
// releases them.
func (t *tx) holdMissed(o bot.Occurrence, limits bot.Limits, now time.Time) error {
	if o.Wall == "" {
		return nil
	}
	times, err := column[int64](t.rows, "SELECT DISTINCT at FROM own_times WHERE occurrence_id = $1", o.ID)
	if err != nil {
		return err
	}
	const those = "number = $1 AND occurrence_id = $2 AND status = 'planned' AND not_before = $3"
	for _, at := range times {
		if !o.Missed(timeOf(at), now, limits) {
			continue
		}
		err := t.exec(`
			INSERT INTO delivery_holds (contact_id, occurrence_id, position, reason, since)
			SELECT contact_id, occurrence_id, 1, 'late', $4
			FROM deliveries
			WHERE `+those, o.Number, o.ID, at, millis(now))
		if err != nil {
			return err
		}
		err = t.exec(`
			UPDATE deliveries
			SET status = 'held', reason = 'late'
			WHERE `+those, o.Number, o.ID, at)
		if err != nil {
			return err
		}
	}
	return t.exec("DELETE FROM own_times WHERE occurrence_id = $1", o.ID)
}
