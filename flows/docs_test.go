package flows

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	block  = regexp.MustCompile("(?s)```yaml (flow|part|broadcast)\n(.*?)```")
	topKey = regexp.MustCompile(`(?m)^([a-z_]+):`)
	state  = regexp.MustCompile(`(?m)^states:\n  ([a-z_]+):`)
)

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheGuidesExamplesLoad loads every yaml block of docs/flows.md: a whole flow, a part of one, or a broadcast.
func TestTheGuidesExamplesLoad(t *testing.T) {
	count := map[string]int{}
	for _, m := range block.FindAllStringSubmatch(guide(t), -1) {
		count[m[1]]++
		switch m[1] {
		case "flow":
			mustLoad(t, "guide.yaml", []byte(m[2]))
		case "part":
			mustLoad(t, "guide.yaml", []byte(complete(m[2])))
		case "broadcast":
			if _, problems := LoadBroadcast("guide.yaml", []byte(m[2]), shipped(t)); len(problems) > 0 {
				t.Error(problems)
			}
		}
	}
	if count["flow"] < 1 || count["part"] < 5 || count["broadcast"] < 1 {
		t.Error("blocks are missing", count)
	}
}

// complete adds what a part of a flow leaves out.
func complete(part string) string {
	has := map[string]bool{}
	for _, m := range topKey.FindAllStringSubmatch(part, -1) {
		has[m[1]] = true
	}
	start := "welcome"
	if m := state.FindStringSubmatch(part); m != nil {
		start = m[1]
	}
	for _, section := range [][2]string{
		{"flow", "flow: guide\n"}, {"brand", "brand: Casa Aurora\n"}, {"languages", "languages: [en]\n"}, {"start", "start: " + start + "\n"},
		{"opt_in", "opt_in:\n  phrases: [I want promotions]\n  disclosure: \"{brand}: reply 2 to stop.\"\n  goto: " + start + "\n"},
		{"states", "states:\n  welcome:\n    say: Hi!\n"},
	} {
		if !has[section[0]] {
			part += section[1]
		}
	}
	return part
}

// TestTheGuideNamesEveryRule keeps the table of docs/flows.md in step with Rules. With -update it is written anew.
func TestTheGuideNamesEveryRule(t *testing.T) {
	const head = "| rule | what it finds |\n|---|---|\n"
	text := guide(t)
	before, _, ok := strings.Cut(text, head)
	if !ok {
		t.Fatal("no table of rules")
	}
	want := before + head
	for _, r := range Rules() {
		want += fmt.Sprintf("| `%s` | %s |\n", r.Name, r.About)
	}
	if *update {
		if err := os.WriteFile("../docs/flows.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != want {
		t.Error("the table of rules in docs/flows.md is not up to date: go test ./flows -update")
	}
}

// TestTheGuideNamesEveryKey reads the keys off the good file that has them all.
func TestTheGuideNamesEveryKey(t *testing.T) {
	text := guide(t)
	for _, key := range strings.Fields("flow brand languages start opt_in phrases confirm disclosure question declined goto opt_out hint goodbye after unsure stays words " +
		"help unreadable resend states say card ask choose options value label also min max timeout reminder when otherwise at_most next moved broadcast at zone text") {
		if !strings.Contains(text, key) {
			t.Errorf("docs/flows.md does not name %q", key)
		}
	}
}
