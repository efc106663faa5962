package desktest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/sim"
	"optinbot/flows"
)

// Sessions are files of WhatsApp sessions as a test sets them, by number. The zero value has none.
type Sessions struct {
	Used    map[string]bool            // served or linked by a process
	Foreign map[string]error           // why the session belongs elsewhere
	Faults  map[string]error           // what Check finds
	People  map[string]map[string]int  // what the file holds about anybody, by table
	Erased  map[string][]bot.Identity  // whom Erase was called for
	Failing error                      // of Holds and Erase
	Asked   func(number, about string) // is called with each question. Nil: nobody wants to know
}

func (s *Sessions) asked(number, about string) {
	if s.Asked != nil {
		s.Asked(number, about)
	}
}

// InUse reports what Used says.
func (s *Sessions) InUse(number string) bool {
	s.asked(number, "in use")
	return s.Used[number]
}

// Home returns what Foreign says.
func (s *Sessions) Home(_ context.Context, number string) error {
	s.asked(number, "home")
	return s.Foreign[number]
}

// Check returns what Faults says.
func (s *Sessions) Check(_ context.Context, number, _ string) error {
	s.asked(number, "check")
	return s.Faults[number]
}

// Holds returns what People says, unless they were erased.
func (s *Sessions) Holds(_ context.Context, number string, _ []bot.Identity) (map[string]int, error) {
	s.asked(number, "holds")
	if s.Failing != nil || len(s.Erased[number]) > 0 {
		return nil, s.Failing
	}
	return s.People[number], nil
}

// Erase notes whom.
func (s *Sessions) Erase(_ context.Context, number string, ids []bot.Identity, _ time.Time) error {
	s.asked(number, "erase")
	if s.Failing != nil {
		return s.Failing
	}
	if s.Erased == nil {
		s.Erased = map[string][]bot.Identity{}
	}
	s.Erased[number] = append(s.Erased[number], ids...)
	return nil
}

// A Log catches what is logged, at every level.
type Log struct {
	slog.Handler
	mu   *sync.Mutex
	text *bytes.Buffer
}

func newLog(t testing.TB) *Log {
	l := &Log{mu: &sync.Mutex{}, text: &bytes.Buffer{}}
	l.Handler = slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})
	t.Cleanup(func() {
		for line := range strings.Lines(l.String()) {
			if found := Personal(line); found != "" {
				t.Errorf("the log holds %q: %s", found, line)
			}
		}
	})
	return l
}

// Write adds a line.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// String is all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var (
	// personal finds the phones of the tests, whole, and words that people and the bot say in them.
	personal = flows.Pattern(`\+?(5511|44770090|1555010|12125|1212555|52555|351910|491510|447700)\d{4,}` +
		`|[Qq]uero promoções|I want promotions|Reply 2 to stop|Responda 2`)
	// byChance are the digits that chance makes: the moment of a line, the IDs of messages, and hashes.
	byChance = flows.Pattern(`^(\{"time":"|time=)[0-9T:.Z+-]+|3EB0[0-9A-F]{18}|\b[0-9a-f]{32,}\b`)
)

// Personal is the first thing in a line of a log that tells who somebody is, or what was said: O3.
func Personal(line string) string {
	return personal().FindString(byChance().ReplaceAllString(line, ""))
}

// countedIDs makes message IDs that are the same in every run.
func countedIDs() func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("3EB0%018X", n.Add(1)) }
}

// unlinked is a store that learns nothing of a link.
type unlinked struct{ sim.Memory }

func (unlinked) Linked(context.Context, string, string, string, time.Time) error { return nil }

// asleep is a pump that does nothing.
type asleep struct{ sim.Engine }

func (asleep) SendNext(context.Context) (bool, error) { return false, nil }
func (asleep) Tick(context.Context) error             { return nil }

// asleepMemory is a store in which nothing is due.
type asleepMemory struct{ sim.Memory }

func (asleepMemory) NextDue(context.Context, string, bot.Limits, time.Time) (time.Time, bool, error) {
	return time.Time{}, false, nil
}
