package store

import (
	"time"

	"optinbot/bot"
)

// reacted notes a reaction on the newest promotion that was sent to a contact before it. One of
// which it is unknown whether it was sent stays unknown, with the time of the reaction: it may have
// been to an earlier one.
func (t *tx) reacted(c *bot.Contact, e bot.Reacted) error {
	at := millis(e.At)
	var occurrence int64
	found, err := t.row(`
		SELECT occurrence_id
		FROM deliveries
		WHERE contact_id = $1
			AND claimed_at > $2
			AND claimed_at < $3
			AND status IN ('sent', 'delivered', 'read', 'replied', 'opted_out', 'unknown')
		ORDER BY claimed_at DESC, occurrence_id DESC LIMIT 1`,
		// WhatsApp's time has whole seconds
		[]any{c.ID, at - bot.ReactionWithin.Milliseconds(), at + 1000}, &occurrence)
	if err != nil || !found {
		return err
	}
	switch e.Reaction {
	case bot.ReactionReplied:
		err = t.exec(`
			UPDATE deliveries
			SET replied_at = CASE WHEN replied_at > 0 THEN replied_at ELSE $1 END,
				status = CASE
					WHEN status = 'unknown' OR opted_out_at > 0 THEN status
					ELSE 'replied'
				END
			WHERE occurrence_id = $2 AND contact_id = $3`, at, occurrence, c.ID)
		if err != nil {
			return err
		}
		return t.outcomeOf(c.Number, occurrence, c.ID, e.At)
	case bot.ReactionOptedOut:
		err = t.exec(`
			UPDATE deliveries
			SET opted_out_at = CASE WHEN opted_out_at > 0 THEN opted_out_at ELSE $1 END,
				status = CASE WHEN status = 'unknown' THEN status ELSE 'opted_out' END
			WHERE occurrence_id = $2 AND contact_id = $3`, at, occurrence, c.ID)
	}
	if err == nil {
		err = t.outcomeOf(c.Number, occurrence, c.ID, e.At)
	}
	if err != nil {
		return err
	}
	return t.bad(c.Number, occurrence, c.ID, e.Reaction, e.At)
}

// bad notes a bad reaction: of one person the first counts, and an opt-out is the one that is
// remembered. The guard looks at once.
func (t *tx) bad(number string, occurrence, contact int64, r bot.Reaction, at time.Time) error {
	err := t.exec(`
		UPDATE deliveries
		SET bad_at = CASE WHEN bad_at > 0 THEN bad_at ELSE $1 END,
			reaction = CASE WHEN reaction = 'opted_out' THEN reaction ELSE $2 END
		WHERE occurrence_id = $3 AND contact_id = $4`,
		millis(at), r, occurrence, contact)
	if err != nil {
		return err
	}
	env := t.env(number)
	return t.judge(occurrence, env.Guard, env.Now)
}
