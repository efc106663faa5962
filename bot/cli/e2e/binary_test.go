package e2e

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store"
	"optinbot/store/storetest"
)

// A binary is the built program in a working folder, talking to a server of the test.
type binary struct {
	t    testing.TB
	pid  int // of the bot, while it runs
	bot  *exec.Cmd
	file string
	dir  string
	env  []string
	said string   // by `run` on standard error until it served
	args []string // after every verb, where a test says so
	root string   // the only folder that it sees; "": all of them
}

// linked is a server and the program with a number that is linked there, in a working folder made with `init`.
func linked(t testing.TB) (*whatsapptest.Server, *binary) {
	t.Helper()
	srv, b := unlinked(t)
	b.link(srv)
	return srv, b
}

// unlinked is a server and the program in a working folder as `init` makes it.
func unlinked(t testing.TB) (*whatsapptest.Server, *binary) {
	t.Helper()
	srv := whatsapptest.NewServer()
	t.Cleanup(srv.Close)
	srv.Hasty(true)
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b := &binary{t: t, file: file, dir: filepath.Join(dir, "shop")}
	server := filepath.Join(dir, "server.json")
	if err := srv.WriteFile(server); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(b.file, "init", b.dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	b.env = append(os.Environ(), "OPTINBOT_WHATSAPP_TEST_SERVER="+server, "OPTINBOT_WHATSAPP_TEST_LIMITS=off")
	b.onDatabaseOf(t)
	return srv, b
}

// onDatabaseOf lets the program use the database that the test is about: bot.db, or one of PostgreSQL's.
func (b *binary) onDatabaseOf(t testing.TB) {
	t.Helper()
	if url := storetest.In(t, filepath.Join(b.dir, "data")).URL; url != "" {
		b.env = append(b.env, "OPTINBOT_STORE_URL="+url)
	}
}

func (b *binary) cmd(args ...string) *exec.Cmd {
	cmd := exec.Command(b.file, args...)
	cmd.Dir, cmd.Env = b.dir, b.env
	if b.root != "" {
		cmd.Path, cmd.Dir = "/optinbot", strings.TrimPrefix(b.dir, b.root)
		changeRoot(cmd, b.root)
	}
	return cmd
}

// do runs a verb to its end and returns what it printed.
func (b *binary) do(args ...string) string {
	b.t.Helper()
	var out, errs bytes.Buffer
	cmd := b.cmd(args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("optinbot %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// link links the number: the phone of the server scans the first code that is printed.
func (b *binary) link(srv *whatsapptest.Server) {
	b.t.Helper()
	b.linkNumber("main", srv.Phone())
}

// linkNumber links one number by a phone.
func (b *binary) linkNumber(number string, phone *whatsapptest.Phone) {
	b.t.Helper()
	cmd := b.cmd("link", "--print-code", "--number", number)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		b.t.Fatalf("link printed no code: %v\n%s", cmd.Wait(), errs.String())
	}
	if err := phone.Scan(lines.Text()); err != nil {
		b.t.Fatal(err)
	}
	for lines.Scan() { // later codes
	}
	if err := cmd.Wait(); err != nil {
		b.t.Fatalf("link: %v\n%s", err, errs.String())
	}
}

// start runs the bot until kill is called (kill -9) and returns once it serves the number.
func (b *binary) start() (kill func()) {
	b.t.Helper()
	cmd := b.cmd("run")
	errs, err := cmd.StderrPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.pid, b.bot = cmd.Process.Pid, cmd
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	serving, said, all := make(chan bool, 1), make(chan string, 1), make(chan struct{})
	var seen strings.Builder
	go func() {
		defer close(all)
		lines := bufio.NewScanner(errs)
		for lines.Scan() {
			seen.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "offline_sync_ended") {
				select {
				case serving <- true:
					said <- seen.String()
				default:
				}
			}
		}
		_, _ = io.Copy(io.Discard, errs)
		select {
		case serving <- false:
		default:
		}
	}()
	b.t.Cleanup(func() {
		kill()
		<-all
		scanLog(b.t, seen.String())
	})
	select {
	case ok := <-serving:
		if !ok {
			b.t.Fatalf("run ended:\n%s", seen.String())
		}
		b.said = <-said
	case <-time.After(patience):
		b.t.Fatal("run does not serve the number")
	}
	return kill
}

// TestB6NobodyTwice tells the whole story with the built program and the real WhatsApp client: init, link, run, people opt in, a
// broadcast, a stop, kill -9, start: still linked, and nobody got anything twice.
func TestB6NobodyTwice(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	ctx := scene(t)
	srv, b := linked(t)
	kill := b.start()

	expect := func(c *whatsapptest.Contact, part string) whatsapptest.Received {
		t.Helper()
		r, err := c.WaitText(ctx, part)
		if err != nil {
			t.Fatalf("waiting for %q: %v; received %q", part, err, c.Texts())
		}
		return r
	}
	ana, bob, moe := srv.Contact("+12125550101"), srv.Contact("+12125550102"), srv.Contact("+12125550103")
	for _, c := range []*whatsapptest.Contact{ana, bob} {
		c.Send("I want promotions")
		expect(c, "You are in!")
		expect(c, "A  Shoes")
		c.Send("A")
		expect(c, "where do you like to shop")
		c.Send("B")
		expect(c, "*preferences*")
	}
	moe.Send("hello")
	expect(moe, "Write *I want promotions*")

	b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	expect(ana, "20% off")
	expect(bob, "20% off")
	bob.Send("2")
	expect(bob, "no more promotions")

	kill()
	if out := b.do("status"); !strings.Contains(out, "linked since") {
		t.Errorf("after kill -9 the number is not linked any more:\n%s", out)
	}
	kill = b.start()
	before := len(ana.Received())
	b.do("broadcast", "schedule", "weekend-offer", "--now", "--again", "--yes")
	if _, err := ana.WaitFor(ctx, before+1); err != nil {
		t.Fatalf("the second broadcast: %v", err)
	}
	ana.Send("preferences") // its answer shows that the broadcast is behind us
	expect(ana, "Which offers")
	kill()

	if n := count(ana, "20% off"); n != 2 {
		t.Errorf("Ana got %d promotions of 2: %q", n, ana.Texts())
	}
	if n := count(bob, "20% off"); n != 1 {
		t.Errorf("Bob left after the first promotion and got %d", n)
	}
	if n := count(moe, "20% off"); n != 0 {
		t.Errorf("Moe never asked and got %d promotions", n)
	}
	for _, c := range []*whatsapptest.Contact{ana, bob, moe} {
		for _, r := range c.Received() {
			// What was in flight at the kill may come again, with the same ID; a promotion never does.
			if n := c.Decryptions(r.ID); n > 2 || n > 1 && strings.Contains(r.Text, "20% off") {
				t.Errorf("%q was received %d times", r.Text, n)
			}
		}
	}
}

// open opens the program's store, as a verb does, and closes it after use.
func (b *binary) open(use func(context.Context, *store.Store)) {
	b.t.Helper()
	ctx := context.Background()
	data := filepath.Join(b.dir, "data")
	s, err := store.Open(ctx, data, storetest.In(b.t, data))
	must(b.t, err)
	use(ctx, s)
	must(b.t, s.Close())
}

// database opens that of the store beside the program, for what no verb does.
func (b *binary) database() *sql.DB {
	b.t.Helper()
	db, err := storetest.Beside(filepath.Join(b.dir, "data"))
	must(b.t, err)
	return db
}

// databaseOf opens a file of the data folder.
func (b *binary) databaseOf(file string) *sql.DB {
	b.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "data", file)+"?_pragma=busy_timeout(120000)")
	must(b.t, err)
	return db
}

// A logSeen is the store's write-ahead log as it was seen: it grows or is written anew with every commit.
type logSeen struct {
	size int64
	at   time.Time
}

func (b *binary) log() (seen logSeen) {
	if info, err := os.Stat(filepath.Join(b.dir, "data", "bot.db-wal")); err == nil {
		seen = logSeen{size: info.Size(), at: info.ModTime()}
	}
	return seen
}

// draft writes a draft: its keys, and a text by which it is known.
func (b *binary) draft(name, keys string) {
	b.t.Helper()
	text := fmt.Sprintf("broadcast: %s\n%s\ntext: {en: %q, pt: %q, es: %q}\n", name, keys, textOf(name), textOf(name), textOf(name))
	must(b.t, os.WriteFile(filepath.Join(b.dir, "flows", "broadcasts", name+".yaml"), []byte(text), 0o600))
}

func textOf(name string) string { return "The offer called " + name + "." }

// eventually asks again and again whether something is so, where nothing else tells of it. Between two
// questions it leaves the machine to what it waits for, as long as it took to ask.
func eventually(ctx context.Context, cond func() bool) error {
	for {
		asked := time.Now()
		if cond() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(time.Millisecond, time.Since(asked))):
		}
	}
}

func count(c *whatsapptest.Contact, part string) (n int) {
	for _, text := range c.Texts() {
		if strings.Contains(text, part) {
			n++
		}
	}
	return n
}
