package cli

import (
	"fmt"
	"strings"
	"testing"

	"optinbot/bot/play"
	"optinbot/store/storetest"
)

// TestC6VerifyVerb: the verb says what it can and cannot find, and fails when the chain does not
// hold.
func TestC6VerifyVerb(t *testing.T) {
	t.Parallel()
	s := newStage(t, play.Conversation{Title: t.Name()}, false)
	for _, line := range []string{"Ana +5511900000001 > oi", "Ana > quero promoções", "Ana > parar"} {
		must(t, s.Do(line))
	}
	a := testApp(t, fmt.Sprintf("data: %q\n", s.Dir))
	a.now = s.World.Now
	out := &strings.Builder{}
	a.out = out
	must(t, ConsentVerifyCmd{}.Run(t.Context(), a))
	if !strings.Contains(out.String(), "4 entries hold") || !strings.Contains(out.String(), "Without --head this finds edits only") {
		t.Error(out)
	}
	must(t, storetest.Edit(t.Context(), s.Dir, "DELETE FROM ledger WHERE seq = 2"))
	out.Reset()
	if err := (ConsentVerifyCmd{}).Run(t.Context(), a); err == nil || !strings.Contains(out.String(), "does NOT hold") {
		t.Errorf("%v\n%s", err, out)
	}
}
