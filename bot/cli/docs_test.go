package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// verbs are the paths of the command line that do something: "broadcast why".
func verbs(t *testing.T) (all []string) {
	t.Helper()
	parser, err := kong.New(&CLI{}, usual)
	must(t, err)
	must(t, kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if n, ok := node.(*kong.Node); ok && n.Type == kong.CommandNode && n.Leaf() {
			all = append(all, n.Path())
		}
		return next(nil)
	}))
	return all
}

// scripts are the texts of testdata/script and what lies beside it, by name.
func scripts(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/script/*.txtar")
	must(t, err)
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		out[file] = string(text)
	}
	return out
}

// verbOf is the verb that a command line calls; "" where it calls none.
func verbOf(all []string, line string) string {
	line = regexp.MustCompile(`^(OPTINBOT_\S+ +)*`).ReplaceAllString(line, "") + " "
	for _, verb := range all {
		if strings.HasPrefix(line, verb+" ") {
			return verb
		}
	}
	return ""
}

// TestEveryVerbHasAScript: somebody who changes a verb has a script that shows what it does, seen from outside. `run` and `link` talk to
// WhatsApp and are also tested with the built program (TestB6NobodyTwice); so is what only the whole has.
func TestEveryVerbHasAScript(t *testing.T) {
	t.Parallel()
	all, seen := verbs(t), map[string]bool{}
	for _, text := range scripts(t) {
		for _, m := range regexp.MustCompile(`(?m)^(?:exits \d+ )?optinbot (.*)$`).FindAllStringSubmatch(text, -1) {
			seen[verbOf(all, m[1])] = true
		}
	}
	for _, verb := range all {
		if !seen[verb] {
			t.Errorf("no script runs `%s`", verb)
		}
	}
}

// TestExitCodesAreDocumented: docs/running.md has a row for each verb, and none that is no verb.
func TestExitCodesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/running.md")
	must(t, err)
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z ]+)` \\|.*\\|.*\\|$").FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = true
	}
	for _, verb := range verbs(t) {
		if !rows[verb] {
			t.Errorf("`%s` has no row", verb)
		}
		delete(rows, verb)
	}
	for verb := range rows {
		t.Errorf("there is a row for `%s`, and no such verb", verb)
	}
}
