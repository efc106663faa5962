package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"optinbot/bot"
)

const contactColumns = "c.id, c.number, c.consent, c.state, c.language, c.doc"

// scanContact reads contactColumns.
func scanContact(scan func(...any) error, more ...any) (*bot.Contact, error) {
	var c bot.Contact
	var doc []byte
	if err := scan(append([]any{&c.ID, &c.Number, &c.Consent, &c.State, &c.Language, &doc}, more...)...); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(doc, &c); err != nil {
		return nil, fmt.Errorf("contact %d is not readable: %w", c.ID, err)
	}
	return &c, nil
}

// find returns the contacts that hold the phone and the LID among ids; nil where unknown. One found by the first that has the
// second too need not be looked for again: an identity is of one contact, and the contact says which are its own.
func (t *tx) find(number string, ids []bot.Identity) (byPhone, byLID *bot.Contact, err error) {
	var c *bot.Contact
	for _, id := range ids {
		if c != nil && slices.Contains(c.Identities, id) {
			byPhone, byLID = c, c
			continue
		}
		c = nil
		err := t.rows("SELECT "+contactColumns+" FROM identities i JOIN contacts c ON c.id = i.contact_id "+
			"WHERE i.number = $1 AND i.kind = $2 AND i.value = $3", []any{number, id.Kind, id.Value},
			func(scan func(...any) error) (err error) { c, err = scanContact(scan); return err })
		if err != nil {
			return nil, nil, err
		}
		if id.Kind == bot.Phone {
			byPhone = c
		} else {
			byLID = c
		}
	}
	return byPhone, byLID, nil
}

func (t *tx) contact(id int64) (*bot.Contact, error) {
	var c *bot.Contact
	err := t.rows("SELECT "+contactColumns+" FROM contacts c WHERE c.id = $1", []any{id},
		func(scan func(...any) error) (err error) { c, err = scanContact(scan); return err })
	if err == nil && c == nil {
		err = fmt.Errorf("there is no contact %d", id)
	}
	return c, err
}

// insert gives a contact its ID and stores it.
func (t *tx) insert(c *bot.Contact, now time.Time) error {
	if _, err := t.row("SELECT COALESCE(MAX(id), 0) + 1 FROM contacts", nil, &c.ID); err != nil {
		return err
	}
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return t.exec("INSERT INTO contacts (id, number, consent, state, language, created_at, updated_at, doc) VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
		c.ID, c.Number, c.Consent, c.State, c.Language, millis(now), doc)
}

func (t *tx) save(c *bot.Contact, now time.Time) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return t.exec("UPDATE contacts SET consent = $1, state = $2, language = $3, updated_at = $4, doc = $5 WHERE id = $6",
		c.Consent, c.State, c.Language, millis(now), doc, c.ID)
}

// hold gives identities to a contact, taking them from whoever had them.
func (t *tx) attach(number string, contact int64, ids []bot.Identity, now time.Time) error {
	for _, id := range ids {
		err := t.exec("INSERT INTO identities (number, kind, value, contact_id, first_seen) VALUES ($1, $2, $3, $4, $5) "+
			"ON CONFLICT (number, kind, value) DO UPDATE SET contact_id = excluded.contact_id, first_seen = excluded.first_seen",
			number, id.Kind, id.Value, contact, millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

// who finds or makes the contact a message is from (C7), merges and takes over phones where the identities say so, and applies
// opt-outs known only by the hash of an identity (C5, C8). had: the message had its turn before, and nothing was done.
func (t *tx) who(s *Store, env bot.Env, envs bot.Envs, number string, m bot.Message) (c *bot.Contact, had bool, err error) {
	byPhone, byLID, err := t.find(number, m.Identities)
	if err != nil {
		return nil, false, err
	}
	r := bot.Resolve(m.Identities, byPhone, byLID)
	if r.Contact != nil && len(r.Attach) == 0 && r.Robbed == nil && r.Merge == nil {
		return r.Contact, false, nil // by far the most: receive finds out whether it had its turn
	}
	// A message that comes again says nothing new about who is who.
	if c, err = t.hadTurn(m, byPhone, byLID); err != nil || c != nil {
		return c, c != nil, err
	}
	c, err = t.become(s, env, envs, number, m.Identities, r)
	return c, false, err
}

// become carries out what the identities of a message say about who is who.
func (t *tx) become(s *Store, env bot.Env, envs bot.Envs, number string, ids []bot.Identity, r bot.Resolution) (c *bot.Contact, err error) {
	if c = r.Contact; c == nil {
		c = &bot.Contact{Number: number, Consent: bot.New}
		if err := t.insert(c, env.Now); err != nil {
			return nil, err
		}
	}
	if r.Merge != nil {
		if c, err = t.merge(s, env, envs, c, r.Merge); err != nil {
			return nil, err
		}
	}
	var inherited time.Time // the opt-out of a phone's former owner binds its new one until they opt in
	if r.Robbed != nil {
		if inherited, err = t.rob(s, env, envs, r.Robbed, bot.PhoneOf(ids)); err != nil {
			return nil, err
		}
	}
	if len(r.Attach) > 0 {
		if c, err = t.identify(s, env, envs, c, r.Attach, inherited); err != nil {
			return nil, err
		}
	}
	if c.Consent != bot.Unsubscribed || r.Robbed != nil {
		return c, nil
	}
	return c, t.optOutElsewhere(s, env, envs, c, bot.LearnedOptOut(env, *c))
}

// identify attaches identities and what is known about them.
func (t *tx) identify(s *Store, env bot.Env, envs bot.Envs, c *bot.Contact, ids []bot.Identity, since time.Time) (*bot.Contact, error) {
	c.Attach(ids)
	if err := t.attach(c.Number, c.ID, ids, env.Now); err != nil {
		return nil, err
	}
	if phone := bot.PhoneOf(ids); phone != "" {
		c.Zones = bot.CountryOf(phone).Zones
	}
	known, err := t.suppressedSince(s, c.Number, ids)
	if err != nil {
		return nil, err
	}
	if known.After(since) {
		since = known
	}
	if since.IsZero() {
		return c, t.save(c, env.Now)
	}
	after, effects, err := bot.Suppress(env, *c, since)
	if err != nil {
		return nil, err
	}
	if err := t.save(&after, env.Now); err != nil {
		return nil, err
	}
	return &after, t.apply(s, env, envs, &after, effects)
}

func (t *tx) merge(s *Store, env bot.Env, envs bot.Envs, kept, other *bot.Contact) (*bot.Contact, error) {
	merged, effects, err := bot.Merge(env, *kept, *other)
	if err != nil {
		return nil, err
	}
	for _, move := range []string{
		"UPDATE identities SET contact_id = $1 WHERE contact_id = $2",
		"INSERT INTO inbox (contact_id, message_id, source, kind, text, server_time, received_at) " +
			"SELECT $1, message_id, source, kind, text, server_time, received_at FROM inbox WHERE contact_id = $2 ON CONFLICT DO NOTHING",
		"UPDATE outbox SET contact_id = $1 WHERE contact_id = $2",
		"UPDATE ledger SET contact_id = $1 WHERE contact_id = $2",
		"UPDATE ledger_personal SET contact_id = $1 WHERE contact_id = $2",
		"UPDATE notices SET contact_id = $1 WHERE contact_id = $2",
		// Of two deliveries of one occurrence the one that is further on stays; the person gets it once.
		"DELETE FROM deliveries WHERE contact_id = $2 AND status IN ('planned', 'held', 'skipped', 'voided') " +
			"AND occurrence_id IN (SELECT occurrence_id FROM deliveries WHERE contact_id = $1)",
		"DELETE FROM deliveries WHERE contact_id = $1 AND status IN ('planned', 'held', 'skipped', 'voided') " +
			"AND occurrence_id IN (SELECT occurrence_id FROM deliveries WHERE contact_id = $2)",
		"DELETE FROM deliveries WHERE contact_id = $2 AND occurrence_id IN (SELECT occurrence_id FROM deliveries WHERE contact_id = $1)",
		"UPDATE deliveries SET contact_id = $1 WHERE contact_id = $2",
		"DELETE FROM timers WHERE contact_id = $2 AND $1 > 0",
		"DELETE FROM inbox WHERE contact_id = $2 AND $1 > 0",
		"DELETE FROM contacts WHERE id = $2 AND $1 > 0",
	} {
		if err := t.exec(move, kept.ID, other.ID); err != nil {
			return nil, err
		}
	}
	if err := t.save(&merged, env.Now); err != nil {
		return nil, err
	}
	if err := t.retime(&merged); err != nil {
		return nil, err
	}
	return &merged, t.apply(s, env, envs, &merged, effects)
}

// retime sets the timer of a contact by its open question.
func (t *tx) retime(c *bot.Contact) error {
	if c.Open == nil {
		return t.timer(c, bot.SetTimer{})
	}
	return t.timer(c, bot.SetTimer{Kind: bot.TimerTimeout, At: c.Open.Timeout})
}

// rob takes the phone from its former owner and returns when that person opted out; zero if they did not.
func (t *tx) rob(s *Store, env bot.Env, envs bot.Envs, from *bot.Contact, phone string) (optedOut time.Time, err error) {
	after, effects, err := bot.Reassign(env, *from, phone)
	if err != nil {
		return time.Time{}, err
	}
	if err := t.save(&after, env.Now); err != nil {
		return time.Time{}, err
	}
	if after.Consent == bot.Unsubscribed {
		if optedOut = after.OptedOut; optedOut.IsZero() {
			optedOut = env.Now
		}
	}
	return optedOut, t.apply(s, env, envs, &after, effects)
}

// Contact returns one contact by any spelling of a phone, or by LID (digits); nil if there is none. It names the kinds because the
// key of identities has them before the value.
func (s *Store) Contact(ctx context.Context, number, phoneOrLID string) (*bot.Contact, error) {
	for _, value := range bot.Spellings(phoneOrLID) {
		var c *bot.Contact
		err := s.all(ctx, "SELECT "+contactColumns+" FROM identities i JOIN contacts c ON c.id = i.contact_id WHERE i.number = $1 AND i.kind IN ('phone', 'lid') AND i.value = $2",
			[]any{number, value}, func(scan func(...any) error) (err error) { c, err = scanContact(scan); return err })
		if err != nil || c != nil {
			return c, err
		}
	}
	return nil, nil
}

// Contacts calls each for every contact of a number, in the order in which they first wrote. consent filters unless empty.
func (s *Store) Contacts(ctx context.Context, number string, consent bot.Consent, each func(*bot.Contact) error) error {
	return s.all(ctx, "SELECT "+contactColumns+" FROM contacts c WHERE c.number = $1 AND ($2 = '' OR c.consent = $2) ORDER BY c.id",
		[]any{number, consent}, func(scan func(...any) error) error {
			c, err := scanContact(scan)
			if err != nil {
				return err
			}
			return each(c)
		})
}

// A Line is one message of a conversation, for people.
type Line struct {
	At     time.Time `json:"at"`
	FromUs bool      `json:"from_us"`
	Kind   string    `json:"kind"`
	Text   string    `json:"text"`
	Status string    `json:"status"` // of ours
}

// Conversation returns the last n messages with a contact, oldest first.
func (s *Store) Conversation(ctx context.Context, contact int64, n int) ([]Line, error) {
	var out []Line
	err := s.all(ctx, "SELECT at, from_us, kind, text, status FROM ("+
		"SELECT received_at AS at, CASE source WHEN 'human' THEN 1 ELSE 0 END AS from_us, CASE source WHEN 'human' THEN source ELSE kind END AS kind, text, source AS status, 0 AS position FROM inbox WHERE contact_id = $1 "+
		"UNION ALL SELECT created_at, 1, kind, text, status, position FROM outbox WHERE contact_id = $1) AS both_sides "+
		"ORDER BY at DESC, from_us DESC, position DESC LIMIT $2", []any{contact, n}, func(scan func(...any) error) error {
		var l Line
		var at int64
		err := scan(&at, &l.FromUs, &l.Kind, &l.Text, &l.Status)
		l.At = timeOf(at)
		out = append([]Line{l}, out...)
		return err
	})
	return out, err
}
