package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/play"
	"optinbot/flows"
)

// testApp is an App on a config.yaml in a folder of its own, with the shipped flow and broadcasts, and files beside them.
func testApp(t testing.TB, settings string, files ...string) *App {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(filepath.Join(dir, "flows"), flows.Defaults))
	for _, file := range files {
		src, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, "flows", filepath.Base(file)), src, 0o600))
	}
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(settings), 0o600))
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	a := &App{in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}, defaults: defaults, environ: map[string]string{}}
	a.config, err = config.Load(defaults, filepath.Join(dir, "config.yaml"), true, a.environ)
	must(t, err)
	a.log, a.sessions, a.now = newLog(a.err, a.config.Log), sessionFiles{a.config}, time.Now
	t.Cleanup(func() {
		if log, ok := a.err.(*bytes.Buffer); ok {
			scanLog(t, log.String())
		}
	})
	return a
}

// personalInLog finds the phones of the tests, whole, and words that people and the bot say in them.
var personalInLog = regexp.MustCompile(`\+?(5511|44770090|1555010|12125|1212555|52555|351910|491510|447700)\d{4,}|[Qq]uero promoções|I want promotions|Reply 2 to stop|Responda 2`)

// byChance are the digits of a log that chance makes: the moment of a line, and the IDs of messages.
var byChance = regexp.MustCompile(`^(\{"time":"|time=)[0-9T:.Z+-]+|3EB0[0-9A-F]{18}`)

// personalIn is the first thing in a line of a log that tells who somebody is, or what was said.
func personalIn(line string) string {
	return personalInLog.FindString(byChance.ReplaceAllString(line, ""))
}

// scanLog looks through what a test's program has logged: O3 holds in every test, not only in that which names it.
func scanLog(t testing.TB, log string) {
	t.Helper()
	for _, line := range strings.Split(log, "\n") {
		if found := personalIn(line); found != "" {
			t.Errorf("the log holds %q: %s", found, line)
		}
	}
}

// TestO3TheScanFinds shows that the scan of every test's log would find something.
func TestO3TheScanFinds(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"level=INFO msg=number phone=+5511900000001": true, "level=WARN text=\"I want promotions\"": true, "to 447700900001@s.whatsapp.net": true,
		"level=INFO msg=serving number=main id=3EB0724306BAF15A1DBC41": false, "time=2026-11-27T19:42:20.345Z contact=12": false,
		`{"time":"2026-11-29T17:19:30.551195114Z","msg":"connected","id":"3EB0551190000000155111"}`: false,
		`{"time":"2026-11-29T17:19:30.551195114Z","msg":"to +5511900000001"}`:                       true,
	} {
		if found := personalIn(line) != ""; found != want {
			t.Errorf("%q: found %v", line, found)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// appOf is the program in whose folder a house stands, with nobody at a terminal.
func appOf(d *desk.Desk, out io.Writer) *App {
	return &App{
		in: strings.NewReader(""), out: out, err: &bytes.Buffer{}, environ: map[string]string{},
		config: d.Config, sessions: d.Sessions, log: d.Log, now: d.Now,
	}
}

func newStage(t testing.TB, c play.Conversation, restarts bool) *play.Player {
	t.Helper()
	flow, linked, more, numbers, files := "promotions", 90, "", "", []string{}
	for _, s := range c.Setup {
		verb, rest, _ := strings.Cut(s.Text, " ")
		name, file, _ := strings.Cut(strings.TrimSpace(rest), " ")
		switch verb {
		case "flow":
			flow, files = play.FlowName(name), append(files, name)
		case "number":
			other := "promotions"
			if file != "" {
				other, files = play.FlowName(file), append(files, file)
			}
			numbers += fmt.Sprintf("  - {name: %s, flow: %s}\n", name, other)
		case "config":
			more += rest + "\n"
		case "linked":
			linked, _ = strconv.Atoi(rest)
		}
	}
	a := testApp(t, more+"numbers:\n  - {name: main, flow: "+flow+"}\n"+numbers, files...)
	return stageOf(t, a, c.Title, linked, restarts)
}

func stageOf(t testing.TB, a *App, title string, linked int, restarts bool) *play.Player {
	t.Helper()
	s, err := play.Open(t.Context(), a.options(), title, linked, restarts)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func contextOf(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx, cancel
}

// TestPlayingLeavesTheConfiguration: a running bot with two numbers still has both after it has played the conversations of a flow.
func TestPlayingLeavesTheConfiguration(t *testing.T) {
	t.Parallel()
	a := testApp(t, "numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n")
	s, err := play.PlayerFor(t.Context(), a.options(), &play.Conversation{})
	must(t, err)
	must(t, s.Close())
	if n := len(a.config.Numbers); n != 2 {
		t.Errorf("%d numbers are left", n)
	}
}
