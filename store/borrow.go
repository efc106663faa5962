package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"optinbot/bot"
)

// Borrow makes whoever opened the store the owner of a number that nobody serves, until release is
// called: to link it. It gets no number of the fleet's beside that one. bot.ErrInUse: a process has
// the number.
func (s *Store) Borrow(ctx context.Context, number string, lease Lease) (owned *Store, o Owner, release func() error, err error) {
	p, err := s.Join("", lease)
	if err != nil {
		return nil, o, nil, err
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	var beats sync.WaitGroup
	leave := func() error {
		stop()
		beats.Wait()
		ctx, cancel := p.deadline(ctx)
		defer cancel()
		return errors.Join(p.Release(ctx, o), p.Leave(ctx))
	}
	if err := p.Heartbeat(ctx); err != nil {
		stop()
		return nil, o, nil, err
	}
	free, err := p.Takeable(ctx, []string{number})
	if err == nil && len(free) == 0 {
		err = errTaken
	}
	if err == nil {
		o, err = p.Take(ctx, free[0])
	}
	if errors.Is(err, errTaken) || waits(err) {
		err = fmt.Errorf("%w: another process has number %s", bot.ErrInUse, number)
	}
	if err != nil {
		return nil, o, nil, errors.Join(err, leave())
	}
	beats.Go(func() { p.every(beating, p.lease.Renew, func() { _ = p.Heartbeat(beating) }) })
	return s.Owned(o), o, leave, nil
}
