// Package postgrestest gives tests databases of a PostgreSQL server: of the one whose URL is in
// OPTINBOT_TEST_POSTGRES, or else of one that it starts from the binaries of the machine.
package postgrestest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Environment is the variable with the URL of a server on which databases may be made.
const Environment = "OPTINBOT_TEST_POSTGRES"

var server struct {
	once sync.Once
	url  *url.URL
	err  error
	stop func()

	made  sync.Once
	first string // the database of which the others are copies
}

// Main runs the tests of a package and stops the server. It is for TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if server.first != "" && os.Getenv(Environment) != "" {
		_ = execute("DROP DATABASE " + server.first)
	}
	if server.stop != nil {
		server.stop()
	}
	os.Exit(code)
}

// Database makes a database, which goes away with the test, and returns its URL. prepare makes the
// tables of the first one, of which the others are copies. Where there is no server, the test is
// skipped, and fails with CI set.
func Database(t testing.TB, prepare func(url string) error) string {
	t.Helper()
	server.once.Do(start)
	if errors.Is(server.err, exec.ErrNotFound) && os.Getenv("CI") == "" {
		t.Skipf("SKIPPED: there is no PostgreSQL here. Install Debian's package postgresql, or name a server in %s",
			Environment)
	}
	if server.err != nil {
		t.Fatal(server.err)
	}
	server.made.Do(func() {
		server.first = newName()
		run(t, "CREATE DATABASE "+server.first)
		server.err = prepare(at(server.first))
	})
	if server.err != nil {
		t.Fatal(server.err)
	}
	name := newName()
	run(t, "CREATE DATABASE "+name+" TEMPLATE "+server.first)
	t.Cleanup(func() { run(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return at(name)
}

func newName() string {
	random := make([]byte, 6)
	rand.Read(random)
	return "optinbot_test_" + hex.EncodeToString(random)
}

func at(database string) string {
	u := *server.url
	u.Path = "/" + database
	return u.String()
}

func run(t testing.TB, statement string) {
	t.Helper()
	if err := execute(statement); err != nil {
		t.Fatal(err)
	}
}

func execute(statement string) error {
	db, err := sql.Open("pgx", server.url.String())
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	return err
}

func start() {
	if given := os.Getenv(Environment); given != "" {
		server.url, server.err = url.Parse(given)
		return
	}
	bin, err := binaries()
	if err != nil {
		server.err = err
		return
	}
	// In memory nothing is lost by syncing, and the server has the settings that the store demands.
	dir, err := os.MkdirTemp("/dev/shm", "optinbot-postgres-")
	if err != nil {
		dir, err = os.MkdirTemp("", "optinbot-postgres-")
	}
	if err != nil {
		server.err = err
		return
	}
	server.stop = func() { os.RemoveAll(dir) }
	user, err := owner(dir)
	if err != nil {
		server.err = err
		return
	}
	data := filepath.Join(dir, "data")
	made := command(user, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	if out, err := made.CombinedOutput(); err != nil {
		server.err = fmt.Errorf("initdb: %w\n%s", err, out)
		return
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		server.err = err
		return
	}
	p := command(user, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=",
		"-c", "max_connections=200")
	p.Stdout, p.Stderr = log, log
	if server.err = p.Start(); server.err != nil {
		return
	}
	server.stop = func() {
		_ = p.Process.Signal(os.Interrupt)
		_ = p.Wait()
		os.RemoveAll(dir)
	}
	server.url = &url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode()}
	server.err = answers(server.url.String())
}

// binaries is the folder of initdb and postgres.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", exec.ErrNotFound
	}
	path, err = filepath.EvalSymlinks(path)
	return filepath.Dir(path), err
}

// answers waits until a server does.
func answers(at string) error {
	db, err := sql.Open("pgx", at)
	if err != nil {
		return err
	}
	defer db.Close()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		err := db.PingContext(context.Background())
		if err == nil || time.Now().After(deadline) && !strings.Contains(err.Error(), "starting up") {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
