package flows

import (
	"fmt"
	"strings"
	"testing"
)

// TestO2AGluedColonIsNamed: a colon without a space is reported in its own line, whatever key it
// follows and whatever stands after it.
func TestO2AGluedColonIsNamed(t *testing.T) {
	const good = `flow: shop
brand: Casa
languages: [en]
start: hello
opt_in:
  phrases: [I want promotions]
  disclosure: "{brand} writes. Reply 2 to stop."
  goto: hello
states:
  hello:
    ask: likes
    choose: one
    say: What do you like?
    options:
      A: Red
      B: Blue
    timeout: {after: 24h, goto: done}
    next: done
  done:
    say: Thank you!
    otherwise: {say: Yes?}
`
	mustLoad(t, "shop.yaml", []byte(good))
	lines := strings.Split(good, "\n")
	for i, line := range lines {
		key, value, ok := strings.Cut(line, ": ")
		if !ok || strings.Contains(line, "disclosure") {
			continue
		}
		for _, colon := range []string{":", "：", ":\u00a0"} {
			edited := append([]string{}, lines...)
			edited[i] = key + colon + value
			_, problems := Load("shop.yaml", []byte(strings.Join(edited, "\n")))
			place := fmt.Sprintf("shop.yaml:%d:%d: yaml-colon", i+1, len(key)+1)
			named := false
			for _, p := range problems {
				named = named || strings.HasPrefix(p.String(), place)
			}
			if !named {
				t.Errorf("%q is not named at %s: %v", edited[i], place, problems)
			}
		}
	}
	edited := strings.NewReplacer("A: Red", "A:Red", "B: Blue", "B:Blue").Replace(good)
	if _, problems := Load("shop.yaml", []byte(edited)); len(problems) == 0 || !strings.Contains(problems[len(problems)-1].String(), "shop.yaml:15:8: yaml-colon") {
		t.Error(problems)
	}
}
