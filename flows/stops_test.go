package flows

import (
	"fmt"
	"strings"
	"testing"

	"optinbot/flows/words"
)

// optionFlow is a flow with one option more.
func optionFlow(option string) []byte {
	return []byte(strings.Replace(strings.Replace(menu, "CHOOSE", "one", 1), "    timeout:", option+"    timeout:", 1))
}

// TestT5AnswersCannotBeStops tries stop words of the flow's languages in every place of an answer.
func TestT5AnswersCannotBeStops(t *testing.T) {
	for _, stop := range []string{"2", "stop", "STOP!", "unsubscribe", "sair", "parar", "salir", "baja", "abmelden", "２", "no more messages", "Stop it", "please stop"} {
		for where, option := range map[string]string{
			"key":   fmt.Sprintf("      %q: {value: x, label: Other}\n", stop),
			"label": fmt.Sprintf("      F: {value: x, label: %q}\n", stop),
			"value": fmt.Sprintf("      F: {value: %q, label: Other}\n", stop),
			"also":  fmt.Sprintf("      F: {value: x, label: Other, also: [%q]}\n", stop),
			"when":  fmt.Sprintf("    when:\n      - {words: [%q], goto: ask}\n", stop),
		} {
			f, problems := Load("t5.yaml", optionFlow(option))
			if f != nil || !hasRule(problems, "answer-is-stop") {
				t.Errorf("%q as %s was accepted: %v", stop, where, problems)
			}
		}
	}
	if f, problems := Load("t5.yaml", optionFlow("      F: {value: x, label: Other}\n")); f == nil {
		t.Error("an ordinary option was refused", problems)
	}
}

// TestT5ShippedAnswersAreNoStops reads everything the flows here recognise as a whole message, in every language.
func TestT5ShippedAnswersAreNoStops(t *testing.T) {
	for name, f := range goodFlows(t) {
		for _, s := range f.States {
			for _, w := range stateWords(s) {
				for _, language := range f.Languages {
					if v := f.Words.Recognise(w.text, language); v.Outcome != words.Neither {
						t.Errorf("%s: %q in %s: %+v", name, w.text, language, v)
					}
				}
			}
		}
	}
}

// TestT5WordsAroundAnswersAreNoStops: a word that may stand around an answer must not hide a wish to stop.
func TestT5WordsAroundAnswersAreNoStops(t *testing.T) {
	lex := answerLexicon()
	all := map[string]bool{}
	for _, b := range []byLanguage{lex.and, lex.around} {
		for w := range b {
			all[w] = true
		}
	}
	for _, m := range []map[string]bool{lex.also, lex.all, lex.both} {
		for w := range m {
			all[w] = true
		}
	}
	if len(all) < 200 {
		t.Fatal("answers.yaml was not read")
	}
	languages := strings.Fields("en pt es fr de it id tr hi ar nl pl ru")
	v := words.New(words.Config{Languages: languages})
	for w := range all {
		for _, language := range languages {
			if verdict := v.Recognise(w, language); verdict.Outcome != words.Neither && verdict.Rule != "tier3.two" {
				t.Errorf("%q in %s: %+v", w, language, verdict)
			}
		}
	}
}

// TestT5AnAnswerIsNoStopOfThePhonesCountry: an option that flow check accepts is never a stop while its
// question is open, whatever language the country of somebody's phone speaks.
func TestT5AnAnswerIsNoStopOfThePhonesCountry(t *testing.T) {
	tried := 0
	for _, word := range strings.Fields("Alto Basta Ret Baja Fora Genoeg Ende Weg Fim Son Alt Dur Fin Fine Klaar Koniec " +
		"Dość Хватит Bas Cukup Selesai Para Suficiente Assez") {
		src := strings.Replace(`flow: menu
brand: Casa
languages: [en]
start: ask
opt_in:
  phrases: [I want promotions]
  disclosure: "{brand}: reply 2 to stop."
  goto: ask
states:
  ask:
    ask: likes
    choose: one
    say: What?
    options: {A: Shoes, B: WORD}
    timeout: {after: 24h, goto: ask}
    next: ask
`, "WORD", word, 1)
		f, bad := Load("t5.yaml", []byte(src))
		if f == nil {
			if !hasRule(bad, "answer-is-stop") {
				t.Fatal(word, bad)
			}
			continue
		}
		for _, spoken := range words.Languages() {
			if f.Words.Recognise(word, "en", spoken).Outcome != words.Out {
				continue
			}
			tried++
			if !f.Keeps("ask", word, "en") || !f.Keeps("ask", word+", please", "en") || f.Keeps("other", word, "en") {
				t.Errorf("%s is a stop for a phone of a country that speaks %s", word, spoken)
			}
		}
	}
	if tried == 0 {
		t.Error("no word is a stop elsewhere")
	}
}

// TestT5WordsAroundNumbersAreNoStops: with a number beside it no such word is a stop.
func TestT5WordsAroundNumbersAreNoStops(t *testing.T) {
	languages := strings.Fields("en pt es fr de it id tr hi ar nl pl ru")
	v := words.New(words.Config{Languages: languages})
	for _, b := range []byLanguage{answerLexicon().number, answerLexicon().measures} {
		for w := range b {
			for _, language := range languages {
				for _, text := range []string{w + " 42", "42 " + w} {
					if verdict := v.Recognise(text, language); verdict.Outcome == words.Out {
						t.Errorf("%q in %s: %+v", text, language, verdict)
					}
				}
			}
		}
	}
}

// TestT5NumbersCannotContainTheStop.
func TestT5NumbersCannotContainTheStop(t *testing.T) {
	for bounds, ok := range map[string]bool{"": false, "max: 1": true, "min: 2": false, "min: 3": true, "min: -5\n    max: 2": false, "min: 0\n    max: 100": false, "min: 3\n    max: 9": true} {
		src := strings.Replace(menu, "CHOOSE", "number", 1)
		src = src[:strings.Index(src, "    options:")] + "    " + bounds + "\n" + src[strings.Index(src, "    timeout:"):]
		f, problems := Load("t5.yaml", []byte(src))
		if (f != nil) != ok || (!ok && !hasRule(problems, "number-range-contains-2")) {
			t.Errorf("%q: %v", bounds, problems)
		}
	}
}

func hasRule(problems []Problem, rule string) bool {
	for _, p := range problems {
		if p.Rule == rule {
			return true
		}
	}
	return false
}

// TestT5AForeignStopMayBeAnOption: "alto" is a stop in Spanish and a size in Italian. Where nobody writes Spanish an option
// may be called so, since an answer that fits is an answer; a `when` word may not.
func TestT5AForeignStopMayBeAnOption(t *testing.T) {
	option := "states:\n  welcome:\n    ask: size\n    choose: one\n    say: Which?\n    options:\n      A: Alto\n      B: Basso\n    timeout: {after: 1h, goto: welcome}\n    next: welcome\n"
	if f, problems := Load("t5.yaml", []byte(complete(option))); f == nil {
		t.Error(problems)
	}
	when := "states:\n  welcome:\n    say: Hi!\n    when:\n      - {words: [alto], goto: welcome}\n"
	if f, problems := Load("t5.yaml", []byte(complete(when))); f != nil || !hasRule(problems, "answer-is-stop") {
		t.Error(problems)
	}
}

// TestC2TheBrandOfAFlowIsKnown: "SAIR Casa Aurora" is a stop of the shop whose brand it is.
func TestC2TheBrandOfAFlowIsKnown(t *testing.T) {
	text, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, bad := Load("promotions.yaml", text)
	if f == nil {
		t.Fatal(bad)
	}
	if got := f.Words.Recognise("SAIR Casa Aurora", "pt"); got.Outcome != words.Out {
		t.Errorf("%+v", got)
	}
}
