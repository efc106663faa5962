package store

import (
	"context"
	"errors"
	"time"

	"optinbot/bot"
)

// event writes down what happened, for programs outside, in the transaction that decided it. Contact
// 0: about nobody in particular.
func (t *tx) event(number string, contact int64, e bot.Event, at int64) error {
	return t.eventKnownAs(number, contact, 0, e, at)
}

// eventKnownAs is event, where programs outside know the contact by another ID. Known 0: they do not.
func (t *tx) eventKnownAs(number string, contact, known int64, e bot.Event, at int64) error {
	if err := t.touches(number); err != nil {
		return err
	}
	return t.exec(`
		INSERT INTO changes (number, seq, at, type, contact_id, known_as, what)
		VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM changes WHERE number = $1), $2, $3, $4, $5, $6)`,
		number, at, e.Type, contact, known, e.What)
}

// decided writes down what a decision about somebody means to programs outside.
func (t *tx) decided(before, after *bot.Contact, effects []bot.Effect) error {
	for _, e := range bot.EventsOf(before, after, effects) {
		if err := t.event(after.Number, after.ID, e, millis(t.env(after.Number).Now)); err != nil {
			return err
		}
	}
	return nil
}

// numberNews writes down what an event of a number's connection means to programs outside: once,
// until it is something else.
func (t *tx) numberNews(number string, e bot.NumberEvent) error {
	var err error
	switch e.Kind {
	case bot.NumberConnected:
		err = t.exec("UPDATE numbers SET away_from = 0 WHERE name = $1", number)
	case bot.NumberDisconnected, bot.NumberUnanswered:
		err = t.exec("UPDATE numbers SET away_from = $1 WHERE name = $2 AND away_from = 0", millis(e.At), number)
	}
	news := bot.NumberNews(e.Kind)
	if err != nil || news == "" {
		return err
	}
	return t.tellNews(number, news, e.At)
}

func (t *tx) tellNews(number, news string, at time.Time) error {
	n, err := t.execCount("UPDATE numbers SET told_news = $1 WHERE name = $2 AND told_news <> $1", news, number)
	if err != nil || n == 0 {
		return err
	}
	return t.event(number, 0, bot.Event{Type: bot.EventNumber, What: news}, millis(at))
}

// MissConnections writes down, for programs outside, which numbers have been disconnected for
// bot.AwayNotice: once each time.
func (s *Store) MissConnections(ctx context.Context, now time.Time) error {
	const missed = `
		SELECT name
		FROM numbers
		WHERE away_from > 0 AND away_from <= $1 AND told_news = 'connected'
		ORDER BY name`
	before := millis(now.Add(-bot.AwayNotice))
	names, err := column[string](s.queryPrepared(ctx), missed, before)
	if err != nil || len(names) == 0 {
		return err
	}
	return s.write(ctx, everyNumber, func(t *tx) error {
		names, err := column[string](t.rows, missed, before)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := t.tellNews(name, bot.NewsDisconnected, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// outcome notes what has become of a promotion, where an endpoint asks for that. Until it is
// gathered, a later outcome of the same promotion takes its place.
func (t *tx) outcome(number, messageID string, at time.Time) error {
	return t.exec(`
		INSERT INTO outcomes (number, seq, occurrence_id, contact_id, status, at)
		SELECT d.number, 0, d.occurrence_id, d.contact_id, d.status, $3
		FROM deliveries d
		WHERE d.message_id = $2 AND d.message_id <> '' AND d.number = $1
			AND d.status IN `+outcomeStatuses+`
			AND `+outcomeWanted+`
		ON CONFLICT (number, seq, occurrence_id, contact_id) DO UPDATE
		SET status = excluded.status, at = excluded.at`, number, messageID, millis(at))
}

// outcomeOf is outcome for the delivery of an occurrence to a contact.
func (t *tx) outcomeOf(number string, occurrence, contact int64, at time.Time) error {
	return t.exec(`
		INSERT INTO outcomes (number, seq, occurrence_id, contact_id, status, at)
		SELECT d.number, 0, d.occurrence_id, d.contact_id, d.status, $4
		FROM deliveries d
		WHERE d.occurrence_id = $2 AND d.contact_id = $3 AND d.number = $1
			AND d.status IN `+outcomeStatuses+`
			AND `+outcomeWanted+`
		ON CONFLICT (number, seq, occurrence_id, contact_id) DO UPDATE
		SET status = excluded.status, at = excluded.at`, number, occurrence, contact, millis(at))
}

// outcomeStatuses are what programs outside hear of: a promotion that went out, or tried to.
const outcomeStatuses = "('sent', 'delivered', 'read', 'replied', 'opted_out', 'unknown', 'failed')"

// outcomeWanted is whether any endpoint asks for what became of the deliveries of a number ($1). One
// that is switched off hears of it when it is on again.
const outcomeWanted = `
	EXISTS (
		SELECT 1
		FROM endpoints e
		WHERE ',' || e.types || ',' LIKE '%,delivery,%'
			AND (e.numbers = '' OR REPLACE(',' || e.numbers || ',', ',' || $1 || ',', '') <> ',' || e.numbers || ',')
	)`

// gatherAtMost is how many outcomes one event has at most.
const gatherAtMost = 500

// GatherOutcomes makes one event of what became of the promotions of a number since the last call,
// and reports whether there was anything. It leaves what is more than one event holds.
func (s *Store) GatherOutcomes(ctx context.Context, number string, now time.Time) (gathered bool, err error) {
	var waits bool
	err = s.queryRow(ctx, "SELECT EXISTS (SELECT 1 FROM outcomes WHERE number = $1 AND seq = 0)", number).Scan(&waits)
	if err != nil || !waits {
		return false, err
	}
	err = s.write(ctx, only(number), func(t *tx) error {
		gathered = false
		if err := t.event(number, 0, bot.Event{Type: bot.EventDelivery}, millis(now)); err != nil {
			return err
		}
		n, err := t.execCount(`
			UPDATE outcomes
			SET seq = (SELECT MAX(seq) FROM changes WHERE number = $1)
			WHERE number = $1 AND seq = 0 AND (occurrence_id, contact_id) IN (
				SELECT occurrence_id, contact_id
				FROM outcomes
				WHERE number = $1 AND seq = 0
				ORDER BY at LIMIT $2
			)`, number, gatherAtMost)
		if err == nil && n == 0 {
			return errNothingGathered
		}
		gathered = true
		return err
	})
	if errors.Is(err, errNothingGathered) {
		return false, nil
	}
	return gathered, err
}

var errNothingGathered = errors.New("nothing to gather")

// An EventRow is an event as it was written down.
type EventRow struct {
	bot.Event
	Number  string    `json:"number"`
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Contact int64     `json:"-"` // 0: about nobody in particular. Negative: of somebody who was erased since
	KnownAs int64     `json:"-"` // the contact that it was about, where that has gone in a merge since. 0: Contact
}

// Told is the ID by which programs outside know whom an event is about: the one that the contact had
// when it happened. 0: it is about nobody in particular.
func (e EventRow) Told() int64 {
	if e.KnownAs != 0 {
		return e.KnownAs
	}
	return max(e.Contact, -e.Contact)
}

// Merged reports whether the contact that the event is about has become one with another.
func (e EventRow) Merged() bool { return e.Type == bot.EventUnsubscribed && e.What == bot.WhatMerged }

// Body is the event as programs outside get it.
func (e EventRow) Body() bot.EventBody {
	b := bot.EventBody{Type: e.Type, Number: e.Number, Contact: e.Told(), At: e.At, Seq: e.Seq, What: e.What}
	if e.Merged() {
		b.Into = bot.EventContact(e.Contact)
	}
	return b
}

const eventColumns = "c.number, c.seq, c.at, c.type, c.contact_id, c.known_as, c.what"

func eventFields(e *EventRow) []any {
	return []any{&e.Number, &e.Seq, moment(&e.At), &e.Type, &e.Contact, &e.KnownAs, &e.What}
}

func scanEvent(scan scanner) (e EventRow, err error) {
	err = scan(eventFields(&e)...)
	return e, err
}

// EventsAfter returns the first n events of a number that follow the one with a seq, in order.
func (s *Store) EventsAfter(ctx context.Context, number string, seq int64, n int) ([]EventRow, error) {
	return collect(s.queryPrepared(ctx), scanEvent, `
		SELECT `+eventColumns+`
		FROM changes c
		WHERE c.number = $1 AND c.seq > $2
		ORDER BY c.seq LIMIT $3`, number, seq, n)
}

// LastEvent returns the seq of the last event of a number, 0 where there was none.
func (s *Store) LastEvent(ctx context.Context, number string) (seq int64, err error) {
	err = s.queryRow(ctx, "SELECT COALESCE(MAX(seq), 0) FROM changes WHERE number = $1", number).Scan(&seq)
	return seq, err
}

// EventsAbout returns the events about a contact, in order.
func (s *Store) EventsAbout(ctx context.Context, contact int64) ([]EventRow, error) {
	events, err := collect(s.query(ctx), scanEvent, `
		SELECT `+eventColumns+`
		FROM changes c
		WHERE c.contact_id = $1 AND c.contact_id <> 0
		ORDER BY c.number, c.seq`, contact)
	if events == nil {
		events = []EventRow{} // a list in JSON, not null
	}
	return events, err
}

// Outcomes returns what a delivery event tells of.
func (s *Store) Outcomes(ctx context.Context, number string, seq int64) ([]bot.Outcome, error) {
	return collect(s.query(ctx), func(scan scanner) (o bot.Outcome, err error) {
		err = scan(&o.Broadcast, &o.Contact, &o.Status, moment(&o.At))
		return o, err
	}, `
		SELECT o.broadcast, w.contact_id, w.status, w.at
		FROM outcomes w
		JOIN occurrences o ON o.id = w.occurrence_id
		WHERE w.number = $1 AND w.seq = $2 AND w.seq > 0
		ORDER BY w.at, w.contact_id`, number, seq)
}
