package desk

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"optinbot/bot/text"
	"optinbot/store"
)

// ErrNoKey: there is no key with that token, or it is over.
var ErrNoKey = errors.New("there is no such key, or it is over")

// A KeyView is what a program comes in with, without its token.
type KeyView struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Role    Role      `json:"role"`
	Numbers []string  `json:"numbers"` // that it may see. Empty: all
	Off     bool      `json:"off"`     // since a restore, until `key enable`
	Created time.Time `json:"created_at"`
	Ends    time.Time `json:"ends_at,omitzero"`
	Used    time.Time `json:"used_at,omitzero"`
}

// A MadeKey is a new key. Its token is shown once.
type MadeKey struct {
	KeyView
	Token string `json:"token"`
}

// UsualKeyDays is for how many days a key is good, where whoever makes it says nothing else.
const UsualKeyDays = 365

// mostKeyDays is a hundred years.
const mostKeyDays = 36_500

// AddKey makes a key for a program, which may do what an operator of that role may, or with Metrics
// only read the figures of a monitor. days is for how long, nil is UsualKeyDays and 0 is for ever. It
// is refused for a name that is taken or is none, for a role or a number that does not exist, and for
// days that nobody can mean. The figures are of all numbers, so a key with Metrics is too.
func (d *Desk) AddKey(
	ctx context.Context, name string, role Role, numbers []string, days *int,
) (made MadeKey, err error) {
	ctx, end, err := d.beginOn(ctx, ActAddKey, name)
	if err != nil {
		return made, err
	}
	defer func() { end(err) }()
	k := store.APIKey{Name: name, Role: string(role), Numbers: numbers, Created: d.Now()}
	if k.Ends, err = keyEnds(k.Created, days); err != nil {
		return made, err
	}
	if err := d.fitKey(name, role, numbers); err != nil {
		return made, err
	}
	id := make([]byte, 6)
	if _, err := io.ReadFull(d.random(), id); err != nil {
		return made, err
	}
	secret, err := d.newToken()
	if err != nil {
		return made, err
	}
	k.ID = hex.EncodeToString(id)
	token := keyPrefix + k.ID + "_" + secret
	k.Hash = hashOf(token)
	if err := d.Store.AddKey(ctx, k); errors.Is(err, store.ErrTaken) {
		return made, Refuse("there is a key %s already; revoke it first, or take another name", name)
	} else if err != nil {
		return made, err
	}
	return MadeKey{keyView(k), token}, nil
}

// keyEnds is when a key ends that is good for so many days, as AddKey takes them. Zero is never.
func keyEnds(made time.Time, days *int) (ends time.Time, err error) {
	switch {
	case days == nil:
		return made.Add(UsualKeyDays * 24 * time.Hour), nil
	case *days < 0:
		return ends, Refuse("a key cannot have ended before it is made")
	case *days > mostKeyDays:
		return ends, Refuse("a key is good for at most %d days, or with 0 for ever", mostKeyDays)
	case *days == 0:
		return ends, nil
	}
	return made.Add(time.Duration(*days) * 24 * time.Hour), nil
}

// fitKey says what is wrong with the name, the role or the numbers of a key.
func (d *Desk) fitKey(name string, role Role, numbers []string) error {
	if role != Metrics {
		return d.fitAccount(name, role, numbers)
	}
	if len(numbers) > 0 {
		return Refuse("the metrics are of every number: a key for them is not limited to some")
	}
	return d.fitAccount(name, Viewer, nil)
}

// keyPrefix lets everybody who finds a token know what it opens.
const keyPrefix = "opt_"

func keyView(k store.APIKey) KeyView {
	return KeyView{
		ID: k.ID, Name: k.Name, Role: Role(k.Role), Numbers: append([]string{}, k.Numbers...), Off: k.Off,
		Created: k.Created, Ends: k.Ends, Used: k.Used,
	}
}

// ListKeys returns the keys, by name, without their tokens. It changes nothing.
func (d *Desk) ListKeys(ctx context.Context) ([]KeyView, error) {
	if err := d.may(ctx, ActListKeys, ""); err != nil {
		return nil, err
	}
	all, err := d.Store.Keys(ctx)
	views := []KeyView{}
	for _, k := range all {
		views = append(views, keyView(k))
	}
	return views, err
}

// RevocationQuestions are what has to be answered with yes before a key is revoked.
func RevocationQuestions(key string) []Question {
	return []Question{{Asks: fmt.Sprintf("Revoke the key %s? Whatever uses it is locked out at once.", key)}}
}

// RevokeKey takes a key away, at once. It is not found where there is none of that name, so a second
// time too.
func (d *Desk) RevokeKey(ctx context.Context, name string) (err error) {
	ctx, end, err := d.beginOn(ctx, ActRevokeKey, name)
	if err != nil {
		return err
	}
	defer func() { end(err) }()
	found, err := d.Store.RevokeKey(ctx, name)
	return noKey(found, name, err)
}

func noKey(found bool, name string, err error) error {
	if err == nil && !found {
		return notFound("there is no key %q; `optinbot key list` shows them", text.Fit(name, 40))
	}
	return err
}

// EnableKey lets a key in again that a restore has switched off, and returns it: one that is over
// stays out. It is not found where there is none of that name. Only the command line may. It may be
// repeated.
func (d *Desk) EnableKey(ctx context.Context, name string) (k KeyView, err error) {
	ctx, end, err := d.beginOn(ctx, ActEnableKey, name)
	if err != nil {
		return k, err
	}
	defer func() { end(err) }()
	found, err := d.Store.EnableKey(ctx, name)
	if err = noKey(found, name, err); err != nil {
		return k, err
	}
	all, err := d.ListKeys(ctx)
	for _, one := range all {
		if one.Name == name {
			k = one
		}
	}
	return k, err
}

// Over reports whether the days of the key are over: it lets nobody in any more.
func (k KeyView) Over(now time.Time) bool { return over(k.Ends, now) }

// over reports whether a key that ends then is over. Zero is never.
func over(ends, now time.Time) bool { return !ends.IsZero() && !now.Before(ends) }

// Key is the program that comes with a token. ErrNoKey: there is none, or it is over.
func (d *Desk) Key(ctx context.Context, token string) (Who, error) {
	parts := strings.SplitN(token, "_", 3)
	if len(parts) != 3 || !strings.HasPrefix(token, keyPrefix) || len(token) > 128 {
		return Who{}, ErrNoKey
	}
	k, found, err := d.Store.Key(ctx, parts[1])
	if err != nil {
		return Who{}, err
	}
	now := d.Now()
	same := subtle.ConstantTimeCompare([]byte(hashOf(token)), []byte(k.Hash)) == 1
	if !found || !same || k.Off || over(k.Ends, now) {
		return Who{}, ErrNoKey
	}
	if now.Sub(k.Used) >= seenEvery {
		if err := d.Store.UseKey(ctx, k.ID, now); err != nil {
			return Who{}, err
		}
	}
	return Who{Name: "key:" + k.Name, Via: ViaAPI, Role: Role(k.Role), Numbers: k.Numbers}, nil
}

// KeyOf is the key in the Authorization header of a request. It is "" where there is none.
func KeyOf(authorization string) string {
	scheme, key, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

// MayReadFigures says who may read the figures of all numbers: a program of this machine, and whoever
// has a key of every number. local is whether a request comes from this machine. Behind a proxy all
// seem to, so there it does not count. A key that is none is ErrNoKey, and one of some numbers is
// ErrForbidden.
func (d *Desk) MayReadFigures(ctx context.Context, key string, local bool) error {
	if local && !d.Config.Web.BehindProxy {
		return nil
	}
	who, err := d.Key(ctx, key)
	if err == nil && len(who.Numbers) > 0 {
		err = ErrForbidden
	}
	return err
}
