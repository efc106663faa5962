package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"optinbot/bot/config"
	"optinbot/bot/desk"
	"optinbot/bot/desk/desktest"
	"optinbot/bot/play"
	"optinbot/flows"
	"optinbot/store"
	"optinbot/store/storetest"
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

// scanLog looks through what a test's program has logged: O3 holds in every test, not only in that which names it.
func scanLog(t testing.TB, log string) {
	t.Helper()
	for _, line := range strings.Split(log, "\n") {
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

// appOf is the program in whose folder a house stands, with nobody at a terminal.
func appOf(d *desk.Desk, out io.Writer) *App {
	return &App{
		in: strings.NewReader(""), out: out, err: &bytes.Buffer{}, environ: map[string]string{},
		config: d.Config, sessions: d.Sessions, log: d.Log, now: d.Now,
	}
}

func newStage(t testing.TB, c play.Conversation, restarts bool) *play.Player {
	t.Helper()
	flow, linked, more, numbers, files, cloud := "promotions", 90, "", "", []string{}, false
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
		case "transport":
			cloud = rest == "cloud"
		}
	}
	a := testApp(t, more+"numbers:\n  - {name: main, flow: "+flow+"}\n"+numbers, files...)
	s := stageOf(t, a, c.Title, linked, restarts)
	s.Cloud = cloud
	return s
}

func stageOf(t testing.TB, a *App, title string, linked int, restarts bool) *play.Player {
	t.Helper()
	o := a.options()
	if strings.HasPrefix(t.Name(), storetest.OnPostgres) {
		o.OpenScratch = func(ctx context.Context, folder string) (*store.Store, error) {
			return store.Open(ctx, folder, storetest.In(t, folder))
		}
	}
	s, err := play.Open(t.Context(), o, title, linked, restarts)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
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
