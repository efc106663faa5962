package flows

import "testing"

// TestQuotedWordsAreNoQuotes: only a text that is one pair of wrong quotes is taken for a slip.
func TestQuotedWordsAreNoQuotes(t *testing.T) {
	for text, want := range map[string]bool{
		"“Hi”": true, "„Hallo“": true, "„Hallo”": true, "«Bonjour»": true, "»Hallo«": true, "”Hej”": true, "‘Hi, don’t wait’": true, "“Hi: there!”": true,
		"“Good” and “day”": false, "“Good” day": false, "say “Good day”": false, "“": false, "“Hi": false, "Hi": false, "": false, "'Hi'": false, "«A», «B»": false,
	} {
		if smartQuoted(text) != want {
			t.Errorf("%q: not %v", text, want)
		}
	}
}

// TestNoBreakSpacesInTexts: a non-breaking space within a text is nobody's slip.
func TestNoBreakSpacesInTexts(t *testing.T) {
	for _, say := range []string{"Bonjour\u00a0!", "\u00a0Bonjour", "|\n      \u00a0Bonjour\n      \u00a0Salut", "\"Bonjour\n      \u00a0Salut\""} {
		mustLoad(t, "spaces.yaml", []byte(complete("states:\n  welcome:\n    say: "+say+"\n")))
	}
}
