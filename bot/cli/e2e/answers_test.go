package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shopOf makes a working folder with one flow and no drafts.
func shopOf(t *testing.T, flow string) (dir string) {
	t.Helper()
	file, err := program()
	must(t, err)
	dir = filepath.Join(t.TempDir(), "shop")
	if out, err := exec.Command(file, "init", dir).CombinedOutput(); err != nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	for _, other := range []string{"tests", "broadcasts"} {
		must(t, os.RemoveAll(filepath.Join(dir, "flows", other)))
	}
	must(t, os.WriteFile(filepath.Join(dir, "flows", "promotions.yaml"), []byte(flow), 0o600))
	return dir
}

// builtIn runs the built program in a folder.
func builtIn(t *testing.T, dir, input string, args ...string) (out string, err error) {
	t.Helper()
	file, err := program()
	must(t, err)
	cmd := exec.Command(file, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	printed, err := cmd.Output()
	return string(printed), err
}

// asking is a flow with one question after the opt-in.
func asking(language, question string) string {
	return fmt.Sprintf(`flow: promotions
brand: Casa
languages: [%[1]s]
start: hello
opt_in:
  phrases: {%[1]s: [I want promotions]}
  disclosure: {%[1]s: "{brand} writes twice a week. 2 stop."}
  question: {%[1]s: "Promotions?"}
  declined: {%[1]s: "Fine."}
  goto: ask
opt_out:
  hint: {%[1]s: "2 stop"}
  goodbye: {%[1]s: "Goodbye."}
  after: {%[1]s: "You get nothing."}
  unsure: {%[1]s: "Stop?"}
  stays: {%[1]s: "You stay."}
help: {%[1]s: "This is Casa."}
unreadable: {%[1]s: "Please write."}
resend: {%[1]s: "Please again."}
states:
  hello:
    say: {%[1]s: Hello}
    otherwise: {say: {%[1]s: "..."}}
  ask:
    ask: told
    say: {%[1]s: "?"}
    %[2]s
    otherwise: {say: {%[1]s: "Sorry?"}, at_most: 5}
    timeout: {after: 24h, goto: done}
    next: done
  done:
    say: {%[1]s: Thanks}
    otherwise: {say: {%[1]s: "..."}}
`, language, question)
}

// toldBy plays one answer for one person each and returns the preference that was stored, "" for
// none.
func toldBy(t *testing.T, dir string, answers []string) (told map[string]string) {
	t.Helper()
	var lines bytes.Buffer
	for i, answer := range answers {
		for j, text := range []string{"I want promotions", answer} {
			line, err := json.Marshal(map[string]any{"at": fmt.Sprintf("2026-03-02T14:%02d:%02dZ", i, j*10), "from": fmt.Sprintf("+1212555%04d", 100+i), "id": fmt.Sprintf("M%d-%d", i, j), "text": text})
			must(t, err)
			lines.Write(append(line, '\n'))
		}
	}
	out, err := builtIn(t, dir, lines.String(), "chat", "--json")
	must(t, err)
	told = map[string]string{}
	turns := 0
	for s := bufio.NewScanner(strings.NewReader(out)); s.Scan(); {
		var line struct {
			Turn *struct{ Preferences map[string]any } `json:"turn"`
		}
		must(t, json.Unmarshal(s.Bytes(), &line))
		if line.Turn == nil {
			continue
		}
		if turns++; turns%2 == 0 {
			if value := line.Turn.Preferences["told"]; value != nil {
				told[answers[turns/2-1]] = fmt.Sprint(value)
			}
		}
	}
	return told
}

// TestT3AMinorsUnder18IsNot18: the built program stores a number that somebody gives, and none that
// they deny or that belongs to something else.
func TestT3AMinorsUnder18IsNot18(t *testing.T) {
	t.Parallel()
	dir := shopOf(t, asking("en", "choose: number\n    min: 3\n    max: 120"))
	answers := []string{"I am 34", "34", "22", "I am under 18", "not 18 yet", "I'm not 18", "almost 18", "I turn 18 next year", "my order 45 is late", "I have been waiting 20 minutes!", "call me on 30", "50%", "do you have shoes in 42?"}
	told := toldBy(t, dir, answers)
	for _, answer := range answers {
		want := ""
		switch {
		case strings.HasSuffix(answer, "34"):
			want = "34"
		case answer == "22": // beside a stop it would be asked about
			want = "22"
		}
		if told[answer] != want {
			t.Errorf("%q is stored as %q", answer, told[answer])
		}
	}
}

// TestT3AQuestionIsNoAnswer: the built program takes no question for a choice.
func TestT3AQuestionIsNoAnswer(t *testing.T) {
	t.Parallel()
	dir := shopOf(t, asking("en", "choose: one\n    options: {A: {label: Shoes, value: shoes}, B: {label: Bags, value: bags}}"))
	for answer, got := range toldBy(t, dir, []string{"do you have shoes?", "do you have bags?", "is it the shoes?", "shoes?"}) {
		t.Errorf("%q is stored as %s", answer, got)
	}
}

// TestT3AnswersInDutchPolishAndRussian: the built program understands them.
func TestT3AnswersInDutchPolishAndRussian(t *testing.T) {
	t.Parallel()
	const menu = "choose: many\n    options: {A: {label: Shoes, value: shoes}, B: {label: Bags, value: bags}, C: {label: Hats, value: hats}}"
	for language, answers := range map[string]map[string]string{
		"nl": {"A en C": "[shoes hats]", "alles": "[shoes bags hats]", "shoes graag": "[shoes]"},
		"pl": {"A i C": "[shoes hats]", "wszystko": "[shoes bags hats]", "poproszę shoes": "[shoes]"},
		"ru": {"A и C": "[shoes hats]", "всё": "[shoes bags hats]", "хочу shoes": "[shoes]", "А": "[shoes]", "В": "[bags]", "С": "[hats]"},
	} {
		var list []string
		for answer := range answers {
			list = append(list, answer)
		}
		told := toldBy(t, shopOf(t, asking(language, menu)), list)
		for answer, want := range answers {
			if told[answer] != want {
				t.Errorf("%s %q is stored as %q", language, answer, told[answer])
			}
		}
	}
}

// TestB3ForeignPlaceholdersAreRefused: `flow check` of the built program refuses a text with
// another program's placeholder.
func TestB3ForeignPlaceholdersAreRefused(t *testing.T) {
	t.Parallel()
	dir := shopOf(t, "")
	for _, text := range []string{"Hi {{first_name}}!", "Oi {{1}}!", "Hi [first_name]!", "Hi <first_name>!", "Hi %first_name%!", "Hi $first_name!", "Hi @contact.first_name!", "Hi ((name))!", "Hi ${first_name|friend}!"} {
		flow := strings.Replace(asking("en", "choose: date"), "say: {en: Hello}", fmt.Sprintf("say: {en: %q}", text), 1)
		must(t, os.WriteFile(filepath.Join(dir, "flows", "promotions.yaml"), []byte(flow), 0o600))
		out, err := builtIn(t, dir, "", "flow", "check")
		if err == nil || !strings.Contains(out, "foreign-placeholder") {
			t.Errorf("%s: %v: %s", text, err, out)
		}
	}
}
