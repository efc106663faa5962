package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"optinbot/bot"
	"optinbot/flows/words"
)

// derived are the columns of a contact that say again, for whoever searches and counts, what its
// doc and the notices about it say. They are written with the doc.
type derived struct {
	holds            string // the reasons of its holds, in order, joined by commas
	takenUntil       int64
	undeliveringFrom int64
	waitsSince       int64 // since when they wait for a person of the shop; 0: they do not
	name             string
	suppressed       int
	zones            string
}

// derivedVersion is counted up when derive, or nameWords, says something else of the same contact:
// then Open fills the columns again.
const derivedVersion = 1

// derive returns the columns of a contact about whom the operator was told that.
func derive(c *bot.Contact, told bot.NotifiedAt) derived {
	d := derived{
		takenUntil:       millis(c.TakeoverUntil()),
		undeliveringFrom: millis(c.NotDeliveringFrom()),
		name:             c.DisplayName(),
		suppressed:       flag(c.Suppressed),
		zones:            strings.Join(c.ZoneNames(), ","),
	}
	if len(c.Holds) > 0 {
		var reasons []string
		for _, h := range c.Holds {
			reasons = append(reasons, string(h.Reason))
		}
		slices.Sort(reasons)
		d.holds = strings.Join(slices.Compact(reasons), ",")
	}
	if waits := bot.WaitsForPerson(c, told); len(waits) > 0 {
		d.waitsSince = max(1, millis(waits[0].Since))
	}
	return d
}

// nameWords are the words by which somebody of a name is found, each once.
func nameWords(name string) []string {
	all := strings.Fields(words.Normalise(name))
	slices.Sort(all)
	return slices.Compact(all)
}

// keepNameWords replaces the words by which a contact is found.
func (t *tx) keepNameWords(number string, contact int64, name string) error {
	if err := t.exec("DELETE FROM name_words WHERE contact_id = $1", contact); err != nil {
		return err
	}
	for _, word := range nameWords(name) {
		err := t.exec("INSERT INTO name_words (contact_id, word, number) VALUES ($1, $2, $3)", contact, word, number)
		if err != nil {
			return err
		}
	}
	return nil
}

// toldAbout is when the operator was last told that a contact needs a person, by kind of notice. Most
// notices about people say nothing of that kind, and of most people there is none.
func (t *tx) toldAbout(contact int64) (bot.NotifiedAt, error) {
	told := bot.NotifiedAt{}
	err := t.rows(`
		SELECT kind, MAX(at)
		FROM notices
		WHERE contact_id = $1 AND contact_id <> 0
		GROUP BY kind`, []any{contact}, func(scan scanner) error {
		var kind bot.NoticeKind
		var at int64
		err := scan(&kind, &at)
		if slices.Contains(bot.ToldKinds(), kind) {
			told[kind] = timeOf(at)
		}
		return err
	})
	return told, err
}

// toldNow notes that the operator has just been told something about a contact.
func (t *tx) toldNow(contact int64, kind bot.NoticeKind) error {
	if contact == 0 || !slices.Contains(bot.ToldKinds(), kind) {
		return nil
	}
	c, err := t.contact(contact)
	if err != nil {
		return err
	}
	told, err := t.toldAbout(contact)
	if err != nil {
		return err
	}
	return t.exec("UPDATE contacts SET told = 1, waits_since = $1 WHERE id = $2", derive(c, told).waitsSince, contact)
}

// fillAtOnce is how many contacts fillDerived reads before it writes them.
const fillAtOnce = 500

// fillDerived fills what derive says for a database of an earlier version, in one transaction: a
// crash leaves it for the next Open.
func fillDerived(ctx context.Context, db *sql.DB) (err error) {
	var version int
	if err := db.QueryRowContext(ctx, "SELECT version FROM derived").Scan(&version); err != nil || version >= derivedVersion {
		return err
	}
	all, err := db.BeginTx(ctx, nil) // another process may have been first
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("fill what is counted and searched: %w", err), all.Rollback())
		}
	}()
	if err := all.QueryRowContext(ctx, "SELECT version FROM derived").Scan(&version); err != nil || version >= derivedVersion {
		return errors.Join(err, all.Rollback())
	}
	f, err := newFill(ctx, all)
	if err != nil {
		return err
	}
	defer f.close()
	for more := true; more; {
		if more, err = f.next(ctx); err != nil {
			return err
		}
	}
	if _, err = all.ExecContext(ctx, "UPDATE derived SET version = $1", derivedVersion); err != nil {
		return err
	}
	return all.Commit()
}

// A fill goes through all contacts by their ID.
type fill struct {
	read  reader
	told  map[int64]bot.NotifiedAt
	after int64

	set, forget, word *sql.Stmt
}

func newFill(ctx context.Context, all *sql.Tx) (*fill, error) {
	f := &fill{after: math.MinInt64, read: func(query string, args []any, each func(scanner) error) error {
		rows, err := all.QueryContext(ctx, query, args...)
		if err != nil {
			return statementError(err, query)
		}
		return drain(rows, query, each)
	}}
	var err error
	if f.told, err = notifiedAt(f.read); err != nil {
		return nil, err
	}
	for stmt, query := range map[**sql.Stmt]string{
		&f.set: `
			UPDATE contacts
			SET holds = $1, taken_until = $2, undelivering_from = $3, waits_since = $4, name = $5, told = $6
			WHERE id = $7`,
		&f.forget: "DELETE FROM name_words WHERE contact_id = $1",
		&f.word:   "INSERT INTO name_words (contact_id, word, number) VALUES ($1, $2, $3)",
	} {
		if *stmt, err = all.PrepareContext(ctx, query); err != nil {
			return nil, statementError(err, query)
		}
	}
	return f, nil
}

func (f *fill) close() {
	f.set.Close()
	f.forget.Close()
	f.word.Close()
}

// next fills some contacts. more is false after the last.
func (f *fill) next(ctx context.Context) (more bool, err error) {
	some, err := collect(f.read, scanContact, `
		SELECT `+contactColumns+`
		FROM contacts c
		WHERE c.id > $1
		ORDER BY c.id LIMIT $2`, f.after, fillAtOnce)
	for _, c := range some {
		f.after = c.ID
		told := f.told[c.ID]
		d := derive(c, told)
		if _, err := f.set.ExecContext(ctx, d.holds, d.takenUntil, d.undeliveringFrom, d.waitsSince, d.name,
			flag(len(told) > 0), c.ID); err != nil {
			return false, err
		}
		if _, err := f.forget.ExecContext(ctx, c.ID); err != nil {
			return false, err
		}
		for _, word := range nameWords(d.name) {
			if _, err := f.word.ExecContext(ctx, c.ID, word, c.Number); err != nil {
				return false, err
			}
		}
	}
	return len(some) == fillAtOnce, err
}

// Miscounted compares everything that is kept to be counted and searched with what it is kept of,
// and returns what differs, a line each. It reads the whole database, and is for tests and repairs.
func (s *Store) Miscounted(ctx context.Context) (problems []string, err error) {
	read := s.query(ctx)
	compare := func(about, kept, counted string) error {
		had, err := tally[string](read, kept)
		if err != nil {
			return err
		}
		has, err := tally[string](read, counted)
		if err == nil && !maps.Equal(had, has) {
			problems = append(problems, fmt.Sprintf("%s: kept %v, counted %v", about, had, has))
		}
		return err
	}
	for _, c := range []struct{ about, kept, counted string }{
		{
			"deliveries",
			`SELECT occurrence_id || ' ' || status || ' ' || reason, people FROM delivery_counts WHERE people <> 0`,
			`SELECT occurrence_id || ' ' || status || ' ' || reason, COUNT(*) FROM deliveries GROUP BY 1`,
		},
		{
			"contacts",
			`SELECT number || ' ' || what || ' ' || value, people FROM contact_counts WHERE people <> 0`,
			`SELECT number || ' consent ' || consent, COUNT(*) FROM contacts GROUP BY 1
			UNION ALL SELECT number || ' holds ' || holds, COUNT(*) FROM contacts WHERE holds <> '' GROUP BY 1
			UNION ALL SELECT number || ' state ' || state, COUNT(*) FROM contacts WHERE state <> '' GROUP BY 1
			UNION ALL SELECT c.number || ' tag ' || p.value, COUNT(*)
				FROM preferences p JOIN contacts c ON c.id = p.contact_id WHERE p.name = 'tags' GROUP BY 1
			UNION ALL SELECT number || ' waits ', COUNT(*) FROM contacts WHERE waits_since > 0 GROUP BY 1`,
		},
		{
			"who asked for promotions", `SELECT number, SUM(joined) FROM consent_moves GROUP BY 1 HAVING SUM(joined) > 0`, `
			SELECT number, COUNT(*)
			FROM ledger
			WHERE json_extract(public, '$.from') <> 'subscribed' AND json_extract(public, '$.to') = 'subscribed'
			GROUP BY 1`,
		},
		{
			"who stopped them", `SELECT number, SUM(stopped) FROM consent_moves GROUP BY 1 HAVING SUM(stopped) > 0`, `
			SELECT number, COUNT(*)
			FROM ledger
			WHERE json_extract(public, '$.from') = 'subscribed' AND json_extract(public, '$.to') <> 'subscribed'
			GROUP BY 1`,
		},
		{
			"who came by a source", `SELECT number || ' ' || tag, came FROM sources WHERE came <> 0`, `
			SELECT s.number || ' ' || s.tag, COUNT(*)
			FROM sources s
			JOIN ledger l ON l.number = s.number
				AND json_extract(l.public, '$.from') <> 'subscribed'
				AND json_extract(l.public, '$.to') = 'subscribed'
				AND json_extract(l.public, '$.shown') || ' ' LIKE 'source:' || s.tag || ' %'
			GROUP BY 1`,
		},
		{"occurrences counted apart", `SELECT '', COUNT(*) FROM counted_apart`, `SELECT '', 0`},
	} {
		if err := compare(c.about, c.kept, c.counted); err != nil {
			return nil, err
		}
	}
	for _, what := range []string{"claimed", "sent", "delivered", "read", "replied", "opted_out", "bad"} {
		err := compare(what, `
			SELECT occurrence_id || ' ' || variant || ' ' || hour, `+what+`
			FROM outcome_counts
			WHERE `+what+` <> 0`, `
			SELECT occurrence_id || ' ' || variant || ' ' || (claimed_at / 3600000), COUNT(*)
			FROM deliveries
			WHERE claimed_at > 0 AND `+what+`_at > 0
			GROUP BY 1`)
		if err != nil {
			return nil, err
		}
	}
	more, err := s.misderived(ctx)
	return append(problems, more...), err
}

// misderived are the contacts whose columns and words say something else than their doc and the
// notices about them.
func (s *Store) misderived(ctx context.Context) (problems []string, err error) {
	read := s.query(ctx)
	told, err := notifiedAt(read)
	if err != nil {
		return nil, err
	}
	kept := map[int64][]string{}
	err = read("SELECT contact_id, number || ' ' || word FROM name_words ORDER BY word", nil, func(scan scanner) error {
		var id int64
		var word string
		err := scan(&id, &word)
		kept[id] = append(kept[id], word)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = read(`
		SELECT `+contactColumns+`, c.holds, c.taken_until, c.undelivering_from, c.waits_since, c.name, c.told
		FROM contacts c`, nil, func(scan scanner) error {
		var had derived
		var hadTold int
		c, err := scanContactAnd(scan, &had.holds, &had.takenUntil, &had.undeliveringFrom, &had.waitsSince, &had.name, &hadTold)
		if err != nil {
			return err
		}
		has := derive(c, told[c.ID])
		had.suppressed, had.zones = has.suppressed, has.zones
		if had != has || hadTold != flag(len(told[c.ID]) > 0) {
			problems = append(problems, fmt.Sprintf("contact %d: kept %+v told %d, is %+v", c.ID, had, hadTold, has))
		}
		var want []string
		for _, word := range nameWords(has.name) {
			want = append(want, c.Number+" "+word)
		}
		if !slices.Equal(kept[c.ID], want) {
			problems = append(problems, fmt.Sprintf("contact %d is found by %d words, and its name has %d", c.ID,
				len(kept[c.ID]), len(want)))
		}
		delete(kept, c.ID)
		return nil
	})
	for id := range kept {
		problems = append(problems, fmt.Sprintf("contact %d is gone, and words of its name are kept", id))
	}
	slices.SortFunc(problems, cmp.Compare[string])
	return problems, err
}
