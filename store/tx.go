package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"optinbot/bot"
)

// A scope says which numbers a write is about. A write touches nothing of any other number, so
// whatever serves, locks or owns a number can go by its scope.
type scope struct {
	reach  reach
	number string // of reachOne and reachBrand

	claims bool    // what it claims is sent: in a fleet only the owner of the number claims
	owners []Owner // have to be the owners of numbers still. See Store.Owned
}

// A reach is how far a scope goes.
type reach int

const (
	reachNone  reach = iota // what belongs to no number, such as a file that broadcasts send
	reachOne                // one number
	reachBrand              // one number, and the others of its brand, to which a stop is carried (C2)
	reachAll                // every number of the shop
)

// only is the scope of a write about one number in which nobody leaves.
func only(number string) scope { return scope{reach: reachOne, number: number} }

// withBrand is the scope of a write about one number in which somebody may leave.
func withBrand(number string) scope { return scope{reach: reachBrand, number: number} }

// claiming is the scope for a write that claims.
func (about scope) claiming() scope {
	about.claims = true
	return about
}

var (
	everyNumber = scope{reach: reachAll}
	noNumber    = scope{reach: reachNone}
)

// write runs do in a transaction about some numbers and returns when it is committed and durable.
// On an error nothing of it is written. do may run again, so it begins by resetting what it
// returns.
func (s *Store) write(ctx context.Context, about scope, do func(*tx) error) error {
	return s.decide(ctx, about, nil, do)
}

// decide is write for a transaction in which people are decided about, for which envs gives what a
// decision needs.
func (s *Store) decide(ctx context.Context, about scope, envs bot.Envs, do func(*tx) error) error {
	return s.commit(ctx, about, envs, do, nil)
}

// writeAndThen is write for what the process has to do once it is durable, before any other write.
func (s *Store) writeAndThen(ctx context.Context, about scope, do func(*tx) error, then func()) error {
	return s.commit(ctx, about, nil, do, then)
}

func (s *Store) commit(ctx context.Context, about scope, envs bot.Envs, do func(*tx) error, then func()) error {
	about, err := s.fence(about)
	if err != nil {
		return err
	}
	do, done := recorded(ctx, do)
	switch err = s.base.write(ctx, about, s.begin(about, envs, do), then); {
	case err == nil:
		done()
	case s.lost != nil && errors.Is(err, ErrNotOwner):
		s.lost()
	}
	return err
}

func (s *Store) begin(about scope, envs bot.Envs, do func(*tx) error) func(*batch) error {
	return func(b *batch) error {
		return do(&tx{batch: b, base: s.base, key: s.key, strict: s.strict, about: about, envs: envs})
	}
}

// tx is one write under way, in a transaction that it may share with others.
type tx struct {
	*batch
	base   database
	key    hashKey
	strict bool
	about  scope

	envs    bot.Envs
	own     map[string]bot.Env
	now     time.Time    // of all its decisions, zero: that of the first env
	changes []bot.Change // deliveries that it took back
	failed  error        // a question that a decision asked of the store failed
}

// env is what a decision about somebody of a number goes by. All decisions of a write have one
// moment, and the flow that was accepted before it.
func (t *tx) env(number string) bot.Env {
	if env, ok := t.own[number]; ok {
		return env
	}
	env := t.envs(number)
	if t.now.IsZero() {
		t.now = env.Now
	}
	env.Now = t.now
	t.setEnv(number, env)
	return env
}

func (t *tx) setEnv(number string, env bot.Env) {
	if t.own == nil {
		t.own = map[string]bot.Env{}
	}
	t.own[number] = env
}

// touches fails where a number is none of those that the write is about. It looks with
// Options.Strict only, that is in tests: a stop must not fail for it.
func (t *tx) touches(number string) error {
	if !t.strict || t.about.reach == reachAll || t.about.reach != reachNone && number == t.about.number {
		return nil
	}
	if t.about.reach == reachBrand {
		others, err := t.sameBrand(t.about.number)
		if err != nil || slices.Contains(others, number) {
			return err
		}
	}
	return fmt.Errorf("a write about %+v touches number %q", t.about, number)
}
