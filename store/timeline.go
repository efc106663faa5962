package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"optinbot/bot"
)

// A database of a server can lose what it acknowledged: a standby takes over that was behind, or
// somebody restores it. Then stops, claims and owners are those of before. Two things tell. The
// server says which cluster, database and timeline it is. And each process is a witness: it
// remembers what it saw acknowledged. Whoever serves a number looks at both before its first write
// on a connection, in the transaction of that write. What may be lost is treated as after a restore.

// placeQuery asks where a connection leads, of any role. A timeline begins when a standby takes over,
// and when a server is restored to a moment.
const placeQuery = `
	SELECT (SELECT system_identifier FROM pg_control_system())
		|| '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
		|| '/' || substring(pg_walfile_name(pg_current_wal_lsn()), 1, 8)`

// A seenHead is what a process saw acknowledged of a number: how long its ledger was, with the hash of
// the last entry, and how many promotions it had ever claimed. Neither goes down.
type seenHead struct {
	Seq    int64  `json:"seq"`
	Hash   string `json:"hash"`
	Claims int64  `json:"claims"`
	living bool   // it saw so itself, and not an earlier process of the machine
	whole  bool   // all of it was looked up: what is less than before is less
}

// A witness is what a process has seen. The file seen beside optouts.log has it for the next process
// of the machine.
type witness struct {
	file string

	mu    sync.Mutex
	seen  map[string]seenHead // by number
	log   seenLog
	dirty bool
	moved bool // a number was found on another timeline, and nobody has asked since
}

// A seenLog is how much of this machine's optouts.log has been carried out in a database. On another
// one, and on another timeline, none of it has.
type seenLog struct {
	Place  string `json:"place"`
	Length int64  `json:"length"`
	Hash   string `json:"hash"`
}

// seenName is the file of a witness.
const seenName = "seen"

type seenFile struct {
	Numbers map[string]seenHead `json:"numbers"`
	Log     seenLog             `json:"optouts"`
}

// loadWitness reads what an earlier process of the machine has seen. A file that cannot be read says
// nothing: the timeline still does.
func loadWitness(folder string) (*witness, error) {
	w := &witness{file: filepath.Join(folder, seenName), seen: map[string]seenHead{}}
	text, err := os.ReadFile(w.file)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	var f seenFile
	if err == nil && json.Unmarshal(text, &f) == nil && f.Numbers != nil {
		w.seen, w.log = f.Numbers, f.Log
	}
	return w, err
}

// keep writes the file, if anything is new. A crash of the machine may leave an older one.
func (w *witness) keep() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.dirty {
		return nil
	}
	text, err := json.Marshal(seenFile{w.seen, w.log})
	if err == nil {
		err = os.WriteFile(w.file+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(w.file+".new", w.file)
	}
	w.dirty = err != nil
	return err
}

func (w *witness) of(number string) (head seenHead, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	head, known = w.seen[number]
	return head, known
}

// acknowledged notes what a transaction has committed.
func (w *witness) acknowledged(b *batch) {
	if len(b.seen) == 0 && b.carried == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for number, now := range b.seen {
		before := w.seen[number]
		if now.Seq == 0 && !now.whole {
			now.Seq, now.Hash = before.Seq, before.Hash
		}
		if now.Claims == 0 && !now.whole {
			now.Claims = before.Claims
		}
		now.living, now.whole = before.living || now.living, false
		w.seen[number] = now
		w.dirty = true
	}
	if b.carried != nil {
		w.log, w.dirty = *b.carried, true
	}
	w.moved = w.moved || b.moved
}

// logOn is how much of optouts.log has been carried out there.
func (w *witness) logOn(place string) (length int64, hash string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if place == "" || w.log.Place != place {
		return 0, ""
	}
	return w.log.Length, w.log.Hash
}

// hasMoved reports, once, that a number was found on another timeline.
func (w *witness) hasMoved() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	moved := w.moved
	w.moved = false
	return moved
}

// saw notes in a transaction what is acknowledged once it commits.
func (b *batch) saw(number string, change func(*seenHead)) {
	if b.looked == nil {
		return // nobody else writes to a file of SQLite's
	}
	head := b.seen[number]
	change(&head)
	if b.seen == nil {
		b.seen = map[string]seenHead{}
	}
	b.seen[number] = head
}

// look compares what a connection leads to with what the owner of a number saw before, unless it was
// compared on that connection already. seen is where the number was served last.
func (b *batch) look(number, seen string) error {
	if b.looked == nil || b.looked.numbers[number] && seen == b.looked.place {
		return nil
	}
	before, known := b.witness.of(number)
	now, err := b.head(number)
	if err != nil {
		return err
	}
	behind, err := b.behind(number, before, now)
	if err != nil {
		return err
	}
	behind = behind && known
	moved := seen != "" && seen != b.looked.place
	if behind || moved && !(b.synchronous && before.living) {
		t := &tx{batch: b, about: only(number)}
		if err := t.doubt(number, behind); err != nil {
			return fmt.Errorf("number %s: the database may have lost something: %w", number, err)
		}
	}
	if seen != b.looked.place {
		if err := b.exec("UPDATE owners SET seen = $1 WHERE number = $2", b.looked.place, number); err != nil {
			return err
		}
	}
	b.moved = b.moved || moved || behind
	b.saw(number, func(h *seenHead) { *h = now })
	b.lookedAt = append(b.lookedAt, number)
	return nil
}

// head is what the database has.
func (b *batch) head(number string) (head seenHead, err error) {
	head.living, head.whole = true, true
	if _, err := b.row("SELECT seq, hash FROM ledger WHERE number = $1 ORDER BY seq DESC LIMIT 1", []any{number},
		&head.Seq, &head.Hash); err != nil {
		return head, err
	}
	_, err = b.row("SELECT claims FROM numbers WHERE name = $1", []any{number}, &head.Claims)
	return head, err
}

// behind reports whether the database lacks what was acknowledged.
func (b *batch) behind(number string, before, now seenHead) (bool, error) {
	if now.Seq < before.Seq || now.Claims < before.Claims {
		return true, nil
	}
	if before.Seq == 0 {
		return false, nil
	}
	hash := ""
	found, err := b.row("SELECT hash FROM ledger WHERE number = $1 AND seq = $2", []any{number, before.Seq}, &hash)
	return !found || hash != before.Hash, err
}

// doubt treats a number as after a restore, but that it stays linked: its session is in the same
// database.
func (t *tx) doubt(number string, behind bool) error {
	var ms int64 // the server's clock, as for leases
	if _, err := t.row("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)", nil, &ms); err != nil {
		return err
	}
	if err := t.exec("UPDATE numbers SET safe_mode = 1, restored_at = $1, backup_at = $1 WHERE name = $2", ms, number); err != nil {
		return err
	}
	if err := t.letNobodyIn(); err != nil {
		return err
	}
	if err := t.endpointsOff(ms); err != nil {
		return err
	}
	if err := t.skipEvents(number, ms); err != nil {
		return err
	}
	var next int64
	if _, err := t.row(`
		SELECT setval(pg_get_serial_sequence('contacts', 'id'), nextval(pg_get_serial_sequence('contacts', 'id')) + $1)`,
		[]any{lostContacts}, &next); err != nil {
		return err
	}
	if _, _, err := t.mayBeOut(number, ms, "it may have gone out before the database failed over"); err != nil {
		return err
	}
	text := "the database has failed over, or was restored, and may have lost what it had acknowledged"
	if behind {
		text = "the database has lost what it had acknowledged, as after a failover to a standby that was behind, or a restore"
	}
	return t.notice(number, 0, bot.Notify{Kind: bot.NoticeNumber, Text: text + ". Promotions wait until `number release`; " +
		"whoever works at the page, keys and webhooks are off until you turn them on. Stops that are in optouts.log are obeyed"}, ms)
}

// mayBeOut sends nothing again that may have gone out unnoticed. Number "" is every number.
func (t *tx) mayBeOut(number string, ms int64, why string) (unknown, late int64, err error) {
	if err := t.exec(`
		UPDATE outbox
		SET status = 'voided', done_at = $1, detail = 'restored'
		WHERE status IN ('queued', 'claimed') AND ($2 = '' OR number = $2)`, ms, number); err != nil {
		return 0, 0, err
	}
	unknown, err = t.execCount(`
		UPDATE deliveries
		SET status = 'unknown', until = 0, done_at = $1, detail = $2
		WHERE status IN ('planned', 'held', 'claimed')
			AND occurrence_id IN (SELECT id FROM occurrences WHERE status IN ('running', 'paused'))
			AND ($3 = '' OR number = $3)`, ms, why, number)
	if err != nil {
		return 0, 0, err
	}
	late, err = t.execCount(`
		UPDATE occurrences
		SET status = 'late', note = $1
		WHERE status = 'scheduled' AND due_at <= $2 AND ($3 = '' OR number = $3)`, why, ms, number)
	if err != nil {
		return 0, 0, err
	}
	return unknown, late, t.exec(`
		UPDATE schedules
		SET status = 'paused', note = 'restored from a backup'
		WHERE status = 'armed' AND ($1 = '' OR number = $1)`, number)
}

// A lookedLine is what is known of a connection: where it leads, and which numbers were compared on it.
type lookedLine struct {
	place   string
	numbers map[string]bool
}

// lineOf asks a connection, once, where it leads.
func lineOf(ctx context.Context, conn *sql.Conn) (looked *lookedLine, err error) {
	err = conn.Raw(func(driver any) error {
		looked = driver.(readableConn).looked
		return nil
	})
	if err != nil || looked.place != "" {
		return looked, err
	}
	looked.place, err = placeOf(ctx, conn)
	return looked, err
}

// placeOf asks where something leads. A service that does not say which cluster and timeline it is
// leaves that to the witnesses.
func placeOf(ctx context.Context, from interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (place string, err error) {
	err = from.QueryRowContext(ctx, placeQuery).Scan(&place)
	if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) {
		err = from.QueryRowContext(ctx, "SELECT '/' || oid || '/' FROM pg_database WHERE datname = current_database()").Scan(&place)
	}
	return place, err
}
