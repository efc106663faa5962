package store

import (
	"context"
	"strings"
	"time"

	"optinbot/bot"
)

// LinkedCloud notes that the number is on Meta's Cloud API, by which account, and in which portfolio of
// businesses. Beside that it is as Linked. Such a number has no phone that gives signs.
func (s *Store) LinkedCloud(ctx context.Context, name, account, phone, portfolio string, at time.Time) error {
	return s.write(ctx, only(name), func(t *tx) error {
		if err := t.linked(name, account, phone, at); err != nil {
			return err
		}
		return t.exec(`
			UPDATE numbers
			SET portfolio = $1, phone_seen_at = 0, phone_missed_at = 0
			WHERE name = $2`, portfolio, name)
	})
}

// CameUntil notes until when all that was sent to a number has come, as far as its connection knows.
// It never goes back.
func (s *Store) CameUntil(ctx context.Context, number string, at time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		return t.exec("UPDATE numbers SET came_until = $1 WHERE name = $2 AND came_until < $1", millis(at), number)
	})
}

// KeepUnread keeps what Meta posted to a number, signed, and nobody could read.
func (s *Store) KeepUnread(ctx context.Context, number string, raw []byte, at time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		return t.exec("INSERT INTO unread_webhooks (number, at, text) VALUES ($1, $2, $3)", number, millis(at), raw)
	})
}

// Unread counts what is kept of a number because nobody could read it.
func (s *Store) Unread(ctx context.Context, number string) (n int, err error) {
	err = s.queryRow(ctx, "SELECT COUNT(*) FROM unread_webhooks WHERE number = $1", number).Scan(&n)
	return n, err
}

// forgetUnread takes away what could not be read and names a person.
func (t *tx) forgetUnread(number string, ids []bot.Identity) error {
	for _, id := range spelled(ids) {
		value := strings.TrimPrefix(id.Value, "+") // as it is posted
		if _, of, scoped := strings.Cut(value, "/"); scoped && id.Kind == bot.BSUID {
			value = of
		}
		err := t.exec("DELETE FROM unread_webhooks WHERE number = $1 AND instr(text, $2) > 0", number, []byte(value))
		if err != nil {
			return err
		}
	}
	return nil
}
