package store

import (
	"encoding/json"
	"fmt"

	"optinbot/bot"
)

// apply carries out what a decision said, in order, in its transaction.
func (t *tx) apply(c *bot.Contact, effects []bot.Effect) error {
	env := t.env(c.Number)
	now := millis(env.Now)
	staleGone := false // earlier answers to old messages have made room for this one
	for i, effect := range effects {
		var err error
		switch e := effect.(type) {
		case bot.Say:
			if e.Stale && !staleGone {
				staleGone = true
				err = t.voidStale(c.ID, now)
			}
			if err == nil {
				err = t.queue(c, e, now)
			}
		case bot.Record:
			err = t.appendLedger(c.ID, e.Entry)
		case bot.CancelUnsent:
			err = t.void(c, now)
		case bot.OptOutElsewhere:
			_, err = t.optOutElsewhere(c, e)
		case bot.Reacted:
			err = t.reacted(c, e)
		case bot.RecheckHeld:
			err = t.exec(`
				UPDATE deliveries
				SET until = $1
				WHERE contact_id = $2 AND status = 'held' AND reason <> 'late'`,
				now, c.ID) // that one is the operator's
		case bot.RecheckPlanned:
			err = t.exec(`
				UPDATE deliveries
				SET not_before = $1
				WHERE contact_id = $2 AND status = 'planned' AND not_before > $1`,
				now, c.ID) // the claim looks where they live
		case bot.Notify:
			err = t.notice(c.Number, c.ID, e, now)
		case bot.SetTimer:
			if !setAgain(e, effects[i+1:]) {
				err = t.timer(c, e)
			}
		case bot.ShopText:
			err = t.shopText(c, e)
		case bot.SetPreference:
			err = t.prefer(c.ID, e.Name, e.Values)
		case bot.ForgetSuppression:
			err = t.forgetSuppression(c)
		case bot.Flood:
			err = t.flood(c.Number)
		case bot.MarkRead: // sent by the pump once this is committed
		default:
			err = fmt.Errorf("no one carries out %T", e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setAgain reports whether a later effect sets the timer again: a question closed and the next one
// put.
func setAgain(timer bot.SetTimer, later []bot.Effect) bool {
	for _, e := range later {
		again, ok := e.(bot.SetTimer)
		if ok && (again.Kind == timer.Kind || again.Kind.OfQuestion() && timer.Kind.OfQuestion()) {
			return true
		}
	}
	return false
}

// queue puts a message at the end of the outbox. The position is a value of its own, for SQLite
// makes a temporary table for an INSERT that selects from the table it inserts into.
func (t *tx) queue(c *bot.Contact, s bot.Say, now int64) error {
	if err := t.touches(c.Number); err != nil {
		return err
	}
	poll := ""
	if s.Poll != nil {
		text, err := json.Marshal(s.Poll)
		if err != nil {
			return err
		}
		poll = string(text)
	}
	buttons := ""
	if s.Buttons != nil {
		text, err := json.Marshal(s.Buttons)
		if err != nil {
			return err
		}
		buttons = string(text)
	}
	braked, notBefore, err := t.waitsBefore(c.ID, s)
	if err != nil {
		return err
	}
	if s.Media != nil {
		if err := t.keepMedia(s.Media.Hash, []byte(s.Content), now); err != nil {
			return err
		}
	}
	return t.exec(`
		INSERT INTO outbox (
			number, message_id, contact_id, kind, text, poll, disclosure, stale,
			status, created_at, not_before, braked, media, buttons
		)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $11, $12, $13)`,
		c.Number, s.ID, c.ID, s.Kind, s.Text, poll, flag(s.Disclosure), flag(s.Stale), now, notBefore, braked,
		mediaValue{s.Media}, buttons)
}

// waitsBefore tells what keeps a message waiting that is said to somebody for whom others wait: all
// of them go out in order, at the pace of the brake if one does. A goodbye overtakes: the stop has
// voided the rest.
func (t *tx) waitsBefore(contact int64, s bot.Say) (braked int, notBefore int64, err error) {
	if s.Kind != bot.SayGoodbye {
		_, err = t.row(`
			SELECT COALESCE(MAX(braked), 0), COALESCE(MAX(not_before), 0)
			FROM outbox
			WHERE contact_id = $1 AND status = 'queued'`,
			[]any{contact}, &braked, &notBefore)
	}
	return max(braked, flag(s.Braked)), notBefore, err
}

// void takes back whatever has not been claimed. A goodbye that waits stays: it is owed.
func (t *tx) void(c *bot.Contact, now int64) error {
	err := t.exec(`
		UPDATE outbox
		SET status = 'voided', done_at = $1
		WHERE contact_id = $2 AND status = 'queued' AND kind <> 'goodbye'`, now, c.ID)
	if err != nil {
		return err
	}
	// What is in flight is not sent a second time, should it end as unknown.
	err = t.exec(`
		UPDATE outbox
		SET overtaken = 1
		WHERE contact_id = $1 AND status = 'claimed' AND kind <> 'goodbye'`,
		c.ID)
	if err != nil {
		return err
	}
	cancelled, err := collect(t.rows, func(scan scanner) (bot.Change, error) {
		ch := bot.Change{Contact: *c, Status: bot.DeliveryVoided, Reason: bot.SkippedUnsubscribed}
		err := scan(&ch.Occurrence, &ch.Broadcast)
		return ch, err
	}, `
		UPDATE deliveries
		SET status = 'voided', reason = 'unsubscribed', until = 0, done_at = $1
		WHERE contact_id = $2 AND status IN ('planned', 'held')
		RETURNING occurrence_id, broadcast`, now, c.ID)
	t.changes = append(t.changes, cancelled...)
	return err
}

func (t *tx) voidStale(contact, now int64) error {
	return t.exec(`
		UPDATE outbox
		SET status = 'voided', done_at = $1
		WHERE contact_id = $2
			AND status = 'queued'
			AND stale = 1
			AND disclosure = 0
			AND kind <> 'goodbye'`, now, contact)
}

func (t *tx) timer(c *bot.Contact, e bot.SetTimer) error {
	kind, same := e.Kind, e.Kind
	if e.Kind.OfQuestion() {
		kind, same = bot.TimerTimeout, bot.TimerReminder
	}
	err := t.exec("DELETE FROM timers WHERE contact_id = $1 AND kind IN ($2, $3)", c.ID, kind, same)
	if err != nil || e.At.IsZero() {
		return err
	}
	return t.exec(`
		INSERT INTO timers (contact_id, number, kind, due_at)
		VALUES ($1, $2, $3, $4)`, c.ID, c.Number, e.Kind, millis(e.At))
}

func (t *tx) notice(number string, contact int64, e bot.Notify, now int64) error {
	if err := t.touches(number); err != nil {
		return err
	}
	if told, ok := bot.NoticeEvent(e.Kind); ok {
		if err := t.event(number, contact, told, now); err != nil {
			return err
		}
	}
	err := t.exec(`
		INSERT INTO notices (number, at, kind, text, contact_id)
		VALUES ($1, $2, $3, $4, $5)`,
		number, now, e.Kind, e.Text, contact)
	if err != nil {
		return err
	}
	return t.toldNow(contact, e.Kind)
}

// optOutElsewhere opts the person out on every other number whose flow has the same brand, known
// there or not (C2): a contact there becomes unsubscribed, and an identity not known there is
// remembered by its keyed hash.
func (t *tx) optOutElsewhere(c *bot.Contact, out bot.OptOutElsewhere) (turns []bot.Turn, err error) {
	numbers, err := t.othersOfBrand(c.Number)
	if err != nil {
		return nil, err
	}
	for _, number := range numbers {
		there, err := t.optOutOn(number, c.Identities, out)
		if err != nil {
			return nil, err
		}
		turns = append(turns, there...)
	}
	return turns, nil
}

// othersOfBrand are the other numbers of a number's brand, for a write that is about them too.
func (t *tx) othersOfBrand(number string) ([]string, error) {
	others, err := t.sameBrand(number)
	if err == nil && len(others) > 0 && t.oneNumber {
		return nil, errWider
	}
	return others, err
}

func (t *tx) sameBrand(number string) ([]string, error) {
	return column[string](t.rows, `
		SELECT o.name
		FROM numbers n
		JOIN numbers o ON o.brand = n.brand AND o.name <> n.name
		WHERE n.name = $1 AND n.brand <> ''
		ORDER BY o.name`, number)
}

func (t *tx) optOutOn(number string, ids []bot.Identity, out bot.OptOutElsewhere) (turns []bot.Turn, err error) {
	known := map[int64]bool{}
	for _, id := range spelled(ids) {
		byPhone, byAccount, err := t.find(number, []bot.Identity{id})
		if err != nil {
			return nil, err
		}
		c := byPhone
		if c == nil {
			c = byAccount
		}
		if c == nil || known[c.ID] {
			continue
		}
		known[c.ID] = true
		turn, err := t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
			return bot.OptOutFromBrand(e, c, out.Entry, out.Goodbye)
		})
		if err == nil && out.Entry.Public.Actor == "operator" && c.OptedIn.After(out.Entry.Public.ServerTime) {
			err = t.operatorStop(c.OptedIn, t.env(number).Now) // the time that the stop has there
		}
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn)
	}
	return turns, t.suppress(number, ids, len(known) == 0, out.Entry)
}

// spelled adds the other spellings of the phones.
func spelled(ids []bot.Identity) []bot.Identity {
	var out []bot.Identity
	for _, id := range ids {
		if id.Kind != bot.Phone {
			out = append(out, id)
			continue
		}
		for _, s := range bot.Spellings(id.Value) {
			out = append(out, bot.Identity{Kind: bot.Phone, Value: s})
		}
	}
	return out
}
