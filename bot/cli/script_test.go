package cli

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"optinbot/bot"
	"optinbot/bot/play"
	"optinbot/bot/sim"
	"optinbot/store/postgrestest"
)

var update = flag.Bool("update", false, "write the expected output into the scripts")

// TestMain lets the test binary be the program too, for the scripts that say `exec program`.
func TestMain(m *testing.M) {
	testscript.Main(stopping{m}, map[string]func(){"program": func() {
		defaults, err := os.ReadFile(os.Getenv("DEFAULTS"))
		if err != nil {
			panic(err)
		}
		os.Exit(Main(os.Args[1:], defaults))
	}})
}

// stopping stops the database server of the tests after them.
type stopping struct{ *testing.M }

func (m stopping) Run() int {
	defer postgrestest.Stop()
	return m.M.Run()
}

// TestScripts runs the scripts in testdata/script, which read like a terminal. -update writes the expected output into them.
// Their commands run in this process, at the time $CLOCK says where a script sets it:
//
//	optinbot [KEY=VALUE...] ARGS... [<FILE]          the command line; it has to end with exit code 0
//	exits CODE optinbot [KEY=VALUE...] ARGS...       ... with that exit code
//	replace OLD NEW FILE                             every OLD in a file becomes NEW
//	people FILE [PHONE]                              what `run` does, by hand: reads lines as `chat --json` does, and gives them
//	                                                 their turns in the store of the working folder; PHONE: of the linked number
func TestScripts(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(here, "../../config.yaml")
	defaults, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{defaults: defaults}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join(here, "testdata/script"), // absolute: the working folder moves
		UpdateScripts: *update,
		Setup:         func(env *testscript.Env) error { env.Setenv("DEFAULTS", file); return nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"optinbot": func(ts *testscript.TestScript, _ bool, args []string) { s.optinbot(ts, 0, args) },
			"exits":    s.exits,
			"people":   s.people,
			"replace":  replaceIn,
		},
	})
}

// scripted runs commands for the scripts, one at a time: each has the working folder for itself.
type scripted struct {
	mu       sync.Mutex
	defaults []byte
}

func replaceIn(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[2])
	if !strings.Contains(text, args[0]) {
		ts.Fatalf("%s has no %q", args[2], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.ReplaceAll(text, args[0], args[1])), 0o644))
}

func (s *scripted) exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 || args[1] != "optinbot" {
		ts.Fatalf("usage: exits CODE optinbot ARGS...")
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.optinbot(ts, code, args[2:])
}

func (s *scripted) optinbot(ts *testscript.TestScript, want int, args []string) {
	a := s.app(ts)
	for len(args) > 0 && strings.HasPrefix(args[0], "OPTINBOT_") {
		key, value, _ := strings.Cut(args[0], "=")
		a.environ[key], args = value, args[1:]
	}
	if last := len(args) - 1; last >= 0 && strings.HasPrefix(args[last], "<") {
		a.in, args = strings.NewReader(ts.ReadFile(args[last][1:])), args[:last]
	}
	got := exitFailed
	s.in(ts, func() { got = a.run(context.Background(), args) })
	if got != want {
		ts.Fatalf("optinbot %s ended with exit code %d, not %d", strings.Join(args, " "), got, want)
	}
}

// app is the program with the streams of the script, and a clock that stands where the script says.
func (s *scripted) app(ts *testscript.TestScript) *App {
	a := newApp(context.Background(), s.defaults)
	a.in, a.out, a.err, a.environ = strings.NewReader(""), ts.Stdout(), ts.Stderr(), map[string]string{}
	if clock := ts.Getenv("CLOCK"); clock != "" {
		at, err := time.Parse(time.RFC3339, clock)
		ts.Check(err)
		a.now = func() time.Time { return at }
	}
	return a
}

// in runs something in the script's folder.
func (s *scripted) in(ts *testscript.TestScript, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	defer os.Chdir(before)
	do()
}

func (s *scripted) people(ts *testscript.TestScript, _ bool, args []string) {
	a := s.app(ts)
	a.in = strings.NewReader(ts.ReadFile(args[0]))
	var err error
	s.in(ts, func() { err = peopleWrite(context.Background(), a, args[1:]) })
	ts.Check(err)
}

func peopleWrite(ctx context.Context, a *App, phone []string) error {
	if err := a.configure(&CLI{}); err != nil {
		return err
	}
	d, n, err := a.openNumber(ctx, "")
	if err != nil {
		return err
	}
	if err := d.SettleFlow(ctx, n); err != nil {
		return err
	}
	defer d.Close()
	s := &play.Simulation{Desk: d, NumberName: n.Name}
	s.World = s.NewWorld(ctx, n, 90)
	d.Now, a.now = s.World.Now, s.World.Now
	if err := sim.Lines(ctx, s.World, a.in, a.out); err != nil || len(phone) == 0 {
		return err
	}
	if err := d.Store.Linked(ctx, n.Name, "test.1:1@s.whatsapp.net", phone[0], a.now()); err != nil {
		return err
	}
	return d.Store.NumberEvent(ctx, n.Name, bot.NumberEvent{Kind: bot.NumberHistoryRead, At: a.now()}) // nothing was said while it was not linked
}

// TestO1OneCommandRunsTheMainJob: `demo` needs no phone, no folder and no network.
func TestO1OneCommandRunsTheMainJob(t *testing.T) {
	if testing.Short() {
		t.Skip("talks to a WhatsApp server; with -race the library's own races may show (docs/testing.md)")
	}
	defaults, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out, failed strings.Builder
	a := newApp(t.Context(), defaults)
	a.out, a.err, a.environ = &out, &failed, map[string]string{}
	if code := a.run(t.Context(), []string{"demo"}); code != exitDone || failed.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, failed.String())
	}
	for _, want := range []string{
		"I want promotions", "qero promoçoes", "Quiero promociones", // they ask, in three languages
		"Which offers are for you?", "ya no recibirás promociones", // they are asked what they care about; they leave
		"GOT IT", "stopped at", "had asked to stop", "checked, and none was changed", // who got it, who did not, and why
		"the real WhatsApp client talked to a simulated WhatsApp server", "reached its phone exactly once",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not show %q", want)
		}
	}
}

// TestHelp walks the command line: what a verb says of itself fits a screen of 40 lines of 100 columns, the list of all verbs one of 44, and a verb that does something has an example.
func TestHelp(t *testing.T) {
	parser, err := kong.New(&CLI{}, usual)
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
	helpFits(t, "")
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
	helpFits(t, n.Path())
}

// helpFits looks how large the help of a verb is.
func helpFits(t *testing.T, verb string) {
	t.Helper()
	var out strings.Builder
	a := &App{out: &out, err: &out, environ: map[string]string{}}
	if code := a.run(t.Context(), append(strings.Fields(verb), "--help")); code != exitDone {
		t.Errorf("%s --help: exit code %d", verb, code)
	}
	if lines := strings.Count(out.String(), "\n"); lines > 40 && (verb != "" || lines > 44) {
		t.Errorf("%s --help has %d lines", verb, lines)
	}
	for line := range strings.Lines(out.String()) {
		if wide := utf8.RuneCountInString(strings.TrimRight(line, "\n")); wide > 100 {
			t.Errorf("%s --help has a line of %d columns: %s", verb, wide, line)
		}
	}
}
