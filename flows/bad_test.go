package flows

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/bad/*.txt anew")

// badFiles are testdata/bad/RULE[-variant].yaml and testdata/bad/broadcasts/RULE[-variant].yaml.
func badFiles(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("testdata/bad/*.yaml")
	more, err2 := filepath.Glob("testdata/bad/broadcasts/*.yaml")
	if err != nil || err2 != nil || len(list) == 0 || len(more) == 0 {
		t.Fatal("no bad files", err, err2)
	}
	return append(list, more...)
}

// problemsOf loads a bad file.
func problemsOf(t *testing.T, file string) []Problem {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Base(file)
	if filepath.Base(filepath.Dir(file)) == "broadcasts" {
		b, problems := LoadBroadcast(base, src, shipped(t))
		if b != nil {
			t.Errorf("%s: was loaded", file)
		}
		return problems
	}
	f, problems := Load(base, src)
	if f != nil && !slices.ContainsFunc(f.Warnings, Problem.Advises) {
		t.Errorf("%s: was loaded", file)
	}
	if f != nil {
		return f.Warnings
	}
	return problems
}

// TestO2ErrorsNameFileLineColumn compares every bad file with the exact output of `flow check`.
func TestO2ErrorsNameFileLineColumn(t *testing.T) {
	for _, file := range badFiles(t) {
		var got strings.Builder
		for _, p := range problemsOf(t, file) {
			got.WriteString(p.String())
			if p.File == "" || p.Line < 1 || p.Col < 1 || p.Message == "" || p.Excerpt == "" {
				t.Errorf("%s: incomplete: %+v", file, p)
			}
		}
		golden := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("%s: got\n%swant\n%s", file, got.String(), want)
		}
	}
}

// TestEveryRuleHasABadFile also asserts that a bad file shows the rule it is named for, and no rule without a name.
func TestEveryRuleHasABadFile(t *testing.T) {
	names, shown := map[string]bool{}, map[string]bool{}
	for _, r := range Rules() {
		names[r.Name] = true
	}
	for _, file := range badFiles(t) {
		want, found := ruleOf(file, names), false
		for _, p := range problemsOf(t, file) {
			if !names[p.Rule] {
				t.Errorf("%s: rule %s is not in Rules", file, p.Rule)
			}
			found = found || p.Rule == want
		}
		if !found {
			t.Errorf("%s does not show %q", file, want)
		}
		shown[want] = true
	}
	for name := range names {
		if !shown[name] {
			t.Errorf("no file testdata/bad/%s.yaml", name)
		}
	}
}

// ruleOf is the longest name of a rule that the file's name begins with.
func ruleOf(file string, names map[string]bool) (best string) {
	base := filepath.Base(file)
	for name := range names {
		if strings.HasPrefix(base, name) && len(name) > len(best) {
			best = name
		}
	}
	return best
}
