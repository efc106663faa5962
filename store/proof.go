package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"optinbot/bot"
)

// lastEntry is the newest ledger entry about a row c of contacts, NULL where there is none.
const lastEntry = `
	(SELECT l.public FROM ledger l WHERE l.contact_id = c.id ORDER BY l.seq DESC LIMIT 1)`

// provenColumns are contactColumns for those who decide about promotions: with the proof of the
// consent.
const provenColumns = contactColumns + ", COALESCE(" + lastEntry + ", '')"

// scanProven reads provenColumns.
func scanProven(scan scanner) (*bot.Contact, error) { return scanProvenAnd(scan) }

// scanProvenAnd reads provenColumns and what follows them.
func scanProvenAnd(scan scanner, more ...any) (*bot.Contact, error) {
	var public string
	c, err := scanContactAnd(scan, append([]any{&public}, more...)...)
	if err == nil {
		c.Proven = strings.Contains(public, saysSubscribed)
	}
	return c, err
}

// saysSubscribed stands in an entry that leads to a subscription, and in no other: inside a string
// of JSON the quotes are escaped. A promotion looks at every contact, and this is a tenth of the
// time that reading all of the JSON takes.
var saysSubscribed = fmt.Sprintf(`"to":%q`, bot.Subscribed)

// consentAfter is the consent that an entry leads to.
func consentAfter(public string) (bot.Consent, error) {
	var entry struct {
		To bot.Consent `json:"to"`
	}
	err := json.Unmarshal([]byte(public), &entry)
	return entry.To, err
}

// verifyContacts compares each contact with the last entry about them: whoever edits a contact in
// the database does not change what the ledger says of them.
func (s *Store) verifyContacts(ctx context.Context, v *Verification) error {
	err := s.query(ctx)(`
		SELECT c.id, c.consent, COALESCE(`+lastEntry+`, '')
		FROM contacts c
		WHERE c.number = $1
		ORDER BY c.id`, []any{v.Number},
		func(scan scanner) error {
			var id int64
			var consent bot.Consent
			var public string
			if err := scan(&id, &consent, &public); err != nil {
				return err
			}
			to := bot.New
			if public != "" {
				var err error
				if to, err = consentAfter(public); err != nil {
					return nil // check has named the entry
				}
			}
			if to != consent {
				v.Problems = append(v.Problems, fmt.Sprintf("contact %d is %s in the database, and the ledger "+
					"says %s", id, consent, to))
			}
			return nil
		})
	if err != nil {
		return err
	}
	lost, err := column[int64](s.query(ctx), `
		SELECT DISTINCT l.contact_id
		FROM ledger l
		LEFT JOIN contacts c ON c.id = l.contact_id
		WHERE l.number = $1 AND l.contact_id > 0 AND c.id IS NULL
		ORDER BY l.contact_id`, v.Number)
	for _, id := range lost {
		v.Problems = append(v.Problems, fmt.Sprintf(
			"contact %d is in the ledger and not in the database, and no entry says that they were erased", id))
	}
	return err
}

// anchorEvery is how often the head of a ledger that has grown is put into the number's own chat.
const anchorEvery = 7 * 24 * time.Hour

// AnchorHead leaves a notice with the head of a number's ledger, once a week while the ledger
// grows, for the first time a week after it was first called. The notice goes to the number's own
// chat, which nobody who can write the database can change: with that head `consent verify` finds
// cuts and rewrites.
func (s *Store) AnchorHead(ctx context.Context, number string, now time.Time) error {
	head, err := s.Head(ctx, number)
	if err != nil || head == "" {
		return err
	}
	var at int64
	var last string
	err = s.queryRow(ctx, "SELECT anchored_at, anchored_head FROM numbers WHERE name = $1", number).Scan(&at, &last)
	if err != nil || at > millis(now.Add(-anchorEvery)) || head == last {
		return err
	}
	return s.write(ctx, only(number), func(t *tx) error {
		if at == 0 {
			return t.exec("UPDATE numbers SET anchored_at = $1 WHERE name = $2", millis(now), number)
		}
		if err := t.exec(`
			UPDATE numbers
			SET anchored_at = $1, anchored_head = $2
			WHERE name = $3`, millis(now), head, number); err != nil {
			return err
		}
		return t.notice(number, 0, bot.Notify{Kind: bot.NoticeLedgerHead,
			Text: fmt.Sprintf("keep this message: the ledger of %s has the head %s. "+
				"With it you find out later whether anybody has changed the proof of consent: optinbot consent "+
				"verify --number %s --head %s", number, head, number, head)}, millis(now))
	})
}

// verifyOptouts compares optouts.log with the database: whoever left by it is a contact, whose
// consent the ledger tells, or a hash that is remembered as opted out.
func (s *Store) verifyOptouts(ctx context.Context, v *Verification) error {
	log, err := s.readLog(ctx)
	if err != nil {
		return err
	}
	if log.fault != "" {
		v.Problems = append(v.Problems, optoutsName+": "+log.fault)
	}
	known, err := s.knownHashes(ctx, v.Number)
	if err != nil {
		return err
	}
	missing := map[string]bool{}
	for _, l := range slices.Concat(log.applied, log.tail) {
		if l.number == v.Number && !known[l.hash] {
			missing[l.hash] = true
		}
	}
	if len(missing) > 0 {
		why := "somebody took them out of the database"
		if len(log.tail) > 0 {
			why = "start `optinbot run`, which carries out what a crash has left, and look again"
		}
		v.Problems = append(v.Problems, fmt.Sprintf("%s says that %d addresses left, and the database does not "+
			"know them: %s", optoutsName, len(missing), why))
	}
	return nil
}

// knownHashes are the hashes of everybody whom a number knows: as a contact, in every spelling, or
// as opted out.
func (s *Store) knownHashes(ctx context.Context, number string) (map[string]bool, error) {
	ids, err := collect(s.query(ctx), scanIdentity, "SELECT kind, value FROM identities WHERE number = $1", number)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, id := range spelled(ids) {
		known[s.key.keyed(id)] = true
	}
	hashes, err := column[string](s.query(ctx), "SELECT hash FROM suppressions WHERE number = $1", number)
	for _, hash := range hashes {
		known[hash] = true
	}
	return known, err
}

func scanIdentity(scan scanner) (id bot.Identity, err error) {
	err = scan(&id.Kind, &id.Value)
	return id, err
}
