package storetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"optinbot/bot"
)

// FirstPerson is the contact ID of the first one that FillPeople makes. The shop has its own below.
const FirstPerson = 1000

// FillPeople writes subscribers into the store of a folder with plain SQL, as they are after the
// conversation that somebody had with a number: each with phone, LID, preferences and a ledger
// entry, which is of the three years before a moment. Nobody else may write meanwhile. The next
// store.Open fills in what they are found by.
func FillPeople(ctx context.Context, folder, number string, like bot.Contact, people int, until time.Time) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "bot.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"+
		"&_pragma=temp_store(MEMORY)")
	if err != nil {
		return err
	}
	return errors.Join(fillAll(ctx, db, number, like, people, until), db.Close())
}

func fillAll(ctx context.Context, db *sql.DB, number string, like bot.Contact, people int, until time.Time) error {
	const part, years = 50_000, 3 * 365 * 24 * time.Hour
	var seq int
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(seq), 0) FROM ledger WHERE number = $1", number).Scan(&seq); err != nil {
		return err
	}
	f := filler{number: number, like: like, seq: seq, begin: until.Add(-years), each: years / time.Duration(people)}
	for from := 0; from < people; from += part {
		if err := f.fill(ctx, db, from, min(people, from+part)); err != nil {
			return err
		}
	}
	for _, statement := range []string{"UPDATE derived SET version = 0", "PRAGMA wal_checkpoint(TRUNCATE)"} { // the next Open fills it
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// A filler knows what people it makes.
type filler struct {
	number string
	like   bot.Contact
	seq    int // of the ledger, before
	begin  time.Time
	each   time.Duration // between two of them
}

func (f filler) fill(ctx context.Context, db *sql.DB, from, to int) error {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	var stmts [4]*sql.Stmt
	for i, query := range []string{
		"INSERT INTO contacts (id, number, consent, state, language, created_at, updated_at, doc) VALUES ($1, $5, 'subscribed', $2, $3, 0, 0, $4)",
		"INSERT INTO identities (number, kind, value, contact_id, first_seen) VALUES ($4, $1, $2, $3, 0)",
		"INSERT INTO ledger (number, seq, contact_id, previous, hash, public, personal_hash) VALUES ($5, $1, $2, $3, $3, $4, $3)",
		"INSERT INTO ledger_personal (number, seq, contact_id, salt, personal) VALUES ($5, $1, $2, $3, $4)",
	} {
		if stmts[i], err = t.PrepareContext(ctx, query); err != nil {
			return err
		}
	}
	hash, evidence := strings.Repeat("0123456789abcdef", 4), strings.Repeat("the evidence of one opt-in, ", 12)
	c := f.like
	for i := from; i < to; i++ {
		c.ID, c.Identities, c.Name = int64(FirstPerson+i), PersonIdentities(i), PersonName(i)
		doc, err := json.Marshal(c)
		if err != nil {
			return err
		}
		entry := fmt.Sprintf(`{"from":"new","to":"subscribed","recorded":%q,"evidence":%q}`,
			f.begin.Add(time.Duration(i)*f.each).UTC().Format(time.RFC3339), evidence)
		seq := f.seq + i + 1
		rows := [][]any{{c.ID, c.State, c.Language, string(doc), f.number}, {"phone", c.Identities[0].Value, c.ID, f.number}, {"lid", c.Identities[1].Value, c.ID, f.number},
			{seq, c.ID, hash, entry, f.number}, {seq, c.ID, hash[:32], entry, f.number}}
		for j, stmt := range []*sql.Stmt{stmts[0], stmts[1], stmts[1], stmts[2], stmts[3]} {
			if _, err := stmt.ExecContext(ctx, rows[j]...); err != nil {
				return err
			}
		}
	}
	return t.Commit()
}

// PersonIdentities are the addresses of one of the people of FillPeople.
func PersonIdentities(i int) []bot.Identity {
	return []bot.Identity{{Kind: bot.Phone, Value: fmt.Sprintf("+5511%09d", 900_000_000+i)}, {Kind: bot.LID, Value: fmt.Sprintf("%014d", 90_000_000_000+i)}}
}

// PersonName gives one in a hundred people the same first name, and one in a thousand the same last
// one.
func PersonName(i int) string {
	firsts := []string{"Ana", "Ben", "Cora", "Davi", "Eva", "Fabio", "Gabriela", "Hugo", "Ines", "Jorge"}
	return fmt.Sprintf("%s%c %c%c%cson", firsts[i%10], 'a'+rune(i/10%10), 'a'+rune(i/100%10), 'a'+rune(i/1000%10), 'a'+rune(i/10000%10))
}
