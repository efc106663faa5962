package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"time"

	"optinbot/bot"
)

// A FlowVersion is one version of a flow that a number has run with.
type FlowVersion struct {
	Flow     string    `json:"flow"`
	Version  string    `json:"version"` // see flows.Flow
	Source   []byte    `json:"-"`       // the YAML
	Accepted time.Time `json:"accepted"`
}

// AcceptFlow lets a number run with a version from now on. People move where moved says, from a
// former state to one of today's. brand is normalised (C2). swap is called once, when all that is
// durable and before any other write begins: no turn before it sees the new version, and none after
// it the old one. On an error swap was not called.
func (s *Store) AcceptFlow(
	ctx context.Context, number, brand string, v FlowVersion, moved map[string]string, swap func(),
) error {
	return s.writeAndThen(ctx, only(number), func(t *tx) error {
		for from, to := range moved {
			if err := t.exec(`
				UPDATE contacts
				SET state = $1
				WHERE number = $2 AND state = $3`, to, number, from); err != nil {
				return err
			}
		}
		err := t.exec(`
			INSERT INTO flow_versions (number, flow, version, source, accepted_at)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (number, flow, version) DO UPDATE SET accepted_at = excluded.accepted_at`,
			number, v.Flow, v.Version, string(v.Source), millis(v.Accepted))
		if err != nil {
			return err
		}
		return t.exec("UPDATE numbers SET brand = $1, flow = $2 WHERE name = $3", brand, v.Flow+"@"+v.Version, number)
	}, swap)
}

// FlowVersions returns the versions that a number has run with, the one it runs with first.
func (s *Store) FlowVersions(ctx context.Context, number string) ([]FlowVersion, error) {
	return collect(s.query(ctx), func(scan scanner) (v FlowVersion, err error) {
		err = scan(&v.Flow, &v.Version, &v.Source, moment(&v.Accepted))
		return v, err
	}, `
		SELECT flow, version, source, accepted_at
		FROM flow_versions
		WHERE number = $1
		ORDER BY accepted_at DESC, version`, number)
}

// A Place is where a store is: what Open takes.
type Place struct {
	Folder string
	URL    string // see Options
}

// Accepted reports whether the database in a place knows a file, a flow or a draft, byte for byte: a
// number has run with it, or it was armed. It needs no open store, changes nothing, and is false
// where there is no database yet.
func Accepted(ctx context.Context, in Place, source []byte) (known bool, err error) {
	return in.knows(ctx, `
		SELECT EXISTS (SELECT 1 FROM flow_versions WHERE source = $1)
			OR EXISTS (SELECT 1 FROM occurrences WHERE content = $1)
			OR EXISTS (SELECT 1 FROM schedules WHERE content = $1)`, string(source))
}

// ArmedVersion reports the same of a version of a draft, which is of its file and of the one that
// goes out with it.
func ArmedVersion(ctx context.Context, in Place, version string) (known bool, err error) {
	return in.knows(ctx, `
		SELECT EXISTS (SELECT 1 FROM occurrences WHERE version = $1)
			OR EXISTS (SELECT 1 FROM schedules WHERE version = $1)`, version)
}

// knows answers a question of one row, without opening the store.
func (p Place) knows(ctx context.Context, question, about string) (known bool, err error) {
	var db *sql.DB
	if p.URL != "" {
		base, err := openPostgres(p.URL, p.Folder, func(string) error { return nil })
		if err != nil {
			return false, err
		}
		db = base.pool()
	} else {
		file := filepath.Join(p.Folder, databaseName)
		if _, err := os.Stat(file); err != nil {
			return false, nil
		}
		if db, err = sql.Open("sqlite", dsn(file, synced)+"&mode=ro"); err != nil {
			return false, err
		}
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, question, about).Scan(&known)
	if noTable(err) {
		return false, nil
	}
	return known, err
}

// A Passage is how often people of a number went from one state of its flow to another. A state that
// they passed at once is not seen, and "" is the place before the greeting.
type Passage struct {
	From, To string
	Silent   bool // they had written nothing: the time for an answer was over
	People   int
}

// Passages are those since the day (UTC) of a moment.
func (s *Store) Passages(ctx context.Context, number string, since time.Time) ([]Passage, error) {
	const day = 24 * time.Hour
	return collect(s.query(ctx), func(scan scanner) (p Passage, err error) {
		return p, scan(&p.From, &p.To, &p.Silent, &p.People)
	}, `
		SELECT came_from, went_to, silent, SUM(people)
		FROM passages
		WHERE number = $1 AND day >= $2
		GROUP BY came_from, went_to, silent`, number, millis(since)/day.Milliseconds())
}

// AskReload asks the process that serves the number to look at its flow.
func (s *Store) AskReload(ctx context.Context, number string, now time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		return t.exec("UPDATE numbers SET reload_asked_at = $1 WHERE name = $2", millis(now), number)
	})
}

// ReloadAsked is when that was last asked. It is zero if it never was.
func (s *Store) ReloadAsked(ctx context.Context, number string) (time.Time, error) {
	at, _, err := first(s.query(ctx), scanMoment, "SELECT reload_asked_at FROM numbers WHERE name = $1", number)
	return at, err
}

// NotifyFirst adds a notice about a number unless there is one of the kind that says the same.
func (s *Store) NotifyFirst(ctx context.Context, number string, kind bot.NoticeKind, text string, at time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		var known bool
		_, err := t.row(`
			SELECT EXISTS (SELECT 1 FROM notices WHERE number = $1 AND kind = $2 AND text = $3)`,
			[]any{number, kind, text}, &known)
		if err != nil || known {
			return err
		}
		return t.notice(number, 0, bot.Notify{Kind: kind, Text: text}, millis(at))
	})
}

// NotifyOnce adds a notice about a number unless its last one of the kind says the same.
func (s *Store) NotifyOnce(ctx context.Context, number string, kind bot.NoticeKind, text string, at time.Time) error {
	return s.write(ctx, only(number), func(t *tx) error {
		var last string
		if _, err := t.row(`
			SELECT text
			FROM notices
			WHERE number = $1 AND kind = $2
			ORDER BY id DESC LIMIT 1`,
			[]any{number, kind}, &last); err != nil || last == text {
			return err
		}
		return t.notice(number, 0, bot.Notify{Kind: kind, Text: text}, millis(at))
	})
}
