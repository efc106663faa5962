package postgrestest

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A Pair is a server with a standby, both of the test alone.
type Pair struct {
	URL string // of the database shop, wherever it can be written, for its owner, who may do nothing else

	t                testing.TB
	primary, standby *pairServer
}

type pairServer struct {
	url     string // for the superuser
	process *exec.Cmd
}

// NewPair starts both. What is committed on a synchronous pair is on both. The test is skipped as by
// Database.
func NewPair(t testing.TB, synchronous bool) *Pair {
	t.Helper()
	bin, err := binaries()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: there is no PostgreSQL here whose standby could take over. Install Debian's package postgresql")
	}
	p := &Pair{t: t}
	dir, err := os.MkdirTemp("/dev/shm", "optinbot-postgres-")
	if err != nil {
		dir, err = os.MkdirTemp("", "optinbot-postgres-")
	}
	p.must(err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	user, err := owner(dir)
	p.must(err)
	data := func(name string) string { return filepath.Join(dir, name) }
	p.runs(command(user, filepath.Join(bin, "initdb"), "-D", data("a"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"))
	p.primary = p.starts(command(user, filepath.Join(bin, "postgres"), "-D", data("a"), "-k", dir, "-p", "5432",
		"-c", "listen_addresses="), dir, "5432")
	p.execute(p.primary, "CREATE ROLE shop LOGIN", "CREATE DATABASE shop OWNER shop")
	p.runs(command(user, filepath.Join(bin, "pg_basebackup"), "-D", data("b"), "-R", "-X", "stream", "-c", "fast",
		"-h", dir, "-p", "5432", "-U", "postgres"))
	p.standby = p.starts(command(user, filepath.Join(bin, "postgres"), "-D", data("b"), "-k", dir, "-p", "5433",
		"-c", "listen_addresses="), dir, "5433")
	if synchronous {
		p.execute(p.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
		p.until(p.primary, "SELECT EXISTS (SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync')")
	}
	p.URL = (&url.URL{Scheme: "postgres", User: url.User("shop"), Path: "/shop", RawQuery: url.Values{
		"host": {dir + "," + dir}, "port": {"5432,5433"}, "target_session_attrs": {"read-write"},
	}.Encode()}).String()
	return p
}

func (p *Pair) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *Pair) runs(c *exec.Cmd) {
	p.t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v\n%s", c.Path, err, out)
	}
}

func (p *Pair) starts(c *exec.Cmd, dir, port string) *pairServer {
	p.t.Helper()
	p.must(c.Start())
	s := &pairServer{process: c, url: (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}, "port": {port}}.Encode()}).String()}
	p.t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGQUIT)
		_ = c.Wait()
	})
	p.must(answers(s.url))
	return s
}

func (p *Pair) execute(s *pairServer, statements ...string) {
	p.t.Helper()
	db, err := sql.Open("pgx", s.url)
	p.must(err)
	defer db.Close()
	for _, statement := range statements {
		_, err := db.ExecContext(context.Background(), statement)
		p.must(err)
	}
}

// until waits until a query of a server says that something is so.
func (p *Pair) until(s *pairServer, query string, args ...any) {
	p.t.Helper()
	db, err := sql.Open("pgx", s.url)
	p.must(err)
	defer db.Close()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		var is bool
		p.must(db.QueryRowContext(context.Background(), query, args...).Scan(&is))
		if is {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("it never came: %s", query)
		}
	}
}

// Level waits until the standby has all that is committed.
func (p *Pair) Level() {
	p.t.Helper()
	db, err := sql.Open("pgx", p.primary.url)
	p.must(err)
	defer db.Close()
	var end string
	p.must(db.QueryRowContext(context.Background(), "SELECT CAST(pg_current_wal_lsn() AS TEXT)").Scan(&end))
	p.until(p.standby, "SELECT pg_last_wal_replay_lsn() >= CAST($1 AS pg_lsn)", end)
}

// Cut lets the standby hear nothing any more.
func (p *Pair) Cut() {
	p.t.Helper()
	p.Level()
	p.execute(p.standby, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
	p.until(p.standby, "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver)")
}

// FailOver ends the primary at once and lets the standby take over.
func (p *Pair) FailOver() {
	p.t.Helper()
	p.must(p.primary.process.Process.Signal(syscall.SIGQUIT))
	_ = p.primary.process.Wait()
	p.execute(p.standby, "SELECT pg_promote(TRUE, 60)")
	p.until(p.standby, "SELECT NOT pg_is_in_recovery()")
}
