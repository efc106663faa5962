package desk_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
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

// oneNumber is the configuration of most tests.
const oneNumber = "numbers:\n  - {name: main, flow: promotions}\n"

// twoNumbers speak the same flow, so they are of one brand.
const twoNumbers = oneNumber + "  - {name: second, flow: promotions}\n"

// A shop is an open desk whose numbers are not linked, with a clock that the test moves, and people
// who write.
type shop struct {
	*desktest.Shop
	t       *testing.T
	ids     int
	asked   []string // what the operator was asked to choose from
	chooses string   // what they choose
}

func newShop(t *testing.T, settings string) *shop {
	t.Helper()
	return shopOf(t, desktest.Setup{Config: settings, Unlinked: true})
}

func shopOf(t *testing.T, setup desktest.Setup) *shop {
	t.Helper()
	s := &shop{Shop: desktest.Open(t, setup), t: t}
	s.Choose = func(_ context.Context, _ string, phones []string) (string, error) {
		s.asked = phones
		return s.chooses, nil
	}
	return s
}

// linked links a number to a phone.
func (s *shop) linked(number, phone string) {
	s.t.Helper()
	must(s.t, s.RememberLink(s.Ctx, number, "1:1@s.whatsapp.net", phone))
}

// writes lets a person write to the first number.
func (s *shop) writes(phone, text string) bot.Turn {
	s.t.Helper()
	return s.message("main", bot.Message{Text: text, Identities: []bot.Identity{{Kind: bot.Phone, Value: phone}}})
}

// message lets a number get a message, a second later.
func (s *shop) message(number string, m bot.Message) bot.Turn {
	s.t.Helper()
	s.ids++
	s.later(time.Second)
	m.ID, m.At = fmt.Sprintf("IN%d", s.ids), s.Now()
	if m.Kind == "" {
		m.Kind = bot.KindText
	}
	turn, err := s.Store.HandleMessage(s.Ctx, number, m, s.Envs)
	must(s.t, err)
	return turn
}

// later lets time pass: the bot says what it has to say.
func (s *shop) later(d time.Duration) {
	s.t.Helper()
	s.Plays("at " + s.Now().Add(d).Format(time.RFC3339))
}

// contact is what the store holds of a person, nil if nothing.
func (s *shop) contact(phone string) *bot.Contact {
	s.t.Helper()
	c, err := s.Store.Contact(s.Ctx, "main", phone)
	must(s.t, err)
	return c
}

// data is a file of the data folder.
func (s *shop) data(file string) string { return s.Path("data/" + file) }

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
		for _, row := range list(t, db, "SELECT * FROM "+table+" ORDER BY rowid") {
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

func readAll(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return text
}

// reread are the options of a program that reads config.yaml as it is now.
func (s *shop) reread() desk.Options {
	s.t.Helper()
	c, err := config.Load(desktest.Defaults(s.t), s.Path("config.yaml"), true, nil)
	must(s.t, err)
	o := desktest.Options(s.t, c, desktest.Setup{})
	o.Now = s.Now
	return o
}

// defaultConfig is the configuration where there is no config.yaml.
func defaultConfig(t *testing.T) *config.Config {
	t.Helper()
	c, err := config.Default(desktest.Defaults(t))
	must(t, err)
	return c
}
