package flows

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"optinbot/flows/words"
)

// olderFiles are testdata/older/RULE[-variant].yaml and
// testdata/older/broadcasts/RULE[-variant].yaml: commit 2cfbdc0 accepts each of them, and a rule
// that is newer, or that has become stricter, does not.
func olderFiles(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("testdata/older/*.yaml")
	more, err2 := filepath.Glob("testdata/older/broadcasts/*.yaml")
	if err != nil || err2 != nil || len(list) == 0 {
		t.Fatal("no older files", err, err2)
	}
	return append(list, more...)
}

// loadBoth loads a file as a new edit and as one that was accepted.
func loadBoth(t *testing.T, file string) (edited, warnings, refused []Problem) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(filepath.Dir(file)) == "broadcasts" {
		b, edited := LoadBroadcast(filepath.Base(file), src, shipped(t))
		if b != nil {
			edited = withFile(t, file, b, false)
		}
		b, refused := LoadArmed(filepath.Base(file), src, shipped(t))
		if b != nil {
			refused = append(refused, withFile(t, file, b, true)...)
			warnings = b.Warnings
		}
		return edited, warnings, refused
	}
	_, edited = Load(filepath.Base(file), src)
	f, refused := LoadAccepted(filepath.Base(file), src)
	if f != nil {
		warnings = f.Warnings
	}
	return edited, warnings, refused
}

// withFile attaches the file that a draft names, which lies beside it.
func withFile(t *testing.T, draft string, b *Broadcast, accepted bool) []Problem {
	t.Helper()
	if b.Media == nil {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(filepath.Dir(draft), b.Media.File))
	if err != nil {
		t.Fatal(err)
	}
	return b.Attach(filepath.Base(draft), data, "", accepted)
}

// TestO5ANewerRuleOnlyWarnsOfWhatWasAccepted: what was accepted before a rule was made loads with a
// warning; as a new edit it is refused.
func TestO5ANewerRuleOnlyWarnsOfWhatWasAccepted(t *testing.T) {
	names := map[string]bool{}
	for _, r := range Rules() {
		names[r.Name] = true
	}
	for _, file := range olderFiles(t) {
		edited, warnings, refused := loadBoth(t, file)
		if len(edited) == 0 {
			t.Errorf("%s: nothing is wrong with it", file)
		}
		if len(refused) > 0 || len(warnings) != len(edited) {
			t.Errorf("%s: as accepted it is refused (%v) or warned of (%v)", file, refused, warnings)
		}
		if rule := ruleOf(file, names); !strings.HasPrefix(edited[0].Rule, rule) {
			t.Errorf("%s shows %s", file, edited[0].Rule)
		}
		for _, w := range warnings {
			if !w.Warning || w.Advises() || !strings.Contains(w.String(), "warning: ") {
				t.Errorf("%s: %v is no warning", file, w)
			}
		}
	}
}

var quotedName = regexp.MustCompile(`"([a-z0-9-]+)"`)

// stricter are the rules that a source file reports with addNewer: each the first name of a rule
// after the call.
func stricter(source []byte, rules map[string]bool) (names []string) {
	for _, call := range strings.Split(string(source), ".addNewer(")[1:] {
		for _, m := range quotedName.FindAllStringSubmatch(call, -1) {
			if _, ok := rules[m[1]]; ok {
				names = append(names, m[1])
				break
			}
		}
	}
	return names
}

// TestO5EveryNewerRuleHasAnOlderFile: a rule that is new or stricter since 2cfbdc0 shows that what
// was accepted before goes on. The rules of 2cfbdc0 keep their names and are no newer.
func TestO5EveryNewerRuleHasAnOlderFile(t *testing.T) {
	const rulesOf2cfbdc0 = 46
	newer, older := map[string]bool{}, 0
	for _, r := range Rules() {
		if newer[r.Name] = r.Force == Newer; r.Force == Always || r.Force == Growing {
			older++
		}
	}
	if older != rulesOf2cfbdc0 {
		t.Errorf("%d rules bind what was accepted before them; a new rule has the force Newer or Advice", older)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sources {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range stricter(src, newer) {
			newer[name] = true
		}
	}
	for _, file := range olderFiles(t) {
		delete(newer, ruleOf(file, newer))
	}
	for name, missing := range newer {
		if missing {
			t.Errorf("no file testdata/older/%s.yaml", name)
		}
	}
}

// TestO5GrowingTablesOnlyWarn: what a rule finds only because the tables of words have grown stops
// no flow that was accepted, and the word stays an answer while its question is open, but for words
// that the flow itself names as the way out.
func TestO5GrowingTablesOnlyWarn(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/answer-is-stop*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if _, warnings, refused := loadBoth(t, file); len(refused) > 0 || len(warnings) == 0 {
			t.Errorf("%s: refused %v, warnings %v", file, refused, warnings)
		}
	}
	const flow = `flow: promotions
brand: Casa
languages: [en, es]
start: hello
opt_in:
  phrases: {en: [I want promotions], es: [quiero promociones]}
  disclosure: {en: "{brand} writes twice a week. HINT", es: "{brand} escribe. Responde 2 para salir."}
  goto: hello
states:
  hello:
    ask: likes
    choose: one
    say: {en: What do you like?, es: Dime}
    options: {A: {label: Stop, value: tops}, B: {label: Bags, value: bags}, 2: {label: Two, value: two}}
    timeout: {after: 24h, goto: done}
    next: done
  done:
    say: {en: Thank you!, es: Gracias}
    otherwise: {say: {en: Yes?, es: ¿Sí?}}
`
	for hint, keeps := range map[string]bool{"Reply 2 to stop.": true, "Reply 2 or STOP.": false, `Write "stop".`: false} {
		f, bad := LoadAccepted("promotions.yaml", []byte(strings.Replace(flow, "HINT", strings.ReplaceAll(hint, `"`, "*"), 1)))
		if f == nil {
			t.Fatal(hint, bad)
		}
		if got := f.Keeps("hello", "stop, please", "en"); got != keeps {
			t.Errorf("hint %q: kept is %v", hint, got)
		}
		if f.Keeps("hello", "2", "en") || f.Keeps("done", "stop", "en") || f.Keeps("hello", "please stop it now", "en") {
			t.Error("2, another state, or more words are kept")
		}
	}
}

// TestO5NamedStopsStayInScope: a stop word that a flow's hint or disclosure names is heard from
// everybody whom the flow speaks to.
func TestO5NamedStopsStayInScope(t *testing.T) {
	for _, c := range []struct {
		hint  string
		heard bool
	}{{"Responde ALTO para salir.", true}, {"Responde *alto* para salir.", true}, {"Responde 2 para no recibir más en alto.", false}} {
		src := strings.ReplaceAll(`flow: promotions
brand: Casa
languages: [en, es]
start: hello
opt_in:
  phrases: {en: [I want promotions], es: [quiero promociones]}
  disclosure: {en: "{brand} writes twice a week. Reply 2 to stop.", es: "{brand} escribe dos veces por semana. Responde 2 para salir."}
  goto: hello
opt_out:
  hint: {en: Reply 2 to stop., es: "HINT"}
states:
  hello:
    say: {en: Hello, es: Hola}
    otherwise: {say: {en: Yes?, es: ¿Sí?}}
`, "HINT", c.hint)
		f := mustLoad(t, "promotions.yaml", []byte(src))
		if v := f.Words.Recognise("alto", "en"); (v.Outcome == words.Out) != c.heard {
			t.Errorf("%s: alto is %+v", c.hint, v)
		}
	}
}

// TestO5StopsNamedByAPromotionStayInScope: whoever was sent a text may use the way out that it
// names, also where it is an answer that an accepted flow keeps.
func TestO5StopsNamedByAPromotionStayInScope(t *testing.T) {
	f := shipped(t)
	before := f.Words
	if f.Naming(Text{"en": mustTemplates(t, "Sale!")}) != f || f.Naming(Text{"en": mustTemplates(t, "ALTO")}) != f {
		t.Error("a text that names no stop of its language makes another flow")
	}
	named := f.Naming(Text{"es": mustTemplates(t, "20%. Responde ALTO para salir.")})
	if v := named.Words.Recognise("alto", "en"); v.Outcome != words.Out {
		t.Errorf("alto is %+v", v)
	}
	if v := f.Words.Recognise("alto", "en"); v.Outcome == words.Out || f.Words != before {
		t.Error("the flow itself was changed")
	}
	accepted := bytes.Replace(shippedSource(t), []byte("label: {en: Bags,"), []byte("label: {en: Unsubscribe,"), 1)
	f, bad := LoadAccepted("promotions.yaml", accepted)
	if f == nil || !f.Keeps("interests", "unsubscribe", "en") || !f.KeepsSomewhere("unsubscribe", "en") {
		t.Fatal("the answer is not kept", bad)
	}
	if named := f.Naming(Text{"en": mustTemplates(t, "Write *unsubscribe* to leave.")}); named.Keeps("interests", "unsubscribe", "en") || !f.Keeps("interests", "unsubscribe", "en") {
		t.Error("the way out of a promotion is kept as an answer")
	}
}

func mustTemplates(t *testing.T, s string) []Template {
	t.Helper()
	template, err := ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return []Template{template}
}

func shippedSource(t *testing.T) []byte {
	t.Helper()
	src, err := os.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return src
}
