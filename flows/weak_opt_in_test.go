package flows

import (
	"fmt"
	"testing"
)

// TestC1WeakOptInPhrases: what asks for promotions is a good phrase, however short; what people
// write to anybody is not, in any language.
func TestC1WeakOptInPhrases(t *testing.T) {
	const flow = `flow: promotions
brand: Casa
languages: [%s]
start: hello
opt_in:
  phrases: {%[1]s: ["%[2]s"]}
  disclosure: {%[1]s: "{brand}: reply 2 to stop, responda 2 para sair."}
  goto: hello
states:
  hello:
    say: {%[1]s: Hello}
    otherwise: {say: {%[1]s: "Yes?"}}
`
	for _, c := range []struct {
		language, phrase string
		weak             bool
	}{
		{"en", "I want promo", false}, {"pt", "quero promo", false}, {"es", "quiero promo", false}, {"fr", "je veux promo", false},
		{"id", "saya mau promo", false}, {"id", "mau promo", false}, {"id", "saya ingin promo", false}, {"en", "promo please", false},
		{"en", "promo", true}, {"en", "hello there", true}, {"pt", "hello there", true}, {"pt", "oi, tudo bem", true},
		{"nl", "goedemorgen, hoe gaat het", true}, {"pl", "dzień dobry", true}, {"ru", "добрый день", true}, {"en", "yes please", true}, {"en", "42", true},
	} {
		_, problems := Load("weak.yaml", fmt.Appendf(nil, flow, c.language, c.phrase))
		if hasRule(problems, "weak-opt-in") != c.weak {
			t.Errorf("%s %q: %v", c.language, c.phrase, problems)
		}
	}
}
