package bot

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/reasons.md")

const reasonsFile = "../docs/reasons.md"

// TestReasonsDocument keeps docs/reasons.md as Reasons has them.
func TestReasonsDocument(t *testing.T) {
	want := reasonsDocument()
	if *update {
		if err := os.WriteFile(reasonsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(reasonsFile)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(got), "\r\n", "\n") != want {
		t.Error("docs/reasons.md is stale: go test ./bot -run TestReasonsDocument -update")
	}
}

func reasonsDocument() string {
	var holds, skips strings.Builder
	for _, r := range Reasons() {
		if r.Skip {
			fmt.Fprintf(&skips, "| `%s` | %s |\n", r.Reason, r.Says)
			continue
		}
		fmt.Fprintf(&holds, "| `%s` | %s | %s |\n", r.Reason, r.Says, r.Ends)
	}
	return "# Reasons\n\n" +
		"Why somebody has not got a promotion, or will not. The same names stand in the store, in `broadcast why`, in `status` and in\n" +
		"`chat --json`. This file is made from `bot.Reasons()`; change them there, then: `go test ./bot -run TestReasonsDocument -update`.\n\n" +
		"## Holds: it waits\n\n| reason | it waits | until |\n|---|---|---|\n" + holds.String() +
		"\n## Skips: it will not happen\n\n| reason | it does not happen |\n|---|---|\n" + skips.String()
}

// TestReasonsAreComplete: each reason stands in the table once, with a sentence, and each hold with
// what ends it.
func TestReasonsAreComplete(t *testing.T) {
	seen := map[Reason]bool{}
	for _, r := range Reasons() {
		if seen[r.Reason] {
			t.Errorf("%s stands in the table twice", r.Reason)
		}
		seen[r.Reason] = true
		if !strings.HasPrefix(r.Says, "because ") || strings.HasSuffix(r.Says, ".") {
			t.Errorf("%s: %q does not go on after a comma", r.Reason, r.Says)
		}
		if r.Skip == (r.Ends != "") {
			t.Errorf("%s: a hold says what ends it, a skip has no end; this one says %q", r.Reason, r.Ends)
		}
	}
}
