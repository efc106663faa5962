package cli

import (
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"

	"optinbot/bot/cli/clitest"
	"optinbot/bot/text"
)

// TestEveryVerbIsTried holds the table against the command line.
func TestEveryVerbIsTried(t *testing.T) {
	parser, err := kong.New(&CLI{}, usual)
	must(t, err)
	for _, leaf := range parser.Model.Leaves(true) {
		path := strings.Fields(leaf.Path())
		tried := slices.ContainsFunc(clitest.Verbs, func(v clitest.Verb) bool {
			args := strings.Fields(v.Args)
			return len(args) >= len(path) && slices.Equal(args[:len(path)], path)
		})
		if !tried {
			t.Errorf("optinbot %s is not in clitest.Verbs: add it there, with what it needs", leaf.Path())
		}
	}
}

// TestAFullDiskIsNoSuccess: an answer that could not be printed is a failure, and standard error says so, whatever the verb.
func TestAFullDiskIsNoSuccess(t *testing.T) {
	if testing.Short() {
		t.Skip("tries every verb")
	}
	dir, beside, tried := olderFolder(t), t.TempDir(), 0
	clitest.HostileFolder(t, dir, func(statement string, args ...any) { change(t, dir, statement, args...) })
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	t.Chdir(dir)
	for _, v := range clitest.Verbs {
		if v.Args == "run" || v.Args == "link" || v.Args == "number change" { // they go on until somebody ends them
			continue
		}
		var errs strings.Builder
		full := &fullDisk{}
		a := newApp(t.Context(), defaults)
		a.in, a.out, a.err, a.environ = strings.NewReader(v.Stdin), &text.Screen{To: full}, &errs, map[string]string{}
		code := a.run(t.Context(), strings.Fields(strings.ReplaceAll(v.Args, "{dir}", beside)))
		if full.asked == 0 {
			continue
		}
		tried++
		if code == exitDone || !strings.Contains(errs.String(), "standard output cannot be written: no space left on device") {
			t.Errorf("optinbot %s: exit code %d: %s", v.Args, code, errs.String())
		}
	}
	if tried < 60 {
		t.Errorf("only %d verbs print anything: the test has lost its teeth", tried)
	}
	full := &text.Screen{To: &fullDisk{}}
	a := newApp(t.Context(), defaults)
	a.out, a.err = full, io.Discard
	if code := a.run(t.Context(), []string{"status", "--help"}); code == exitDone {
		t.Error("--help that cannot be printed ends with 0")
	}
}

// A fullDisk takes nothing.
type fullDisk struct{ asked int }

func (d *fullDisk) Write([]byte) (int, error) {
	d.asked++
	return 0, syscall.ENOSPC
}
