package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// A held is a number that a process serves.
type held struct {
	owner Owner
	ends  context.Context // done: it is about to end
	end   context.CancelCauseFunc
}

// A Serving says what a process of a fleet does with what it owns.
type Serving struct {
	// Numbers are those that are to be served now, for all processes the same.
	Numbers func() []string

	// Serve serves one until ctx is done, which it is as soon as another process may serve it. All that
	// it writes it writes through owned. When it returns, nothing of it goes on.
	Serve func(ctx context.Context, owned *Store, o Owner)

	// Chores is called while this process does what belongs to no number: one process of the fleet does.
	// It goes on until ctx is done, and all that it writes it writes through owned. Nil: this process
	// does none.
	Chores func(ctx context.Context, owned *Store)

	// Moved is called after a number was found on another timeline: what this machine knows of stops has
	// to be carried out again. Nil: nobody does.
	Moved func(context.Context)

	// Failed is told that the database did not answer, or refused. Nil: nobody is.
	Failed func(error)
}

// errUntrusted is why a process serves nothing while it cannot tell the database that it lives.
var errUntrusted = errors.New("the database was not told in time that this process lives")

// errMoved is why a process stops to serve a number that is another one's share, or is asked for elsewhere.
var errMoved = errors.New("the number is another process's to serve")

// Run serves the process's share of the numbers until ctx is done. Then it ends each in order, so that
// others take them at once.
func (p *Process) Run(ctx context.Context, s Serving) error {
	if s.Failed == nil {
		s.Failed = func(error) {}
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx)) // it lives until the last number is released
	var beats, serving sync.WaitGroup
	beats.Go(func() { p.beat(beating, s) })
	p.every(ctx, p.lease.Look, func() { p.look(ctx, s, &serving) })
	p.endAll(context.Cause(ctx))
	serving.Wait()
	stop()
	beats.Wait()
	ctx, cancel := p.deadline(ctx)
	defer cancel()
	return p.Leave(ctx)
}

// every calls do now, and then each time, until ctx is done.
func (p *Process) every(ctx context.Context, each time.Duration, do func()) {
	ticker := time.NewTicker(each)
	defer ticker.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// deadline is for what is to be done even after ctx is.
func (p *Process) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), p.lease.Deadline)
}

func (p *Process) beat(ctx context.Context, s Serving) {
	p.every(ctx, p.lease.Renew, func() {
		before := time.Duration(p.renewed.Load())
		if err := p.Heartbeat(ctx); err != nil && ctx.Err() == nil {
			s.Failed(err)
		}
		// What came too late does not count: others may have what the process served until then.
		if p.clock()-before >= p.lease.Trust {
			p.endAll(errUntrusted)
		}
	})
}

// look takes what nobody serves, releases what is more than its share, and ends what others have taken:
// a number for which there is nothing to write is not told so by the fence.
func (p *Process) look(ctx context.Context, s Serving, serving *sync.WaitGroup) {
	if !p.Trusted() || ctx.Err() != nil {
		return
	}
	asking, cancel := context.WithTimeout(ctx, p.lease.Deadline+takesAtOnce*p.lease.Wait)
	defer cancel()
	members, seats, err := p.store.fleet(asking, p.lease)
	if err != nil {
		if ctx.Err() == nil {
			s.Failed(err)
		}
		return
	}
	p.endLost(seats)
	p.compare(asking, s)
	numbers := s.Numbers()
	served := numbers
	if s.Chores != nil {
		served = append(slices.Clone(numbers), chores)
	}
	p.endOthers(served)
	r := newRound(members, p.ID(), p.host, len(numbers))
	serves := p.serves()
	r.free = takeable(members, seats, served, p.ID(), serves)
	r.serves, r.ending = p.seated(seats)
	takes, releases := balance(r)
	for _, seat := range takes {
		o, err := p.Take(asking, seat)
		switch {
		case err == nil:
			p.begin(ctx, s, o, serving)
		case !errors.Is(err, errTaken) && !waits(err) && ctx.Err() == nil:
			s.Failed(err)
		}
	}
	for _, number := range releases {
		p.endOne(number, errMoved)
	}
}

// seated are the seats of what the process serves, the longest first, and how many of them it is about
// to give up.
func (p *Process) seated(seats []Seat) (all []Seat, ending int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, seat := range seats {
		if h := p.held[seat.Number]; h != nil {
			all = append(all, seat)
			ending += flag(h.ends.Err() != nil)
		}
	}
	slices.SortStableFunc(all, func(a, b Seat) int { return a.Since.Compare(b.Since) })
	return all, ending
}

// compare lets each number be compared with what was seen of it, also where there is nothing to write
// now, and keeps what was seen.
func (p *Process) compare(ctx context.Context, s Serving) {
	place, err := placeOf(ctx, p.base.db)
	var elsewhere []string
	if err == nil {
		elsewhere, err = column[string](p.store.query(ctx), `
			SELECT number
			FROM owners
			WHERE process = $1 AND seen <> $2 AND number <> $3`, p.ID(), place, chores)
	}
	if err != nil {
		s.Failed(err)
		return
	}
	for _, number := range elsewhere {
		p.mu.Lock()
		h := p.held[number]
		p.mu.Unlock()
		if h == nil {
			continue
		}
		if err := p.store.Owned(h.owner).write(ctx, only(number), func(*tx) error { return nil }); err != nil {
			s.Failed(err)
		}
	}
	if p.base.witness.hasMoved() && s.Moved != nil {
		s.Moved(ctx)
	}
	if err := p.base.witness.keep(); err != nil {
		s.Failed(err)
	}
}

// begin serves a number that was taken.
func (p *Process) begin(ctx context.Context, s Serving, o Owner, serving *sync.WaitGroup) {
	ctx, end := context.WithCancelCause(ctx)
	p.mu.Lock()
	p.held[o.Number] = &held{o, ctx, end}
	p.mu.Unlock()
	owned := p.store.Owned(o)
	owned.lost = func() { end(ErrNotOwner) }
	serving.Go(func() {
		defer end(nil)
		if o.Number == chores {
			s.Chores(ctx, owned)
		} else {
			s.Serve(ctx, owned, o)
		}
		releasing, cancel := p.deadline(ctx)
		defer cancel()
		if err := p.Release(releasing, o); err != nil {
			s.Failed(err)
		}
		p.forget(o)
	})
}

// forget: a number that was released may have been taken again by then, in another epoch.
func (p *Process) forget(o Owner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.held[o.Number]; h != nil && h.owner == o {
		delete(p.held, o.Number)
	}
}

// serves are the numbers that the process serves, also those that it is about to end.
func (p *Process) serves() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	numbers := map[string]bool{}
	for number := range p.held {
		numbers[number] = true
	}
	return numbers
}

func (p *Process) endAll(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.held {
		h.end(why)
	}
}

// endLost ends the numbers that the process serves and does not own.
func (p *Process) endLost(seats []Seat) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, seat := range seats {
		if h := p.held[seat.Number]; h != nil && h.owner.Epoch < seat.Epoch {
			h.end(ErrNotOwner)
		}
	}
}

// errNotServed is why a process stops to serve a number that is not to be served any more.
var errNotServed = errors.New("the number is not one of those that are served")

// endOthers ends what the process serves and is not one of these numbers.
func (p *Process) endOthers(numbers []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for number, h := range p.held {
		if !slices.Contains(numbers, number) {
			h.end(errNotServed)
		}
	}
}

// endOne ends one number.
func (p *Process) endOne(number string, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.held[number]; h != nil {
		h.end(why)
	}
}
