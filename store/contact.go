package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
)

const contactColumns = "c.id, c.number, c.consent, c.state, c.language, c.doc"

// scanContact reads contactColumns.
func scanContact(scan scanner) (*bot.Contact, error) { return scanContactAnd(scan) }

// scanContactAnd reads contactColumns and what follows them.
func scanContactAnd(scan scanner, more ...any) (*bot.Contact, error) {
	var c bot.Contact
	var doc string
	if err := scan(append([]any{&c.ID, &c.Number, &c.Consent, &c.State, &c.Language, &doc}, more...)...); err != nil {
		return nil, err
	}
	if err := c.ReadDoc(doc); err != nil {
		return nil, fmt.Errorf("contact %d is not readable: %w", c.ID, err)
	}
	return &c, nil
}

// find returns the contacts that hold the phone and the LID among ids. They are nil where nobody
// does. One found by the first that has the second too need not be looked for again: an identity is
// of one contact, and the contact says which are its own.
func (t *tx) find(number string, ids []bot.Identity) (byPhone, byAccount *bot.Contact, err error) {
	var c *bot.Contact
	for _, id := range ids {
		if c != nil && slices.Contains(c.Identities, id) {
			byPhone, byAccount = c, c
			continue
		}
		c, _, err = first(t.rows, scanContact, `
			SELECT `+contactColumns+`
			FROM identities i
			JOIN contacts c ON c.id = i.contact_id
			WHERE i.number = $1 AND i.kind = $2 AND i.value = $3`, number, id.Kind, id.Value)
		if err != nil {
			return nil, nil, err
		}
		if id.Kind == bot.Phone {
			byPhone = c
		} else {
			byAccount = c
		}
	}
	return byPhone, byAccount, nil
}

func (t *tx) contact(id int64) (*bot.Contact, error) {
	c, found, err := first(t.rows, scanContact, "SELECT "+contactColumns+" FROM contacts c WHERE c.id = $1", id)
	if err == nil && !found {
		err = notFound("there is no contact %d", id)
	}
	return c, err
}

// insert gives a contact its ID and stores it.
func (t *tx) insert(c *bot.Contact, now time.Time) error {
	if err := t.touches(c.Number); err != nil {
		return err
	}
	if _, err := t.row(t.base.nextContact(), nil, &c.ID); err != nil {
		return err
	}
	doc, err := c.Doc()
	if err != nil {
		return err
	}
	d := derive(c, nil)
	err = t.exec(`
		INSERT INTO contacts (
			id, number, consent, state, language, created_at, updated_at, last_inbound,
			suppressed, zones, doc, holds, taken_until, undelivering_from, waits_since, name
		)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		c.ID, c.Number, c.Consent, c.State, c.Language, millis(now), millis(c.LastInbound), d.suppressed,
		d.zones, doc, d.holds, d.takenUntil, d.undeliveringFrom, d.waitsSince, d.name)
	if err != nil || d.name == "" {
		return err
	}
	return t.keepNameWords(c.Number, c.ID, d.name)
}

// save stores a contact. Mostly what is asked of contacts (consent, zones, and what derive says)
// stays as it is. Then its indexes and counters are left alone.
func (t *tx) save(c *bot.Contact, now time.Time) error {
	if err := t.touches(c.Number); err != nil {
		return err
	}
	doc, err := c.Doc()
	if err != nil {
		return err
	}
	d := derive(c, nil)
	n, err := t.execCount(`
		UPDATE contacts
		SET state = $1, language = $2, updated_at = $3, last_inbound = $4, doc = $5
		WHERE id = $6 AND consent = $7 AND suppressed = $8 AND zones = $9
			AND holds = $10 AND taken_until = $11 AND undelivering_from = $12 AND waits_since = $13 AND name = $14
			AND told = 0`,
		c.State, c.Language, millis(now), millis(c.LastInbound), doc, c.ID, c.Consent, d.suppressed, d.zones,
		d.holds, d.takenUntil, d.undeliveringFrom, d.waitsSince, d.name)
	if err != nil || n == 1 {
		return err
	}
	return t.saveChanged(c, doc, now)
}

// saveChanged stores a contact of which something may have changed that is asked of contacts.
func (t *tx) saveChanged(c *bot.Contact, doc string, now time.Time) error {
	var wasCalled string
	var wasTold bool
	if _, err := t.row("SELECT name, told FROM contacts WHERE id = $1", []any{c.ID}, &wasCalled, &wasTold); err != nil {
		return err
	}
	var told bot.NotifiedAt
	if wasTold {
		var err error
		if told, err = t.toldAbout(c.ID); err != nil {
			return err
		}
	}
	d := derive(c, told)
	n, err := t.execCount(`
		UPDATE contacts
		SET state = $1, language = $2, updated_at = $3, last_inbound = $4, doc = $5,
			holds = $6, taken_until = $7, undelivering_from = $8, waits_since = $9, name = $10
		WHERE id = $11 AND consent = $12 AND suppressed = $13 AND zones = $14`,
		c.State, c.Language, millis(now), millis(c.LastInbound), doc, d.holds, d.takenUntil, d.undeliveringFrom,
		d.waitsSince, d.name, c.ID, c.Consent, d.suppressed, d.zones)
	if err == nil && n == 0 {
		err = t.exec(`
			UPDATE contacts
			SET consent = $1, state = $2, language = $3, updated_at = $4, last_inbound = $5,
				suppressed = $6, zones = $7, doc = $8,
				holds = $9, taken_until = $10, undelivering_from = $11, waits_since = $12, name = $13
			WHERE id = $14`,
			c.Consent, c.State, c.Language, millis(now), millis(c.LastInbound), d.suppressed, d.zones, doc,
			d.holds, d.takenUntil, d.undeliveringFrom, d.waitsSince, d.name, c.ID)
	}
	if err != nil || d.name == wasCalled {
		return err
	}
	return t.keepNameWords(c.Number, c.ID, d.name)
}

// attach gives identities to a contact, taking them from whoever had them.
func (t *tx) attach(number string, contact int64, ids []bot.Identity, now time.Time) error {
	for _, id := range ids {
		err := t.exec(`
			INSERT INTO identities (number, kind, value, contact_id, first_seen)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (number, kind, value) DO UPDATE
			SET contact_id = excluded.contact_id, first_seen = excluded.first_seen`,
			number, id.Kind, id.Value, contact, millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

// Contact returns one contact by any spelling of a phone, or by LID or BSUID. It is nil if there is
// none. It names the kinds because the key of identities has them before the value.
func (s *Store) Contact(ctx context.Context, number, address string) (*bot.Contact, error) {
	for _, value := range bot.Spellings(address) {
		c, found, err := first(s.query(ctx), scanProven, `
			SELECT `+provenColumns+`
			FROM identities i
			JOIN contacts c ON c.id = i.contact_id
			WHERE i.number = $1 AND i.kind IN ('phone', 'lid', 'bsuid') AND i.value = $2`, number, value)
		if err != nil || found {
			return c, err
		}
	}
	return nil, nil
}

// ContactByID returns one contact. It is nil if there is none.
func (s *Store) ContactByID(ctx context.Context, id int64) (*bot.Contact, error) {
	c, _, err := first(s.query(ctx), scanProven, "SELECT "+provenColumns+" FROM contacts c WHERE c.id = $1", id)
	return c, err
}

// Contacts calls each for every contact of a number, in the order in which they first wrote.
// consent filters unless empty.
func (s *Store) Contacts(ctx context.Context, number string, consent bot.Consent, each func(*bot.Contact) error) error {
	where, args := "c.number = $1", []any{number}
	if consent != "" {
		where, args = where+" AND c.consent = $2", append(args, consent)
	}
	return s.query(ctx)(`
		SELECT `+contactColumns+`
		FROM contacts c
		WHERE `+where+`
		ORDER BY c.id`,
		args, func(scan scanner) error {
			c, err := scanContact(scan)
			if err != nil {
				return err
			}
			return each(c)
		})
}

// LastOfTheirs returns the last message that a contact wrote. It is nil if none is kept.
func (s *Store) LastOfTheirs(ctx context.Context, contact int64) (*Line, error) {
	l, found, err := first(s.query(ctx), func(scan scanner) (l Line, err error) {
		err = scan(moment(&l.At), &l.Kind, &l.Text, &l.Status, &l.Length)
		return l, err
	}, `
		SELECT received_at, kind, text, source, length
		FROM inbox
		WHERE contact_id = $1 AND source NOT IN ('human', 'human_unread')
		ORDER BY received_at DESC, server_time DESC LIMIT 1`, contact)
	if err != nil || !found {
		return nil, err
	}
	return &l, nil
}

// A Line is one message of a conversation, for people.
type Line struct {
	At     time.Time `json:"at"`
	FromUs bool      `json:"from_us"`
	Kind   string    `json:"kind"`
	Text   string    `json:"text"`
	Length int       `json:"length,omitempty"` // in bytes, where Text is not all of it
	Status string    `json:"status"`           // of ours

	// Media is a file of ours, of which Text is the caption.
	Media *bot.Media `json:"media,omitempty"`
}

// Words are the words of a message, with a note where not all of them were kept.
func (l Line) Words() string {
	if l.Length > len(l.Text) {
		return strings.TrimSpace(fmt.Sprintf("%s [%d bytes in all]", l.Text, l.Length))
	}
	return l.Text
}

// Conversation returns the last n messages with a contact, oldest first.
func (s *Store) Conversation(ctx context.Context, contact int64, n int) ([]Line, error) {
	lines, err := s.ConversationBefore(ctx, contact, time.Time{}, n)
	slices.Reverse(lines)
	return lines, err
}

// ConversationBefore returns the last n messages with a contact that are not after a moment, newest
// first. The zero moment is none.
func (s *Store) ConversationBefore(ctx context.Context, contact int64, moment time.Time, n int) ([]Line, error) {
	return collect(s.query(ctx), scanLine, `
		SELECT at, from_us, kind, text, status, length, media
		FROM (
			SELECT received_at AS at,
				CASE WHEN source IN ('human', 'human_unread') THEN 1 ELSE 0 END AS from_us,
				CASE WHEN `+typed+` THEN 'human' ELSE kind END AS kind,
				text, source AS status, 0 AS position, length, '' AS media
			FROM inbox
			WHERE contact_id = $1 AND ($2 = 0 OR received_at <= $2)
			UNION ALL
			SELECT created_at, 1, kind, text, status, position, 0, media
			FROM outbox
			WHERE contact_id = $1 AND ($2 = 0 OR created_at <= $2)
		) AS both_sides
		ORDER BY at DESC, from_us DESC, position DESC LIMIT $3`, contact, millis(moment), n)
}

func scanLine(scan scanner) (l Line, err error) {
	err = scan(moment(&l.At), &l.FromUs, &l.Kind, &l.Text, &l.Status, &l.Length, mediaInto(&l.Media))
	return l, err
}
