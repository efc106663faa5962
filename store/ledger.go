package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"optinbot/bot"
)

// appendLedger seals an entry onto the chain of its number. One that is a stop goes into
// optouts.log too.
func (t *tx) appendLedger(contact int64, e bot.Entry) error {
	if err := t.touches(e.Public.Number); err != nil {
		return err
	}
	if isStop(e.Public) {
		t.logStop(lineOptOut, e.Public.Number, e.Personal.Identities, e.Public.ServerTime)
	}
	var seq int64
	var previous string
	if _, err := t.row(`
		SELECT seq, hash
		FROM ledger
		WHERE number = $1
		ORDER BY seq DESC LIMIT 1`, []any{e.Public.Number}, &seq, &previous); err != nil {
		return err
	}
	e.Public.Seq = seq + 1
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	sealed, err := bot.Seal(e, previous, salt)
	if err != nil {
		return err
	}
	err = t.exec(`
		INSERT INTO ledger (number, seq, contact_id, previous, hash, public, personal_hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.Public.Number, sealed.Seq, contact, sealed.Previous, sealed.Hash, sealed.Public, sealed.PersonalHash)
	if err != nil {
		return err
	}
	t.saw(e.Public.Number, func(h *seenHead) { h.Seq, h.Hash = sealed.Seq, sealed.Hash })
	return t.exec(`
		INSERT INTO ledger_personal (number, seq, contact_id, salt, personal)
		VALUES ($1, $2, $3, $4, $5)`,
		e.Public.Number, sealed.Seq, contact, sealed.Salt, sealed.Personal)
}

// isStop reports whether the time of an entry is that of a stop which stands from then on. Other
// entries about somebody who left have a time of their own: in optouts.log it would undo a later
// opt-in. What a merge learns is logged by merge.
func isStop(e bot.Public) bool {
	switch e.Event {
	case bot.EntryRestated, bot.EntryOptedOutAgain:
		return e.To == bot.Unsubscribed
	}
	return e.To == bot.Unsubscribed && e.From != bot.Unsubscribed && e.Event != bot.EntryMerged
}

// A LedgerEntry is one entry as it is stored. Erased: its personal part is gone.
type LedgerEntry struct {
	bot.Entry
	Hash   string `json:"hash"`
	Erased bool   `json:"erased"`
}

const ledgerColumns = "l.seq, l.previous, l.hash, l.public, l.personal_hash, COALESCE(p.salt, ''), " +
	"COALESCE(p.personal, '')"

// Sealed calls each for the entries of a number's ledger as they are stored, in order. Contact 0
// means all of them.
func (s *Store) Sealed(ctx context.Context, number string, contact int64, each func(bot.Sealed) error) error {
	where, args := "l.number = $1", []any{number}
	if contact != 0 { // one condition for both would read the whole ledger for anybody's entries
		where, args = "l.number = $1 AND l.contact_id = $2", []any{number, contact}
	}
	return s.query(ctx)(`
		SELECT `+ledgerColumns+`
		FROM ledger l
		LEFT JOIN ledger_personal p ON p.number = l.number AND p.seq = l.seq
		WHERE `+where+`
		ORDER BY l.seq`, args, func(scan scanner) error {
		var e bot.Sealed
		if err := scan(&e.Seq, &e.Previous, &e.Hash, &e.Public, &e.PersonalHash, &e.Salt, &e.Personal); err != nil {
			return err
		}
		return each(e)
	})
}

// Ledger returns the entries about one contact, oldest first.
func (s *Store) Ledger(ctx context.Context, number string, contact int64) ([]LedgerEntry, error) {
	var out []LedgerEntry
	err := s.Sealed(ctx, number, contact, func(sealed bot.Sealed) error {
		e, err := readEntry(number, sealed)
		out = append(out, e)
		return err
	})
	return out, err
}

// A LedgerLine is an entry of a ledger, and whom it is about.
type LedgerLine struct {
	LedgerEntry
	Contact int64 `json:"contact,omitempty"` // 0: nobody who is a contact
}

// LedgerBefore returns entries of a number's ledger that come before one, at most so many, the newest
// first.
func (s *Store) LedgerBefore(ctx context.Context, number string, seq int64, most int) ([]LedgerLine, error) {
	return collect(s.query(ctx), func(scan scanner) (line LedgerLine, err error) {
		var e bot.Sealed
		err = scan(&e.Seq, &e.Previous, &e.Hash, &e.Public, &e.PersonalHash, &e.Salt, &e.Personal, &line.Contact)
		if err == nil {
			line.LedgerEntry, err = readEntry(number, e)
		}
		return line, err
	}, `
		SELECT `+ledgerColumns+`, l.contact_id
		FROM ledger l
		LEFT JOIN ledger_personal p ON p.number = l.number AND p.seq = l.seq
		WHERE l.number = $1 AND l.seq < $2
		ORDER BY l.seq DESC
		LIMIT $3`, number, seq, most)
}

// readEntry reads an entry as it is stored.
func readEntry(number string, sealed bot.Sealed) (e LedgerEntry, err error) {
	e.Hash, e.Erased = sealed.Hash, sealed.Personal == ""
	if err := json.Unmarshal([]byte(sealed.Public), &e.Public); err != nil {
		return e, fmt.Errorf("ledger entry %d of %s: %w", sealed.Seq, number, err)
	}
	if e.Erased {
		return e, nil
	}
	if err := json.Unmarshal([]byte(sealed.Personal), &e.Personal); err != nil {
		return e, fmt.Errorf("ledger entry %d of %s: %w", sealed.Seq, number, err)
	}
	return e, nil
}

// A Verification is what `consent verify` found in the chain of one number.
type Verification struct {
	Number   string   `json:"number"`
	Entries  int64    `json:"entries"`
	Erased   int64    `json:"erased"` // entries whose personal part was erased
	Head     string   `json:"head"`   // hash of the last entry: keep it, to find cuts and rewrites later
	Problems []string `json:"problems"`
	HeadSeen bool     `json:"head_seen"` // the head that was given is an entry of this chain
	Against  string   `json:"-"`         // the head that was given. "": only edits would be found
}

// Holds reports whether nothing was found.
func (v Verification) Holds() bool { return len(v.Problems) == 0 }

// Verify recomputes the chain of a number, and compares every contact with the last entry about
// them and optouts.log with the database. Against a head exported earlier ("" if there is none) it
// finds edits, cuts and rewrites. Without one it finds edits only, for somebody who can write the
// database can also compute hashes.
func (s *Store) Verify(ctx context.Context, number, head string) (Verification, error) {
	v, err := s.verifyChain(ctx, number, head)
	if err != nil {
		return v, err
	}
	if err := s.verifyContacts(ctx, &v); err != nil {
		return v, err
	}
	return v, s.verifyOptouts(ctx, &v)
}

// verifyChain recomputes the chain of a number.
func (s *Store) verifyChain(ctx context.Context, number, head string) (Verification, error) {
	v := Verification{Number: number, Problems: []string{}, Against: head}
	err := s.Sealed(ctx, number, 0, func(e bot.Sealed) error {
		v.check(e)
		v.HeadSeen = v.HeadSeen || e.Hash == head
		return nil
	})
	if err == nil && head != "" && !v.HeadSeen {
		v.Problems = append(v.Problems, "the head you gave is not in the chain: entries were cut off or the "+
			"chain was rewritten since you noted it")
	}
	return v, err
}

func (v *Verification) check(e bot.Sealed) {
	problem := func(what string) { v.Problems = append(v.Problems, fmt.Sprintf("entry %d: %s", e.Seq, what)) }
	if e.Seq != v.Entries+1 {
		problem(fmt.Sprintf("entry %d is missing before it", v.Entries+1))
	}
	if e.Previous != v.Head {
		problem("does not follow the entry before it")
	}
	if e.Hash != bot.ChainHash(e.Previous, e.Public, e.PersonalHash) {
		problem("its public part was edited")
	}
	switch {
	case e.Personal == "":
		v.Erased++
	case e.PersonalHash != bot.PersonalHash(e.Salt, e.Personal):
		problem("its personal part was edited")
	}
	v.Entries, v.Head = e.Seq, e.Hash
}

// suppressedSince returns the latest opt-out known for any spelling of the identities. It is zero
// if there is none.
func (t *tx) suppressedSince(number string, ids []bot.Identity) (time.Time, error) {
	var latest int64
	for _, id := range spelled(ids) {
		var since int64
		if _, err := t.row(`
			SELECT since
			FROM suppressions
			WHERE number = $1 AND hash = $2`,
			[]any{number, t.key.keyed(id)}, &since); err != nil {
			return time.Time{}, err
		}
		latest = max(latest, since)
	}
	return timeOf(latest), nil
}

// suppress remembers the identities, in every spelling, as opted out. record also appends an entry,
// the first time: nobody there has one.
func (t *tx) suppress(number string, ids []bot.Identity, record bool, cause bot.Entry) error {
	if err := t.touches(number); err != nil {
		return err
	}
	before, err := t.suppressedSince(number, ids)
	if err != nil {
		return err
	}
	for _, id := range spelled(ids) {
		err := t.exec(`
			INSERT INTO suppressions (number, hash, since, reason)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT (number, hash) DO UPDATE
			SET since = excluded.since, reason = excluded.reason
			WHERE excluded.since > suppressions.since`,
			number, t.key.keyed(id), millis(cause.Public.ServerTime), cause.Public.Rule)
		if err != nil {
			return err
		}
	}
	if !record {
		return nil
	}
	if err := t.toAsk(number, ids, millis(cause.Public.ServerTime)); err != nil || !before.IsZero() {
		return err
	}
	cause.Public.Number, cause.Public.From, cause.Public.To = number, bot.New, bot.Unsubscribed
	cause.Public.Event = bot.EntrySuppressed
	if err := t.event(number, 0, bot.Event{Type: bot.EventUnsubscribed}, millis(cause.Public.Recorded)); err != nil {
		return err
	}
	return t.appendLedger(0, cause)
}

func (t *tx) forgetSuppression(c *bot.Contact) error {
	for _, id := range spelled(c.Identities) {
		if err := t.exec(`
			DELETE FROM suppressions
			WHERE number = $1 AND hash = $2`, c.Number, t.key.keyed(id)); err != nil {
			return err
		}
	}
	return nil
}

// Head returns the hash of the last entry of a number's chain. It is "" while there is none.
func (s *Store) Head(ctx context.Context, number string) (string, error) {
	head, _, err := first(s.query(ctx), value[string],
		"SELECT hash FROM ledger WHERE number = $1 ORDER BY seq DESC LIMIT 1", number)
	return head, err
}

// LastEntry is the number of the last entry of a ledger. 0 where it is empty.
func (s *Store) LastEntry(ctx context.Context, number string) (seq int64, err error) {
	err = s.query(ctx)(`SELECT COALESCE(MAX(seq), 0) FROM ledger WHERE number = $1`, []any{number},
		func(scan scanner) error { return scan(&seq) })
	return seq, err
}

// EntriesAfter are the public parts of the entries of a ledger that follow one, in order.
func (s *Store) EntriesAfter(ctx context.Context, number string, seq int64) (entries []bot.Public, err error) {
	err = s.query(ctx)(`
		SELECT public
		FROM ledger
		WHERE number = $1 AND seq > $2
		ORDER BY seq`, []any{number, seq}, func(scan scanner) error {
		e, err := scanPublic(scan, number)
		entries = append(entries, e)
		return err
	})
	return entries, err
}

// ConsentMoves are how many people of a number asked for promotions since a moment, and how many
// stopped them. The moment is taken as the beginning of its quarter of an hour.
func (s *Store) ConsentMoves(ctx context.Context, number string, since time.Time) (joined, stopped int, err error) {
	const quarter = 15 * time.Minute
	err = s.queryRow(ctx, `
		SELECT COALESCE(SUM(joined), 0), COALESCE(SUM(stopped), 0)
		FROM consent_moves
		WHERE number = $1 AND quarter >= $2`, number, millis(since)/quarter.Milliseconds()).Scan(&joined, &stopped)
	return joined, stopped, err
}

func scanPublic(scan scanner, number string) (e bot.Public, err error) {
	var public string
	if err := scan(&public); err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(public), &e); err != nil {
		return e, fmt.Errorf("an entry of the ledger of %s: %w", number, err)
	}
	return e, nil
}
