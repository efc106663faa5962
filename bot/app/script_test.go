package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"optinbot/bot/sim"
)

var update = flag.Bool("update", false, "write the expected output into the scripts")

// TestMain lets the test binary be three programs for the scripts in testdata/script:
//
//	optinbot         the real command line; with $CLOCK set, at that time
//	people [PHONE]   what `run` does, by hand: reads lines as `chat --json` does, and gives them their turns in the store of the
//	                 working folder. With PHONE the number stays linked with that phone
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"optinbot": optinbot, "people": peopleWrite})
}

func optinbot() { os.Exit(scriptApp().run(os.Args[1:])) }

// scriptApp is the program with the configuration that main.go embeds, and a clock that stands where the script says.
func scriptApp() *App {
	defaults, err := os.ReadFile(os.Getenv("DEFAULTS"))
	if err != nil {
		panic(err)
	}
	a := newApp(context.Background(), defaults)
	if clock := os.Getenv("CLOCK"); clock != "" {
		at, err := time.Parse(time.RFC3339, clock)
		if err != nil {
			panic(err)
		}
		a.now = func() time.Time { return at }
	}
	return a
}

func peopleWrite() {
	a := scriptApp()
	if err := peopleOf(a, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "people:", err)
		os.Exit(1)
	}
}

func peopleOf(a *App, args []string) error {
	if err := a.configure(&CLI{}); err != nil {
		return err
	}
	h, n, err := a.openNumber("")
	if err != nil {
		return err
	}
	defer h.close()
	s := &simulation{house: h, number: n.Name}
	s.world = s.newWorld(n, 90)
	a.now = s.world.Now
	if err := sim.Lines(a.ctx, s.world, a.in, a.out); err != nil || len(args) == 0 {
		return err
	}
	return h.store.Linked(a.ctx, n.Name, "test.1:1@s.whatsapp.net", args[0], a.now())
}

func TestScripts(t *testing.T) {
	defaults, err := filepath.Abs("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DEFAULTS", defaults)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that has to end with an exit code: exits 2 optinbot broadcast schedule NAME.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var failed *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &failed):
		got = failed.ExitCode()
	default:
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with exit code %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// TestHelp walks the command line: what a verb says of itself fits a screen, and a verb that does something has an example.
func TestHelp(t *testing.T) {
	parser, err := kong.New(&CLI{})
	if err != nil {
		t.Fatal(err)
	}
	var verbs int
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if n, ok := node.(*kong.Node); ok && n.Type == kong.CommandNode {
			verbs++
			helpOf(t, n)
		}
		return next(nil)
	})
	if err != nil || verbs < 20 {
		t.Errorf("%d verbs, %v", verbs, err)
	}
}

func helpOf(t *testing.T, n *kong.Node) {
	t.Helper()
	if _, ok := n.Target.Interface().(interface{ Example() string }); !ok && n.Leaf() {
		t.Errorf("%s has no example", n.Path())
	}
	if n.Help == "" || !strings.HasSuffix(n.Help, ".") {
		t.Errorf("%s: its help is no sentence: %q", n.Path(), n.Help)
	}
	var out strings.Builder
	a := &App{out: &out, err: &out, environ: map[string]string{}}
	if code := a.run(append(strings.Fields(n.Path()), "--help")); code != exitDone {
		t.Errorf("%s --help: exit code %d", n.Path(), code)
	}
	if lines := strings.Count(out.String(), "\n"); lines > 24 {
		t.Errorf("%s --help has %d lines", n.Path(), lines)
	}
}
