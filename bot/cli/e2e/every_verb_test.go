package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode"

	"optinbot/bot/cli/clitest"
	"optinbot/bot/text"
	"optinbot/bot/whatsapp/whatsapptest"
)

// tried is a verb, what it printed, and what it left in TMPDIR.
type tried struct {
	args, out, errs string
	left            []string
}

var verbsTried struct {
	sync.Once
	list []tried
}

// tryVerbs runs every verb once, with the built program, in a folder that an earlier program made, full of what strangers wrote.
func tryVerbs(t *testing.T) []tried {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	verbsTried.Do(func() {
		file, err := program()
		must(t, err)
		srv := whatsapptest.NewServer()
		t.Cleanup(srv.Close)
		dir, beside, tmp := olderFolder(t), t.TempDir(), t.TempDir()
		must(t, srv.WriteFile(filepath.Join(beside, "server.json")))
		clitest.HostileFolder(t, dir, func(statement string, args ...any) { change(t, dir, statement, args...) })
		for _, v := range clitest.Verbs {
			v.Args = strings.ReplaceAll(v.Args, "{dir}", beside)
			cmd := exec.Command(file, strings.Fields(v.Args)...)
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(v.Stdin)
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "OPTINBOT_WHATSAPP_TEST_SERVER="+filepath.Join(beside, "server.json"))
			verbsTried.list = append(verbsTried.list, try(t, cmd, v.Args, tmp))
		}
		poster, err := os.ReadFile(filepath.Join(dir, "poster.svg"))
		must(t, err)
		verbsTried.list = append(verbsTried.list, tried{args: "the poster", out: string(poster)})
	})
	return verbsTried.list
}

// try runs one verb. `run` and `link` go on until somebody ends them.
func try(t *testing.T, cmd *exec.Cmd, args, tmp string) tried {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	must(t, cmd.Start())
	if args == "run" || args == "link" {
		end := time.AfterFunc(2*time.Second, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
		defer end.Stop()
	}
	giveUp := time.AfterFunc(2*patience, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("optinbot %s: %v", args, err)
	}
	v := tried{args: args, out: out.String(), errs: errs.String()}
	left, err := os.ReadDir(tmp)
	must(t, err)
	for _, entry := range left {
		v.left = append(v.left, entry.Name())
		must(t, os.RemoveAll(filepath.Join(tmp, entry.Name())))
	}
	return v
}

// TestStrangersDoNotControlTheTerminal: nothing that a stranger, a file or a server says reaches the terminal as more than signs, on
// standard output or standard error, from whatever verb, and it forges no line.
func TestStrangersDoNotControlTheTerminal(t *testing.T) {
	t.Parallel()
	shown := 0
	for _, v := range tryVerbs(t) {
		for stream, printed := range map[string]string{"standard output": v.out, "standard error": v.errs} {
			if strings.Contains(printed, "FORGED") {
				shown++
			}
			if bad := unsafe(printed, strings.Contains(v.args, "--json")); bad != "" {
				t.Errorf("optinbot %s prints %s on %s", v.args, bad, stream)
			}
		}
	}
	if shown < 20 {
		t.Errorf("only %d outputs show anything of a stranger: the test has lost its teeth", shown)
	}
}

// unsafe is the first thing in an output that a terminal would obey, or that looks like a line of ours; "" for none. JSON says all that
// there is, marks too.
func unsafe(printed string, isJSON bool) string {
	marks := 0
	for i, r := range strings.ReplaceAll(printed, "\r\n", "\n") {
		if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		if r != '\n' && r != '\t' && text.Unsafe(r) || marks > 4 && !isJSON {
			return fmt.Sprintf("%U in %q", r, printed[max(0, i-40):min(len(printed), i+20)])
		}
	}
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(strings.TrimSpace(line), "FORGED") {
			return fmt.Sprintf("the line %q", line)
		}
	}
	return ""
}

// TestVerbsLeaveTheTemporaryFolderEmpty: what lies in TMPDIR is open to everybody on the machine, so nothing is kept or looked for there.
func TestVerbsLeaveTheTemporaryFolderEmpty(t *testing.T) {
	t.Parallel()
	for _, v := range tryVerbs(t) {
		for _, left := range v.left {
			t.Errorf("optinbot %s left %s in TMPDIR", v.args, left)
		}
	}
}
