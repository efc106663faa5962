package flows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds are all YAML files of this package.
func seeds(f *testing.F) {
	for _, pattern := range []string{"*.yaml", "broadcasts/*.yaml", "testdata/*/*.yaml", "testdata/bad/broadcasts/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			src, _ := os.ReadFile(file)
			f.Add(src)
		}
	}
}

// checkProblems holds for every list of problems: known rules, places in the file, in its order.
func checkProblems(t *testing.T, src []byte, problems []Problem) {
	t.Helper()
	known := map[string]bool{}
	for _, r := range Rules() {
		known[r.Name] = true
	}
	lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(src)), "\n") + 1
	last := 0
	for _, p := range problems {
		if !known[p.Rule] || p.Line < last || p.Line > lines || p.Col < 1 || p.Message == "" || !utf8.ValidString(p.String()) {
			t.Fatalf("bad problem %+v in %d lines", p, lines)
		}
		last = p.Line
	}
}

func FuzzLoad(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		flow, problems := Load("fuzz.yaml", src)
		if (flow == nil) != (len(problems) > 0) {
			t.Fatal("a flow and problems, or neither")
		}
		checkProblems(t, src, problems)
		accepted, refused := LoadAccepted("fuzz.yaml", src)
		if (accepted == nil) != (len(refused) > 0) || flow != nil && accepted == nil {
			t.Fatal("what was accepted is refused although a new edit is not, or is neither")
		}
		if flow == nil {
			return
		}
		checkProblems(t, src, flow.Warnings)
		for _, s := range flow.States {
			s.Rule("hello", "en", flow)
			if s.Ask != nil {
				s.Ask.Answer("A and B", "en", flow)
				s.Ask.Menu("en", flow)
			}
		}
	})
}

func FuzzLoadBroadcast(f *testing.F) {
	seeds(f)
	flow := shipped(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		b, problems := LoadBroadcast("fuzz.yaml", src, flow)
		if (b == nil) != (len(problems) > 0) {
			t.Fatal("a broadcast and problems, or neither")
		}
		checkProblems(t, src, problems)
		if b != nil && b.Text.Empty() {
			t.Fatal("a broadcast without a text")
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"Hi {first_name|there}!", "{{x}}", "{a}{b|}", "{", "}", "{|x}", "}}{{", "{a|b{c}}", "é{é}"} {
		f.Add(s, "Ana")
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		template, err := ParseTemplate(source)
		if err != nil {
			if bad, ok := err.(*templateError); !ok || bad.offset < 0 || bad.offset >= len(source) {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		text, holes := template.Render(func(string) string { return value })
		if strings.TrimSpace(value) != "" && len(holes) > 0 {
			t.Fatalf("%q: holes %q", source, holes)
		}
		if !strings.ContainsAny(source, "{}") && text != source {
			t.Fatalf("%q became %q", source, text)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add(a.text, a.language)
	}
	q, flow := question(f, Many)
	f.Fuzz(func(t *testing.T, text, language string) {
		values, ok := q.Answer(text, language, flow)
		checkValues(t, q, values, ok)
		values, ok = q.Addition(text, language, flow)
		checkValues(t, q, values, ok)
		for _, choose := range []string{Free, Number, Date, YesNo} {
			other := &Question{Choose: choose, Min: 3, Max: 9}
			if values, ok := other.Answer(text, language, flow); ok != (len(values) == 1) || (ok && !utf8.ValidString(values[0])) {
				t.Fatalf("%s: %q: %q", choose, text, values)
			}
		}
		flow.States["ask"].Rule(text, language, flow)
	})
}
