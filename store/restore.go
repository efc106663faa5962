package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"optinbot/bot"
)

// A Restored tells what a restore did, for the operator.
type Restored struct {
	Made       time.Time     `json:"made"`       // the backup
	Gap        time.Duration `json:"gap"`        // from then to now: what happened in it is lost, but for optouts.log
	Log        bool          `json:"log"`        // there was an optouts.log with lines that the backup does not have
	LogEnds    time.Time     `json:"log_ends"`   // the last line of the log, zero: none. Who left later is not known
	OptedOut   int           `json:"opted_out"`  // people who left since, by the log
	Erased     int           `json:"erased"`     // people who were erased since, by the log
	Held       int           `json:"held"`       // subscribed people whose promotions wait, because there is no log
	Unknown    int64         `json:"unknown"`    // deliveries that may have gone out since
	Late       int64         `json:"late"`       // occurrences that came due since
	Suppressed int           `json:"suppressed"` // hashes in the log of people whom the backup does not know
	Subscribed int           `json:"subscribed"` // people who are subscribed now
	Fleet      bool          `json:"fleet"`      // the backup is of a fleet: each of its machines had a log of its own
	Heads      []Head        `json:"heads"`      // of the ledgers that were restored
}

// Restore puts a backup into folder, where no database may be, and leaves it in safe mode: nothing
// is sent by itself, and the numbers have to be linked again. newer is an optouts.log that outlived
// the database. "" means the one in folder, if there is one. What is in it is applied. Without one,
// everybody who was subscribed waits until they write or the operator releases them. Everything is
// done beside the folder's own files and moved there at the end: whatever fails, nothing is
// changed.
func Restore(
	ctx context.Context, folder string, backup io.Reader, newer string, envs bot.Envs, now time.Time,
) (r Restored, err error) {
	if err := movedAway(folder); err != nil {
		return r, err
	}
	err = besideFolder(ctx, folder, backup, newer, envs, now, func(dir string, settled Restored, _ []byte) error {
		if err := noDatabase(folder); err != nil { // somebody made one meanwhile
			return err
		}
		for _, name := range []string{keyName, optoutsName, databaseName} {
			if err := os.Rename(filepath.Join(dir, name), filepath.Join(folder, name)); err != nil {
				return err
			}
		}
		r = settled
		return SyncFolder(folder)
	})
	return r, err
}

// besideFolder unpacks a backup beside the files of a folder, looks at it, makes it safe, and lets
// place put it where it belongs. log is optouts.log as it was before it was carried out.
func besideFolder(
	ctx context.Context, folder string, backup io.Reader, newer string, envs bot.Envs, now time.Time,
	place func(dir string, r Restored, log []byte) error,
) (err error) {
	if err := noDatabase(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	// whoever calls this keeps others from doing the same
	killed, err := filepath.Glob(filepath.Join(folder, "restore-*"))
	if err != nil {
		return err
	}
	for _, dir := range killed {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp(folder, "restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, err := unpack(backup, dir)
	if err != nil {
		return err
	}
	r := Restored{Made: m.Made, Gap: now.Sub(m.Made), Fleet: m.Fleet}
	if r.Log, err = bringLog(folder, dir, newer, m.Fleet); err != nil {
		return err
	}
	log, err := os.ReadFile(filepath.Join(dir, optoutsName))
	if err != nil {
		return err
	}
	if err := sameKey(folder, dir); err != nil {
		return err
	}
	if r.Heads, err = examine(ctx, dir, m); err != nil {
		return err
	}
	if err := settleRestored(ctx, dir, &r, envs, now); err != nil {
		return err
	}
	return place(dir, r, log)
}

// noDatabase refuses a folder with a database in it, or with what is left of one: SQLite would read
// that into the restored one. An empty bot.db is none.
func noDatabase(folder string) error {
	for _, rest := range []string{"", "-wal", "-shm", "-journal"} {
		info, err := os.Stat(filepath.Join(folder, databaseName+rest))
		if err == nil && (rest != "" || info.Size() > 0) {
			return fmt.Errorf("there is a database in %s already (%s); move bot.db, bot.db-wal and bot.db-shm "+
				"away first, and leave optouts.log where it is",
				folder, databaseName+rest)
		}
	}
	return nil
}

// bringLog takes the log that outlived the database instead of the backup's own. It must begin with
// that. Without a line more it tells nothing of the time after the backup: it may be a copy of
// then. In a fleet each machine has a log of its own, and whoever left may be in the log of another
// one: there it may be any of them, and what it says is carried out, but it is never all.
func bringLog(folder, dir, newer string, fleet bool) (found bool, err error) {
	given := newer != ""
	if !given {
		newer = filepath.Join(folder, optoutsName)
	}
	text, err := os.ReadFile(newer)
	if errors.Is(err, os.ErrNotExist) && !given {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	old, err := os.ReadFile(filepath.Join(dir, optoutsName))
	if err != nil {
		return false, fmt.Errorf("the backup has no %s: %w", optoutsName, err)
	}
	if fleet && !bytes.HasPrefix(text, old) {
		text = slices.Concat(old[:bytes.LastIndexByte(old, '\n')+1], text)
	}
	if !bytes.HasPrefix(text, old) {
		return false, fmt.Errorf("%s is not the log of the shop that the backup is of, or something was taken "+
			"out of it; move it away to restore without it", newer)
	}
	more := bytes.Contains(text[len(old):], []byte("\n"))
	return more, os.WriteFile(filepath.Join(dir, optoutsName), text, 0o600)
}

// sameKey refuses a folder with another key in it: what was hashed with that would be lost.
func sameKey(folder, dir string) error {
	there, err := os.ReadFile(filepath.Join(folder, keyName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	mine, mineErr := os.ReadFile(filepath.Join(dir, keyName))
	if err = errors.Join(err, mineErr); err != nil {
		return err
	}
	if !bytes.Equal(there, mine) {
		return fmt.Errorf("%s in %s is not the key of this backup; move it away first", keyName, folder)
	}
	return nil
}

// SyncFolder makes the names in a folder durable, where the system can.
func SyncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	_ = f.Sync() // not every system can
	return f.Close()
}

// settleRestored opens the copy and makes it safe.
func settleRestored(ctx context.Context, dir string, r *Restored, envs bot.Envs, now time.Time) error {
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(dir, optoutsName))
	if err != nil {
		return errors.Join(err, s.Close())
	}
	lines, err := readOptouts(f)
	err = errors.Join(err, f.Close())
	for _, l := range lines {
		if l.at.After(r.LogEnds) {
			r.LogEnds = l.at
		}
	}
	if err == nil {
		err = s.decide(ctx, everyNumber, envs, func(t *tx) error {
			if err := t.adoptLog(); err != nil {
				return err
			}
			counts := *r
			t.now = now
			if err := t.settleRestored(&counts, lines, now); err != nil {
				return err
			}
			*r = counts
			return nil
		})
	}
	return errors.Join(err, s.Close())
}

func (t *tx) settleRestored(r *Restored, lines []optoutLine, now time.Time) (err error) {
	ms := millis(now)
	if err := t.exec(`
		UPDATE numbers
		SET safe_mode = 1, jid = '', status = '', backup_at = $1, restored_at = $2`,
		millis(r.Made), ms); err != nil {
		return err
	}
	if err := t.letNobodyIn(); err != nil {
		return err
	}
	if err := t.skipContacts(); err != nil {
		return err
	}
	if err := t.skipEvents("", ms); err != nil {
		return err
	}
	if err := t.endpointsOff(ms); err != nil {
		return err
	}
	// What waited may have gone out since: it is not sent again.
	if r.Unknown, r.Late, err = t.mayBeOut("", ms, "it may have gone out after the backup was made"); err != nil {
		return err
	}
	if err := t.applyOptouts(r, lines); err != nil {
		return err
	}
	if !r.Log || r.Fleet {
		if err := t.holdEverybody(r); err != nil {
			return err
		}
	}
	if _, err := t.row("SELECT COUNT(*) FROM contacts WHERE consent = 'subscribed'", nil, &r.Subscribed); err != nil {
		return err
	}
	return t.tellRestored(r, now)
}

// lostContacts is more contacts than a shop gets between a backup and a restore.
const lostContacts = 1_000_000

// skipContacts lets no contact have the ID of one that was made after the backup and is lost:
// programs outside may know somebody by it.
func (t *tx) skipContacts() error {
	return t.exec(`
		UPDATE files
		SET last_contact = $1 + MAX(last_contact, COALESCE((SELECT MAX(id) FROM contacts), 0))
		WHERE id = 1`, lostContacts)
}

// lostEvents is more events than a number has between a backup and a restore.
const lostEvents = 1_000_000

// skipEvents lets no event of a number have the seq of one that was told after the backup and is
// lost: of two events about one contact a receiver believes the one with the higher seq. number "" is
// every number.
func (t *tx) skipEvents(number string, at int64) error {
	return t.exec(`
		INSERT INTO changes (number, seq, at, type, contact_id, known_as, what)
		SELECT n.name, $1 + COALESCE((SELECT MAX(c.seq) FROM changes c WHERE c.number = n.name), 0), $2, $3, 0, 0, $4
		FROM numbers n
		WHERE $5 = '' OR n.name = $5`, lostEvents, at, bot.EventNotice, bot.WhatRestored, number)
}

// known finds by the hash of an identity whom it is of.
type known struct {
	number  string
	contact int64
	since   time.Time // when the contact got that identity
}

// byHash hashes every identity of the store.
func (t *tx) byHash() (map[string]known, error) {
	all := map[string]known{}
	err := t.rows(`
		SELECT number, kind, value, contact_id, first_seen
		FROM identities`, nil, func(scan scanner) error {
		var id bot.Identity
		var k known
		if err := scan(&k.number, &id.Kind, &id.Value, &k.contact, moment(&k.since)); err != nil {
			return err
		}
		all[k.number+" "+t.key.keyed(id)] = k
		return nil
	})
	return all, err
}

// applyOptouts carries out what the log says: who left is unsubscribed unless they opted in later,
// who was erased is erased again. A hash that nobody has is remembered: they start as unsubscribed
// when they write.
func (t *tx) applyOptouts(r *Restored, lines []optoutLine) error {
	all, err := t.byHash()
	if err != nil {
		return err
	}
	gone := map[int64]bool{} // contacts that were erased
	for _, l := range lines {
		k, ok := all[l.number+" "+l.hash]
		switch {
		case ok && gone[k.contact]:
		case !ok:
			err = t.rememberHash(r, l)
		case l.kind == lineErase:
			gone[k.contact], err = t.eraseAgain(r, k, l)
		default:
			err = t.suppressAgain(r, k, l)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) rememberHash(r *Restored, l optoutLine) error {
	n, err := t.execCount(`
		INSERT INTO suppressions (number, hash, since, reason)
		SELECT name, $1, $2, $3
		FROM numbers
		WHERE name = $4
		ON CONFLICT DO NOTHING`,
		l.hash, millis(l.at), l.kind, l.number)
	if err != nil || n == 1 {
		r.Suppressed += int(n)
		return err
	}
	return t.exec(`
		UPDATE suppressions
		SET since = $1, reason = $2
		WHERE number = $3 AND hash = $4 AND since < $1`,
		millis(l.at), l.kind, l.number, l.hash)
}

// eraseAgain erases somebody, unless they got the address after that: then it is a new contact of
// the same person, or another one, to whom the phone came.
func (t *tx) eraseAgain(r *Restored, k known, l optoutLine) (erased bool, err error) {
	if k.since.After(l.at) {
		return false, nil
	}
	c, err := t.contact(k.contact)
	if err != nil {
		return false, err
	}
	r.Erased++
	return true, t.erase(c)
}

func (t *tx) suppressAgain(r *Restored, k known, l optoutLine) error {
	c, err := t.contact(k.contact)
	if err != nil {
		return err
	}
	if known, err := t.recorded(c, l.at); err != nil || known {
		return err
	}
	turn, err := t.act(c, func(e bot.Env, c bot.Contact) (bot.Contact, []bot.Effect, error) {
		return bot.Suppress(e, c, l.at)
	})
	if err == nil && c.Consent != bot.Unsubscribed && turn.Contact.Consent == bot.Unsubscribed {
		r.OptedOut++
	}
	return err
}

// recorded reports whether the ledger has what a line of the log says of somebody who is
// subscribed: then their opt-in was decided by somebody who knew it. Logs of earlier versions have
// more than stops in them, and a stop by a wrong clock keeps its first time there.
func (t *tx) recorded(c *bot.Contact, at time.Time) (known bool, err error) {
	if c.Consent != bot.Subscribed || c.OptedIn.After(at) {
		return false, nil
	}
	entries, err := t.publicEntries(c)
	return slices.ContainsFunc(entries, func(e bot.Public) bool {
		return e.To == bot.Unsubscribed && millis(e.ServerTime) == millis(at)
	}), err
}

// holdEverybody makes promotions to everybody who is subscribed wait.
func (t *tx) holdEverybody(r *Restored) error {
	ids, err := column[int64](t.rows, "SELECT id FROM contacts WHERE consent = 'subscribed' ORDER BY id")
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := t.contact(id)
		if err != nil {
			return err
		}
		if _, err := t.act(c, bot.HoldForSafety); err != nil {
			return err
		}
		r.Held++
	}
	return nil
}

func (t *tx) tellRestored(r *Restored, now time.Time) error {
	names, err := column[string](t.rows, "SELECT name FROM numbers ORDER BY name")
	if err != nil {
		return err
	}
	for _, name := range names {
		err := t.notice(name, 0, bot.Notify{Kind: bot.NoticeNumber, Text: restoredText(r)},
			millis(now))
		if err != nil {
			return err
		}
	}
	return nil
}

func restoredText(r *Restored) string {
	text := fmt.Sprintf("restored from a backup of %s: what happened since is lost. Promotions wait until "+
		"`number release`, and WhatsApp has to be linked again (`link`). ",
		r.Made.Format(textTime))
	if r.Fleet {
		return text + fmt.Sprintf("Stops and erasures since then that were known from %s of this machine are obeyed "+
			"(%d and %d). Those of the other machines are when they start, and who else left is not known: promotions to "+
			"each of %d people wait until they write, or until you release them.", optoutsName, r.OptedOut, r.Erased, r.Held)
	}
	if r.Log {
		return text + fmt.Sprintf("Stops and erasures since then were known from %s and are obeyed (%d and "+
			"%d). It ends at %s: who left later is not known.",
			optoutsName, r.OptedOut, r.Erased, r.LogEnds.Format(textTime))
	}
	return text + fmt.Sprintf("There was no newer %s, so who stopped since then is not known: promotions to "+
		"each of %d people wait until they write, or until you release them.", optoutsName, r.Held)
}

// textTime is how a time stands in a notice.
const textTime = "2006-01-02 15:04 MST"
