package store

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"optinbot/bot"
	"optinbot/flows"
)

// prefer replaces the values of one preference.
func (t *tx) prefer(contact int64, name string, values []string) error {
	if err := t.exec("DELETE FROM preferences WHERE contact_id = $1 AND name = $2", contact, name); err != nil {
		return err
	}
	for _, value := range values {
		var amount any
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			amount = n
		}
		err := t.exec(`
			INSERT INTO preferences (contact_id, name, value, amount)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, contact, name, value, amount)
		if err != nil {
			return err
		}
	}
	return nil
}

// gotIt are the statuses of a delivery that reached somebody, or may have.
const gotIt = "('claimed', 'sent', 'delivered', 'read', 'replied', 'opted_out', 'unknown')"

// An audienceQuery writes an audience as SQL about a row c of contacts. Every condition is true or
// false, never NULL, so that NOT means what it says in flows.Audience.
type audienceQuery struct {
	args []any
	now  time.Time
}

func (q *audienceQuery) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

// mayHaveIt says whether anybody can have got an occurrence's text before: it was cancelled
// half-way, and is scheduled again for the others. A recurring broadcast comes again to everybody.
func (t *tx) mayHaveIt(o bot.Occurrence, b *flows.Broadcast) (may bool, err error) {
	if b.Cron != "" {
		return false, nil
	}
	_, err = t.row(`
		SELECT EXISTS (
			SELECT 1
			FROM occurrences
			WHERE number = $1 AND broadcast = $2 AND version = $3 AND status = 'cancelled' AND planned_at > 0
		)`,
		[]any{o.Number, o.Broadcast, o.Version}, &may)
	return may, err
}

// reason is why a contact is skipped at planning. It is empty where they are not. again says that
// somebody may have got the same text before.
func (q *audienceQuery) reason(o bot.Occurrence, b *flows.Broadcast, again bool, now time.Time) string {
	q.now = now
	when := `CASE
		WHEN c.suppressed = 1 THEN 'suppressed'
		WHEN c.consent = 'unsubscribed' THEN 'unsubscribed'
		WHEN c.consent <> 'subscribed' THEN 'not_subscribed'`
	if in := q.in(b); in != "" {
		when += `
		WHEN NOT (` + in + `) THEN 'not_in_audience'`
	}
	if again { // else a look-up for each contact is saved
		when += `
		WHEN EXISTS (
			SELECT 1
			FROM deliveries d
			JOIN occurrences e ON e.id = d.occurrence_id
			WHERE d.contact_id = c.id
				AND e.number = c.number
				AND e.broadcast = ` + q.arg(o.Broadcast) + `
				AND e.version = ` + q.arg(o.Version) + `
				AND e.status = 'cancelled'
				AND d.status IN ` + gotIt + `
		) THEN 'already_delivered'`
	}
	return when + `
		ELSE ''
	END`
}

// in is the condition of the audience and the sample. It is "" where everybody is in.
func (q *audienceQuery) in(b *flows.Broadcast) string {
	sql := ""
	if b.Audience != nil {
		sql = q.cond(b.Audience.Cond)
	}
	if b.Sample > 0 {
		sample := fmt.Sprintf("(c.id * %d + %d) %% %d < %d", sampleStep, sampleStart(b.Name), sampleOf,
			b.Sample*sampleOf/100)
		if sql == "" {
			return sample
		}
		sql = "(" + sql + `)
			AND ` + sample
	}
	return sql
}

// A sample is drawn by arithmetic on the contact's ID, so that it is the same people every time:
// the step has no factor in common with sampleOf, so every share is met as nearly as can be among
// people who came one after the other.
const (
	sampleOf   = 10_000
	sampleStep = 7_919
)

func sampleStart(broadcast string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(broadcast))
	return h.Sum32() % sampleOf
}

func (q *audienceQuery) cond(c flows.Cond) string {
	switch c := c.(type) {
	case flows.And:
		return "(" + q.cond(c.Left) + " AND " + q.cond(c.Right) + ")"
	case flows.Or:
		return "(" + q.cond(c.Left) + " OR " + q.cond(c.Right) + ")"
	case flows.Not:
		return "NOT (" + q.cond(c.Of) + ")"
	case flows.Got:
		return `EXISTS (
			SELECT 1
			FROM deliveries d
			WHERE d.contact_id = c.id AND d.broadcast = ` + q.arg(c.Broadcast) + ` AND d.status IN ` + gotIt + `
		)`
	case flows.Active:
		return "(c.last_inbound > 0 AND c.last_inbound >= " + q.arg(millis(q.now.AddDate(0, 0, -c.Days))) + ")"
	case flows.Is:
		return q.is(c)
	}
	return "(1 = 1)"
}

// ops are the comparisons there are. Nothing else gets into the text of the SQL.
var ops = map[string]string{"==": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

func (q *audienceQuery) is(c flows.Is) string {
	if c.Fact == flows.AudienceLanguage {
		return "c.language = " + q.arg(c.Value)
	}
	column, value := "p.value", any(c.Value)
	if n, err := strconv.ParseInt(c.Value, 10, 64); c.Number && err == nil {
		column, value = "p.amount", n
	}
	return `EXISTS (
		SELECT 1
		FROM preferences p
		WHERE p.contact_id = c.id AND p.name = ` + q.arg(c.Fact) + `
			AND ` + column + ` ` + ops[c.Op] + ` ` + q.arg(value) + `
	)`
}

// Tags are the tags that contacts of a number have, sorted.
func (s *Store) Tags(ctx context.Context, number string) ([]string, error) {
	return column[string](s.query(ctx), `
		SELECT value
		FROM contact_counts
		WHERE number = $1 AND what = 'tag' AND people > 0
		ORDER BY value`, number)
}

// Audience calls each for the subscribers who are in a broadcast's audience now, in the order in
// which they first wrote, and counts those who are not.
func (s *Store) Audience(
	ctx context.Context, number string, b *flows.Broadcast, now time.Time, each func(*bot.Contact) error,
) (others int, err error) {
	q := &audienceQuery{args: []any{number}, now: now}
	where := "c.number = $1 AND c.consent = 'subscribed'"
	if in := q.in(b); in != "" {
		where += `
			AND ` + in
	}
	limit := ""
	if b.First > 0 {
		limit = " LIMIT " + q.arg(b.First)
	}
	in := 0
	err = s.query(ctx)(`
		SELECT `+provenColumns+`
		FROM contacts c
		WHERE `+where+`
		ORDER BY c.id`+limit, q.args, func(scan scanner) error {
		c, err := scanProven(scan)
		if err != nil {
			return err
		}
		in++
		return each(c)
	})
	if err != nil {
		return 0, err
	}
	err = s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM contacts WHERE number = $1 AND consent = 'subscribed'",
		number).Scan(&others)
	return others - in, err
}
