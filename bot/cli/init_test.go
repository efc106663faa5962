package cli

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"optinbot/bot/play"
	"optinbot/flows"
)

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	must(t, err)
	return string(text)
}

// verb runs a verb in this process, without a terminal.
func verb(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	a := newApp(t.Context(), defaults)
	var said strings.Builder
	a.in, a.out, a.err, a.environ = strings.NewReader(""), &said, &said, map[string]string{}
	a.now = func() time.Time { return time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC) }
	return a.run(t.Context(), args), said.String()
}

// TestInitWithoutATerminal: it asks nothing, and the folder is, byte for byte, what comes with the program.
func TestInitWithoutATerminal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	if code, out := verb(t, "init", dir); code != exitDone {
		t.Fatal(out)
	}
	want := map[string]string{"config.yaml": read(t, "../..", "config.yaml")}
	for _, name := range []string{
		"promotions.yaml", "broadcasts/weekend-offer.yaml", "tests/promotions.chat", "flow.schema.json", "broadcasts/broadcast.schema.json",
	} {
		want["flows/"+name] = read(t, "../../flows", name)
	}
	got := map[string]string{}
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got[name] = read(t, dir, name)
		}
		return err
	}))
	if !maps.Equal(got, want) {
		t.Errorf("it made %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// TestInitOfTheCurrentFolder: an empty folder that somebody stands in becomes the shop's, and nothing leads them elsewhere.
func TestInitOfTheCurrentFolder(t *testing.T) {
	program, err := filepath.Abs("../..")
	must(t, err)
	defaults, err := os.ReadFile(filepath.Join(program, "config.yaml"))
	must(t, err)
	for _, args := range [][]string{{"init", "."}, {"init", "./", "--kind", "food"}} {
		t.Chdir(t.TempDir())
		a := newApp(t.Context(), defaults)
		var said strings.Builder
		a.in, a.out, a.err, a.environ = strings.NewReader(""), &said, &said, map[string]string{}
		code := a.run(t.Context(), args)
		if out := said.String(); code != exitDone || !strings.Contains(out, "This folder is ready") || strings.Contains(out, "cd ") {
			t.Errorf("%v: exit code %d: %s", args, code, out)
		}
		read(t, ".", "config.yaml")
		read(t, ".", "flows/promotions.yaml")
	}
}

// TestInitFlags: what a question takes a flag takes, refuses for the same reason, and then makes nothing.
func TestInitFlags(t *testing.T) {
	for _, x := range [][]string{
		{"--name={x}", "the name cannot have { or }"}, {"--name=" + strings.Repeat("x", 61), "at most 60"}, {"--name=a\x1b[2J", "cannot be shown"},
		{"--country=Brazill", "did you mean Brazil?"}, {"--country=QQ", "two letters such as BR"}, {"--languages=en,fr", `no texts in "fr"`},
		{"--kind=zoo", "there are clothes, food, beauty, gym, minimal"}, {"--zone=Mars", "is not a time zone"},
	} {
		dir := filepath.Join(t.TempDir(), "shop")
		code, out := verb(t, "init", dir, x[0])
		if code != exitRefused || !strings.Contains(out, x[1]) {
			t.Errorf("%s: exit code %d: %s", x[0], code, out)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: something was made", x[0])
		}
	}
	dir := filepath.Join(t.TempDir(), "shop")
	code, out := verb(t, "init", dir, "--country", "usa", "--zone", "Los Angeles", "--kind", "school")
	if code != exitDone || !strings.Contains(read(t, dir, "config.yaml"), "\nzone: America/Los_Angeles ") || !strings.Contains(read(t, dir, "flows/promotions.yaml"), "Yoga") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// TestSampleFlows: the folder of every kind of business passes `flow check` and `flow test`, and its draft `simulate`.
func TestSampleFlows(t *testing.T) {
	for _, kind := range flows.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			if raceDetector && kind.Name != "minimal" {
				t.Skip("all five are played without the race detector")
			}
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "shop")
			run := func(args ...string) string {
				t.Helper()
				code, out := verb(t, args...)
				if code != exitDone {
					t.Errorf("%v: exit code %d\n%s", args, code, out)
				}
				return out
			}
			run("init", dir, "--kind", kind.Name, "--name", "Corner Shop", "--country", "Brazil", "--languages", "en,pt,es")
			config := "--config=" + filepath.Join(dir, "config.yaml")
			if out := run(config, "flow", "check"); !strings.Contains(out, "nothing to complain about") {
				t.Error(out)
			}
			if out := run(config, "flow", "test"); strings.Contains(out, "nobody answers") || strings.Contains(out, "nobody comes") {
				t.Error(out)
			}
			drafts, err := filepath.Glob(filepath.Join(dir, "flows/broadcasts/*.yaml"))
			if err != nil || len(drafts) != 1 {
				t.Fatal(drafts, err)
			}
			out := run(config, "simulate", "--days", "1", "--broadcast", play.FlowName(drafts[0]))
			if !strings.Contains(out, play.FlowName(drafts[0])) {
				t.Error(out)
			}
		})
	}
}

// TestCalledAs: what is printed to be typed next works from the new folder.
func TestCalledAs(t *testing.T) {
	for arg, want := range map[string]string{
		"./optinbot": "../optinbot", "optinbot": "optinbot", "/usr/local/bin/optinbot": "optinbot", "bin/optinbot": "../bin/optinbot",
	} {
		if got := calledAs(filepath.FromSlash(arg), "shop"); filepath.ToSlash(got) != want {
			t.Errorf("%s: %s, want %s", arg, got, want)
		}
	}
	if got := fmt.Sprint(shellWord("my-shop"), " ", shellWord("Ana's shop")); got != `my-shop 'Ana'\''s shop'` {
		t.Error(got)
	}
}
