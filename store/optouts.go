package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"optinbot/bot"
)

// optoutsName is the file beside the database that outlives it: every opt-out and every erasure, as
// keyed hashes. A backup restored later than somebody's stop learns of the stop from it (B7).
const optoutsName = "optouts.log"

// The kinds of line in it.
const (
	lineOptOut = "optout"
	lineErase  = "erase"
)

// An optoutLine is one line of optouts.log: TIME KIND NUMBER HASH, the time in UTC with
// milliseconds. Of an opt-out it is WhatsApp's server time of the stop, for a later opt-in stands.
type optoutLine struct {
	at     time.Time
	kind   string
	number string
	hash   string // see Store.keyed
}

const lineTime = "2006-01-02T15:04:05.000Z"

func (l optoutLine) String() string {
	return fmt.Sprintf("%s %s %s %s\n", l.at.UTC().Format(lineTime), l.kind, l.number, l.hash)
}

func parseOptoutLine(text string) (l optoutLine, err error) {
	words := strings.Fields(text)
	if len(words) != 4 || words[1] != lineOptOut && words[1] != lineErase || len(words[3]) != 64 {
		return l, fmt.Errorf("not a line of %s: %d words", optoutsName, len(words))
	}
	l = optoutLine{kind: words[1], number: words[2], hash: words[3]}
	l.at, err = time.Parse(lineTime, words[0])
	return l, err
}

// readOptouts reads a log. A last line without its end is what a crash in the middle of a write
// leaves: it was not committed, and is left out. Any other line that cannot be read is an error,
// for it may be somebody's stop.
func readOptouts(r io.Reader) (lines []optoutLine, err error) {
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		text, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		l, err := parseOptoutLine(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		lines = append(lines, l)
	}
}

// appendOptouts writes lines to the log, durably, in one piece at its end. It returns how long the
// log was before, and what was written.
func appendOptouts(file string, lines []optoutLine) (before int64, text []byte, err error) {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return 0, nil, fmt.Errorf("open %s: %w", optoutsName, err)
	}
	for _, l := range lines {
		text = append(text, l.String()...)
	}
	before, err = appendTo(f, text)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, nil, fmt.Errorf("write %s: %w", optoutsName, err)
	}
	return before, text, nil
}

func appendTo(f *os.File, text []byte) (before int64, err error) {
	if err := cutTorn(f); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Truncate(info.Size()) // a full disk may have taken a part
		return 0, err
	}
	return info.Size(), f.Sync()
}

// cutTorn takes away half a line at the end, which a crash of the machine may leave: its
// transaction never committed.
func cutTorn(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	tail := make([]byte, min(info.Size(), 200)) // a line is shorter
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return err
	}
	whole := bytes.LastIndexByte(tail, '\n') + 1
	if whole == len(tail) {
		return nil
	}
	return f.Truncate(info.Size() - int64(len(tail)-whole))
}

// logStop notes that identities have opted out, or were erased, for the log: they are written
// before the transaction commits, so that whatever is acknowledged is in both.
func (t *tx) logStop(kind, number string, ids []bot.Identity, at time.Time) {
	for _, id := range spelled(ids) {
		t.optouts = append(t.optouts, optoutLine{at: at, kind: kind, number: number, hash: t.key.keyed(id)})
	}
}
