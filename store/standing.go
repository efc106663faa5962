package store

import (
	"context"
	"time"

	"optinbot/bot"
)

// stands keeps how a number stands on WhatsApp's platform. What waits for its limit is looked at again
// where that has changed.
func (t *tx) stands(number string, s bot.Standing, at time.Time) error {
	err := t.exec(`
		UPDATE deliveries
		SET until = $1
		WHERE number = $2 AND status = 'held' AND reason = 'number_cap' AND until > $1
			AND EXISTS (SELECT 1 FROM numbers n WHERE n.name = $2 AND n.messaging_limit <> $3)`,
		millis(at), number, s.Limit)
	if err != nil {
		return err
	}
	return t.exec(`
		UPDATE numbers
		SET rating = $1, messaging_limit = $2, throughput = $3, token_ends = $4
		WHERE name = $5`, s.Rating, s.Limit, s.Throughput, millis(s.TokenEnds), number)
}

// piece is how finely it is remembered when people were written to first. WhatsApp's 24 hours become
// up to that much longer.
const piece = 10 * time.Minute

func pieceOf(at time.Time) int64 { return at.UnixMilli() / piece.Milliseconds() }

// WrittenFirst is how many people the numbers of a number's portfolio have written to first in the
// last 24 hours, and when the first of them count no more.
func (s *Store) WrittenFirst(ctx context.Context, number string, now time.Time) (people int, frees time.Time, err error) {
	n, err := s.Number(ctx, number)
	if err != nil {
		return 0, time.Time{}, err
	}
	return writtenFirst(s.query(ctx), n, now)
}

func writtenFirst(read reader, n NumberRow, now time.Time) (people int, frees time.Time, err error) {
	type counted struct {
		people int
		oldest int64
	}
	c, _, err := first(read, func(scan scanner) (c counted, err error) {
		err = scan(&c.people, &c.oldest)
		return c, err
	}, `
		SELECT COALESCE(SUM(w.people), 0), COALESCE(MIN(w.piece), 0)
		FROM written_first w
		JOIN numbers n ON n.name = w.number
		WHERE (n.name = $1 OR n.portfolio <> '' AND n.portfolio = $2) AND w.piece >= $3 AND w.people > 0`,
		n.Name, n.Portfolio, pieceOf(now.Add(-24*time.Hour)))
	if err != nil || c.people == 0 {
		return 0, time.Time{}, err
	}
	return c.people, time.UnixMilli((c.oldest + 1) * piece.Milliseconds()).UTC().Add(24 * time.Hour), nil
}

// countFirst counts people who are written to first at a moment, or takes them back where people is
// negative. Who wrote to the number within the wire's window is none of them: they began it.
func (t *tx) countFirst(number string, people int, at time.Time) error {
	if people == 0 {
		return nil
	}
	return t.exec(`
		INSERT INTO written_first (number, piece, people)
		VALUES ($1, $2, $3)
		ON CONFLICT (number, piece) DO UPDATE
		SET people = written_first.people + $3`, number, pieceOf(at), people)
}
