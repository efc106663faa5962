package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"optinbot/bot"
)

// mediaValue stores a bot.Media as JSON, "" for none.
type mediaValue struct{ *bot.Media }

// Value writes it.
func (m mediaValue) Value() (driver.Value, error) {
	if m.Media == nil {
		return "", nil
	}
	text, err := json.Marshal(m.Media)
	return string(text), err
}

// mediaInto scans what mediaValue stored into m.
func mediaInto(m **bot.Media) sql.Scanner { return mediaColumn{m} }

type mediaColumn struct{ into **bot.Media }

// Scan reads it.
func (m mediaColumn) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("media is a %T", v)
	}
	if *m.into = nil; text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), m.into)
}

// KeepMedia keeps a file under its hash.
func (s *Store) KeepMedia(ctx context.Context, hash string, content []byte, now time.Time) error {
	return s.write(ctx, noNumber, func(t *tx) error { return t.keepMedia(hash, content, millis(now)) })
}

func (t *tx) keepMedia(hash string, content []byte, now int64) error {
	return t.exec(`
		INSERT INTO media (hash, content, created_at)
		VALUES ($1, $2, $3)
		ON CONFLICT (hash) DO NOTHING`, hash, content, now)
}

// Media returns a file that was kept.
func (s *Store) Media(ctx context.Context, hash string) ([]byte, error) {
	content, found, err := first(s.query(ctx), value[[]byte], "SELECT content FROM media WHERE hash = $1", hash)
	if err == nil && !found {
		err = notFound("there is no file with the hash %.12s", hash)
	}
	return content, err
}
