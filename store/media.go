package store

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"optinbot/bot"
)

// mediaColumn keeps a bot.Media as JSON, "" for none.
type mediaColumn struct{ *bot.Media }

// Value writes it.
func (m mediaColumn) Value() (driver.Value, error) {
	if m.Media == nil {
		return "", nil
	}
	text, err := json.Marshal(m.Media)
	return string(text), err
}

// Scan reads it.
func (m *mediaColumn) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("media is a %T", v)
	}
	if m.Media = nil; text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), &m.Media)
}

// KeepMedia keeps a file under its hash.
func (s *Store) KeepMedia(ctx context.Context, hash string, content []byte, now time.Time) error {
	return s.write(ctx, noNumber, func(t *tx) error {
		return t.exec(`
			INSERT INTO media (hash, content, created_at)
			VALUES ($1, $2, $3)
			ON CONFLICT (hash) DO NOTHING`, hash, content, millis(now))
	})
}

// Media returns a file that was kept.
func (s *Store) Media(ctx context.Context, hash string) (content []byte, err error) {
	err = s.query(ctx)(`
		SELECT content
		FROM media
		WHERE hash = $1`,
		[]any{hash}, func(scan scanner) error { return scan(&content) })
	if err == nil && content == nil {
		err = fmt.Errorf("there is no file with the hash %.12s", hash)
	}
	return content, err
}
