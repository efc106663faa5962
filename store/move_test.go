package store_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"

	"optinbot/bot"
	"optinbot/bot/whatsapp"
	"optinbot/flows/words"
	"optinbot/store"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

var movePeople = flag.Int("move.people", 200, "contacts of each of the two numbers in TestF4")

// childMove is what a child process is to move, as JSON. It stops for good at the step Stop.
const childMove = "OPTINBOT_TEST_MOVE"

type aMove struct {
	Folder, URL, Stop string
	Back              bool
	Backup            string // a file to be restored to the database, in the place of a move
}

func (m aMove) move() store.Move {
	return store.Move{
		Folder: m.Folder, URL: m.URL, Shown: "postgres://db.example/shop", Host: "here",
		MakeFile: func(ctx context.Context, number, file string) error {
			return whatsapp.MakeTables(ctx, number, file, nil)
		},
		MakeSchema: func(ctx context.Context, number string, s *store.WhatsAppSession) error {
			return whatsapp.MakeTables(ctx, number, "", &whatsapp.SharedSession{Connector: s.Connector(), Fence: s.Fence})
		},
	}
}

func (m aMove) run(ctx context.Context, step func(string) error) (store.Moved, error) {
	move := m.move()
	move.Step = step
	if m.Backup != "" {
		_, err := m.restored(ctx, move, "")
		return store.Moved{}, err
	}
	if m.Back {
		return store.MoveToFolder(ctx, move)
	}
	return store.MoveToServer(ctx, move)
}

func childOfMove() bool {
	text := os.Getenv(childMove)
	if text == "" {
		return false
	}
	var m aMove
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		fmt.Println("failed:", err)
		return true
	}
	_, err := m.run(context.Background(), func(step string) error {
		if step == m.Stop {
			fmt.Println("at the step")
			select {}
		}
		return nil
	})
	fmt.Println("failed:", err)
	return true
}

// killed moves in a process of its own, which is killed at a step.
func (m aMove) killed(t *testing.T, step string) {
	t.Helper()
	m.Stop = step
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childMove+"="+string(text))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "at the step\n" {
		t.Fatalf("the child never came to %q: %q, %v", step, line, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
}

// serves reports whether the shop can be opened in the folder, and in the database.
func (m aMove) serves(t *testing.T) (folder, database bool) {
	t.Helper()
	for i, url := range []string{"", m.URL} {
		s, err := store.Open(t.Context(), m.Folder, store.Options{URL: url})
		switch {
		case err == nil && i == 0:
			folder = true
		case err == nil: // an empty database can be opened, and has nobody
			numbers, err := s.Numbers(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			database = len(numbers) > 0
		case !errors.Is(err, store.ErrMoved):
			t.Fatal(err)
		}
		if err == nil {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folder, database
}

// rows are all rows of a database, by table, as text in an order of their own.
func rows(t *testing.T, db *sql.DB, tables map[string][]string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for table, columns := range tables {
		found, err := db.QueryContext(t.Context(), `SELECT "`+strings.Join(columns, `", "`)+`" FROM `+table)
		if err != nil {
			t.Fatal(err)
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for found.Next() {
			if err := found.Scan(into...); err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			for i, v := range values {
				switch v := v.(type) {
				case []byte:
					fmt.Fprintf(&text, "%s=%q ", columns[i], string(v))
				case bool:
					fmt.Fprintf(&text, "%s=%q ", columns[i], fmt.Sprint(map[bool]int{true: 1}[v]))
				default:
					fmt.Fprintf(&text, "%s=%q ", columns[i], fmt.Sprint(v))
				}
			}
			all[table] = append(all[table], text.String())
		}
		if err := errors.Join(found.Err(), found.Close()); err != nil {
			t.Fatal(err)
		}
		slices.Sort(all[table])
	}
	return all
}

// tablesOf are the tables of a file, with their columns.
func tablesOf(t *testing.T, db *sql.DB) map[string][]string {
	t.Helper()
	tables := map[string][]string{}
	found, err := db.QueryContext(t.Context(), `
		SELECT m.name, c.name
		FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'
			AND m.name NOT IN ('goose_db_version', 'processes', 'owners', 'store_identity')`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var table, name string
		if err := found.Scan(&table, &name); err != nil {
			t.Fatal(err)
		}
		tables[table] = append(tables[table], name)
	}
	return tables
}

func opened(t *testing.T, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// everything is all that a folder has, or the database instead of bot.db and the sessions.
func (m aMove) everything(t *testing.T, tables map[string]map[string][]string, inDatabase bool) map[string]map[string][]string {
	t.Helper()
	all := map[string]map[string][]string{}
	for _, name := range []string{"bot", "session-main", "session-outlet"} {
		var db *sql.DB
		if inDatabase {
			db = opened(t, "pgx", m.URL)
			db.SetMaxOpenConns(1)
			if number, is := strings.CutPrefix(name, "session-"); is {
				if _, err := db.ExecContext(t.Context(), `SET search_path = "wa_`+number+`"`); err != nil {
					t.Fatal(err)
				}
			}
		} else {
			db = opened(t, "sqlite", filepath.Join(m.Folder, name+".db"))
		}
		if tables[name] == nil {
			tables[name] = tablesOf(t, db)
		}
		all[name] = rows(t, db, tables[name])
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func sameEverything(t *testing.T, want, got map[string]map[string][]string) {
	t.Helper()
	for place, tables := range want {
		if len(tables) < 5 {
			t.Errorf("%s has %d tables with rows", place, len(tables))
		}
		for table, rows := range tables {
			if !slices.Equal(rows, got[place][table]) {
				t.Errorf("table %s of %s: %d rows, and there were %d, or one is another", table, place, len(got[place][table]), len(rows))
			}
		}
		for table := range got[place] {
			if tables[table] == nil {
				t.Errorf("table %s of %s had no rows", table, place)
			}
		}
	}
}

// movingShop makes the folder of a shop in which everything has happened.
func movingShop(t *testing.T, people int) aMove {
	t.Helper()
	f := &fleet{t: t, folder: t.TempDir()}
	f.must(f.load("MOVE"))
	s, err := store.Open(t.Context(), f.folder, store.Options{})
	f.must(err)
	for i, number := range []string{"main", "outlet"} {
		f.must(s.EnsureNumber(t.Context(), number, words.Normalise(f.machine.Flow.Brand), f.machine.Version()))
		f.must(s.Linked(t.Context(), number, number+"@jid", "+100", time.Now().AddDate(0, 0, -90)))
		f.must(s.NumberEvent(t.Context(), number, bot.NumberEvent{Kind: bot.NumberSynced, At: time.Now()}))
		f.people(s, number, i*people, people)
		f.arms(s, number)
		f.must(f.tick(t.Context(), s, number))
		for range 5 {
			k, err := f.claim(t.Context(), s, number)
			f.must(err)
			if k != nil {
				f.must(s.Record(t.Context(), *k, bot.SendResult{Status: bot.SendAccepted}, f.envs))
			}
		}
		session(t, filepath.Join(f.folder, "session-"+number+".db"), number)
	}
	_, err = s.Erase(t.Context(), []bot.Identity{personOf(1)}, f.envs)
	f.must(err)
	f.must(s.KeepMedia(t.Context(), strings.Repeat("ab", 32), []byte("\x89PNG\x00\xff"), time.Now()))
	f.must(s.Close())
	return aMove{Folder: f.folder}
}

func personOf(n int) bot.Identity {
	return bot.Identity{Kind: bot.Phone, Value: fmt.Sprintf("+55119%08d", n)}
}

// people lets people opt in. Each tenth leaves again.
func (f *fleet) people(s *store.Store, number string, from, many int) {
	var wait sync.WaitGroup
	for line := range 64 {
		wait.Go(func() {
			for i := from + line; i < from+many; i += 64 {
				f.subscribes(s, number, personOf(i))
				if i%10 == 3 {
					_, err := s.HandleMessage(f.t.Context(), number, f.message("2", personOf(i)), f.envs)
					f.must(err)
				}
			}
		})
	}
	wait.Wait()
}

// session fills a session's file as the library does.
func session(t *testing.T, file, number string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(whatsapp.MakeTables(ctx, number, file, nil))
	db := opened(t, "sqlite", "file:"+file+"?_pragma=foreign_keys(1)")
	jid := types.JID{User: "15550100", Device: 7, Server: types.DefaultUserServer}
	device := sqlstore.NewWithDB(db, "sqlite", nil).NewDevice()
	device.Account = &waAdv.ADVSignedDeviceIdentity{
		AccountSignatureKey: bytes.Repeat([]byte{1}, 32), AccountSignature: bytes.Repeat([]byte{2}, 64),
		DeviceSignature: bytes.Repeat([]byte{3}, 64), Details: []byte{0, 4},
	}
	device.ID, device.LID, device.PushName = &jid, types.JID{User: "1", Server: types.HiddenUserServer}, "Loja \U0001F389"
	must(device.Save(ctx))
	must(device.Sessions.PutSession(ctx, "15550101_1:0", []byte{0, 1, 255}))
	must(device.Identities.PutIdentity(ctx, "15550101_1:0", [32]byte{9}))
	_, err := device.PreKeys.GetOrGenPreKeys(ctx, 5)
	must(err)
	_, _, err = device.Contacts.PutPushName(ctx, jid, number)
	must(err)
}

// TestF4MovingLosesNothing: every row, head, stop and session is there and comes back.
func TestF4MovingLosesNothing(t *testing.T) {
	m := movingShop(t, *movePeople)
	m.URL = postgrestest.Database(t, storetest.PostgresTables)
	tables := map[string]map[string][]string{}
	before := m.everything(t, tables, false)
	begun := time.Now()
	there, err := m.run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows are in the database after %v", there.Rows, time.Since(begun).Round(time.Millisecond))
	sameEverything(t, before, m.everything(t, tables, true))
	if folder, database := m.serves(t); folder || !database {
		t.Fatalf("after the move the folder serves: %v, the database: %v", folder, database)
	}
	begun = time.Now()
	m.Back = true
	back, err := m.run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("and are in the folder after another %v", time.Since(begun).Round(time.Millisecond))
	if !slices.Equal(there.Numbers, back.Numbers) || there.Rows != back.Rows || back.Sessions != 2 {
		t.Errorf("there %+v, back %+v", there, back)
	}
	sameEverything(t, before, m.everything(t, tables, false))
	if folder, database := m.serves(t); !folder || database {
		t.Fatalf("after the move back the folder serves: %v, the database: %v", folder, database)
	}

	m.Back = false // once more: whoever comes to the database is somebody new, and comes back
	if _, err := m.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	f := &fleet{t: t, url: m.URL, folder: m.Folder}
	f.must(f.load("MORE"))
	s, err := store.Open(t.Context(), m.Folder, store.Options{URL: m.URL})
	f.must(err)
	f.people(s, "main", 1_000_000, 12)
	f.must(s.Close())
	m.Back = true
	if _, err := m.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s, err = store.Open(t.Context(), m.Folder, store.Options{})
	f.must(err)
	c, err := s.Contact(t.Context(), "main", personOf(1_000_003).Value)
	f.must(err)
	v, err := s.Verify(t.Context(), "main", "")
	f.must(err)
	if c.Consent != bot.Unsubscribed || !v.Holds() {
		t.Errorf("who left the database is %s in the folder, and the ledger has %v", c.Consent, v.Problems)
	}
	f.must(s.Close())
}

// TestF4AMoveThatIsGivenUp: a move back that was broken off leaves the shop in its database.
func TestF4AMoveThatIsGivenUp(t *testing.T) {
	m := movingShop(t, 3)
	m.URL = postgrestest.Database(t, storetest.PostgresTables)
	tables := map[string]map[string][]string{}
	before := m.everything(t, tables, false)
	if _, err := m.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	m.Back = true
	m.killed(t, "put bot.db into its place")
	if folder, database := m.serves(t); folder || database {
		t.Errorf("while it moves the folder serves: %v, the database: %v", folder, database)
	}
	for _, want := range []bool{true, false} {
		if ended, err := store.StayOnServer(t.Context(), m.move()); err != nil || ended != want {
			t.Fatalf("given up: %v, %v, want %v", ended, err, want)
		}
	}
	sameEverything(t, before, m.everything(t, tables, true))
	if folder, database := m.serves(t); folder || !database {
		t.Errorf("after it was given up the folder serves: %v, the database: %v", folder, database)
	}
}

// TestF4AMoveThatIsKilledCanBeGivenAgain: at each step the process is killed. Never do both places
// serve, and the next try ends with everything.
func TestF4AMoveThatIsKilledCanBeGivenAgain(t *testing.T) {
	shop := movingShop(t, 12)
	tables := map[string]map[string][]string{}
	before := shop.everything(t, tables, false)
	kills := func(m aMove, step string) {
		m.killed(t, step)
		if folder, database := m.serves(t); folder && database {
			t.Errorf("killed at %q, both serve", step)
		}
	}
	there := []string{"close the database", "copy", "commit the copy", "copy sessions", "compare", "note",
		"put session-main.db aside", "put bot.db aside", "open the database", "done"}
	back := []string{"note", "close the database", "copy", "copy sessions", "compare", "put session-outlet.db into its place",
		"put bot.db into its place", "leave the database", "open the folder", "done"}
	for i, step := range there {
		t.Run(step+", then "+back[i], func(t *testing.T) {
			m := aMove{Folder: t.TempDir(), URL: postgrestest.Database(t, storetest.PostgresTables)}
			if err := os.CopyFS(m.Folder, os.DirFS(shop.Folder)); err != nil {
				t.Fatal(err)
			}
			kills(m, step)
			if _, err := m.run(t.Context(), nil); err != nil {
				t.Fatalf("again after it was killed at %q: %v", step, err)
			}
			sameEverything(t, before, m.everything(t, tables, true))
			if folder, database := m.serves(t); folder || !database {
				t.Errorf("after the move the folder serves: %v, the database: %v", folder, database)
			}
			m.Back = true
			kills(m, back[i])
			if _, err := m.run(t.Context(), nil); err != nil {
				t.Fatalf("again after it was killed at %q: %v", back[i], err)
			}
			sameEverything(t, before, m.everything(t, tables, false))
			if folder, database := m.serves(t); !folder || database {
				t.Errorf("after the move back the folder serves: %v, the database: %v", folder, database)
			}
		})
	}
}
