package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Lease says how long the processes of a fleet trust in themselves, and in each other. All times but
// Trust are by the server's clock, or by nobody's.
type Lease struct {
	Renew    time.Duration // a process says so often that it lives
	Deadline time.Duration // of what it asks the server for that
	Trust    time.Duration // a process that could not say so for this long serves nothing any more, by its own clock
	Grace    time.Duration // one that was silent for this long is over if its line is, too
	Silent   time.Duration // one that was silent for this long is over
	Look     time.Duration // it is looked so often for numbers that nobody serves
	Wait     time.Duration // so long a number may be written to while somebody takes it
}

// DefaultLease returns the lease of a fleet. A number whose process is killed is served again some 5
// seconds later, and one whose process is cut off or stands still some 17. Trust is shorter than
// Silent, so that an owner hangs up before another one comes.
func DefaultLease() Lease {
	return Lease{
		Renew:    2 * time.Second,
		Deadline: 2 * time.Second,
		Trust:    8 * time.Second,
		Grace:    3 * time.Second,
		Silent:   15 * time.Second,
		Look:     time.Second,
		Wait:     2 * time.Second,
	}
}

// ErrAlone is the error of Join for a folder with a file of SQLite's: one process serves all of it.
var ErrAlone = errors.New("the database is a file, which one process serves")

// A Process is this process as one of a fleet. Heartbeat may be called beside the other methods, from
// one goroutine.
type Process struct {
	store *Store
	base  *postgresDatabase
	host  string
	lease Lease
	clock func() time.Duration

	life    *pgx.Conn    // on which nothing but the heartbeat runs. Nil: it is opened next
	key     int64        // of the advisory lock that life holds
	renewed atomic.Int64 // when the last heartbeat that the server took was begun, by the clock. 0: none was

	mu   sync.Mutex
	held map[string]*held // what it serves
}

// Join makes the process one of the fleet that shares a database. host is where it runs. Nothing is
// known of it before the first Heartbeat.
func (s *Store) Join(host string, lease Lease) (*Process, error) {
	base, ok := s.base.(*postgresDatabase)
	if !ok {
		return nil, ErrAlone
	}
	return &Process{store: s, base: base, host: host, lease: lease, clock: bootClock(), held: map[string]*held{}}, nil
}

// ID tells the process from every other one, also from an earlier one of the same host.
func (p *Process) ID() string { return p.base.process }

func newProcess() string {
	id := make([]byte, 16)
	rand.Read(id)
	return hex.EncodeToString(id)
}

// applicationName is how the server calls the connections of a process.
func applicationName(process string) string { return "optinbot " + process }

// serverNow is the server's clock in milliseconds. It goes on within a transaction.
const serverNow = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"

// Heartbeat says that the process lives. On an error its line is closed, and the next one opens
// another.
func (p *Process) Heartbeat(ctx context.Context) error {
	asked := p.clock()
	ctx, cancel := context.WithTimeout(ctx, p.lease.Deadline)
	defer cancel()
	if err := p.renew(ctx); err != nil {
		p.hangUp()
		return fmt.Errorf("renew the lease: %w", err)
	}
	p.renewed.Store(int64(asked))
	return nil
}

// renew: the lock is there before the row that names it. Each line has a lock of its own, so that none
// waits for the server to notice that the one before is dead.
func (p *Process) renew(ctx context.Context) (err error) {
	if p.life == nil {
		random := make([]byte, 8)
		rand.Read(random)
		p.key = int64(binary.NativeEndian.Uint64(random))
		if p.life, err = pgx.ConnectConfig(ctx, p.base.config.Copy()); err != nil {
			return err
		}
		if _, err := p.life.Exec(ctx, "SELECT pg_advisory_lock($1)", p.key); err != nil {
			return err
		}
		if _, err := p.life.Exec(ctx, forgetMembers, shownFor.Milliseconds()); err != nil {
			return err
		}
	}
	_, err = p.life.Exec(ctx, `
		INSERT INTO processes (id, host, life, renewed_at)
		VALUES ($1, $2, $3, `+serverNow+`)
		ON CONFLICT (id) DO UPDATE
		SET host = excluded.host, life = excluded.life, renewed_at = excluded.renewed_at`,
		p.ID(), p.host, p.key)
	return err
}

// shownFor is how long a process that is over is remembered.
const shownFor = 24 * time.Hour

// forgetMembers removes those of long ago who own nothing.
const forgetMembers = `
	DELETE FROM processes
	WHERE renewed_at < ` + serverNow + ` - $1 AND NOT EXISTS (SELECT 1 FROM owners WHERE process = processes.id)`

func (p *Process) hangUp() {
	if p.life == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // the server is told nothing that it could keep us waiting for
	_ = p.life.Close(ctx)
	p.life = nil
}

// Trusted reports whether the process may still believe that it serves what it serves. The clock does
// not stand still while the machine sleeps.
func (p *Process) Trusted() bool {
	renewed := p.renewed.Load()
	return renewed != 0 && p.clock()-time.Duration(renewed) < p.lease.Trust
}

// Leave takes the process out of the fleet. What it serves has been released before.
func (p *Process) Leave(ctx context.Context) error {
	p.renewed.Store(0)
	_, err := p.base.db.ExecContext(ctx, "DELETE FROM processes WHERE id = $1", p.ID())
	p.hangUp()
	return err
}

// monotonic returns a clock that nobody sets.
func monotonic() func() time.Duration {
	begun := time.Now()
	return func() time.Duration { return time.Since(begun) }
}

// alive tells of a row of processes whether that one lives. $1 is Lease.Silent and $2 Lease.Grace,
// in milliseconds. Nobody else's look disturbs this one: the lock is shared, and goes with the
// statement's transaction.
const alive = `
	CASE
		WHEN renewed_at < ` + serverNow + ` - $1 THEN FALSE
		WHEN renewed_at < ` + serverNow + ` - $2 THEN NOT pg_try_advisory_xact_lock_shared(life)
		ELSE TRUE
	END`
