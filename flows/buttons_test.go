package flows

import (
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
