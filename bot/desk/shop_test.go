package desk_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/flows"
)

// The phones of the people in these tests.
const (
	ana = "+12125550101"
	ben = "+12125550102"
	cy  = "+447700900003"
	// nobody has never written.
	nobody = "+12125550199"
)

const phrase = "I want promotions"

// A shop is an open desk with the shipped flow, a clock that the test moves, and people who write.
type shop struct {
	*desk.Desk
	t        *testing.T
	dir      string // of config.yaml
	clock    time.Time
	sessions *sessions
	log      *bytes.Buffer
	ids      int
	asked    []string // what the operator was asked to choose from
	chooses  string   // what they choose
}

// sessions are WhatsApp sessions that hold what a test says.
type sessions struct {
	inUse  map[string]bool
	home   error
	broken error
	rows   map[string]int
	erased []string // "NUMBER PHONE"
}

func (s *sessions) InUse(number string) bool                    { return s.inUse[number] }
func (s *sessions) Home(context.Context, string) error          { return s.home }
func (s *sessions) Check(context.Context, string, string) error { return s.broken }
func (s *sessions) Holds(context.Context, string, []bot.Identity) (map[string]int, error) {
	return s.rows, s.broken
}

func (s *sessions) Erase(_ context.Context, number string, ids []bot.Identity, _ time.Time) error {
	s.erased = append(s.erased, number+" "+bot.PhoneOf(ids))
	return s.broken
}

// oneNumber is the configuration of most tests.
const oneNumber = "numbers:\n  - {name: main, flow: promotions}\n"

// twoNumbers speak the same flow, so they are of one brand.
const twoNumbers = oneNumber + "  - {name: second, flow: promotions}\n"

// newFolder is a shop's folder with the shipped flows and a config.yaml.
func newFolder(t *testing.T, settings string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "flows"), flows.Defaults))
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(settings), 0o600))
	return dir
}

func newShop(t *testing.T, settings string) *shop {
	t.Helper()
	s := &shop{
		t: t, dir: newFolder(t, settings), clock: time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC),
		sessions: &sessions{inUse: map[string]bool{}}, log: &bytes.Buffer{},
	}
	s.open()
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// options are the desk's, as the wiring fills them.
func (s *shop) options() desk.Options {
	s.t.Helper()
	defaults, err := os.ReadFile("../../config.yaml")
	must(s.t, err)
	c, err := config.Load(defaults, filepath.Join(s.dir, "config.yaml"), true, map[string]string{})
	must(s.t, err)
	log := slog.New(slog.NewTextHandler(s.log, nil))
	return desk.Options{
		Config: c, Files: &desk.Files{Config: c, Log: log}, Sessions: s.sessions, Log: log,
		Now:   func() time.Time { return s.clock },
		NewID: func() string { s.ids++; return fmt.Sprintf("OUT%d", s.ids) },
		Choose: func(_ context.Context, _ string, phones []string) (string, error) {
			s.asked = phones
			return s.chooses, nil
		},
		Replay: func(context.Context, config.Number) ([]desk.TestResult, error) { return nil, nil },
	}
}

// open opens the desk, as the program does when it starts.
func (s *shop) open() {
	s.t.Helper()
	var err error
	s.Desk, err = desk.Open(s.t.Context(), s.options())
	must(s.t, err)
}

// reopen closes the desk and opens it again.
func (s *shop) reopen() {
	s.t.Helper()
	must(s.t, s.Close())
	s.open()
}

// linked links a number to a phone.
func (s *shop) linked(number, phone string) {
	s.t.Helper()
	must(s.t, s.RememberLink(s.t.Context(), number, "1:1@s.whatsapp.net", phone))
}

// writes lets a person write to the first number.
func (s *shop) writes(phone, text string) bot.Turn {
	s.t.Helper()
	return s.message("main", bot.Message{Text: text, Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}}})
}

// message lets a number get a message, now.
func (s *shop) message(number string, m bot.Message) bot.Turn {
	s.t.Helper()
	s.ids++
	s.clock = s.clock.Add(time.Second)
	if m.ID == "" {
		m.ID = fmt.Sprintf("IN%d", s.ids)
	}
	if m.Kind == "" {
		m.Kind = bot.KindText
	}
	m.At = s.clock
	turn, err := s.Store.HandleMessage(s.t.Context(), number, m, s.Envs)
	must(s.t, err)
	return turn
}

// later lets time pass.
func (s *shop) later(d time.Duration) { s.clock = s.clock.Add(d) }

// contact is what the store holds of a person, nil if nothing.
func (s *shop) contact(phone string) *bot.Contact {
	s.t.Helper()
	c, err := s.Store.Contact(s.t.Context(), "main", phone)
	must(s.t, err)
	return c
}

// data is a file of the data folder.
func (s *shop) data(file string) string { return filepath.Join(s.dir, "data", file) }

// held is everything that the database holds, a row a line.
func (s *shop) held() string {
	s.t.Helper()
	return rowsOf(s.t, s.data("bot.db"))
}

func rowsOf(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	must(t, err)
	defer db.Close()
	tables := list(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	var all strings.Builder
	for _, table := range tables {
		for _, row := range list(t, db, "SELECT * FROM "+table+" ORDER BY 1, 2") {
			fmt.Fprintf(&all, "%s: %s\n", table, row)
		}
	}
	return all.String()
}

func list(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		must(t, rows.Scan(targets...))
		var fields []string
		for _, v := range values {
			if text, ok := v.([]byte); ok {
				v = string(text)
			}
			fields = append(fields, fmt.Sprint(v))
		}
		out = append(out, strings.Join(fields, " | "))
	}
	must(t, rows.Err())
	return out
}

// unchanged runs something that must change nothing in the database.
func (s *shop) unchanged(what string, do func()) {
	s.t.Helper()
	before := s.held()
	do()
	if after := s.held(); after != before {
		s.t.Errorf("%s changed the database:\n%s", what, difference(before, after))
	}
}

// difference are the lines that only one of two texts has.
func difference(before, after string) string {
	var out strings.Builder
	for _, line := range strings.Split(before, "\n") {
		if !strings.Contains(after, line) {
			fmt.Fprintln(&out, "-", line)
		}
	}
	for _, line := range strings.Split(after, "\n") {
		if !strings.Contains(before, line) {
			fmt.Fprintln(&out, "+", line)
		}
	}
	return out.String()
}

// refused looks that something was refused, with these words, and changed nothing.
func (s *shop) refused(words string, do func() error) {
	s.t.Helper()
	s.unchanged(words, func() {
		s.t.Helper()
		if err := do(); !errors.Is(err, desk.ErrRefused) || !strings.Contains(err.Error(), words) {
			s.t.Errorf("want it refused with %q: %v", words, err)
		}
	})
}

// missing looks that somebody or something was not found, and nothing changed.
func (s *shop) missing(words string, do func() error) {
	s.t.Helper()
	s.unchanged(words, func() {
		s.t.Helper()
		if err := do(); !errors.Is(err, desk.ErrNotFound) || !strings.Contains(err.Error(), words) {
			s.t.Errorf("want it not found, with %q: %v", words, err)
		}
	})
}

// says looks that an error, of whatever kind, has these words.
func says(t *testing.T, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("want %q: %v", words, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file with a text.
func write(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(t, os.WriteFile(file, []byte(text), 0o600))
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return string(text)
}
