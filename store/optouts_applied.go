package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"optinbot/bot"
)

// logHash continues the hash of optouts.log by one line: SHA-256(hash of the lines before, line),
// in hex. It is "" before the first. So it grows with the file, and nobody can take a line out or
// change one.
func logHash(before string, line []byte) string {
	sum := sha256.Sum256(append([]byte(before), line...))
	return hex.EncodeToString(sum[:])
}

// logHashAll continues the hash by every whole line of text.
func logHashAll(hash string, text []byte) string {
	for line := range bytes.Lines(text) {
		hash = logHash(hash, line)
	}
	return hash
}

// A logState is how optouts.log compares with what the database has carried out of it.
type logState struct {
	applied []optoutLine // what the database has carried out
	tail    []optoutLine // what came after it: a crash hit between the log and the commit
	length  int64        // of the file, without half a line at its end
	hash    string       // of all of it
	missing bool         // there is no file, and there was one
	fault   string       // why it is not the log of this database, "" where it is
}

// How often readLog looks, and how long it waits between two looks. A stop is between its line and
// its commit for some milliseconds.
const (
	logLooks = 10
	logPause = 50 * time.Millisecond
)

// readLog compares optouts.log with the database. Where the two do not agree a stop may be in the
// log that is not committed yet, so it looks again. It needs no lock, so it waits for nobody.
func (s *Store) readLog(ctx context.Context) (state logState, err error) {
	for look := 1; ; look++ {
		state, err = s.logNow(ctx)
		if err != nil || state.fault == "" && len(state.tail) == 0 || look == logLooks || s.readOnly {
			return state, err
		}
		select {
		case <-ctx.Done():
			return state, ctx.Err()
		case <-time.After(logPause):
		}
	}
}

func (s *Store) optoutsLog() string { return filepath.Join(s.folder, optoutsName) }

func (s *Store) logNow(ctx context.Context) (state logState, err error) {
	length, hash, err := s.base.appliedLog(ctx)
	if err != nil {
		return state, err
	}
	return compareLog(s.optoutsLog(), length, hash)
}

func (b *batch) readLog() (state logState, err error) {
	length, hash, err := b.applied()
	if err != nil {
		return state, err
	}
	return compareLog(b.log, length, hash)
}

// compareLog compares the log with what the database has carried out: so many bytes, with that
// hash.
func compareLog(file string, length int64, hash string) (state logState, err error) {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return state, fmt.Errorf("read %s: %w", optoutsName, err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	state.length = int64(len(text))
	switch {
	case err != nil && length > 0:
		state.missing = true
		state.fault = "it is gone"
		return state, nil
	case state.length < length:
		state.fault = fmt.Sprintf("it is shorter than it was: %d bytes of %d", state.length, length)
		return state, nil
	}
	if state.hash = logHashAll("", text[:length]); state.hash != hash {
		state.fault = "it is not the log of this database, or a line of it was changed"
		return state, nil
	}
	state.hash = logHashAll(hash, text[length:])
	if state.applied, err = readOptouts(bytes.NewReader(text[:length])); err != nil {
		return state, fmt.Errorf("%s: %w", optoutsName, err)
	}
	if state.tail, err = readOptouts(bytes.NewReader(text[length:])); err != nil {
		state.fault = err.Error()
	}
	return state, nil
}

// adoptLog takes the log as it is for carried out: whoever calls it carries out all of it in this
// transaction.
func (b *batch) adoptLog() error {
	text, err := os.ReadFile(b.log)
	if err != nil {
		return err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	return b.setApplied(int64(len(text)), logHashAll("", text))
}

// applied returns how much of the log the database has carried out. In a database that several
// machines share, each machine notes that of its own log.
func (b *batch) applied() (length int64, hash string, err error) {
	if b.looked != nil {
		length, hash = b.witness.logOn(b.looked.place)
		return length, hash, nil
	}
	_, err = b.row("SELECT optouts_length, optouts_hash FROM files WHERE id = 1", nil, &length, &hash)
	return length, hash, err
}

func (b *batch) setApplied(length int64, hash string) error {
	if b.looked != nil {
		b.carried = &seenLog{b.looked.place, length, hash}
		return nil
	}
	return b.exec("UPDATE files SET optouts_length = $1, optouts_hash = $2 WHERE id = 1", length, hash)
}

// An OptoutsLog is what the start of the program found in optouts.log.
type OptoutsLog struct {
	Fault    string // it is not the log of this database, in words, "" where it is
	Lines    int    // that were carried out now, 0 where they changed nothing
	OptedOut int    // people who left by those
	Erased   int    // people who were erased by those
	Rebuilt  bool   // the file was gone and has been written anew from the database
}

// ApplyOptouts carries out what optouts.log has and the database has not: a crash hit between the
// two, or the database is an older copy. A log that is gone is written anew. A log that is shorter
// than it was, or another one, is left alone and named: stops go on being recorded in both.
func (s *Store) ApplyOptouts(ctx context.Context, envs bot.Envs, now time.Time) (found OptoutsLog, err error) {
	err = s.decide(ctx, everyNumber, envs, func(t *tx) error {
		found, t.now = OptoutsLog{}, now
		state, err := t.readLog()
		if err != nil {
			return err
		}
		if state.missing {
			found.Rebuilt = true
			return t.rebuildLog(now)
		}
		found.Fault = state.fault
		if state.fault != "" || len(state.tail) == 0 {
			return nil
		}
		var r Restored
		if err := t.applyOptouts(&r, state.tail); err != nil {
			return err
		}
		if r.OptedOut+r.Erased+r.Suppressed > 0 { // after an upgrade all of it comes again, and says nothing new
			found.Lines, found.OptedOut, found.Erased = len(state.tail), r.OptedOut, r.Erased
		}
		return t.setApplied(state.length, state.hash)
	})
	return found, err
}

// OptoutsFault says why optouts.log is not the log of this database. It is "" where it is.
func (s *Store) OptoutsFault(ctx context.Context) (string, error) {
	state, err := s.readLog(ctx)
	return state.fault, err
}

// rebuildLog writes the log anew from what the database knows: everybody who left, and every hash
// that is remembered.
func (t *tx) rebuildLog(now time.Time) error {
	err := t.rows("SELECT "+contactColumns+" FROM contacts c WHERE c.consent = 'unsubscribed' ORDER BY c.id", nil,
		func(scan scanner) error {
			c, err := scanContact(scan)
			if err != nil {
				return err
			}
			at := c.OptedOut
			if at.IsZero() {
				at = now
			}
			t.logStop(lineOptOut, c.Number, c.Identities, at)
			return nil
		})
	if err != nil {
		return err
	}
	lines, err := collect(t.rows, func(scan scanner) (optoutLine, error) {
		l := optoutLine{kind: lineOptOut}
		err := scan(&l.number, &l.hash, moment(&l.at))
		return l, err
	}, "SELECT number, hash, since FROM suppressions ORDER BY number, hash")
	if err != nil {
		return err
	}
	t.optouts = append(t.optouts, lines...)
	return t.setApplied(0, "")
}

// logSize is the length of the log, 0 where there is none.
func logSize(file string) (int64, error) {
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// keepOptouts writes what left in this transaction into the log, before it commits, and notes in it
// how far the log is carried out. Where the log is not as long as the database says, only the line
// is written: a stop is never refused, and the next start names the fault.
func (b *batch) keepOptouts() error {
	if len(b.optouts) == 0 {
		return nil
	}
	length, hash, err := b.applied()
	if err != nil {
		return err
	}
	before, text, err := appendOptouts(b.log, b.optouts)
	if err != nil {
		return err
	}
	b.appended = logPiece{before, before + int64(len(text))}
	if before != length {
		return nil
	}
	return b.setApplied(b.appended.to, logHashAll(hash, text))
}

// A logPiece is what a transaction has written into the log: from one length of the file to
// another.
type logPiece struct{ from, to int64 }
