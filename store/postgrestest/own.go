package postgrestest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// A Server is a PostgreSQL server that a test has for itself, and may restart. It listens on
// loopback.
type Server struct {
	Port int

	dir   string
	start func() (*exec.Cmd, error)
	runs  *exec.Cmd
}

// Own starts a server from the binaries of the machine. The end of the test stops it. Where there are
// none, the test is skipped, and fails with CI set.
func Own(t testing.TB) *Server {
	t.Helper()
	bin, err := binaries()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" {
		t.Skip("SKIPPED: there is no PostgreSQL here. Install Debian's package postgresql")
	}
	must(t, err)
	s := &Server{}
	s.dir, err = os.MkdirTemp("/dev/shm", "optinbot-postgres-")
	if err != nil {
		s.dir, err = os.MkdirTemp("", "optinbot-postgres-")
	}
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(s.dir) })
	user, err := owner(s.dir)
	must(t, err)
	data := filepath.Join(s.dir, "data")
	made := command(user, filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s.Port = free.Addr().(*net.TCPAddr).Port
	must(t, free.Close())
	s.start = func() (*exec.Cmd, error) {
		p := command(user, filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir, "-p", strconv.Itoa(s.Port),
			"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300")
		log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		defer log.Close()
		p.Stdout, p.Stderr = log, log
		return p, p.Start()
	}
	s.runs, err = s.start()
	must(t, err)
	t.Cleanup(func() {
		_ = s.runs.Process.Signal(os.Interrupt)
		_ = s.runs.Wait()
	})
	must(t, answers(s.URL("postgres")))
	return s
}

// URL is that of a database.
func (s *Server) URL(database string) string {
	return URLAt(fmt.Sprintf("127.0.0.1:%d", s.Port), database)
}

// URLAt is that of a database at an address, such as that of a proxy.
func URLAt(address, database string) string {
	return fmt.Sprintf("postgres://postgres@%s/%s?sslmode=disable", address, database)
}

// Crash lets the server die as with its machine, and starts it again.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	must(t, s.runs.Process.Signal(syscall.SIGQUIT))
	_ = s.runs.Wait()
	var err error
	s.runs, err = s.start()
	must(t, err)
	must(t, answers(s.URL("postgres")))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
