package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"optinbot/bot/cli/clitest"
	"optinbot/bot/desk/desktest"
	"optinbot/store/postgrestest"
	"optinbot/store/storetest"
)

// Exit codes of the program, which docs/running.md explains.
const (
	exitDone    = 0
	exitFailed  = 1
	exitRefused = 2
	exitFile    = 78 // of `run`: somebody has to change a file
)

// patience is how long one thing may take, on a machine that does more than these tests. A test that
// waits for something waits this long, and is over as soon as it comes.
const patience = 2 * time.Minute

// longest is how long a long form may take, of which Go's -timeout may leave less.
const longest = 2 * time.Hour

// patient is a context for one thing that a test waits for.
func patient(t testing.TB) context.Context {
	t.Helper()
	return within(t, patience)
}

// scene is a context for a test that waits for many things, one after the other.
func scene(t testing.TB) context.Context {
	t.Helper()
	return within(t, 4*patience)
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// TestMain lets five tests run beside each other where nobody says how many: they mostly wait for the
// program. The program is taken away at the end. Under `nohup` the tests ignore SIGHUP, and so would
// each program that they start, which is right for a program but not what they test: a signal that is
// caught here has its default in what is started.
func TestMain(m *testing.M) {
	if !raceDetector {
		if err := flag.Set("test.parallel", strconv.Itoa(max(5, runtime.GOMAXPROCS(0)))); err != nil {
			panic(err)
		}
	}
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	// Many programs run at once, and each may have a page of its own.
	if err := os.Setenv("OPTINBOT_WEB_LISTEN", "127.0.0.1:0"); err != nil {
		panic(err)
	}
	code := m.Run()
	postgrestest.Stop()
	if programIn != "" {
		_ = os.RemoveAll(programIn)
	}
	os.Exit(code)
}

// program is the built program: it is built once for all tests, as a release is built. OPTINBOT_TEST_PROGRAM names another one that
// the tests are to drive, such as that of an earlier version, to see them fail there.
var program = sync.OnceValues(func() (file string, err error) {
	if file := os.Getenv("OPTINBOT_TEST_PROGRAM"); file != "" {
		return file, nil
	}
	if programIn, err = os.MkdirTemp("", "optinbot"); err != nil {
		return "", err
	}
	file = filepath.Join(programIn, "optinbot")
	cmd := exec.Command("go", "build", "-o", file, "optinbot")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return file, nil
})

var programIn string // the folder of the built program; "" while none was needed

// olderFolder unpacks the working folder that the program of commit 2cfbdc0 made: three people opted
// in, one of them left, one only said hello, a stop came off WhatsApp, one broadcast is running and
// one is scheduled for 2031.
func olderFolder(t *testing.T) (dir string) {
	t.Helper()
	return clitest.Unpack(t, "../testdata/upgrade/folder-2cfbdc0.tar.gz")
}

// change writes into the database of a folder behind the program's back.
func change(t *testing.T, dir, statement string, args ...any) {
	t.Helper()
	if err := storetest.Edit(t.Context(), filepath.Join(dir, "data"), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// scanLog looks through what a test's program has logged: O3 holds in every test, not only in the one
// that names it.
func scanLog(t testing.TB, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		if found := desktest.Personal(line); found != "" {
			t.Errorf("the log holds %q: %s", found, line)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
