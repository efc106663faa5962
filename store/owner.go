package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"optinbot/bot"
)

// An Owner is a process of a fleet as the one that serves a number. Whoever serves it next has the
// next epoch, also where that is the same process.
type Owner struct {
	Number  string
	Epoch   int64
	Process string
}

// ErrNotOwner is the error of a write that only the owner of a number may make, by somebody who is
// not, or is no longer. Nothing of it was written, and trying again changes nothing.
var ErrNotOwner = bot.ErrNotOwner

// Owned returns the store for whoever serves some numbers. Every write through it first makes sure,
// in its own transaction, that they are the owner still, and is about no other number. No such
// write commits after another process has become the owner. Writes through s itself lock their
// number and ask for no owner: they are what operators do in any process, and what webhooks bring.
// To a file of SQLite's, which one process serves, both are the same.
func (s *Store) Owned(owners ...Owner) *Store {
	owned := *s
	owned.owners = map[string]Owner{}
	for _, o := range owners {
		owned.owners[o.Number] = o
	}
	return &owned
}

// HasStopped is the last look before a promotion leaves: whether the contact is not subscribed any more,
// or is gone. ErrNotOwner: another process may serve the number by now, and decides.
func (s *Store) HasStopped(ctx context.Context, contact int64) (stopped bool, err error) {
	consent, found, err := first(s.query(ctx), value[bot.Consent], "SELECT consent FROM contacts WHERE id = $1", contact)
	if err == nil {
		err = s.StillOwner(ctx)
	}
	return !found || consent != bot.Subscribed, err
}

// StillOwner is ErrNotOwner once another process may serve a number of Owned. Whoever is about to
// connect asks: a connection throws the other one's out, and no write comes before it.
func (s *Store) StillOwner(ctx context.Context) error {
	for _, o := range s.owners {
		_, is, err := first(s.query(ctx), value[int],
			"SELECT 1 FROM owners WHERE number = $1 AND epoch = $2 AND process = $3", o.Number, o.Epoch, o.Process)
		if err != nil {
			return err
		}
		if !is && s.Shared() {
			return fmt.Errorf("number %s: %w", o.Number, ErrNotOwner)
		}
	}
	return nil
}

// Shared reports whether several processes may share the database as a fleet.
func (s *Store) Shared() bool {
	_, shared := s.base.(*postgresDatabase)
	return shared
}

// Process tells this process from others that share the database, see Process.ID. "" for a file.
func (s *Store) Process() string {
	base, shared := s.base.(*postgresDatabase)
	if !shared {
		return ""
	}
	return base.process
}

// fence adds to the scope of a write who has to be the owner.
func (s *Store) fence(about scope) (scope, error) {
	if s.owners == nil {
		return about, nil
	}
	if o, ok := s.owners[chores]; ok { // it is about any number
		about.owners = []Owner{o}
		return about, nil
	}
	if about.reach == reachAll || about.reach == reachNone {
		for _, number := range slices.Sorted(maps.Keys(s.owners)) {
			about.owners = append(about.owners, s.owners[number])
		}
		return about, nil
	}
	o, ok := s.owners[about.number]
	if !ok {
		return about, fmt.Errorf("number %s: %w", about.number, ErrNotOwner)
	}
	about.owners = []Owner{o}
	return about, nil
}

// ownersKey tells writes of one owner from those of another, and of none.
func (about scope) ownersKey() string {
	var key strings.Builder
	for _, o := range about.owners {
		fmt.Fprintf(&key, " %s/%s/%d", o.Number, o.Process, o.Epoch)
	}
	return key.String()
}

// begun is the ID of a transaction that may write. It fails unless the numbers have the owners that
// its writes count on: until it ends nobody becomes another one, for that needs the row of the number
// for itself. Nor may the shop have been moved away: that waits for whoever has read the state. A
// claim without an owner is for a database that nobody serves as a fleet.
func begun(b *batch, about scope) (id string, err error) {
	const transaction = "SELECT CAST(pg_current_xact_id() AS TEXT), (SELECT state FROM store_identity WHERE id = 1), "
	state, seen := "", ""
	fenced := func(query string, args ...any) error {
		is, err := b.row(transaction+query, args, &id, &state, &seen)
		if err == nil && !is {
			err = fmt.Errorf("number %s: %w", args[0], ErrNotOwner)
		}
		return err
	}
	for _, o := range about.owners {
		if err := fenced(`seen
			FROM owners
			WHERE number = $1 AND epoch = $2 AND process = $3
			FOR KEY SHARE`, o.Number, o.Epoch, o.Process); err != nil {
			return "", err
		}
		if o.Number == chores { // nothing of a number is to be compared
			continue
		}
		if err := b.look(o.Number, seen); err != nil {
			return "", err
		}
	}
	switch {
	case len(about.owners) > 0:
	case about.claims:
		err = fenced(`''
			WHERE NOT EXISTS (SELECT 1 FROM owners WHERE number = $1 AND process <> '')`, about.number)
	default:
		_, err = b.row(transaction+"''", nil, &id, &state, &seen)
	}
	if err == nil && !b.moving {
		err = closedFor(state)
	}
	return id, err
}
