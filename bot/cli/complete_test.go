package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// shopToComplete is a folder with two numbers, drafts and a draft whose name is a trap for shells.
func shopToComplete(t *testing.T) (dir string, defaults []byte) {
	t.Helper()
	dir = t.TempDir()
	defaults, err := os.ReadFile("../../config.yaml")
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(dir, "flows", "broadcasts"), 0o700))
	flow, err := os.ReadFile("../../flows/promotions.yaml")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "flows", "promotions.yaml"), flow, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"),
		[]byte("numbers:\n  - {name: main, flow: promotions}\n  - {name: second, flow: promotions}\n"), 0o600))
	for _, name := range []string{"autumn", "autumn-late", "winter", "$(touch pwned)", "two words", "\x1b[2Jx"} {
		must(t, os.WriteFile(filepath.Join(dir, "flows", "broadcasts", name+".yaml"), nil, 0o600))
	}
	return dir, defaults
}

// TestCompletion: verbs, flags, and the names of the folder's files. It offers no person, and no name
// that a shell would not take as it is.
func TestCompletion(t *testing.T) {
	t.Parallel()
	dir, defaults := shopToComplete(t)
	config := filepath.Join(dir, "config.yaml")
	for _, c := range []struct{ typed, want string }{
		{"b", "backup broadcast"},
		{"comple", "completion"}, // not the hidden one
		{"broadcast re", "release resolve resume"},
		{"broadcast why ", "autumn autumn-late winter"},
		{"broadcast why autumn-", "autumn-late"},
		{"broadcast why autumn ", ""}, // a phone
		{"contacts show ", ""},
		{"contacts list --consent ", "new pending subscribed unsubscribed"},
		{"contacts list --consent=s", "--consent=subscribed"},
		{"contacts list --consent = s", "subscribed"}, // as bash cuts it
		{"contacts list --consent =", "new pending subscribed unsubscribed"},
		{"contacts show --number ", "main second"},
		{"contacts show --number s", "second"},
		{"number release ", "main second"},
		{"number release --on", "--only-number"},
		{"number release --nu", ""},
		{"simulate --broadcast w", "winter"},
		{"simulate --json --broadcast w", "winter"},
		{"flow explain th", "thanks"},
		{"flow explain --number second th", "thanks"},
		{"flow explain --number nobody th", ""},
		{"broadcast preview -- -", ""}, // behind --, no flags
		{"broadcast preview --v", "--version"},
		{"help broadcast w", "why"},
		{"completion ", "bash fish zsh"},
		{"restore ", wantsFile},
		{"invite --poster ", wantsFile},
		{"flow check one.yaml ", wantsFile},
		{"version ", ""},
		{"nonsense ", strings.Join(verbNames(t), " ")},
	} {
		var out, errs strings.Builder
		a := &App{out: &out, err: &errs, environ: map[string]string{}, defaults: defaults}
		words := append([]string{"--config", config}, strings.Split(c.typed, " ")...)
		if code := a.run(t.Context(), append([]string{"complete", "--"}, words...)); code != exitDone || errs.Len() > 0 {
			t.Errorf("%q: exit code %d: %s", c.typed, code, errs.String())
		}
		if got := strings.Join(strings.Fields(out.String()), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.typed, got, c.want)
		}
	}
}

// verbNames are the names of the verbs that help shows.
func verbNames(t *testing.T) (names []string) {
	t.Helper()
	parser, err := kong.New(&CLI{}, usual)
	must(t, err)
	for _, verb := range parser.Model.Children {
		if !verb.Hidden {
			names = append(names, verb.Name)
		}
	}
	slices.Sort(names)
	return names
}

// TestCompletionOutsideAShop: a broken configuration, or none, is no reason to print an error into
// the line that somebody types.
func TestCompletionOutsideAShop(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(broken, []byte("numbers: [\n"), 0o600))
	for _, config := range []string{broken, broken + ".none"} {
		var out, errs strings.Builder
		a := &App{out: &out, err: &errs, environ: map[string]string{}}
		code := a.run(t.Context(), []string{"complete", "--", "--config", config, "broadcast", "preview", ""})
		if code != exitDone || out.Len() > 0 || errs.Len() > 0 {
			t.Errorf("exit code %d, %q, %q", code, out.String(), errs.String())
		}
	}
}
