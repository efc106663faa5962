package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
)

// An Endpoint is a receiver of webhooks.
type Endpoint struct {
	ID        int64
	URL       string
	Secret    string    // whsec_ and base64
	OldSecret string    // the one before the last rotation, "" for none
	OldUntil  time.Time // until then it signs too
	Types     []bot.EventType
	Numbers   []string // empty: all
	Personal  bool     // it gets phone, LID and BSUID
	Created   time.Time
	Off       time.Time // when it was switched off, zero: it is on
	OffWhy    string
	Failing   time.Time // the first failure after the last success, zero: none
	Failed    time.Time // the last failure
}

// Wants reports whether an event goes to the endpoint.
func (e *Endpoint) Wants(event EventRow) bool {
	return slices.Contains(e.Types, event.Type) && e.Serves(event.Number)
}

// Serves reports whether events of a number go to the endpoint.
func (e *Endpoint) Serves(number string) bool {
	return len(e.Numbers) == 0 || slices.Contains(e.Numbers, number)
}

const endpointColumns = "id, url, secret, old_secret, old_until, types, numbers, personal, created_at, off_at, " +
	"off_why, failing_since, failed_at"

// Endpoints returns all endpoints, the oldest first.
func (s *Store) Endpoints(ctx context.Context) ([]Endpoint, error) {
	return collect(s.queryPrepared(ctx), s.scanEndpoint, "SELECT "+endpointColumns+" FROM endpoints ORDER BY id")
}

// Endpoint returns one endpoint, or ErrNotFound.
func (s *Store) Endpoint(ctx context.Context, id int64) (Endpoint, error) {
	e, found, err := first(s.query(ctx), s.scanEndpoint, "SELECT "+endpointColumns+" FROM endpoints WHERE id = $1", id)
	if err == nil && !found {
		err = notFound("there is no webhook %d", id)
	}
	return e, err
}

func (s *Store) scanEndpoint(scan scanner) (e Endpoint, err error) {
	var types, numbers string
	err = scan(&e.ID, &e.URL, &e.Secret, &e.OldSecret, moment(&e.OldUntil), &types, &numbers, &e.Personal,
		moment(&e.Created), moment(&e.Off), &e.OffWhy, moment(&e.Failing), moment(&e.Failed))
	if err != nil {
		return e, err
	}
	for _, name := range split(types) {
		e.Types = append(e.Types, bot.EventType(name))
	}
	e.Numbers = split(numbers)
	if e.Secret, err = s.key.openSecret(e.Secret); err != nil {
		return e, err
	}
	e.OldSecret, err = s.key.openSecret(e.OldSecret)
	return e, err
}

// split is the opposite of strings.Join by commas, also for nothing.
func split(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined, ",")
}

// AddEndpoint adds an endpoint and returns its ID. It is told of what happens from now on.
func (s *Store) AddEndpoint(ctx context.Context, e Endpoint) (id int64, err error) {
	secret, err := s.key.sealSecret(e.Secret)
	if err != nil {
		return 0, err
	}
	types := make([]string, 0, len(e.Types))
	for _, name := range e.Types {
		types = append(types, string(name))
	}
	err = s.write(ctx, everyNumber, func(t *tx) error {
		// IDs are never used again: a receiver knows its endpoint by it, and so does what was logged.
		if err := t.exec("UPDATE files SET last_endpoint = last_endpoint + 1 WHERE id = 1"); err != nil {
			return err
		}
		if _, err := t.row("SELECT last_endpoint FROM files WHERE id = 1", nil, &id); err != nil {
			return err
		}
		err := t.exec(`
			INSERT INTO endpoints (id, url, secret, types, numbers, personal, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			id, e.URL, secret, strings.Join(types, ","), strings.Join(e.Numbers, ","), flag(e.Personal),
			millis(e.Created))
		if err != nil {
			return err
		}
		return t.exec(`
			INSERT INTO endpoint_cursors (endpoint_id, number, seq)
			SELECT $1, n.name, COALESCE((SELECT MAX(c.seq) FROM changes c WHERE c.number = n.name), 0)
			FROM numbers n`, id)
	})
	return id, err
}

// RemoveEndpoint removes an endpoint, with all that waits for it. What was attempted stays in the
// log. ErrNotFound: there is none.
func (s *Store) RemoveEndpoint(ctx context.Context, id int64) error {
	return s.write(ctx, everyNumber, func(t *tx) error {
		n, err := t.execCount("DELETE FROM endpoints WHERE id = $1", id)
		if err == nil && n == 0 {
			err = notFound("there is no webhook %d", id)
		}
		if err != nil {
			return err
		}
		return t.execAll([]string{
			"DELETE FROM endpoint_cursors WHERE endpoint_id = $1",
			"DELETE FROM endpoint_waits WHERE endpoint_id = $1",
		}, id)
	})
}

// RotateSecret gives an endpoint a new secret. The one before signs too until a moment.
func (s *Store) RotateSecret(ctx context.Context, id int64, secret string, oldUntil time.Time) error {
	sealed, err := s.key.sealSecret(secret)
	if err != nil {
		return err
	}
	return s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount(`
			UPDATE endpoints
			SET old_secret = secret, old_until = $1, secret = $2
			WHERE id = $3`, millis(oldUntil), sealed, id)
		if err == nil && n == 0 {
			err = notFound("there is no webhook %d", id)
		}
		return err
	})
}

// EnableEndpoint switches an endpoint on again. It goes on where it stood. It returns false where it
// is on.
func (s *Store) EnableEndpoint(ctx context.Context, id int64) (done bool, err error) {
	err = s.write(ctx, noNumber, func(t *tx) error {
		n, err := t.execCount(`
			UPDATE endpoints
			SET off_at = 0, off_why = '', failing_since = 0, failed_at = 0
			WHERE id = $1 AND off_at > 0`, id)
		done = n == 1
		return err
	})
	return done, err
}

// DisableEndpoint switches an endpoint off, with a notice. It does nothing where it is off.
func (s *Store) DisableEndpoint(ctx context.Context, id int64, number, why, notice string, now time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		n, err := t.execCount("UPDATE endpoints SET off_at = $1, off_why = $2 WHERE id = $3 AND off_at = 0",
			millis(now), why, id)
		if err != nil || n == 0 {
			return err
		}
		return t.notice(number, 0, bot.Notify{Kind: bot.NoticeWebhook, Text: notice}, millis(now))
	})
}

// OffByRestore is why an endpoint is off that came out of a backup. It may have been removed since.
const OffByRestore = "restored from a backup"

// endpointsOff switches all endpoints off: a backup must not revive one that was removed since. Of
// one that was off before, too, that is why.
func (t *tx) endpointsOff(now int64) error {
	return t.exec("UPDATE endpoints SET off_at = $1, off_why = $2", now, OffByRestore)
}

// An EndpointState is how an endpoint is doing.
type EndpointState struct {
	Waits   int       // events that failed, or wait for one of the same person that did
	Dead    int       // events that were given up
	Behind  int       // events that it asks for and has not got to, of the next mostBehind
	LastOK  time.Time // the last event that was delivered, of those in the log
	LastTry time.Time // the last attempt
	Oldest  time.Time // of what waits, zero: nothing does
}

// mostBehind is among how many events it is counted what an endpoint has not got to: a look at it
// should not read a month of them.
const mostBehind = 10_000

// EndpointState tells how an endpoint is doing.
func (s *Store) EndpointState(ctx context.Context, id int64) (st EndpointState, err error) {
	var oldest, ok, try int64
	err = s.db.QueryRowContext(ctx, `
		SELECT (SELECT COUNT(*) FROM endpoint_waits WHERE endpoint_id = $1 AND dead_at = 0),
			(SELECT COUNT(*) FROM endpoint_waits WHERE endpoint_id = $1 AND dead_at > 0),
			(SELECT COUNT(*)
				FROM (
					SELECT c.type, c.number
					FROM endpoint_cursors k
					JOIN changes c ON c.number = k.number AND c.seq > k.seq
					WHERE k.endpoint_id = $1
					LIMIT $2
				) AS next
				JOIN endpoints e ON e.id = $1
				WHERE REPLACE(',' || e.types || ',', ',' || next.type || ',', '') <> ',' || e.types || ','
					AND (e.numbers = ''
						OR REPLACE(',' || e.numbers || ',', ',' || next.number || ',', '') <> ',' || e.numbers || ',')),
			(SELECT COALESCE(MAX(at), 0) FROM endpoint_attempts WHERE endpoint_id = $1 AND failed = ''),
			(SELECT COALESCE(MAX(at), 0) FROM endpoint_attempts WHERE endpoint_id = $1),
			(SELECT COALESCE(MIN(first_at), 0)
				FROM endpoint_waits
				WHERE endpoint_id = $1 AND dead_at = 0 AND first_at > 0)`, id, mostBehind).Scan(
		&st.Waits, &st.Dead, &st.Behind, &ok, &try, &oldest)
	st.LastOK, st.LastTry, st.Oldest = timeOf(ok), timeOf(try), timeOf(oldest)
	return st, err
}
