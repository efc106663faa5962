package store

import (
	"context"
	"errors"
	"strings"
	"time"
)

// An Operator is somebody who may work at the desk.
type Operator struct {
	Name     string
	Role     string
	Numbers  []string // that they may see. Empty: all
	Password string   // argon2id. "": they have a link, or wait for one
	TOTP     string   // the secret of their codes. "": they need none
	TOTPNext string   // one that is being set up
	TOTPStep int64    // of the last code that was used
	Off      bool     // they may not come in
	Created  time.Time
	Seen     time.Time // the last log-in
}

// ErrTaken is the error of a name that somebody or something else has.
var ErrTaken = errors.New("the name is taken")

const operatorColumns = "name, role, numbers, password, totp, totp_next, totp_step, off, created_at, seen_at"

// scanOperator reads an operator, whose secrets are opened with the key.
func (k hashKey) scanOperator(scan scanner) (o Operator, err error) {
	var numbers string
	var off int
	err = scan(&o.Name, &o.Role, &numbers, &o.Password, &o.TOTP, &o.TOTPNext, &o.TOTPStep, &off, moment(&o.Created),
		moment(&o.Seen))
	if err != nil {
		return o, err
	}
	o.Numbers, o.Off = splitNames(numbers), off == 1
	if o.TOTP, err = k.openSecret(o.TOTP); err == nil {
		o.TOTPNext, err = k.openSecret(o.TOTPNext)
	}
	return o, err
}

func splitNames(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, ",")
}

// Operators returns everybody who may work at the desk, by name.
func (s *Store) Operators(ctx context.Context) ([]Operator, error) {
	return collect(s.query(ctx), s.key.scanOperator, "SELECT "+operatorColumns+" FROM operators ORDER BY name")
}

// Operator returns the one of a name. found is false where there is none.
func (s *Store) Operator(ctx context.Context, name string) (o Operator, found bool, err error) {
	return first(s.query(ctx), s.key.scanOperator, "SELECT "+operatorColumns+" FROM operators WHERE name = $1", name)
}

func (t *tx) operator(name string) (o Operator, found bool, err error) {
	return first(t.rows, t.key.scanOperator, "SELECT "+operatorColumns+" FROM operators WHERE name = $1", name)
}

// AddOperator adds somebody, with a link by which they choose a password. ErrTaken: there is one of
// that name.
func (s *Store) AddOperator(ctx context.Context, o Operator, link LoginLink) error {
	return s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount(`
			INSERT INTO operators (name, role, numbers, created_at)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`,
			o.Name, o.Role, strings.Join(o.Numbers, ","), millis(o.Created))
		if err == nil && n == 0 {
			err = ErrTaken
		}
		if err != nil {
			return err
		}
		return t.addLink(link)
	})
}

// ChangeOperator changes somebody, and ends their sessions where end is true. found is false where
// there is nobody of that name. An error of change changes nothing.
func (s *Store) ChangeOperator(
	ctx context.Context, name string, end bool, change func(*Operator) error,
) (found bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		var o Operator
		if o, found, err = t.operator(name); err != nil || !found {
			return err
		}
		if err := change(&o); err != nil {
			return err
		}
		if end {
			if err := t.exec("DELETE FROM sessions WHERE operator = $1", name); err != nil {
				return err
			}
		}
		return t.saveOperator(o)
	})
	return found, err
}

func (t *tx) saveOperator(o Operator) error {
	totp, err := t.sealed(o.TOTP)
	if err != nil {
		return err
	}
	next, err := t.sealed(o.TOTPNext)
	if err != nil {
		return err
	}
	return t.exec(`
		UPDATE operators
		SET role = $1, numbers = $2, password = $3, totp = $4, totp_next = $5, totp_step = $6, off = $7, seen_at = $8
		WHERE name = $9`,
		o.Role, strings.Join(o.Numbers, ","), o.Password, totp, next, o.TOTPStep, flag(o.Off), millis(o.Seen), o.Name)
}

// sealed is a secret as it is kept. Without one that is nothing.
func (t *tx) sealed(secret string) (string, error) {
	if secret == "" {
		return "", nil
	}
	return t.key.sealSecret(secret)
}

// RemoveOperator takes somebody away, with their sessions and links. found is false where there is
// nobody of that name.
func (s *Store) RemoveOperator(ctx context.Context, name string) (found bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount("DELETE FROM operators WHERE name = $1", name)
		if found = n > 0; err != nil || !found {
			return err
		}
		return t.execAll([]string{
			"DELETE FROM sessions WHERE operator = $1",
			"DELETE FROM login_links WHERE operator = $1",
		}, name)
	})
	return found, err
}

// A LoginLink lets an operator choose a password, once.
type LoginLink struct {
	Hash     string // of its token
	Operator string
	Ends     time.Time
}

// addLink adds a link, in the place of the operator's others.
func (t *tx) addLink(l LoginLink) error {
	if err := t.exec("DELETE FROM login_links WHERE operator = $1", l.Operator); err != nil {
		return err
	}
	return t.exec("INSERT INTO login_links (hash, operator, ends_at) VALUES ($1, $2, $3)", l.Hash, l.Operator,
		millis(l.Ends))
}

// ResetOperator takes the password and the codes of somebody away, ends their sessions and gives
// them a link. found is false where there is nobody of that name.
func (s *Store) ResetOperator(ctx context.Context, link LoginLink) (found bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount("UPDATE operators SET password = '', totp = '', totp_next = '' WHERE name = $1", link.Operator)
		if found = n > 0; err != nil || !found {
			return err
		}
		if err := t.exec("DELETE FROM sessions WHERE operator = $1", link.Operator); err != nil {
			return err
		}
		return t.addLink(link)
	})
	return found, err
}

// LinkOf returns the operator of a link that is not over. found is false where there is none.
func (s *Store) LinkOf(ctx context.Context, hash string, now time.Time) (o Operator, found bool, err error) {
	return first(s.query(ctx), s.key.scanOperator, `
		SELECT `+operatorColumns+`
		FROM operators
		WHERE off = 0 AND name = (SELECT operator FROM login_links WHERE hash = $1 AND ends_at > $2)`, hash, millis(now))
}

// UseLink gives the operator of a link a password and a session, and ends what they had. used is
// false where the link is over, or was used.
func (s *Store) UseLink(ctx context.Context, hash, password string, session Session) (used bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount("DELETE FROM login_links WHERE hash = $1 AND operator = $2 AND ends_at > $3", hash,
			session.Operator, millis(session.Created))
		if used = n > 0; err != nil || !used {
			return err
		}
		if err := t.exec("UPDATE operators SET password = $1, seen_at = $2 WHERE name = $3", password,
			millis(session.Created), session.Operator); err != nil {
			return err
		}
		if err := t.exec("DELETE FROM sessions WHERE operator = $1", session.Operator); err != nil {
			return err
		}
		return t.addSession(session)
	})
	return used, err
}
