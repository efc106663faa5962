package whatsapp

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"optinbot/bot"
)

// personalColumns are the columns of the library's tables that name a person
// (store/sqlstore/upgrades/00-latest-schema.sql at v15): an address, the address in its Signal
// form, or the bare number.
var personalColumns = []place{
	{"whatsmeow_contacts", "their_jid"},
	{"whatsmeow_chat_settings", "chat_jid"},
	{"whatsmeow_message_secrets", "chat_jid"},
	{"whatsmeow_message_secrets", "sender_jid"},
	{"whatsmeow_privacy_tokens", "their_jid"},
	{"whatsmeow_lid_map", "lid"},
	{"whatsmeow_lid_map", "pn"},
	{"whatsmeow_sessions", "their_id"},
	{"whatsmeow_identity_keys", "their_id"},
	{"whatsmeow_sender_keys", "sender_id"},
	{"whatsmeow_sender_keys", "chat_id"},
	{"whatsmeow_retry_buffer", "chat_jid"},
}

// A place is a column of a table that names a person.
type place struct{ table, column string }

// where finds somebody: $1 is the bare number, as the map of LIDs has it, $2 the same followed by
// anyAddress.
func (p place) where(d dialect) string {
	if d == inShared {
		return " WHERE " + p.column + " = CAST($1 AS TEXT) OR " + p.column + " ~ CAST($2 AS TEXT)"
	}
	return " WHERE " + p.column + " = $1 OR " + p.column + " GLOB $2"
}

// anyAddressOf is the pattern of the addresses of a number, which has digits only.
func (d dialect) anyAddressOf(user string) string {
	if d == inShared {
		return "^" + user + "[@:._]"
	}
	return user + anyAddress
}

// anyAddress is what may follow a number: user@server, user:device@server, user_agent:device.
const anyAddress = "[@:._]*"

// plaintextMaxAge is how old a decrypted message in the library's event buffer is before it is
// taken for one that nobody will ask for.
const plaintextMaxAge = time.Hour

// Erase takes away what a session file holds about a person: their keys and sessions, names,
// tokens, the messages kept for retries. Should they write again, WhatsApp's client makes new ones.
// `run` may have the file open. A file that does not exist holds nothing.
func Erase(ctx context.Context, file string, ids []bot.Identity, now time.Time) (err error) {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	db, err := sql.Open("sqlite", dsn(file))
	if err != nil {
		return fmt.Errorf("open the WhatsApp session: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := eraseRows(ctx, db, inFile, ids, now); err != nil {
		return fmt.Errorf("erase from the WhatsApp session: %w", err)
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// Holds counts what a session file holds about a person, by table. What it is (keys, tokens) is
// WhatsApp's. The only words in it are names, and messages of ours kept for retries.
func Holds(ctx context.Context, file string, ids []bot.Identity) (rows map[string]int, err error) {
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return map[string]int{}, nil
	}
	db, err := sql.Open("sqlite", dsn(file))
	if err != nil {
		return nil, fmt.Errorf("open the WhatsApp session: %w", err)
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	return countHeld(ctx, db, inFile, ids)
}

func countHeld(ctx context.Context, db *sql.DB, d dialect, ids []bot.Identity) (rows map[string]int, err error) {
	rows = map[string]int{}
	for _, id := range ids {
		user := strings.TrimPrefix(id.Value, "+")
		if !allDigits(user) {
			continue
		}
		for _, p := range personalColumns {
			var n int
			if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+p.table+p.where(d), user,
				d.anyAddressOf(user)).Scan(&n); err != nil {
				return nil, fmt.Errorf("read the WhatsApp session: %w", err)
			}
			if n > 0 {
				rows[p.table] += n
			}
		}
	}
	return rows, nil
}

// EraseShared is Erase for a session in a database that processes share.
func EraseShared(ctx context.Context, in driver.Connector, ids []bot.Identity, now time.Time) (err error) {
	db := sql.OpenDB(in)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := eraseRows(ctx, db, inShared, ids, now); err != nil {
		return fmt.Errorf("erase from the WhatsApp session: %w", err)
	}
	return nil
}

// HoldsShared is Holds for a session in a database that processes share.
func HoldsShared(ctx context.Context, in driver.Connector, ids []bot.Identity) (rows map[string]int, err error) {
	db := sql.OpenDB(in)
	defer func() { err = errors.Join(err, db.Close()) }()
	return countHeld(ctx, db, inShared, ids)
}

func eraseRows(ctx context.Context, db *sql.DB, d dialect, ids []bot.Identity, now time.Time) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing once it is committed
	for _, id := range ids {
		user := strings.TrimPrefix(id.Value, "+")
		if !allDigits(user) {
			continue
		}
		for _, p := range personalColumns {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+p.table+p.where(d), user, d.anyAddressOf(user)); err != nil {
				return err
			}
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE whatsmeow_event_buffer SET plaintext = NULL WHERE insert_timestamp < $1",
		now.Add(-plaintextMaxAge).UnixMilli()); err != nil {
		return err
	}
	return tx.Commit()
}
