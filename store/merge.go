package store

import (
	"optinbot/bot"
	"optinbot/flows"
)

// merge makes one person of two contacts that turned out to be one. The other contact is gone
// afterwards, and all that was theirs belongs to the one that is kept.
func (t *tx) merge(kept, other *bot.Contact) (*bot.Contact, error) {
	env := t.env(kept.Number)
	merged, effects, err := bot.Merge(env, *kept, *other)
	if err != nil {
		return nil, err
	}
	if err := t.moveTo(kept.ID, other.ID); err != nil {
		return nil, err
	}
	if merged.Consent == bot.Unsubscribed {
		t.logStop(lineOptOut, merged.Number, merged.Identities, merged.OptedOut)
	}
	if err := t.save(&merged, env.Now); err != nil {
		return nil, err
	}
	if other.Consent == bot.Subscribed { // programs outside know the ID that goes
		gone := bot.Event{Type: bot.EventUnsubscribed, What: bot.WhatMerged}
		if err := t.eventKnownAs(kept.Number, kept.ID, other.ID, gone, millis(env.Now)); err != nil {
			return nil, err
		}
	}
	before := kept
	if kept.Consent == merged.Consent {
		before = other // who is told of the other contact hears what holds for both
	}
	if err := t.decided(before, &merged, effects); err != nil {
		return nil, err
	}
	if err := t.resetTimers(&merged); err != nil {
		return nil, err
	}
	for name, values := range merged.Preferences {
		if err := t.prefer(merged.ID, name, values); err != nil {
			return nil, err
		}
	}
	if err := t.prefer(merged.ID, flows.AudienceTags, merged.Tags); err != nil {
		return nil, err
	}
	return &merged, t.apply(&merged, effects)
}

// moveTo gives the rows of one contact to another, and removes the contact that has none any more.
func (t *tx) moveTo(kept, other int64) error {
	if err := t.execAll(moveRows, kept, other); err != nil {
		return err
	}
	if err := t.execAll(moveDeliveries, kept, other); err != nil {
		return err
	}
	if err := t.exec(skipDelivered, kept); err != nil {
		return err
	}
	return t.execAll(removeRows, other)
}

// resetTimers sets the timers of a contact by what they remember.
func (t *tx) resetTimers(c *bot.Contact) error {
	for _, timer := range c.Timers() {
		if err := t.timer(c, timer); err != nil {
			return err
		}
	}
	return nil
}

// moveRows gives what only has to change its owner from $2 to $1.
var moveRows = []string{
	"UPDATE identities SET contact_id = $1 WHERE contact_id = $2",
	`
		INSERT INTO inbox (contact_id, message_id, source, kind, text, server_time, received_at, length)
		SELECT $1, message_id, source, kind, text, server_time, received_at, length
		FROM inbox
		WHERE contact_id = $2
		ON CONFLICT DO NOTHING`,
	"UPDATE outbox SET contact_id = $1 WHERE contact_id = $2",
	"UPDATE ledger SET contact_id = $1 WHERE contact_id = $2",
	"UPDATE ledger_personal SET contact_id = $1 WHERE contact_id = $2",
	"UPDATE notices SET contact_id = $1 WHERE contact_id = $2 AND contact_id <> 0",
	"UPDATE acts SET contact_id = $1 WHERE contact_id = $2",
	"UPDATE answers SET contact_id = $1 WHERE contact_id = $2",
	"UPDATE contacts SET told = 1 WHERE id = $1 AND EXISTS (SELECT 1 FROM contacts WHERE id = $2 AND told = 1)",
	`
		UPDATE changes
		SET contact_id = $1, known_as = CASE WHEN known_as = 0 THEN $2 ELSE known_as END
		WHERE contact_id = $2 AND contact_id <> 0`,
	"UPDATE endpoint_waits SET contact_id = $1 WHERE contact_id = $2 AND contact_id <> 0",
	"UPDATE endpoint_attempts SET contact_id = $1 WHERE contact_id = $2 AND contact_id <> 0",
}

// moveDeliveries gives the deliveries of $2 to $1. Of two deliveries of one occurrence the one that
// is further on stays: the person gets it once. One with a bad reaction is furthest.
var moveDeliveries = []string{
	`
		DELETE FROM deliveries
		WHERE contact_id = $1
			AND bad_at = 0
			AND occurrence_id IN (SELECT occurrence_id FROM deliveries WHERE contact_id = $2 AND bad_at > 0)`,
	`
		DELETE FROM deliveries
		WHERE contact_id = $1
			AND status IN ('skipped', 'voided')
			AND occurrence_id IN (
				SELECT occurrence_id
				FROM deliveries
				WHERE contact_id = $2 AND status IN ('planned', 'held')
			)`,
	`
		DELETE FROM deliveries
		WHERE contact_id = $2
			AND status IN ('planned', 'held', 'skipped', 'voided')
			AND occurrence_id IN (SELECT occurrence_id FROM deliveries WHERE contact_id = $1)`,
	`
		DELETE FROM deliveries
		WHERE contact_id = $1
			AND status IN ('planned', 'held', 'skipped', 'voided')
			AND occurrence_id IN (SELECT occurrence_id FROM deliveries WHERE contact_id = $2)`,
	`
		DELETE FROM deliveries
		WHERE contact_id = $2
			AND occurrence_id IN (SELECT occurrence_id FROM deliveries WHERE contact_id = $1)`,
	`
		DELETE FROM delivery_holds
		WHERE contact_id IN ($1, $2)
			AND NOT EXISTS (
				SELECT 1
				FROM deliveries d
				WHERE d.occurrence_id = delivery_holds.occurrence_id AND d.contact_id = delivery_holds.contact_id
			)`,
	`
		DELETE FROM outcomes
		WHERE contact_id = $2
			AND EXISTS (
				SELECT 1
				FROM outcomes k
				WHERE k.contact_id = $1 AND k.number = outcomes.number AND k.seq = outcomes.seq
					AND k.occurrence_id = outcomes.occurrence_id
			)`,
	"UPDATE outcomes SET contact_id = $1 WHERE contact_id = $2",
	"UPDATE delivery_holds SET contact_id = $1 WHERE contact_id = $2",
	"UPDATE deliveries SET contact_id = $1 WHERE contact_id = $2",
}

// skipDelivered skips what $1 has got of a broadcast already: one side got it, the broadcast was
// cancelled half-way and scheduled again for the others.
const skipDelivered = `
	UPDATE deliveries
	SET status = 'skipped', reason = 'already_delivered', until = 0
	WHERE contact_id = $1
		AND status IN ('planned', 'held')
		AND EXISTS (
			SELECT 1
			FROM occurrences o
			JOIN occurrences e ON e.number = o.number AND e.broadcast = o.broadcast AND e.version = o.version
			JOIN deliveries g ON g.occurrence_id = e.id
			WHERE o.id = deliveries.occurrence_id
				AND e.status = 'cancelled'
				AND g.contact_id = $1
				AND g.status IN ` + gotIt + `
		)`

// removeRows removes what is left of $1.
var removeRows = []string{
	"DELETE FROM timers WHERE contact_id = $1",
	"DELETE FROM shop_texts WHERE contact_id = $1",
	"DELETE FROM inbox WHERE contact_id = $1",
	"DELETE FROM preferences WHERE contact_id = $1",
	"DELETE FROM name_words WHERE contact_id = $1",
	"DELETE FROM contacts WHERE id = $1",
}
