package store

import (
	"context"
	"time"

	"optinbot/bot"
)

// answered counts for a decision what the brake on answers counts.
func (t *tx) answered(number string, now time.Time) func(within time.Duration) int {
	return func(within time.Duration) (n int) {
		// As many as wait are enough to say that no brake has room: the counts stay small.
		_, err := t.row(`
			SELECT (
				SELECT COUNT(*)
				FROM (
					SELECT 1
					FROM outbox
					WHERE number = $1 AND status = 'queued' AND braked = 1 LIMIT $4
				) AS waiting
			) + (
				SELECT COUNT(*)
				FROM outbox
				WHERE number = $1 AND braked = 1 AND claimed_at > $2 AND claimed_at <= $3
			)`,
			[]any{number, millis(now.Add(-within)), millis(now), bot.MostAMinute}, &n)
		if err != nil {
			t.failed = err // the decision rests on a wrong answer: the turn fails
		}
		return n
	}
}

// flood notes that the brake is full. The operator hears of each flood once.
func (t *tx) flood(number string) error {
	env := t.env(number)
	now := millis(env.Now)
	var last int64
	if _, err := t.row("SELECT braked_at FROM numbers WHERE name = $1", []any{number}, &last); err != nil {
		return err
	}
	if bot.NewFlood(timeOf(last), env.Now) {
		err := t.notice(number, 0, bot.Notify{Kind: bot.NoticeFlood, Text: bot.FloodText(env.Brake)},
			now)
		if err != nil {
			return err
		}
	}
	return t.exec("UPDATE numbers SET braked_at = $1 WHERE name = $2", now, number)
}

// brakeOpens is when the brake lets the next message out. A moment that is not later than now says
// that it does already.
func brakeOpens(read reader, number string, b bot.Brake, now int64) (at int64, err error) {
	if b == (bot.Brake{}) {
		return 0, nil
	}
	for _, bound := range []struct {
		most   int
		within int64
	}{{b.PerMinute, time.Minute.Milliseconds()}, {b.PerHour, time.Hour.Milliseconds()}} {
		claimed, found, err := first(read, value[int64], `
			SELECT claimed_at
			FROM outbox
			WHERE number = $1 AND braked = 1 AND claimed_at > $2 AND claimed_at <= $3
			ORDER BY claimed_at DESC LIMIT 1 OFFSET $4`,
			number, now-bound.within, now, bound.most-1)
		if err != nil {
			return at, err
		}
		if found {
			at = max(at, claimed+bound.within)
		}
	}
	return at, nil
}

// nextBraked is when the brake lets out what waits for it. It is zero when nothing does.
func (s *Store) nextBraked(ctx context.Context, number string, b bot.Brake, now time.Time) (at time.Time, err error) {
	var waits bool
	err = s.queryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM outbox WHERE number = $1 AND status = 'queued' AND braked = 1)`,
		number).Scan(&waits)
	if err != nil || !waits {
		return at, err
	}
	opens, err := brakeOpens(s.queryPrepared(ctx), number, b, millis(now))
	if err != nil || opens <= millis(now) {
		return at, err
	}
	return timeOf(opens), nil
}
