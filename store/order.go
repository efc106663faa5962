package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"optinbot/bot"
)

// clockSlack is by how much two readings of one moment may differ: WhatsApp tells its time by the
// second.
const clockSlack = 2 * time.Second

// operatorStop notes a stop that was recorded by the clock of the machine, to be looked at again
// when that is compared with WhatsApp's.
func (t *tx) operatorStop(at, local time.Time) error {
	return t.exec(`
		INSERT INTO operator_stops (at, local_at)
		VALUES ($1, $2)
		ON CONFLICT DO NOTHING`, millis(at), millis(local))
}

// ClockAhead returns by how much the clock of the machine was ahead of WhatsApp's when they were
// last compared, and when that was by the machine's clock, a zero time if never. A negative
// difference is a clock that is behind.
func (s *Store) ClockAhead(ctx context.Context) (ahead time.Duration, at time.Time, err error) {
	type reading struct {
		ahead time.Duration
		at    time.Time
	}
	r, _, err := first(s.query(ctx), func(scan scanner) (r reading, err error) {
		err = scan(span(&r.ahead), moment(&r.at))
		return r, err
	}, `
		SELECT clock_ahead, clock_at
		FROM numbers
		WHERE clock_at > 0
		ORDER BY clock_at DESC LIMIT 1`)
	return r.ahead, r.at, err
}

// SeeClock notes by how much the clock of the machine is ahead of WhatsApp's, and gives the stops
// that operators have recorded since the last time their true times. It returns how many had a
// wrong one.
func (s *Store) SeeClock(
	ctx context.Context, number string, ahead time.Duration, envs bot.Envs,
) (restated int, err error) {
	err = s.decide(ctx, everyNumber, envs, func(t *tx) error {
		now := t.env(number).Now
		err := t.exec(`
			UPDATE numbers
			SET clock_ahead = $1, clock_at = $2
			WHERE name = $3`, ahead.Milliseconds(), millis(now), number)
		if err != nil {
			return err
		}
		stops, err := t.operatorStops()
		if err != nil {
			return err
		}
		restated = 0
		for _, stop := range stops {
			is := stop.local.Add(-ahead)
			if server := now.Add(-ahead); is.After(server) {
				is = server // the clock was set right in between
			}
			if stop.at.Sub(is).Abs() <= clockSlack {
				continue
			}
			n, err := t.restate(stop.at, is)
			if err != nil {
				return err
			}
			restated += n
		}
		return t.exec("DELETE FROM operator_stops")
	})
	return restated, err
}

type recordedStop struct{ at, local time.Time }

func (t *tx) operatorStops() ([]recordedStop, error) {
	return collect(t.rows, func(scan scanner) (s recordedStop, err error) {
		err = scan(moment(&s.at), moment(&s.local))
		return s, err
	}, "SELECT at, local_at FROM operator_stops ORDER BY at")
}

// restate gives everybody whose last stop is that one its true time, on whatever number, and what
// is known by hash alone too.
func (t *tx) restate(was, is time.Time) (restated int, err error) {
	err = t.exec(`
		UPDATE suppressions
		SET since = $1
		WHERE since = $2 AND reason IN ('operator', 'erased', 'identity_learned')`,
		millis(is), millis(was))
	if err != nil {
		return 0, err
	}
	text, err := json.Marshal(was.UTC())
	if err != nil {
		return 0, err
	}
	those := `%"opted_out":` + string(text) + "%"
	ids, err := column[int64](t.rows, "SELECT id FROM contacts WHERE CAST(doc AS TEXT) LIKE $1", those)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := t.restateOne(id, was, is); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (t *tx) restateOne(id int64, was, is time.Time) error {
	c, err := t.contact(id)
	if err != nil {
		return err
	}
	lost, err := t.spoken(c, bot.EntrySuperseded)
	if err != nil {
		return err
	}
	_, err = t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Restate(e, c, was, is, lost)
	})
	return err
}

// spoken returns the server times of the entries about a contact that have one of the events, and
// of those with EntrySuperseded the opt-ins.
func (t *tx) spoken(c *bot.Contact, events ...string) (times []time.Time, err error) {
	entries, err := t.publicEntries(c)
	for _, e := range entries {
		if slices.Contains(events, e.Event) && (e.Event != bot.EntrySuperseded || bot.IsOptIn(e.Rule)) {
			times = append(times, e.ServerTime)
		}
	}
	return times, err
}

// publicEntries are the public parts of the ledger entries about a contact, oldest first.
func (t *tx) publicEntries(c *bot.Contact) ([]bot.Public, error) {
	return collect(t.rows, func(scan scanner) (e bot.Public, err error) {
		text, err := value[string](scan)
		if err != nil {
			return e, err
		}
		err = json.Unmarshal([]byte(text), &e)
		return e, err
	}, "SELECT public FROM ledger WHERE contact_id = $1 ORDER BY number, seq", c.ID)
}

// SettleOrder unsubscribes, once for a number, everybody whom an earlier version left subscribed
// though their last word was a stop: it went by the order in which messages came. It returns how
// many there were, and the operator is told.
func (s *Store) SettleOrder(ctx context.Context, number string, envs bot.Envs) (left int, err error) {
	var settled bool
	err = s.queryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM numbers WHERE name = $1 AND order_settled = 1)`,
		number).Scan(&settled)
	if err != nil || settled {
		return 0, err
	}
	var doubtful []int64
	err = s.Contacts(ctx, number, bot.Subscribed, func(c *bot.Contact) error {
		if !c.OptedOut.IsZero() && !c.OptedIn.After(c.OptedOut) {
			doubtful = append(doubtful, c.ID)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	err = s.decide(ctx, withBrand(number), envs, func(t *tx) error {
		left = 0
		for _, id := range doubtful {
			gone, err := t.settleOrder(id)
			if err != nil {
				return err
			}
			left += flag(gone)
		}
		if left > 0 {
			err := t.notice(number, 0, bot.Notify{Kind: bot.NoticeNumber, Text: settledText(left)},
				millis(t.env(number).Now))
			if err != nil {
				return err
			}
		}
		return t.exec("UPDATE numbers SET order_settled = 1 WHERE name = $1", number)
	})
	return left, err
}

func (t *tx) settleOrder(id int64) (left bool, err error) {
	c, err := t.contact(id)
	if err != nil {
		return false, err
	}
	in, err := t.spoken(c, bot.EntryOptedIn, bot.EntryRenewed)
	if err != nil {
		return false, err
	}
	out, err := t.spoken(c, bot.EntryOptedOut, bot.EntryOptedOutAgain, bot.EntrySuppressed)
	if err != nil {
		return false, err
	}
	turn, err := t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.SettleOrder(e, c, latest(in), latest(out))
	})
	return turn.Contact.Consent == bot.Unsubscribed, err
}

func latest(times []time.Time) (last time.Time) {
	for _, at := range times {
		if at.After(last) {
			last = at
		}
	}
	return last
}

func settledText(n int) string {
	people := "1 person was"
	if n > 1 {
		people = fmt.Sprintf("%d people were", n)
	}
	return people + " still subscribed though they wrote a stop after they had asked for promotions: " +
		"the words came in another order than they were written, " +
		"and earlier versions went by the order in which they came. They are unsubscribed now; nothing to do"
}
