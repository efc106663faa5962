package flows

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"optinbot/flows/words"
)

// TestC2TheStopButtonsWordsAreAStop: a tap may come without the button's ID. Its words then have to
// be enough.
func TestC2TheStopButtonsWordsAreAStop(t *testing.T) {
	f := shipped(t)
	for language := range builtInTexts()["hint"] {
		title := StopButton(language)
		if n := utf8.RuneCountInString(title); n == 0 || n > 25 {
			t.Errorf("%s: %q has %d characters, a quick reply of a template has 1 to 25", language, title, n)
		}
		if n := utf8.RuneCountInString(ChooseWord(language)); n == 0 || n > maxButtonTitle {
			t.Errorf("%s: what opens a list is %q", language, ChooseWord(language))
		}
		if v := f.Words.Recognise(title, language, language); v.Outcome != words.Out {
			t.Errorf("%s: %q is %v by %s, not a stop", language, title, v.Outcome, v.Rule)
		}
	}
}

// TestL17ATitleThatIsTooLongIsToldByFlowCheck: Meta does not deliver it. It goes out as the menu in
// words, and the check says so.
func TestL17ATitleThatIsTooLongIsToldByFlowCheck(t *testing.T) {
	src, err := Defaults.ReadFile("promotions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := shipped(t).ButtonAdvice("promotions.yaml", src); len(got) != 0 {
		t.Errorf("the shipped flow: %v", got)
	}
	text := strings.Replace(string(src), "{en: Bags, pt: Bolsas", "{en: Bags and more things for you, pt: Bolsas", 1)
	var more strings.Builder
	for _, key := range strings.Fields("E F G H I J K") {
		fmt.Fprintf(&more, "      %s: {value: v%s, label: Thing %s}\n", key, strings.ToLower(key), key)
	}
	text = strings.Replace(text, "    reminder:", more.String()+"    reminder:", 1)
	f, problems := Load("promotions.yaml", []byte(text))
	if f == nil {
		t.Fatal(problems)
	}
	got := f.ButtonAdvice("promotions.yaml", []byte(text))
	if len(got) != 2 || got[0].Rule != "too-many-options" || got[1].Rule != "text-too-long" {
		t.Fatalf("%v", got)
	}
	for _, p := range got {
		if !p.Warning || p.Line < 60 || p.Col < 5 || p.Excerpt == "" {
			t.Errorf("%+v", p)
		}
	}
	if !strings.Contains(got[1].Message, "has 28 characters") {
		t.Error(got[1].Message)
	}
}
