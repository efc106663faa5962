package store

import (
	"context"
)

// ServeOn asks for a number to be served on a host from now on, whenever a process lives there that may
// take it. Nobody else has to be asked again: processes look for it. Where nobody ever served it, it
// begins there.
func (s *Store) ServeOn(ctx context.Context, number, host string) error {
	return s.order(ctx, number, host, "")
}

// ServeOff asks for a number to be served on another host than one, as soon as there is one, and on no
// host of its own any more.
func (s *Store) ServeOff(ctx context.Context, number, host string) error {
	return s.order(ctx, number, "", host)
}

func (s *Store) order(ctx context.Context, number, wants, leaves string) error {
	if !s.Shared() {
		return ErrAlone
	}
	return s.write(ctx, noNumber, func(t *tx) error {
		return t.exec(`
			INSERT INTO owners (number, epoch, process, host, wants, leaves)
			VALUES ($1, 0, '', '', $2, $3)
			ON CONFLICT (number) DO UPDATE
			SET wants = excluded.wants, leaves = excluded.leaves`, number, wants, leaves)
	})
}

// Drain lets the processes of a host give up their numbers to others, and take none.
func (s *Store) Drain(ctx context.Context, host string) error {
	if !s.Shared() {
		return ErrAlone
	}
	return s.write(ctx, noNumber, func(t *tx) error {
		return t.exec(`
			INSERT INTO drained_hosts (host, since)
			VALUES ($1, `+serverNow+`)
			ON CONFLICT (host) DO NOTHING`, host)
	})
}

// EndDrain lets the processes of a host take numbers again.
func (s *Store) EndDrain(ctx context.Context, host string) error {
	if !s.Shared() {
		return ErrAlone
	}
	return s.write(ctx, noNumber, func(t *tx) error {
		return t.exec("DELETE FROM drained_hosts WHERE host = $1", host)
	})
}

// DrainedHosts returns the hosts that take no number, also those on which no process lives.
func (s *Store) DrainedHosts(ctx context.Context) ([]string, error) {
	return column[string](s.query(ctx), "SELECT host FROM drained_hosts ORDER BY host")
}
