package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"optinbot/bot"
	"optinbot/flows"
	"optinbot/store"
	"optinbot/store/storetest"
)

// BenchmarkTurn measures a durable turn, the whole product inside, beside a bare SQLite turn of
// five statements with the same settings. Both sides take turns in every round of one run, so that
// what else the machine does falls on both; x-bare is the throughput of ours as a part of the bare
// one (aim: 0.6). An operation is one turn of ours and one bare turn.
func BenchmarkTurn(b *testing.B) {
	for _, numbers := range []int{1, 64} {
		name := "alone"
		if numbers > 1 {
			name = fmt.Sprintf("%d_numbers_at_once", numbers)
		}
		b.Run(name, func(b *testing.B) { benchTurn(b, numbers) })
	}
}

func benchTurn(b *testing.B, numbers int) {
	const turnsPerRound = 32 // of each number
	var statements atomic.Int64
	shop := newShop(b, b.TempDir(), numbers, store.Options{Faults: func(string) error { statements.Add(1); return nil }})
	defer shop.store.Close()
	bare := newBare(b, numbers)
	shop.round(b, 3) // prepares the statements and puts everyone into the conversation
	bare.round(b, 3)
	statements.Store(0)
	var ours, theirs time.Duration
	turns := 0
	b.ResetTimer()
	for turns < b.N {
		shop.sendAll(b)
		start := time.Now()
		shop.round(b, turnsPerRound)
		middle := time.Now()
		bare.round(b, turnsPerRound)
		ours, theirs = ours+middle.Sub(start), theirs+time.Since(middle)
		turns += numbers * turnsPerRound
	}
	b.ReportMetric(float64(theirs)/float64(ours), "x-bare")
	b.ReportMetric(float64(ours.Microseconds())/float64(turns), "ours-µs/turn")
	b.ReportMetric(float64(theirs.Microseconds())/float64(turns), "bare-µs/turn")
	b.ReportMetric(float64(statements.Load())/float64(turns), "statements/turn")
}

// A shop is a store, to be closed by who asked for it, with customers, one for each number, who
// change their preferences again and again: they ask for it, answer the questions of the flow one
// by one, and ask again.
type shop struct {
	store   *store.Store
	env     bot.Env
	now     atomic.Int64 // seconds; a minute goes by between two messages, or it would look like a loop of two bots
	ids     atomic.Int64
	people  []*customer
	numbers []string
	sent    *sql.DB
}

type customer struct {
	identities []bot.Identity
	asked      bool // a question of the flow is open
}

func newShop(b *testing.B, folder string, numbers int, o store.Options) *shop {
	b.Helper()
	s, err := store.Open(b.Context(), folder, o)
	if err != nil {
		b.Fatal(err)
	}
	shop := &shop{store: s, env: bot.Env{Machine: promotions(b)}, sent: openBeside(b, filepath.Join(folder, "bot.db"))}
	shop.now.Store(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC).Unix())
	for i := range numbers {
		name := fmt.Sprintf("number%02d", i)
		if err := s.EnsureNumber(b.Context(), name, "casa aurora "+name, shop.env.Machine.Version()); err != nil {
			b.Fatal(err)
		}
		shop.numbers = append(shop.numbers, name)
		shop.people = append(shop.people, &customer{identities: identitiesOf(i)})
		shop.take(b, i, "oi")
		shop.take(b, i, "quero promoções")
	}
	return shop
}

func identitiesOf(i int) []bot.Identity {
	return storetest.PersonIdentities(i)
}

// sendAll takes everything out of the outbox, as the loop that sends does between turns; it is not
// measured. Without it the indexes of what is still to be sent would grow as they never do.
func (s *shop) sendAll(b *testing.B) {
	b.Helper()
	if _, err := s.sent.ExecContext(b.Context(), "UPDATE outbox SET status = 'sent' WHERE status = 'queued'"); err != nil {
		b.Fatal(err)
	}
}

// round lets every customer write n messages, all customers at the same time.
func (s *shop) round(b *testing.B, n int) {
	var all sync.WaitGroup
	for i, person := range s.people {
		all.Go(func() {
			for range n {
				if person.asked {
					s.take(b, i, "b")
				} else {
					s.take(b, i, "preferências")
				}
			}
		})
	}
	all.Wait()
}

func (s *shop) take(b *testing.B, i int, text string) {
	at := time.Unix(s.now.Add(60), 0).UTC()
	env := s.env
	env.Now, env.NewID = at, func() string { return fmt.Sprintf("3EB0%016X", s.ids.Add(1)) }
	turn, err := s.store.HandleMessage(context.Background(), s.numbers[i], bot.Message{
		ID: env.NewID(), Identities: s.people[i].identities, Name: "Ana Souza", Kind: bot.KindText, Text: text, At: at,
	}, func(string) bot.Env { return env })
	s.people[i].asked = turn.Contact.FlowQuestion != nil
	if err != nil || turn.Duplicate || len(turn.Effects) == 0 {
		b.Errorf("%q in state %q has %d effects, error %v", text, turn.Contact.State, len(turn.Effects), err)
	}
}

func promotions(b *testing.B) *bot.Machine {
	b.Helper()
	src, err := flows.Defaults.ReadFile("promotions.yaml")
	if err != nil {
		b.Fatal(err)
	}
	flow, problems := flows.Load("promotions.yaml", src)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	return bot.NewMachine(flow)
}

// A bare store does in five prepared statements what no bot can do without: dedupe, load, save,
// answer, timer. It has the same driver and settings as ours, tables without a second index, and no
// decision to make.
type bareStore struct {
	conn    *sql.Conn
	begin   *sql.Stmt
	commit  *sql.Stmt
	turn    [5]*sql.Stmt
	numbers int
	ids     int
}

func newBare(b *testing.B, numbers int) *bareStore {
	b.Helper()
	conn, err := openBeside(b, filepath.Join(b.TempDir(), "bare.db")).Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s := &bareStore{conn: conn, numbers: numbers}
	for _, table := range []string{
		"CREATE TABLE contacts (id INTEGER PRIMARY KEY, number TEXT NOT NULL, phone TEXT NOT NULL, state TEXT NOT NULL, doc TEXT NOT NULL, UNIQUE (number, phone))",
		"CREATE TABLE inbox (contact_id BIGINT NOT NULL, message_id TEXT NOT NULL, text TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (contact_id, message_id))",
		"CREATE TABLE outbox (position INTEGER PRIMARY KEY, number TEXT NOT NULL, message_id TEXT NOT NULL, contact_id BIGINT NOT NULL, text TEXT NOT NULL, at BIGINT NOT NULL)",
		"CREATE TABLE timers (contact_id BIGINT PRIMARY KEY, due_at BIGINT NOT NULL)",
	} {
		if _, err := conn.ExecContext(b.Context(), table); err != nil {
			b.Fatal(err)
		}
	}
	for i := range numbers {
		if _, err := conn.ExecContext(b.Context(), "INSERT INTO contacts VALUES ($1, $2, $3, 'member', $4)", i+1, bareNumber(i), barePhone(i), bareDoc); err != nil {
			b.Fatal(err)
		}
	}
	s.prepare(b)
	return s
}

func (s *bareStore) prepare(b *testing.B) {
	b.Helper()
	stmt := func(query string) *sql.Stmt {
		p, err := s.conn.PrepareContext(b.Context(), query)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { p.Close() })
		return p
	}
	s.begin, s.commit = stmt("BEGIN IMMEDIATE"), stmt("COMMIT")
	s.turn = [5]*sql.Stmt{
		stmt("SELECT id, state, doc FROM contacts WHERE number = $1 AND phone = $2"),
		stmt("INSERT INTO inbox VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"),
		stmt("UPDATE contacts SET state = $1, doc = $2 WHERE id = $3"),
		stmt("INSERT INTO outbox (number, message_id, contact_id, text, at) VALUES ($1, $2, $3, $4, $5)"),
		stmt("INSERT INTO timers VALUES ($1, $2) ON CONFLICT (contact_id) DO UPDATE SET due_at = excluded.due_at"),
	}
}

// openBeside opens a file with the settings that store.Open gives its own.
func openBeside(b *testing.B, file string) *sql.DB {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"+
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=temp_store(MEMORY)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

func bareNumber(i int) string { return fmt.Sprintf("number%02d", i) }
func barePhone(i int) string  { return identitiesOf(i)[0].Value }

// What ours writes, in the size it has.
const (
	bareDoc = `{"identities":[{"kind":"phone","value":"+5511900000000"},{"kind":"lid","value":"00090000000000"}],"name":"Ana Souza",` +
		`"zones":["America/Sao_Paulo"],"preferences":{"frequency":["weekly"],"interests":["shoes","clothes"]},"open":{"asked":"2026-03-02T14:07:00Z",` +
		`"timeout":"2026-03-03T14:07:00Z"},"holds":[{"reason":"awaiting_disclosure","since":"2026-03-02T14:02:00Z"}],"last_inbound":"2026-03-02T14:07:00Z",` +
		`"opted_in":"2026-03-02T14:02:00Z","disclosure":"3EB00000000000000007","said":9,"recent":{"from":"2026-03-02T14:01:00Z","replies":7}}`
	bareText = "Quais ofertas combinam com você? Uma letra ou várias, por exemplo *A C*, ou *tudo*.\n\nA  Calçados\nB  Bolsas\nC  Roupas\nD  Acessórios"
)

// round commits n turns of every number: all numbers in one commit, as a group commit at its best.
func (s *bareStore) round(b *testing.B, n int) {
	for range n {
		s.exec(b, s.begin)
		for i := range s.numbers {
			s.take(b, i)
		}
		s.exec(b, s.commit)
	}
}

func (s *bareStore) take(b *testing.B, i int) {
	s.ids++
	message, reply, now := fmt.Sprintf("3EB0%016X", 2*s.ids), fmt.Sprintf("3EB0%016X", 2*s.ids+1), time.Now().UnixMilli()
	var id int64
	var state, doc string
	if err := s.turn[0].QueryRowContext(context.Background(), bareNumber(i), barePhone(i)).Scan(&id, &state, &doc); err != nil {
		b.Fatal(err)
	}
	s.exec(b, s.turn[1], id, message, "b", now)
	s.exec(b, s.turn[2], "frequency", doc, id)
	s.exec(b, s.turn[3], bareNumber(i), reply, id, bareText, now)
	s.exec(b, s.turn[4], id, now)
}

func (s *bareStore) exec(b *testing.B, stmt *sql.Stmt, args ...any) {
	if _, err := stmt.ExecContext(context.Background(), args...); err != nil {
		b.Fatal(err)
	}
}
