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

	"github.com/jackc/pgx/v5/stdlib" // and the driver "pgx"
)

// Environment is the variable with the URL of a server on which databases may be made.
const Environment = "OPTINBOT_TEST_POSTGRES"

var server servers

type servers struct {
	once sync.Once
	url  *url.URL
	err  error
	stop func()

	mu   sync.Mutex
	free []string // databases that no test uses
	made []string // all of them
}

// Main runs the tests of a package and stops the server. It is for TestMain.
func Main(m *testing.M) {
	code := m.Run()
	Stop()
	os.Exit(code)
}

// Stop stops the server. It is for a TestMain that does more than Main.
func Stop() {
	if os.Getenv(Environment) != "" {
		drop()
	}
	if server.stop != nil {
		server.stop()
	}
}

// drop removes the databases from a server that lives on.
func drop() {
	db, err := sql.Open("pgx", server.url.String())
	if err != nil {
		return
	}
	defer db.Close()
	for _, name := range server.made {
		_, _ = db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
	}
}

// Database returns the URL of a database that has tables and nothing in them. prepare makes them.
// After the test its database is emptied for another one, which is quicker than a new one. Where there is no server, the test is
// skipped, and fails with CI set.
func Database(t testing.TB, prepare func(url string) error) string {
	t.Helper()
	url, done := ForNow(t, prepare)
	t.Cleanup(done)
	return url
}

// ForNow is Database for a part of a test, which calls done.
func ForNow(t testing.TB, prepare func(url string) error) (url string, done func()) {
	t.Helper()
	server.once.Do(start)
	if errors.Is(server.err, exec.ErrNotFound) && os.Getenv("CI") == "" {
		t.Skipf("SKIPPED: there is no PostgreSQL here. Install Debian's package postgresql, or name a server in %s",
			Environment)
	}
	if server.err != nil {
		t.Fatal(server.err)
	}
	name := server.take()
	if name == "" {
		random := make([]byte, 6)
		rand.Read(random)
		name = "optinbot_test_" + hex.EncodeToString(random)
		server.mu.Lock()
		server.made = append(server.made, name)
		server.mu.Unlock()
		execute(t, server.url.String(), "CREATE DATABASE "+name)
		if err := prepare(at(name)); err != nil {
			t.Fatal(err)
		}
		execute(t, at(name), "UPDATE files SET key_check = ''; "+keep) // each test has a key of its own
	}
	return at(name), func() {
		execute(t, at(name), empty)
		server.mu.Lock()
		defer server.mu.Unlock()
		server.free = append(server.free, name)
	}
}

// take returns a database that nobody uses, "" where there is none.
func (s *servers) take() (name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		name, s.free = s.free[n-1], s.free[:n-1]
	}
	return name
}

// keep remembers the rows that the tables begin with, and empty brings them back. The schemas of
// WhatsApp sessions go.
const (
	keep = `
		CREATE SCHEMA begun;
		DO $$
		DECLARE t TEXT;
		BEGIN
			FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
				EXECUTE format('CREATE TABLE begun.%I AS SELECT * FROM public.%I', t, t);
			END LOOP;
		END $$`
	empty = `
		DO $$
		DECLARE t TEXT;
		BEGIN
			EXECUTE (
				SELECT COALESCE(
					'TRUNCATE ' || string_agg(format('public.%I', tablename), ', ') || ' RESTART IDENTITY', 'SELECT 1'
				)
				FROM pg_tables
				WHERE schemaname = 'public'
			);
			FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
				EXECUTE format('INSERT INTO public.%I SELECT * FROM begun.%I', t, t);
			END LOOP;
			FOR t IN SELECT nspname FROM pg_namespace WHERE nspname LIKE 'wa\_%' LOOP
				EXECUTE format('DROP SCHEMA %I CASCADE', t);
			END LOOP;
		END $$`
)

func at(database string) string {
	u := *server.url
	u.Path = "/" + database
	return u.String()
}

func execute(t testing.TB, url, statements string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err == nil {
		err = conn.Raw(func(driver any) error { // several statements in one go
			_, err := driver.(*stdlib.Conn).Conn().PgConn().Exec(ctx, statements).ReadAll()
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
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
