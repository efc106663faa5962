package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"optinbot/bot/cli/clitest"
)

// TestCtrlCEndsAQuestion: whoever presses Ctrl-C at a question means it, whatever verb asks or reads; so does a service manager, and a
// terminal that closes. Nothing is done, and the verb does not wait for Enter.
func TestCtrlCEndsAQuestion(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	file, err := program()
	must(t, err)
	backup, err := filepath.Abs("../testdata/upgrade/backup-2cfbdc0.tar.gz")
	must(t, err)
	b := &binary{t: t, file: file, dir: olderFolder(t), env: os.Environ()}
	empty := &binary{t: t, file: file, dir: olderFolder(t), env: os.Environ()}
	empty.remove("data")
	b.do("status") // brings the tables up to date
	before := b.do("broadcast", "list", "--json") + b.do("contacts", "list", "--json")
	const ctrlC = syscall.SIGINT
	for _, q := range []struct {
		in    *binary
		verb  string
		asks  string
		ended syscall.Signal
		code  int
	}{
		{b, "broadcast schedule weekend-offer", "[y/N] ", ctrlC, exitRefused},
		{b, "broadcast schedule weekend-offer", "[y/N] ", syscall.SIGTERM, exitRefused},
		{b, "broadcast schedule weekend-offer", "[y/N] ", syscall.SIGHUP, exitRefused},
		{b, "broadcast cancel new-year", "[y/N] ", ctrlC, exitRefused},
		{b, "contacts erase +12125550101", "[y/N] ", ctrlC, exitRefused},
		{empty, "restore " + backup, "[y/N] ", ctrlC, exitRefused},
		{b, "chat", "> ", ctrlC, exitFailed},
		{b, "chat", "> ", syscall.SIGTERM, exitFailed},
	} {
		p := clitest.AtATerminal(t)
		cmd := q.in.cmd(strings.Fields(q.verb)...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Screen, p.Screen, p.Screen
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
		must(t, cmd.Start())
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		p.Waits(q.asks)
		if q.ended == ctrlC {
			p.Types("\x03")
		} else {
			must(t, cmd.Process.Signal(q.ended))
		}
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != q.code {
				t.Errorf("%s, %s: %v, should be exit code %d\n%s", q.verb, q.ended, err, q.code, p.Sees())
			}
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			t.Errorf("%s goes on after %s:\n%s", q.verb, q.ended, p.Sees())
		}
	}
	if after := b.do("broadcast", "list", "--json") + b.do("contacts", "list", "--json"); after != before {
		t.Errorf("something was done:\n%s\n%s", before, after)
	}
	if _, err := os.Stat(filepath.Join(empty.dir, "data", "bot.db")); err == nil {
		t.Error("the backup was restored")
	}
}
