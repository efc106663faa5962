package store

import (
	"context"
	"strings"
	"time"
)

// An APIKey is what a program comes in with.
type APIKey struct {
	ID      string
	Name    string
	Hash    string // of its token
	Role    string
	Numbers []string // that it may see. Empty: all
	Off     bool     // it may not come in
	Created time.Time
	Ends    time.Time // zero: never
	Used    time.Time // last. Zero: never
}

const keyColumns = "id, name, hash, role, numbers, off, created_at, ends_at, used_at"

func scanKey(scan scanner) (k APIKey, err error) {
	var numbers string
	var off int
	err = scan(&k.ID, &k.Name, &k.Hash, &k.Role, &numbers, &off, moment(&k.Created), moment(&k.Ends), moment(&k.Used))
	k.Numbers, k.Off = splitNames(numbers), off == 1
	return k, err
}

// AddKey adds a key. ErrTaken: there is one of that name.
func (s *Store) AddKey(ctx context.Context, k APIKey) error {
	return s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount(`
			INSERT INTO api_keys (id, name, hash, role, numbers, created_at, ends_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT DO NOTHING`,
			k.ID, k.Name, k.Hash, k.Role, strings.Join(k.Numbers, ","), millis(k.Created), millis(k.Ends))
		if err == nil && n == 0 {
			err = ErrTaken
		}
		return err
	})
}

// Keys returns all keys, by name.
func (s *Store) Keys(ctx context.Context) ([]APIKey, error) {
	return collect(s.query(ctx), scanKey, "SELECT "+keyColumns+" FROM api_keys ORDER BY name")
}

// Key returns the key of an ID. found is false where there is none.
func (s *Store) Key(ctx context.Context, id string) (k APIKey, found bool, err error) {
	return first(s.query(ctx), scanKey, "SELECT "+keyColumns+" FROM api_keys WHERE id = $1", id)
}

// UseKey notes when a key was used.
func (s *Store) UseKey(ctx context.Context, id string, at time.Time) error {
	return s.write(Unrecorded(ctx), noNumber, func(t *tx) error {
		return t.exec("UPDATE api_keys SET used_at = $1 WHERE id = $2", millis(at), id)
	})
}

// RevokeKey removes a key by its name. found is false where there is none.
func (s *Store) RevokeKey(ctx context.Context, name string) (found bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount("DELETE FROM api_keys WHERE name = $1", name)
		if found = n > 0; err != nil {
			return err
		}
		return t.exec("DELETE FROM answers WHERE who = 'key:' || $1", name) // they are not for the next key of that name
	})
	return found, err
}

// EnableKey lets a key in again that a restore has switched off. found is false where there is none.
func (s *Store) EnableKey(ctx context.Context, name string) (found bool, err error) {
	return s.keyNamed(ctx, "UPDATE api_keys SET off = 0 WHERE name = $1", name)
}

func (s *Store) keyNamed(ctx context.Context, statement, name string) (found bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount(statement, name)
		found = n > 0
		return err
	})
	return found, err
}

// letNobodyIn ends all sessions and switches operators and keys off, so that a backup revives none
// that was taken away since.
func (t *tx) letNobodyIn() error {
	for _, statement := range []string{
		"DELETE FROM sessions",
		"DELETE FROM login_links",
		"UPDATE operators SET off = 1",
		"UPDATE api_keys SET off = 1",
	} {
		if err := t.exec(statement); err != nil {
			return err
		}
	}
	return nil
}
