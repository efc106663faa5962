package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A Member is a process of a fleet.
type Member struct {
	ID      string
	Host    string
	Alive   bool
	Drained bool          // its host takes no number, see Drain
	Renewed time.Duration // so long ago it last said that it lives
}

// A Seat is who serves a number.
type Seat struct {
	Owner            // Process "": nobody, and whoever takes it has the next epoch
	Host   string    // where that is, or was last
	Since  time.Time // when it was taken. Zero: nobody knows
	Wants  string    // the host on which it is to be served. "": none was named
	Leaves string    // the host that it is to leave. "": none
}

// Fleet returns the processes that share the database, by host, and who serves which number, by name.
// A number that none of them ever served has no seat. A file of SQLite's has no fleet.
func (s *Store) Fleet(ctx context.Context, lease Lease) (members []Member, seats []Seat, err error) {
	members, seats, err = s.fleet(ctx, lease)
	return members, slices.DeleteFunc(seats, func(seat Seat) bool { return seat.Number == chores }), err
}

// Chores returns the process that does what belongs to no number. "": none does.
func (s *Store) Chores(ctx context.Context) (process string, err error) {
	process, _, err = first(s.query(ctx), value[string], "SELECT process FROM owners WHERE number = $1", chores)
	return process, err
}

// fleet is Fleet with the seat of the chores.
func (s *Store) fleet(ctx context.Context, lease Lease) (members []Member, seats []Seat, err error) {
	if _, ok := s.base.(*postgresDatabase); !ok {
		return nil, nil, ErrAlone
	}
	members, err = collect(s.query(ctx), func(scan scanner) (m Member, err error) {
		var ago int64
		err = scan(&m.ID, &m.Host, &m.Alive, &ago, &m.Drained)
		m.Renewed = time.Duration(ago) * time.Millisecond
		return m, err
	}, `
		SELECT id, host, `+alive+`, `+serverNow+` - renewed_at,
			EXISTS (SELECT 1 FROM drained_hosts d WHERE d.host = processes.host)
		FROM processes
		ORDER BY host, id`, lease.Silent.Milliseconds(), lease.Grace.Milliseconds())
	if err != nil {
		return nil, nil, err
	}
	seats, err = collect(s.query(ctx), func(scan scanner) (o Seat, err error) {
		var since int64
		err = scan(&o.Number, &o.Epoch, &o.Process, &o.Host, &since, &o.Wants, &o.Leaves)
		o.Since = timeOf(since)
		return o, err
	}, "SELECT number, epoch, process, host, since, wants, leaves FROM owners ORDER BY number")
	return members, seats, err
}

// Takeable returns, of some numbers, the seats of those that nobody serves: nobody does, whoever did
// is over, or the process itself does by the database and not in truth.
func (p *Process) Takeable(ctx context.Context, numbers []string) ([]Seat, error) {
	members, seats, err := p.store.Fleet(ctx, p.lease)
	if err != nil {
		return nil, err
	}
	return takeable(members, seats, numbers, p.ID(), p.serves()), nil
}

func takeable(members []Member, seats []Seat, numbers []string, me string, serves map[string]bool) (free []Seat) {
	for _, number := range numbers {
		at := slices.IndexFunc(seats, func(s Seat) bool { return s.Number == number })
		if at < 0 {
			free = append(free, Seat{Owner: Owner{Number: number}})
			continue
		}
		if owner := seats[at].Process; owner == me && !serves[number] || owner != me && !lives(members, owner) {
			free = append(free, seats[at])
		}
	}
	return free
}

func lives(members []Member, process string) bool {
	return slices.ContainsFunc(members, func(m Member) bool { return m.ID == process && m.Alive })
}

// errTaken is the error of Take for a number that somebody else has taken meanwhile, or whose owner
// lives after all.
var errTaken = errors.New("somebody else serves the number")

// Take makes the process the owner of a number that was free when it looked. It first ends what the
// server still does for the owner before, who may stand still within a transaction. When it
// returns, all that the owner before committed can be seen, and no more will come.
func (p *Process) Take(ctx context.Context, from Seat) (Owner, error) {
	if !p.Trusted() {
		return Owner{}, errors.New("a process that may be over itself takes nothing")
	}
	if err := p.over(ctx, p.base.db, from); err != nil {
		return Owner{}, fmt.Errorf("take number %s: %w", from.Number, err)
	}
	if from.Process != "" && from.Process != p.ID() {
		if _, err := p.base.db.ExecContext(ctx, `
			SELECT pg_terminate_backend(pid)
			FROM pg_stat_activity
			WHERE application_name = $1 AND datname = current_database()`,
			applicationName(from.Process)); err != nil {
			return Owner{}, fmt.Errorf("end the lines of the owner before: %w", err)
		}
	}
	tx, err := p.base.db.BeginTx(ctx, nil)
	if err != nil {
		return Owner{}, err
	}
	defer tx.Rollback()
	to := Owner{Number: from.Number, Epoch: from.Epoch + 1, Process: p.ID()}
	if err := p.take(ctx, tx, from, to); err != nil {
		return Owner{}, fmt.Errorf("take number %s: %w", from.Number, err)
	}
	return to, tx.Commit()
}

// take: FOR UPDATE waits for the writes that found the owner before to be the owner, see begun.
func (p *Process) take(ctx context.Context, tx *sql.Tx, from Seat, to Owner) error {
	wait := fmt.Sprintf("SET LOCAL lock_timeout = %d", p.lease.Wait.Milliseconds())
	if _, err := tx.ExecContext(ctx, wait); err != nil {
		return err
	}
	if err := p.base.mayServe(ctx, tx); err != nil {
		return err
	}
	if from.Epoch == 0 {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO owners (number, epoch, process, host)
			VALUES ($1, 0, '', '')
			ON CONFLICT (number) DO NOTHING`, from.Number); err != nil {
			return err
		}
	}
	var epoch int64
	err := tx.QueryRowContext(ctx, `
		SELECT epoch
		FROM owners
		WHERE number = $1 AND epoch = $2 AND process = $3
		FOR UPDATE`, from.Number, from.Epoch, from.Process).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return errTaken
	}
	if err != nil {
		return err
	}
	if err := p.over(ctx, tx, from); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE owners
		SET epoch = $1, process = $2, host = $3, since = `+serverNow+`,
			leaves = CASE WHEN $3 = '' OR leaves = $3 THEN leaves ELSE '' END
		WHERE number = $4`, to.Epoch, to.Process, p.host, to.Number)
	return err
}

// over is errTaken where the owner of a seat lives.
func (p *Process) over(ctx context.Context, by interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}, from Seat) error {
	if from.Process == "" || from.Process == p.ID() {
		return nil
	}
	var lives bool
	err := by.QueryRowContext(ctx, "SELECT "+alive+" FROM processes WHERE id = $3",
		p.lease.Silent.Milliseconds(), p.lease.Grace.Milliseconds(), from.Process).Scan(&lives)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil && lives {
		err = errTaken
	}
	return err
}

// Release lets others take a number that the process does not serve any more. Where somebody else
// serves it already nothing happens.
func (p *Process) Release(ctx context.Context, o Owner) error {
	_, err := p.base.db.ExecContext(ctx, `
		UPDATE owners
		SET process = ''
		WHERE number = $1 AND epoch = $2 AND process = $3`, o.Number, o.Epoch, o.Process)
	p.base.endWriters(o)
	return err
}

// waits reports whether a take did not get the row of its number in time.
func waits(err error) bool {
	var from *pgconn.PgError
	return errors.As(err, &from) && from.Code == "55P03"
}
