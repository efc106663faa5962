package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"optinbot/bot"
)

// A NumberRow is what the store knows of one number.
type NumberRow struct {
	bot.NumberState
	JID      string // of the linked device, "" while not linked
	Phone    string // E.164
	Brand    string
	Flow     string
	StatusAt time.Time
	PhoneAt  time.Time // the last sign of the phone itself, zero: none yet

	BackupAt, RestoredAt time.Time // of the last restore: when the backup was made, when it was restored, zero: none
	BackedUpAt           time.Time // the last backup of this database, zero: none
	AwaySince            time.Time // the last event of the connection before the last link
	AccountTrouble       string    // why WhatsApp does not let it send, until something was accepted. "": it does

	Portfolio string    // of businesses, of a number on the Cloud API. "": not known
	CameUntil time.Time // until then all that was sent to a number on the Cloud API had come, zero: not known
}

const numberColumns = "name, jid, phone, brand, flow, linked_at, status, restricted_until, status_detail, " +
	"status_at, safe_mode, " +
	"next_marketing_at, sent_day, sent_today, phone_seen_at, backup_at, restored_at, backed_up_at, refusals, " +
	"refused_contact, slow_until, history_until, away_since, account_until, account_since, account_trouble, quality, " +
	"portfolio, came_until, rating, messaging_limit, throughput, token_ends"

func scanNumber(scan scanner) (NumberRow, error) {
	var n NumberRow
	var history int64
	err := scan(&n.Name, &n.JID, &n.Phone, &n.Brand, &n.Flow, moment(&n.LinkedAt), &n.Status,
		moment(&n.RestrictedUntil), &n.Detail,
		moment(&n.StatusAt), &n.SafeMode, moment(&n.NextMarketingAt), &n.Day, &n.SentToday, moment(&n.PhoneAt),
		moment(&n.BackupAt),
		moment(&n.RestoredAt), moment(&n.BackedUpAt), &n.Refusals.InRow, &n.Refusals.Contact,
		moment(&n.Refusals.Until), &history,
		moment(&n.AwaySince), moment(&n.AccountUntil), moment(&n.AccountSince),
		&n.AccountTrouble, &n.Quality, &n.Portfolio, moment(&n.CameUntil),
		&n.Standing.Rating, &n.Standing.Limit, &n.Standing.Throughput, moment(&n.Standing.TokenEnds))
	if n.AwaitsHistory = history != 0; history > 0 {
		n.HistoryUntil = timeOf(history)
	}
	return n, err
}

// Number returns one number, or ErrNotFound if the store has never seen it.
func (s *Store) Number(ctx context.Context, name string) (NumberRow, error) {
	n, found, err := first(s.query(ctx), scanNumber, "SELECT "+numberColumns+" FROM numbers WHERE name = $1", name)
	if err == nil && !found {
		err = notFound("the store knows no number %q yet: `run`, `link` or `chat` makes it", name)
	}
	return n, err
}

// Numbers returns all numbers by name.
func (s *Store) Numbers(ctx context.Context) ([]NumberRow, error) {
	return collect(s.query(ctx), scanNumber, "SELECT "+numberColumns+" FROM numbers ORDER BY name")
}

func (t *tx) number(name string) (NumberRow, error) {
	n, _, err := first(t.rows, scanNumber, "SELECT "+numberColumns+" FROM numbers WHERE name = $1", name)
	return n, err
}

// EnsureNumber makes the number known with its flow and brand (normalised, see C2), if it is not
// known yet: what it runs with changes by AcceptFlow only. A known number is not written: every
// verb calls it, and those that only read work while somebody else writes.
func (s *Store) EnsureNumber(ctx context.Context, name, brand, flow string) error {
	var known int
	err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM numbers WHERE name = $1", name).Scan(&known)
	if err != nil || known > 0 || s.readOnly {
		return err
	}
	return s.write(ctx, only(name), func(t *tx) error {
		return t.exec(`
			INSERT INTO numbers (name, brand, flow)
			VALUES ($1, $2, $3)
			ON CONFLICT (name) DO NOTHING`, name, brand, flow)
	})
}

// unknownBan is how long a ban or time-lock is taken to last when WhatsApp does not say.
const unknownBan = 24 * time.Hour

// NumberEvent notes what happened to a number's connection, with a notice where the operator has to
// know. A ban or time-lock restarts the warm-up. A logged-out number is no longer linked.
func (s *Store) NumberEvent(ctx context.Context, name string, e bot.NumberEvent) error {
	return s.write(ctx, only(name), func(t *tx) error {
		if e.Kind == bot.NumberQuality {
			return t.rated(name, e)
		}
		if e.Kind == bot.NumberStanding {
			return t.stands(name, e.Standing, e.At)
		}
		if err := errors.Join(t.numberEvent(name, e), t.historyEvent(name, e), t.numberNews(name, e)); err != nil {
			return err
		}
		switch e.Kind {
		case bot.NumberConnected, bot.NumberSynced, bot.NumberDisconnected, bot.NumberUnanswered,
			bot.NumberHistoryRead, bot.NumberPhoneSeen:
			return nil
		}
		return t.notice(name, 0, bot.Notify{Kind: bot.NoticeNumber, Text: fmt.Sprintf("%s: %s", e.Kind, e.Detail)},
			millis(e.At))
	})
}

func (t *tx) numberEvent(name string, e bot.NumberEvent) error {
	switch e.Kind {
	case bot.NumberHistoryRead, bot.NumberTrouble: // of the first see historyEvent
		return nil
	case bot.NumberPhoneSeen:
		return t.exec(`
			UPDATE numbers
			SET phone_seen_at = $1
			WHERE name = $2 AND phone_seen_at < $3`, millis(e.At), name, millis(e.At))
	case bot.NumberReleased:
		return t.exec(`
			UPDATE numbers
			SET restricted_until = 0,
				linked_at = CASE WHEN linked_at > $1 THEN $1 ELSE linked_at END
			WHERE name = $2`, millis(e.At), name)
	case bot.NumberBanned, bot.NumberRestricted:
		until := e.Until
		if until.IsZero() {
			until = e.At.Add(unknownBan)
		}
		// The warm-up begins again when it is over, and WhatsApp tells the same one again and
		// again.
		err := t.exec(`
			UPDATE numbers
			SET restricted_until = $1,
				linked_at = CASE WHEN linked_at < $1 THEN $1 ELSE linked_at END
			WHERE name = $2`, millis(until), name)
		if err != nil || e.Kind == bot.NumberRestricted {
			return err // a time-lock leaves the connection as it is
		}
	case bot.NumberLoggedOut:
		if err := t.exec("UPDATE numbers SET jid = '' WHERE name = $1", name); err != nil {
			return err
		}
	}
	return t.exec(`
		UPDATE numbers
		SET status = $1, status_detail = $2, status_at = $3
		WHERE name = $4`, e.Kind, e.Detail, millis(e.At), name)
}

// MissPhone leaves one notice when the phone of a linked number has given no sign for
// bot.PhoneNotice. The next sign ends it.
func (s *Store) MissPhone(ctx context.Context, number string, now time.Time) error {
	const missed = `
			name = $1
			AND jid <> ''
			AND phone_seen_at > 0
			AND phone_seen_at <= $2
			AND phone_missed_at < phone_seen_at`
	var due bool
	err := s.queryRow(ctx, `
		SELECT EXISTS (
			SELECT 1
			FROM numbers
			WHERE `+missed+`
		)`,
		number, millis(now.Add(-bot.PhoneNotice))).Scan(&due)
	if err != nil || !due {
		return err
	}
	return s.write(ctx, only(number), func(t *tx) error {
		n, err := t.execCount(`
			UPDATE numbers
			SET phone_missed_at = phone_seen_at
			WHERE `+missed,
			number, millis(now.Add(-bot.PhoneNotice)))
		if err != nil || n == 0 {
			return err
		}
		return t.notice(number, 0, bot.Notify{Kind: bot.NoticePhone, Text: phoneMissed}, millis(now))
	})
}

const phoneMissed = "the phone of this number has given no sign for 12 days. WhatsApp logs linked devices out " +
	"when the phone is not used " +
	"for 14 days: switch it on, and open WhatsApp on it with a connection to the internet"

// RegisterSource makes a #tag known, so that an opt-in phrase may end with it.
func (s *Store) RegisterSource(ctx context.Context, number, tag string, at time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		return t.exec(`
			INSERT INTO sources (number, tag, created_at)
			VALUES ($1, $2, $3)
			ON CONFLICT DO NOTHING`, number, tag, millis(at))
	})
}

// Sources are the #tags that are known of a number, with when each became so and how many came by it,
// the newest first.
func (s *Store) Sources(ctx context.Context, number string) ([]Source, error) {
	return collect(s.query(ctx), func(scan scanner) (one Source, err error) {
		return one, scan(&one.Tag, moment(&one.Since), &one.Came)
	}, "SELECT tag, created_at, came FROM sources WHERE number = $1 ORDER BY created_at DESC, tag", number)
}

// A Source is a #tag by which people come.
type Source struct {
	Tag   string    `json:"tag"`
	Since time.Time `json:"since"`
	Came  int       `json:"came"` // how many times somebody became subscribed by it
}

// Standing counts the people on each state of a number's flow, for those with a state.
func (s *Store) Standing(ctx context.Context, number string) (map[string]int, error) {
	return tally[string](s.query(ctx), `
		SELECT value, people
		FROM contact_counts
		WHERE number = $1 AND what = 'state' AND people > 0`, number)
}

// A Notice is something the operator must know.
type Notice struct {
	ID      int64     `json:"id"`
	Number  string    `json:"number"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Text    string    `json:"text"`
	Contact int64     `json:"contact,omitempty"` // 0: about nobody in particular
}

// Notices returns the last n notices of a number, newest first.
func (s *Store) Notices(ctx context.Context, number string, n int) ([]Notice, error) {
	return s.notices(ctx, "WHERE number = $1 ORDER BY id DESC LIMIT $2", number, n)
}

// NoticesAfter returns the first n notices of a number that follow the one with an ID, the oldest
// first.
func (s *Store) NoticesAfter(ctx context.Context, number string, id int64, n int) ([]Notice, error) {
	return s.notices(ctx, "WHERE number = $1 AND id > $2 ORDER BY id LIMIT $3", number, id, n)
}

// UnsentNotices returns the oldest n notices that have not reached the number's own chat.
func (s *Store) UnsentNotices(ctx context.Context, number string, n int) ([]Notice, error) {
	return s.notices(ctx, "WHERE number = $1 AND sent_at = 0 ORDER BY id LIMIT $2", number, n)
}

func (s *Store) notices(ctx context.Context, where string, args ...any) ([]Notice, error) {
	return collect(s.query(ctx), func(scan scanner) (n Notice, err error) {
		err = scan(&n.ID, &n.Number, moment(&n.At), &n.Kind, &n.Text, &n.Contact)
		return n, err
	}, `
		SELECT id, number, at, kind, text, contact_id
		FROM notices `+where, args...)
}

// Notify adds a notice about a number.
func (s *Store) Notify(ctx context.Context, number string, kind bot.NoticeKind, text string, at time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		return t.notice(number, 0, bot.Notify{Kind: kind, Text: text}, millis(at))
	})
}

// NoticeSent notes that a notice reached the number's own chat.
func (s *Store) NoticeSent(ctx context.Context, number string, id int64, at time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		return t.exec("UPDATE notices SET sent_at = $1 WHERE id = $2", millis(at), id)
	})
}
