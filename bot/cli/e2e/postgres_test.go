package e2e

import (
	"bufio"
	"bytes"
	"database/sql"
	big "encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"optinbot/bot/whatsapp/whatsapptest"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

// newDatabase is the URL of a database with which no key was used yet.
func newDatabase(t *testing.T) (url string) {
	t.Helper()
	return postgrestest.Database(t, storetest.PostgresTables)
}

// onPostgres writes the URL of a database into the program's config.yaml.
func (b *binary) onPostgres(url string) {
	b.t.Helper()
	file := filepath.Join(b.dir, "config.yaml")
	text, err := os.ReadFile(file)
	must(b.t, err)
	_, rest, ok := strings.Cut(string(text), "\nstore:")
	before, after, named := strings.Cut(rest, `url: ""`)
	if !ok || !named {
		b.t.Fatal("config.yaml has no store.url")
	}
	head := strings.TrimSuffix(string(text), rest)
	must(b.t, os.WriteFile(file, []byte(head+before+fmt.Sprintf("url: %q", url)+after), 0o600))
}

// refused runs a verb that ends with an exit code, and returns what it said.
func (b *binary) refused(code int, args ...string) string {
	b.t.Helper()
	cmd := b.cmd(args...)
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		b.t.Errorf("optinbot %s ended with %d, want %d: %v\n%s", strings.Join(args, " "), got, code, err, out)
	}
	return string(out)
}

// TestPostgresFirstHour: the first hour of a shop whose config.yaml names a database of PostgreSQL's is
// that of every other shop. What needs SQLite's file is refused in plain words.
func TestPostgresFirstHour(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	url := newDatabase(t)
	ctx := scene(t)
	srv, b := unlinked(t)
	b.onPostgres(url)

	if said := b.refused(exitFailed, "doctor"); !strings.Contains(said, "answers, and keeps what is committed") ||
		!strings.Contains(said, "not linked") {
		t.Errorf("doctor says %s", said)
	}
	b.link(srv)
	b.start()
	ana, bob := srv.Contact("+12125550101"), srv.Contact("+12125550102")
	expect := func(c *whatsapptest.Contact, part string) {
		t.Helper()
		if _, err := c.WaitText(ctx, part); err != nil {
			t.Fatalf("waiting for %q: %v; received %q", part, err, c.Texts())
		}
	}
	for _, c := range []*whatsapptest.Contact{ana, bob} {
		c.Send("I want promotions")
		expect(c, "You are in!")
		expect(c, "A  Shoes")
		c.Send("A")
		expect(c, "where do you like to shop")
		c.Send("B")
		expect(c, "*preferences*")
	}
	b.do("broadcast", "schedule", "weekend-offer", "--now", "--yes")
	expect(ana, "20% off")
	expect(bob, "20% off")
	bob.Send("2")
	expect(bob, "no more promotions")
	if said := b.do("status"); !strings.Contains(said, "linked since") || !strings.Contains(said, "1 subscribed") {
		t.Errorf("status says %s", said)
	}
	if said := b.do("contacts", "list", "--json"); !strings.Contains(said, ana.Number()) || !strings.Contains(said, `"unsubscribed"`) {
		t.Errorf("contacts list says %s", said)
	}
	if said := b.do("consent", "verify"); !strings.Contains(said, "entries hold") {
		t.Errorf("consent verify says %s", said)
	}
	if said := b.do("doctor"); !strings.Contains(said, "answers, and keeps what is committed") {
		t.Errorf("doctor says %s", said)
	}
	backup := filepath.Join(t.TempDir(), "fleet.tar.gz")
	b.do("backup", backup)
	b.terminates()
	if said := b.refused(exitRefused, "restore", backup, "--yes"); !strings.Contains(said, "there is a shop already") {
		t.Errorf("restore says %s", said)
	}
	if files, _ := filepath.Glob(filepath.Join(b.dir, "data", "bot.db*")); len(files) != 0 {
		t.Errorf("the folder has %q all the same", files)
	}

	// Another machine has the same config.yaml, and no key yet.
	second := &binary{t: t, file: b.file, dir: filepath.Join(t.TempDir(), "second"), env: b.env}
	must(t, os.CopyFS(second.dir, os.DirFS(b.dir)))
	key := filepath.Join(second.dir, "data", "secret.key")
	must(t, os.Remove(key))
	if said := second.refused(exitFile, "run"); !strings.Contains(said, "copy it from another machine") {
		t.Errorf("run without the key says %s", said)
	}
	must(t, os.WriteFile(key, []byte(strings.Repeat("0f", 32)+"\n"), 0o600))
	if said := second.refused(exitFile, "run"); !strings.Contains(said, "is not the key of this database") {
		t.Errorf("run with another key says %s", said)
	}

	// Its own database is not forgotten.
	must(t, os.WriteFile(filepath.Join(second.dir, "data", "bot.db"), []byte("people"), 0o600))
	if said := second.refused(exitRefused, "status"); !strings.Contains(said, "has one of its own") {
		t.Errorf("status in a folder with a database says %s", said)
	}
}

// TestF2AWhatsAppNumberOutlivesItsMachine: two machines have one number. The one that serves it is killed, and
// the other one connects with the session in the database and answers. Nobody links again. A person who is erased
// is gone from that session, too.
func TestF2AWhatsAppNumberOutlivesItsMachine(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	url := newDatabase(t)
	ctx := scene(t)
	srv, first := unlinked(t)
	first.onPostgres(url)
	first.link(srv)
	if files, _ := filepath.Glob(filepath.Join(first.dir, "data", "session-*.db")); len(files) != 0 {
		t.Errorf("the session lies in %q", files)
	}
	second := &binary{t: t, file: first.file, dir: filepath.Join(t.TempDir(), "second"), env: first.env}
	must(t, os.CopyFS(second.dir, os.DirFS(first.dir)))

	kill := first.start()
	waits := second.cmd("run")
	var said bytes.Buffer
	waits.Stderr = &said
	must(t, waits.Start())
	second.bot = waits
	t.Cleanup(func() { _ = waits.Process.Kill() })
	if out := second.refused(exitRefused, "link", "--print-code"); !strings.Contains(out, "stop it first") {
		t.Errorf("link of a number that is served says %s", out)
	}
	ana, bob := srv.Contact("+12125550101"), srv.Contact("+12125550102")
	hears := func(c *whatsapptest.Contact, part string) {
		t.Helper()
		if _, err := c.WaitText(ctx, part); err != nil {
			t.Fatalf("waiting for %q: %v; received %q\n%s", part, err, c.Texts(), said.String())
		}
	}
	ana.Send("I want promotions")
	hears(ana, "You are in!")
	kill()
	ana.Send("2")
	hears(ana, "no more promotions")
	bob.Send("I want promotions")
	hears(bob, "You are in!")
	if out := first.do("status"); !strings.Contains(out, "linked since") {
		t.Errorf("status says %s", out)
	}
	if out := first.do("doctor"); !strings.Contains(out, "linked since") {
		t.Errorf("doctor says %s", out)
	}

	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	held := func() (rows int) {
		must(t, db.QueryRow("SELECT COUNT(*) FROM wa_main.whatsmeow_sessions WHERE their_id ~ ('^(12125550101|' || $1 || ')[@:._]')",
			ana.LID().User).Scan(&rows))
		return rows
	}
	if held() == 0 {
		t.Error("the session in the database knows nothing of Ana")
	}
	if said := first.do("contacts", "erase", ana.Number(), "--yes"); !strings.Contains(said, "write-ahead log") {
		t.Errorf("what stays on the server is not said:\n%s", said)
	}
	if held() != 0 {
		t.Error("Ana is erased, and the session knows her")
	}
	if _, err := db.Exec("DELETE FROM wa_main.whatsmeow_sessions"); err == nil {
		t.Error("anybody may write to the session")
	}
	second.terminates()
	if strings.Contains(said.String(), "link it again") || strings.Contains(said.String(), "replaced") {
		t.Errorf("somebody was asked to link again: %s", said.String())
	}
	scanLog(t, said.String())
}

// TestPostgresPasswordsAreSecret: the server gets the password, and nobody reads it in what the program
// says, whatever goes wrong.
func TestPostgresPasswordsAreSecret(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	file, err := program()
	must(t, err)
	b := &binary{t: t, file: file, dir: filepath.Join(t.TempDir(), "shop"), env: os.Environ()}
	b.do0("init", b.dir)
	server := newRefusingServer(t)
	const password = "SECRET+word"
	env := b.env
	for _, c := range []struct {
		name, url, env, says string
		code                 int
		asked                bool
	}{
		{"the server refuses it", "postgres://bot@" + server.address + "/optinbot?sslmode=disable", "OPTINBOT_STORE_PASSWORD=" + password,
			"password authentication failed", exitFailed, true},
		{"nobody listens", "postgres://bot@127.0.0.1:1/optinbot?connect_timeout=5", "OPTINBOT_STORE_PASSWORD=" + password,
			"failed to connect", exitFailed, false},
		{"the URL is none", "postgres://bot@[/optinbot", "OPTINBOT_STORE_PASSWORD=" + password, "store.url is not the URL", exitFailed, false},
		{"the URL of the environment is none", "", "OPTINBOT_STORE_URL=postgres://bot:" + password + "%ZZ@[/optinbot",
			"store.url is not the URL", exitFailed, false},
		{"it is in config.yaml", "postgres://bot:" + password + "@" + server.address + "/optinbot", "A=B", "config.yaml:", exitFailed, false},
	} {
		b.env = append(env[:len(env):len(env)], c.env)
		must(t, os.WriteFile(filepath.Join(b.dir, "config.yaml"), fmt.Appendf(nil, "store: {url: %q}\n", c.url), 0o600))
		for _, verb := range []string{"status", "doctor", "run"} {
			if verb == "doctor" && !c.asked {
				continue // it says what `status` says, after it has played every conversation
			}
			cmd := b.cmd(verb)
			out, _ := cmd.CombinedOutput()
			if !strings.Contains(string(out), c.says) || strings.Contains(string(out), "SECRET") || strings.Contains(string(out), "panic") {
				t.Errorf("%s: %s says %s", c.name, verb, out)
			}
			if got := cmd.ProcessState.ExitCode(); verb == "status" && got != c.code {
				t.Errorf("%s: %s ended with %d, want %d", c.name, verb, got, c.code)
			}
		}
		if got := server.got(); c.asked && got != password {
			t.Errorf("%s: the server got %q", c.name, got)
		}
	}
}

// do0 is do before there is a folder to work in.
func (b *binary) do0(args ...string) {
	b.t.Helper()
	dir := b.dir
	b.dir = ""
	b.do(args...)
	b.dir = dir
}

// A refusingServer asks for the password of PostgreSQL's protocol, and refuses it.
type refusingServer struct {
	address string
	told    chan string
}

func newRefusingServer(t *testing.T) *refusingServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	s := &refusingServer{address: l.Addr().String(), told: make(chan string, 1000)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.refuse(conn)
		}
	}()
	return s
}

func (s *refusingServer) refuse(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	message := func(skip int64) []byte {
		if _, err := io.CopyN(io.Discard, in, skip); err != nil {
			return nil
		}
		var length uint32
		if err := big.Read(in, big.BigEndian, &length); err != nil || length < 4 || length > 10_000 {
			return nil
		}
		body := make([]byte, length-4)
		_, _ = io.ReadFull(in, body)
		return body
	}
	message(0)                                             // who wants in
	_, _ = conn.Write([]byte{'R', 0, 0, 0, 8, 0, 0, 0, 3}) // the password in plain text, please
	s.told <- string(bytes.TrimRight(message(1), "\x00"))
	body := []byte("SFATAL\x00VFATAL\x00C28P01\x00Mpassword authentication failed for user \"bot\"\x00\x00")
	refusal := big.BigEndian.AppendUint32([]byte{'E'}, uint32(len(body)+4))
	_, _ = conn.Write(append(refusal, body...))
}

// got is a password that the server got since it was asked last. "": none.
func (s *refusingServer) got() (password string) {
	for {
		select {
		case password = <-s.told:
		default:
			return password
		}
	}
}
