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

const draftKeys, endOfKeys = "<!-- keys of a draft -->\n", "<!-- end of keys -->\n"

// TestTheGuideOfBroadcasts loads every example of docs/broadcasts.md and keeps its table of keys in step with BroadcastKeys. With -update
// the table is written anew.
func TestTheGuideOfBroadcasts(t *testing.T) {
	file, err := os.ReadFile("../docs/broadcasts.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks, recurring, own := block.FindAllStringSubmatch(string(file), -1), 0, 0
	for _, m := range blocks {
		b, problems := LoadBroadcast("guide.yaml", []byte(m[2]), shipped(t))
		if b == nil {
			t.Fatal(problems)
		}
		if b.Cron != "" {
			recurring++
		}
		if b.Zone == ZoneContact {
			own++
		}
	}
	if len(blocks) < 3 || recurring < 2 || own < 1 {
		t.Errorf("%d examples, %d recurring, %d at each contact's own time", len(blocks), recurring, own)
	}
	before, rest, ok := strings.Cut(string(file), draftKeys)
	_, after, ends := strings.Cut(rest, endOfKeys)
	if !ok || !ends {
		t.Fatal("docs/broadcasts.md has no table of keys")
	}
	table := "| key | |\n|---|---|\n"
	for _, k := range BroadcastKeys() {
		table += fmt.Sprintf("| `%s` | %s%s |\n", k.Path, k.About, necessity(k))
	}
	want := before + draftKeys + table + endOfKeys + after
	if *update {
		if err := os.WriteFile("../docs/broadcasts.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(file) != want {
		t.Error("the table of keys in docs/broadcasts.md is not up to date: go test ./flows -update")
	}
}

var expressionRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// TestTheGuideOfAudiencesIsRead reads the example and every expression of docs/audiences.md for the shipped flow.
func TestTheGuideOfAudiencesIsRead(t *testing.T) {
	text, err := os.ReadFile("../docs/audiences.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks, rows := block.FindAllStringSubmatch(string(text), -1), expressionRow.FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 1 || len(rows) < 10 {
		t.Fatalf("%d examples, %d expressions", len(blocks), len(rows))
	}
	for _, row := range rows {
		draft := "text: {en: Hi, pt: Oi, es: Hola}\naudience: '" + row[1] + "'\n"
		if _, problems := LoadBroadcast("guide.yaml", []byte(draft), shipped(t)); len(problems) > 0 {
			t.Error(problems)
		}
	}
	if b, problems := LoadBroadcast("guide.yaml", []byte(blocks[0][2]), shipped(t)); b == nil || b.First != 500 || b.Sample != 10 || b.Audience == nil {
		t.Error(b, problems)
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

var keyTable = regexp.MustCompile("(?s)<!-- keys(?: of ([a-z_.*]+))?: ([a-z_ ]+) -->\n.*?<!-- end of keys -->\n")

// TestTheGuidesTablesAreTheKeys keeps the tables of keys in step with FlowKeys and BroadcastKeys, and demands that each key of a flow is
// in one. With -update they are written anew.
func TestTheGuidesTablesAreTheKeys(t *testing.T) {
	text, told := guide(t), map[string]bool{}
	want := keyTable.ReplaceAllStringFunc(text, func(old string) string {
		m := keyTable.FindStringSubmatch(old)
		head, _, _ := strings.Cut(old, "\n")
		return head + "\n" + tableOfKeys(m[1], strings.Fields(m[2]), told) + "<!-- end of keys -->\n"
	})
	for _, k := range FlowKeys() {
		if !told[k.Path] && !strings.HasSuffix(k.Path, "*") && !strings.HasSuffix(k.Path, "[]") {
			t.Errorf("docs/flows.md does not tell %s", k.Path)
		}
	}
	if *update {
		if err := os.WriteFile("../docs/flows.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != want {
		t.Error("the tables of keys in docs/flows.md are not up to date: go test ./flows -update")
	}
}

// tableOfKeys tells some keys of one place, and what stands inside them.
func tableOfKeys(place string, names []string, told map[string]bool) string {
	out := "| key | |\n|---|---|\n"
	if place != "" {
		place += "."
	}
	for _, name := range names {
		for _, k := range FlowKeys() {
			rest, inside := strings.CutPrefix(k.Path, place+name)
			if !inside || rest != "" && rest[0] != '.' && rest[0] != '[' || strings.HasSuffix(k.Path, "*") || strings.HasSuffix(k.Path, "[]") {
				continue
			}
			if rest != "" && place == "" && name != "moved" {
				continue // has a table of its own
			}
			told[k.Path] = true
			out += fmt.Sprintf("| `%s` | %s%s |\n", strings.ReplaceAll(name+rest, "*", "KEY"), k.About, necessity(k))
		}
	}
	return out
}

func necessity(k Key) string {
	if k.Required {
		return ". Required"
	}
	return ""
}
