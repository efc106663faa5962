package store

import (
	"context"
	"fmt"
	"time"

	"optinbot/bot"
)

// A Charge is how many messages WhatsApp charged for, or says that it did not.
type Charge struct {
	Day      time.Time // UTC
	Country  string    // "": not known
	Category string
	Kind     string // bot.PricedRegular, or why it was free
	Messages int
}

// Charges are what WhatsApp charged for the messages of an occurrence, as it has told so far.
func (s *Store) Charges(ctx context.Context, number string, occurrence int64) ([]Charge, error) {
	return collect(s.query(ctx), func(scan scanner) (c Charge, err error) {
		var day string
		if err := scan(&day, &c.Country, &c.Category, &c.Kind, &c.Messages); err != nil {
			return c, err
		}
		c.Day, err = time.Parse(time.DateOnly, day)
		return c, err
	}, `
		SELECT day, country, category, kind, messages
		FROM charges
		WHERE number = $1 AND occurrence_id = $2
		ORDER BY day, country, category, kind`, number, occurrence)
}

// CostSoFar is what the deliveries of an occurrence come to at most, of those that went out.
func (s *Store) CostSoFar(ctx context.Context, occurrence int64) (cost bot.Micros, err error) {
	err = s.queryRow(ctx, "SELECT cost FROM occurrences WHERE id = $1", occurrence).Scan(&cost)
	return cost, err
}

// charged counts a message of which WhatsApp says how it charges for it. It counts each once.
func (t *tx) charged(number, id string, c *bot.Contact, p bot.Pricing, at int64) error {
	if p.Category == "" || p.Kind == "" {
		return nil
	}
	var occurrence int64
	first, err := t.row(`
		UPDATE outbox
		SET priced = 1
		WHERE number = $1 AND message_id = $2 AND priced = 0
		RETURNING occurrence_id`, []any{number, id}, &occurrence)
	if err != nil || !first {
		return err
	}
	return t.exec(`
		INSERT INTO charges (number, occurrence_id, day, country, category, kind, messages)
		VALUES ($1, $2, $3, $4, $5, $6, 1)
		ON CONFLICT (number, occurrence_id, day, country, category, kind) DO UPDATE
		SET messages = charges.messages + 1`,
		number, occurrence, bot.Day(timeOf(at), time.UTC), bot.ChargedIn(c), p.Category, p.Kind)
}

// withinCost pauses an occurrence whose next promotion would cost more than it may, or nobody knows
// how much. spent is what it has cost so far, price what that promotion costs at most.
func (t *tx) withinCost(
	o bot.Occurrence, c *bot.Contact, spent bot.Micros, limits bot.Limits, now time.Time,
) (price bot.Micros, paused bool, err error) {
	if limits.Budget.Rates == nil && limits.Budget.Most == 0 {
		return 0, false, nil
	}
	price, why := limits.Budget.Claim(c, spent, now)
	if why == "" {
		return price, false, nil
	}
	if _, err := t.setStatus(o.ID, bot.OccurrencePaused, string(bot.CostCap), now); err != nil {
		return 0, false, err
	}
	return 0, true, t.notice(o.Number, 0, bot.Notify{Kind: bot.NoticeBroadcast, Text: fmt.Sprintf(
		"broadcast %[1]s is paused: %[2]s. What went out before stands. Allow more in config.yaml or write down the rate, "+
			"start `run` again, and `broadcast resume %[1]s` goes on", o.Broadcast, why)}, millis(now))
}

// uncost takes back what a promotion was to cost: WhatsApp did not take it, or it will not arrive.
func (t *tx) uncost(number, id string) error {
	var occurrence int64
	var cost bot.Micros
	found, err := t.row(`
		SELECT occurrence_id, cost
		FROM deliveries
		WHERE number = $1 AND message_id = $2 AND message_id <> '' AND cost > 0`, []any{number, id}, &occurrence, &cost)
	if err != nil || !found {
		return err
	}
	if err := t.exec("UPDATE occurrences SET cost = cost - $1 WHERE id = $2", cost, occurrence); err != nil {
		return err
	}
	return t.exec(`
		UPDATE deliveries
		SET cost = 0
		WHERE number = $1 AND message_id = $2 AND message_id <> ''`, number, id)
}

// uncostUnknown does so for the deliveries of an occurrence of which nobody knows whether they arrived.
// contact 0 means all of them.
func (t *tx) uncostUnknown(occurrence, contact int64) error {
	const unknown = " WHERE occurrence_id = $1 AND ($2 = 0 OR contact_id = $2) AND status = 'unknown'"
	if err := t.exec(`
		UPDATE occurrences
		SET cost = cost - (SELECT COALESCE(SUM(cost), 0) FROM deliveries`+unknown+`)
		WHERE id = $1`, occurrence, contact); err != nil {
		return err
	}
	return t.exec("UPDATE deliveries SET cost = 0"+unknown, occurrence, contact)
}
