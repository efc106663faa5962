package flows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shipped is the flow that comes with the program.
func shipped(t testing.TB) *Flow {
	t.Helper()
	src, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return mustLoad(t, "promotions.yaml", src)
}

// mustLoad loads a flow without problems.
func mustLoad(t testing.TB, file string, src []byte) *Flow {
	t.Helper()
	f, problems := Load(file, src)
	for _, p := range problems {
		t.Error(p)
	}
	if f == nil {
		t.FailNow()
	}
	return f
}

// good loads a flow of testdata/good.
func good(t testing.TB, name string) *Flow {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata/good", name))
	if err != nil {
		t.Fatal(err)
	}
	return mustLoad(t, name, src)
}

// goodFlows are the shipped flow and all of testdata/good, by name.
func goodFlows(t testing.TB) map[string]*Flow {
	t.Helper()
	all := map[string]*Flow{"promotions": shipped(t)}
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no good files", err)
	}
	for _, file := range files {
		f := good(t, filepath.Base(file))
		all[f.Name] = f
	}
	return all
}

func TestGoodFilesLoad(t *testing.T) {
	for name, f := range goodFlows(t) {
		if f.Name != name || len(f.Version) != 12 || f.Words == nil || f.States[f.Start] == nil {
			t.Errorf("%s: incomplete: %+v", name, f)
		}
		for _, builtIn := range f.textsWithDefaults() {
			for _, language := range f.Languages {
				if len((*builtIn.text)[language]) == 0 {
					t.Errorf("%s: no %s in %s", name, builtIn.key, language)
				}
			}
		}
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	f := good(t, "everything.yaml")
	q, size, age := f.States["interests"].Ask, f.States["size"].Ask, f.States["age"].Ask
	switch {
	case f.OptIn.Confirm, len(f.OptIn.Phrases["sv"]) != 1, len(f.OptIn.Disclosure["en"]) != 2, f.OptIn.Goto != "interests":
		t.Error("opt_in", f.OptIn)
	case f.OptIn.Declined["sv"][0].Source != "Det går bra.", f.OptOut.Stays["en"][0].Source != "You stay.", f.OptOut.Words["sv"][0] != "lämna mig ifred":
		t.Error("texts", f.OptOut)
	case !f.States["welcome"].Card, f.States["thanks"].Waits(), f.States["interests"].Otherwise.AtMost != 3, f.States["interests"].Otherwise.Again:
		t.Error("states")
	case q.Choose != Many, q.Preference != "interests", len(q.Options) != 4, q.Options[1].Value != "bags", q.Options[3].Key != "4+", q.Options[0].Also[0] != "sneakers":
		t.Errorf("question %+v", q)
	case q.Timeout != (Timeout{90 * time.Minute, "member"}), q.Reminder.After != 30*time.Minute, q.Reminder.Say.Empty(), !size.Reminder.Say.Empty():
		t.Errorf("times %+v", q)
	case age.Min != 18, age.Max != 120, f.Moved["old"] != "member", strings.Join(f.Order[:2], " ") != "welcome interests":
		t.Error("numbers, moved, order")
	case strings.Join(f.Preferences(), " ") != "age birthday confirmed interests nickname size":
		t.Error(f.Preferences())
	}
}

func TestBuiltInTexts(t *testing.T) {
	languages := strings.Fields("en pt es fr de it id tr hi ar")
	texts := builtInTexts()
	for key, byLanguage := range texts {
		if len(byLanguage) != len(languages) {
			t.Errorf("%s has %d languages", key, len(byLanguage))
		}
		for language, template := range byLanguage {
			parsed, err := ParseTemplate(template.Source)
			if err != nil || template.plain("") == "" || len(parsed.parts) != len(template.parts) {
				t.Errorf("%s in %s: %v", key, language, err)
			}
		}
	}
	for _, builtIn := range (&Flow{}).textsWithDefaults() {
		if texts[builtIn.key] == nil {
			t.Errorf("no text %q", builtIn.key)
		}
	}
	small := good(t, "small.yaml")
	if small.OptIn.Question["pt"][0].Source != small.OptIn.Disclosure["pt"][0].Source {
		t.Error("with confirm the question is the disclosure")
	}
	if menu, _ := question(t, One); menu.Options[0].Value != "shoes" {
		t.Error(menu)
	}
}

// TestB2BuiltInHintsSayTheWayOut asks the recogniser about every built-in text that names the way out.
func TestB2BuiltInHintsSayTheWayOut(t *testing.T) {
	for _, key := range []string{"hint", "help", "question", "stays"} {
		for language, template := range builtInTexts()[key] {
			if !wayOut(template, "Casa", language) {
				t.Errorf("%s in %s does not say the way out: %s", key, language, template.Source)
			}
		}
	}
}

// TestB2EveryFlowHasAHint holds for every flow that loads: the hint, in each language, says the way out.
func TestB2EveryFlowHasAHint(t *testing.T) {
	for name, f := range goodFlows(t) {
		for _, language := range f.Languages {
			for _, template := range f.OptOut.Hint.In(language, f.Languages) {
				if !wayOut(template, f.Brand, language) {
					t.Errorf("%s, %s: %s", name, language, template.Source)
				}
			}
		}
	}
}

func TestWayOutIsNotACount(t *testing.T) {
	for text, want := range map[string]bool{
		"2 offers a week": false, "at most 2 a week": false, "2x per week": false, "Reply 2 to stop": true, "Write 2.": true, "2 offers a week, 2 to stop": true,
		"Write STOP any time": true, "Write to us": false, "": false,
	} {
		if got := wayOut(Template{parts: []part{{literal: text}}}, "Casa", "en"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
