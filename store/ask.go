package store

import (
	"context"
	"time"

	"optinbot/bot"
)

// Phones of people who left off WhatsApp, and whom no contact has, may be of somebody who is known
// by LID only. WhatsApp can be asked, but a list of thousands must not become thousands of
// questions.
const (
	AskAtMost = 30 // phones an hour and number, about which WhatsApp is asked
	askedKept = time.Hour
)

// lidOnly are the subscribers of a number ($1) who are known by LID only.
const lidOnly = `
	FROM contacts c
	WHERE c.number = $1
		AND c.consent = 'subscribed'
		AND EXISTS (SELECT 1 FROM identities i WHERE i.contact_id = c.id AND i.kind = 'lid')
		AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.contact_id = c.id AND i.kind = 'phone')`

// toAsk notes that a phone is to be asked about, where a number has subscribers known by LID only.
// A phone that a contact has needs no question.
func (t *tx) toAsk(number string, ids []bot.Identity, since int64) error {
	phone := bot.PhoneOf(ids)
	if phone == "" || bot.LIDOf(ids) != "" {
		return nil
	}
	return t.exec(`
		INSERT INTO phones_to_ask (number, phone, since)
		SELECT $1, $2, $3
		WHERE EXISTS (SELECT 1 `+lidOnly+`)
		ON CONFLICT DO NOTHING`,
		number, phone, since)
}

// forgetPhones takes phones off the list, in every spelling.
func (t *tx) forgetPhones(number string, ids []bot.Identity) error {
	for _, id := range spelled(ids) {
		if err := t.exec("DELETE FROM phones_to_ask WHERE number = $1 AND phone = $2", number, id.Value); err != nil {
			return err
		}
	}
	return nil
}

// WaitsToBeAsked reports whether WhatsApp is still to be asked about a phone, for any number.
func (s *Store) WaitsToBeAsked(ctx context.Context, phone string) (waits bool, err error) {
	for _, spelling := range bot.Spellings(phone) {
		err := s.queryRow(ctx, "SELECT EXISTS (SELECT 1 FROM phones_to_ask WHERE phone = $1)", spelling).Scan(&waits)
		if err != nil || waits {
			return waits, err
		}
	}
	return false, nil
}

// ForgetPhone takes a phone off the lists of what is to be asked, on every number.
func (s *Store) ForgetPhone(ctx context.Context, phone string) error {
	numbers, err := s.Numbers(ctx)
	if err != nil {
		return err
	}
	err = s.write(ctx, everyNumber, func(t *tx) error {
		for _, n := range numbers {
			if err := t.forgetPhones(n.Name, []bot.Identity{{Kind: bot.Phone, Value: phone}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.base.settle(ctx)
}

// AnybodyByLID reports whether a number has contacts that are known by LID only.
func (s *Store) AnybodyByLID(ctx context.Context, number string) (any bool, err error) {
	err = s.queryRow(ctx, `
		SELECT EXISTS (
			SELECT 1
			FROM contacts c
			WHERE c.number = $1
				AND NOT EXISTS (
					SELECT 1
					FROM identities i
					WHERE i.contact_id = c.id AND i.kind = 'phone'
				)
		)`, number).Scan(&any)
	return any, err
}

// PhonesToAsk counts the phones of a number about which WhatsApp is still to be asked.
func (s *Store) PhonesToAsk(ctx context.Context, number string) (n int, err error) {
	err = s.queryRow(ctx, "SELECT COUNT(*) FROM phones_to_ask WHERE number = $1", number).Scan(&n)
	return n, err
}

// NextToAsk returns the phone that has waited longest, and notes that WhatsApp is asked about it
// now. It is "" when none waits or so many were asked in the last hour. Where nobody is known by
// LID only there is nothing to ask any more, and the list is emptied.
func (s *Store) NextToAsk(ctx context.Context, number string, now time.Time) (phone string, err error) {
	if n, err := s.PhonesToAsk(ctx, number); err != nil || n == 0 {
		return "", err
	}
	err = s.write(ctx, only(number), func(t *tx) error {
		phone = ""
		var n int
		if _, err := t.row("SELECT COUNT(*) "+lidOnly, []any{number}, &n); err != nil {
			return err
		}
		if n == 0 {
			return t.exec("DELETE FROM phones_to_ask WHERE number = $1", number)
		}
		if err := t.exec(`
			DELETE FROM asked
			WHERE number = $1 AND (at <= $2 OR at > $3)`,
			number, millis(now.Add(-askedKept)), millis(now)); err != nil {
			return err
		}
		if _, err := t.row(`
			SELECT COUNT(*)
			FROM asked
			WHERE number = $1`, []any{number}, &n); err != nil || n >= AskAtMost {
			return err
		}
		found, err := t.row(`
			SELECT phone
			FROM phones_to_ask
			WHERE number = $1
			ORDER BY since, phone LIMIT 1`, []any{number}, &phone)
		if err != nil || !found {
			return err
		}
		return t.exec("INSERT INTO asked (number, at) VALUES ($1, $2)", number, millis(now))
	})
	return phone, err
}

// Asked notes that WhatsApp has answered about a phone: it is kept no longer.
func (s *Store) Asked(ctx context.Context, number, phone string) error {
	return s.write(ctx, only(number), func(t *tx) error {
		return t.forgetPhones(number, []bot.Identity{{Kind: bot.Phone, Value: phone}})
	})
}
