package store

import (
	"context"
	"time"
)

// A Session is a browser in which an operator is logged in.
type Session struct {
	ID        int64     `json:"id"`
	Hash      string    `json:"-"` // of its token
	Operator  string    `json:"operator"`
	Address   string    `json:"address"` // from where they came in
	Created   time.Time `json:"created_at"`
	Seen      time.Time `json:"seen_at"`
	Ends      time.Time `json:"ends_at"`
	Confirmed time.Time `json:"-"` // when the password was last given
}

const sessionColumns = "id, hash, operator, address, created_at, seen_at, ends_at, confirmed_at"

func scanSession(scan scanner) (x Session, err error) {
	err = scan(&x.ID, &x.Hash, &x.Operator, &x.Address, moment(&x.Created), moment(&x.Seen), moment(&x.Ends),
		moment(&x.Confirmed))
	return x, err
}

func (t *tx) addSession(x Session) error {
	return t.exec(`
		INSERT INTO sessions (hash, operator, address, created_at, seen_at, ends_at, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		x.Hash, x.Operator, x.Address, millis(x.Created), millis(x.Seen), millis(x.Ends), millis(x.Confirmed))
}

// LogIn adds a session, in the place of the one with the hash before, and remembers the step of the
// code that was used, which counts once. taken is false where that step, or a later one, was used
// before. A step of 0 is no code.
func (s *Store) LogIn(ctx context.Context, x Session, before string, step int64) (taken bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount(`
			UPDATE operators
			SET seen_at = $1, totp_step = CASE WHEN $2 > 0 THEN $2 ELSE totp_step END
			WHERE name = $3 AND off = 0 AND ($2 = 0 OR totp_step < $2)`, millis(x.Created), step, x.Operator)
		if taken = n > 0; err != nil || !taken {
			return err
		}
		if err := t.exec("DELETE FROM sessions WHERE hash = $1", before); err != nil {
			return err
		}
		return t.addSession(x)
	})
	return taken, err
}

// Session returns the session of a token's hash. found is false where there is none.
func (s *Store) Session(ctx context.Context, hash string) (x Session, found bool, err error) {
	return first(s.query(ctx), scanSession, "SELECT "+sessionColumns+" FROM sessions WHERE hash = $1", hash)
}

// Sessions returns the sessions of an operator, or for "" of all, the newest first.
func (s *Store) Sessions(ctx context.Context, operator string) ([]Session, error) {
	return collect(s.query(ctx), scanSession, `
		SELECT `+sessionColumns+`
		FROM sessions
		WHERE $1 = '' OR operator = $1
		ORDER BY id DESC`, operator)
}

// SeeSession notes when a session was used, and when the password was last given in it.
func (s *Store) SeeSession(ctx context.Context, x Session) error {
	return s.write(Unrecorded(ctx), noNumber, func(t *tx) error {
		return t.exec("UPDATE sessions SET seen_at = $1, confirmed_at = $2 WHERE id = $3", millis(x.Seen),
			millis(x.Confirmed), x.ID)
	})
}

// EndSession ends one session. found is false where there is none.
func (s *Store) EndSession(ctx context.Context, id int64) (found bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount("DELETE FROM sessions WHERE id = $1", id)
		found = n > 0
		return err
	})
	return found, err
}

// EndSessions ends all sessions of an operator, and returns how many there were.
func (s *Store) EndSessions(ctx context.Context, operator string) (ended int, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount("DELETE FROM sessions WHERE operator = $1", operator)
		ended = int(n)
		return err
	})
	return ended, err
}

// ForgetSessions removes sessions that were over, or not used, before a time, and links that were
// over.
func (s *Store) ForgetSessions(ctx context.Context, before time.Time) error {
	return s.write(ctx, noNumber, func(t *tx) error {
		return t.execAll([]string{
			"DELETE FROM sessions WHERE ends_at < $1 OR seen_at < $1",
			"DELETE FROM login_links WHERE ends_at < $1",
		}, millis(before))
	})
}
